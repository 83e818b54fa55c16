import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { Cron } from 'croner';
import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import type { HqAddress } from './database-url.ts';
import { DatabaseUrlProblem, parseDatabaseUrl } from './database-url.ts';
import { fileProblem } from './file-problem.ts';
import { stateFolder, userDataFolder } from './user-data.ts';

/** The settings of DESIGN 10. What only some commands need may be null: see `requireHq`, `requireTerminal`. */
export interface Settings {
  readonly hq: HqAddress | null;
  readonly terminal: string | null;
  /** Absolute path of payflow.db. */
  readonly databasePath: string;
  readonly logFolder: string;
  /** Where this installation keeps the key of each payflow.db it works on, never beside one (DESIGN 8.1). */
  readonly stateFolder: string;
  readonly mode: 'live' | 'cron' | 'manual';
  readonly cron: string;
  /** Rows per upload batch; a page of HQ's changes has as many, but at most 1,000. */
  readonly batchSize: number;
  readonly port: number;
  readonly jwtSecret: string | null;
  /** Backups of payflow.db that are kept. */
  readonly backupKeep: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const whole = (from: number, to: number) =>
  z.coerce
    .number('it must be a whole number')
    .int('it must be a whole number')
    .min(from, `it must be at least ${from}`)
    .max(to, `it must be at most ${to}`);

const address = z.string().transform((text, context) => {
  try {
    return parseDatabaseUrl(text);
  } catch (error) {
    if (!(error instanceof DatabaseUrlProblem)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const cron = z.string().refine(isCron, 'it is not a cron expression like */5 * * * *');

const schema = z.object({
  DATABASE_URL: address.optional(),
  PAYFLOW_DB: z.string().optional(),
  PAYFLOW_TERMINAL: z.string().trim().min(1).max(200).optional(),
  PAYFLOW_LOG_DIR: z.string().optional(),
  PAYFLOW_STATE_DIR: z.string().optional(),
  SYNC_MODE: z.enum(['live', 'cron', 'manual'], 'it must be live, cron or manual').default('live'),
  SYNC_CRON: cron.default('*/5 * * * *'),
  SYNC_BATCH_SIZE: whole(1, 50_000).default(5_000),
  PORT: whole(1, 65_535).default(4_000),
  JWT_SECRET: z.string().optional(),
  SYNC_BACKUP_KEEP: whole(1, 1_000).default(5),
});

/** As croner reads it; one that never comes is none. */
export function isCron(text: string): boolean {
  try {
    return new Cron(text, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}

/** The file `.env` of a folder; a folder without one has no settings. */
function readEnvFile(folder: string): Environment {
  const path = join(folder, '.env');
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    const problem = fileProblem(error);
    throw new PayflowError('SETTINGS_FILE_UNREADABLE', { path, problem }, { cause: error });
  }
}

/** An empty setting is none: `DATABASE_URL=` in a copied .env is a line nobody has filled in yet. */
function filled(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
}

/** What the environment and the file `.env` of a folder say, empty settings left out. The environment wins. */
export function readEnvironment(env: Environment, folder: string): Environment {
  return { ...filled(readEnvFile(folder)), ...filled(env) };
}

/**
 * Reads and checks the settings. The environment wins over `.env`. Opens nothing, so that a wrong setting ends a
 * command before anything is touched; the sentence names the setting and never shows its value.
 */
export function readSettings(env: Environment = process.env, folder = process.cwd()): Settings {
  return parseSettings(readEnvironment(env, folder), env, folder);
}

/** Checks settings that are named as the environment names them; `env` and `folder` are where default paths come from. */
export function parseSettings(source: Environment, env: Environment, folder: string): Settings {
  const parsed = schema.safeParse(source);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue?.path[0] ?? '?');
    throw new PayflowError('SETTINGS_INVALID', { name, problem: issue?.message ?? '?' });
  }
  const values = parsed.data;
  const home = userDataFolder(process.platform, env);
  return {
    hq: values.DATABASE_URL ?? null,
    terminal: values.PAYFLOW_TERMINAL ?? null,
    databasePath: resolve(folder, values.PAYFLOW_DB ?? join(home, 'payflow.db')),
    logFolder: resolve(folder, values.PAYFLOW_LOG_DIR ?? join(home, 'logs')),
    stateFolder: resolve(folder, values.PAYFLOW_STATE_DIR ?? stateFolder(process.platform, env)),
    mode: values.SYNC_MODE,
    cron: values.SYNC_CRON,
    batchSize: values.SYNC_BATCH_SIZE,
    port: values.PORT,
    jwtSecret: values.JWT_SECRET ?? null,
    backupKeep: values.SYNC_BACKUP_KEEP,
  };
}

/** HQ's address, for what cannot do without. */
export function requireHq(settings: Settings): HqAddress {
  if (settings.hq === null) throw new PayflowError('SETTINGS_MISSING', { name: 'DATABASE_URL' });
  return settings.hq;
}

/** The terminal's code, for what cannot do without. */
export function requireTerminal(settings: Settings): string {
  if (settings.terminal === null) {
    throw new PayflowError('SETTINGS_MISSING', { name: 'PAYFLOW_TERMINAL' });
  }
  return settings.terminal;
}
