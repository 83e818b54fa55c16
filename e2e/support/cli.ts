import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type pg from 'pg';
import { builtCli } from './built-desktop.ts';

/** `payflow` from the sources: for tests without a build, and the one that is about starting from them. */
export const sourceCli = join(import.meta.dirname, '../../electron/cli/main.ts');

/** What a program of a test has of this process's environment: the settings of the machine must not reach it. */
export const bareEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    // Where Node keeps what it has compiled: the next start need not.
    ['PATH', 'NODE_COMPILE_CACHE'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

export interface CliResult {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
  readonly durationMs: number;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Run as another user (root only). */
  readonly uid?: number;
}

/** A terminal as its administrator has it: a folder, settings in the environment, and the built program as a process. */
export interface TestCli {
  readonly folder: string;
  readonly db: string;
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** With `--json`: stdout must be one document and nothing else. */
  json(
    args: readonly string[],
    options?: CliOptions,
  ): Promise<{ exit: number | null; json: unknown }>;
  /** What the log has so far. */
  log(): string;
  /**
   * Digests of payflow.db and its -wal, empty ones left out. The lock file is left alone: to read and close it would drop the lock that a
   * test holds on it (POSIX).
   */
  files(): Record<string, string>;
  /** Digests of the file's tables but `sync_run`, the list of runs, in which a failed run leaves its line. */
  tables(): Record<string, string>;
  close(): void;
}

/** Makes the folder; nothing is opened or created in it. */
export function createCli(url: string, terminal = 'T1'): TestCli {
  const folder = mkdtempSync(join(tmpdir(), 'payflow-cli-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  const db = join(folder, 'payflow.db');
  const settings = {
    DATABASE_URL: url,
    PAYFLOW_DB: db,
    PAYFLOW_TERMINAL: terminal,
    PAYFLOW_LOG_DIR: join(folder, 'logs'),
    PAYFLOW_STATE_DIR: join(folder, 'state'),
    HOME: home,
    XDG_CONFIG_HOME: home,
    APPDATA: home,
  };
  const run: TestCli['run'] = (args, { env = {}, uid } = {}) =>
    runProcess(args, { ...settings, ...env }, home, uid);
  return {
    folder,
    db,
    run,
    async json(args, options) {
      const { exit, out, err } = await run([...args, '--json'], options);
      if (err !== '') throw new Error(`stderr of payflow ${args.join(' ')} --json: ${err}`);
      return { exit, json: JSON.parse(out) as unknown };
    },
    log: () => {
      const files = readdirSync(folder).includes('logs') ? readdirSync(join(folder, 'logs')) : [];
      return files.map((name) => readFileSync(join(folder, 'logs', name), 'utf8')).join('');
    },
    files: () =>
      Object.fromEntries(
        readdirSync(folder)
          .filter((name) => /^payflow\.db(-wal)?$/.test(name))
          .filter((name) => statSync(join(folder, name)).size > 0)
          .map((name) => [name, digest(readFileSync(join(folder, name)))]),
      ),
    tables: () => tablesOf(db),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function runProcess(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  cwd: string,
  uid?: number,
): Promise<CliResult> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [builtCli, ...args], {
      cwd,
      env: { ...bareEnvironment(), ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, out, err, durationMs: performance.now() - begun }));
  });
}

const digest = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 16);

function tablesOf(path: string): Record<string, string> {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const names = db
      .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
      .all()
      .map(({ name }) => String(name))
      .filter((name) => name !== 'sync_run');
    return Object.fromEntries(
      names.map((name) => {
        // That a run did not end well is kept, like the run itself, and that it was the last one.
        const kept = name === 'sync_meta' ? ` WHERE name NOT IN ('unfinished_at', 'last_run')` : '';
        const rows = db.prepare(`SELECT * FROM "${name}"${kept}`).all();
        return [name, digest(JSON.stringify(rows.map((row) => JSON.stringify(row)).toSorted()))];
      }),
    );
  } finally {
    db.close();
  }
}

/** A digest per table of HQ, PayFlow's own included: equal before and after means that nothing was written. */
export async function hqDigest(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const found: Record<string, string> = {};
  for (const { name } of rows) {
    const answer = await client.query<{ digest: string | null }>(
      `SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest FROM ${name} t`,
    );
    found[name] = answer.rows[0]?.digest ?? '';
  }
  return found;
}
