import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import type { Message } from '../../shared/report.ts';
import { fileProblem } from './file-problem.ts';
import { isCron } from './settings.ts';

/** What `settings.json` holds: what a person has set, and nothing else. Never a password. */
const schema = z.looseObject({
  version: z.literal(1),
  hq: z
    .strictObject({
      host: z.string().min(1),
      port: z.int().min(1).max(65_535),
      database: z.string().min(1),
      user: z.string().min(1),
      // Until a certificate was always checked, "require" stood for "not checked": it is now what it is in a URL.
      tls: z.preprocess(
        (kind) => (kind === 'require' ? 'verify' : kind),
        z.enum(['verify', 'off']),
      ),
    })
    .optional(),
  terminal: z.string().min(1).optional(),
  mode: z.enum(['live', 'cron', 'manual']).optional(),
  cron: z.string().refine(isCron).optional(),
  batchSize: z.int().min(1).max(50_000).optional(),
  backupKeep: z.int().min(1).max(1_000).optional(),
  apiEnabled: z.boolean().optional(),
  apiPort: z.int().min(1).max(65_535).optional(),
  notifications: z
    .strictObject({ attention: z.boolean(), error: z.boolean(), offline: z.boolean() })
    .optional(),
  language: z.enum(['auto', 'en', 'es']).optional(),
  appearance: z.enum(['auto', 'light', 'dark']).optional(),
  large: z.boolean().optional(),
  launchAtLogin: z.boolean().optional(),
  stillHereHint: z.boolean().optional(),
});

/** Keys that a newer PayFlow has added are kept as they are. */
export type SettingsFile = z.infer<typeof schema>;

const empty: SettingsFile = { version: 1 };
const fileName = 'settings.json';

export interface SettingsRead {
  readonly file: SettingsFile;
  /** Not null: the file was of no use and stands aside under another name. */
  readonly problem: Message | null;
}

/**
 * Reads `settings.json` of a folder; without one there are no settings. A file that cannot be read or understood is
 * kept under another name: somebody may want to look what stood in it, and the app has to start all the same.
 */
export function readSettingsFile(folder: string): SettingsRead {
  const path = join(folder, fileName);
  try {
    return { file: schema.parse(JSON.parse(readFileSync(path, 'utf8'))), problem: null };
  } catch (error) {
    if (isMissing(error)) return { file: empty, problem: null };
    const aside = `${path}.unusable-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
    renameSync(path, aside);
    return { file: empty, problem: { code: 'SETTINGS_SET_ASIDE', params: { file: aside } } };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Whole or not at all, and on the disk when this returns: written beside, flushed, renamed. Only its owner may read it. */
export function writeSettingsFile(folder: string, file: SettingsFile): void {
  const path = join(folder, fileName);
  const part = `${path}.${String(process.pid)}.part`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const handle = openSync(part, 'w', 0o600);
    try {
      writeSync(handle, `${JSON.stringify(file, null, 2)}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw notSaved(path, error);
  }
}

export function notSaved(path: string, error: unknown): PayflowError {
  const problem = fileProblem(error);
  return new PayflowError('SETTINGS_NOT_SAVED', { path, problem }, { cause: error });
}
