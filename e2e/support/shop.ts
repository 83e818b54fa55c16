/**
 * A whole little company for tests: an HQ with PayFlow's tables and capture, terminals with a payflow.db each, a POS
 * program on another SQLite library, and a comparison of both sides that shares no code with `verify`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { openApp, type Compose } from '../../electron/host/app.ts';
import type { HostedApp } from '../../electron/host/desk-types.ts';
import { readSettings } from '../../electron/host/settings.ts';
import type { RunDirection, RunReport } from '../../shared/report.ts';
import { copyOfTemplate, createTestDatabase, type TestDatabase } from './postgres.ts';
import { quietLog } from './quiet-log.ts';

export interface TestHq {
  readonly url: string;
  /** A connection for the test itself; another backend each time `connect` is called. */
  readonly db: pg.Client;
  connect(): Promise<pg.Client>;
  close(): Promise<void>;
}

export interface HqOptions {
  /** Path of a manifest file; null: the default manifest with PayFlow's own tables. */
  readonly manifest?: string | null;
  /** Statements that run before capture is installed. */
  readonly schemaSql?: string;
  /** False: a database without PayFlow's capture. */
  readonly install?: boolean;
}

/** An HQ of its own. With the default manifest: 2 stores, 3 terminals (T1, T2 of store-1, T3 of store-2), users. */
export async function createHq(options: HqOptions = {}): Promise<TestHq> {
  const isUsual = Object.keys(options).length === 0;
  const database = isUsual
    ? await copyOfTemplate('template_company', installCompany)
    : await createTestDatabase();
  const clients: pg.Client[] = [];
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const db = await connect();
  const own = (options.manifest ?? null) === null;
  if (options.schemaSql !== undefined) await db.query(options.schemaSql);
  if (options.install !== false && !isUsual) {
    await installHq(database.url, own, options.manifest ?? null);
    if (own) await db.query(COMPANY);
  }
  return {
    url: database.url,
    db,
    connect,
    async close() {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
      await database.drop();
    },
  };
}

async function installHq(url: string, withSchema: boolean, manifest: string | null): Promise<void> {
  const app = await openApp(readSettings({ DATABASE_URL: url }), quietLog);
  await app.installHq({ withSchema, manifest, notify: null });
  await app.close();
}

async function installCompany(database: TestDatabase): Promise<void> {
  await installHq(database.url, true, null);
  await database.query(COMPANY);
}

/** 2 stores, 3 terminals and their users. */
export const COMPANY = `
  INSERT INTO stores (id, store_code, name, updated_at) VALUES
    ('store-1', 'S1', 'Main street', now()), ('store-2', 'S2', 'Harbour', now());
  INSERT INTO terminals (id, terminal_code, name, store_id, updated_at) VALUES
    ('term-1', 'T1', 'Till 1', 'store-1', now()), ('term-2', 'T2', 'Till 2', 'store-1', now()),
    ('term-3', 'T3', 'Till 3', 'store-2', now());
  INSERT INTO users (id, username, password_hash, store_id, updated_at) VALUES
    ('user-1', 'ana', 'secret', 'store-1', now()), ('user-2', 'ben', 'secret', 'store-1', now()),
    ('user-3', 'cem', 'secret', 'store-2', now());`;

export interface TestTerminal {
  readonly code: string;
  readonly path: string;
  readonly app: HostedApp;
  /** The POS program's own connection: another SQLite library, another connection's settings. */
  readonly pos: DatabaseSync;
  /** One cycle; throws when it failed, so that a test never overlooks it. */
  sync(options?: { direction?: RunDirection; table?: string }): Promise<RunReport>;
  /** One cycle that may fail. */
  trySync(options?: { direction?: RunDirection; table?: string }): Promise<RunReport>;
  retry(...rows: { table: string; id: string }[]): Promise<RunReport>;
  /** Values of one row by local_id, of the columns asked for. */
  row(table: string, localId: string, columns?: string): Record<string, unknown> | undefined;
  close(): Promise<void>;
}

export interface TerminalOptions {
  readonly url?: string;
  readonly path?: string;
  readonly batchSize?: number;
  readonly at?: (step: string) => void;
  readonly compose?: Compose;
  /** False: no `init`, the file is only named. */
  readonly init?: boolean;
}

const nothing = (): void => undefined;

/** A terminal that has been initialised and loaded. Its folder goes with `close`. */
export async function createTerminal(
  hq: TestHq,
  code: string,
  options: TerminalOptions = {},
): Promise<TestTerminal> {
  const folder =
    options.path === undefined ? mkdtempSync(join(tmpdir(), 'payflow-terminal-')) : null;
  const path = options.path ?? join(folder ?? '', 'payflow.db');
  const settings = readSettings({
    DATABASE_URL: options.url ?? hq.url,
    PAYFLOW_DB: path,
    PAYFLOW_STATE_DIR: join(dirname(path), 'state'),
    PAYFLOW_TERMINAL: code,
    ...(options.batchSize === undefined ? {} : { SYNC_BATCH_SIZE: String(options.batchSize) }),
  });
  const { signal } = new AbortController();
  const app = await openApp(settings, quietLog, options.at, options.compose);
  if (options.init !== false) await app.init(nothing, signal);
  let pos: DatabaseSync | null = null;
  const trySync: TestTerminal['trySync'] = ({ direction = 'both', table } = {}) =>
    app.sync({ direction, table: table ?? null, dryRun: false, onProgress: nothing, signal });
  const orThrow = (report: RunReport): RunReport => {
    if (report.error === undefined) return report;
    throw new Error(`the run failed: ${report.error.code} ${JSON.stringify(report.error.params)}`);
  };
  const openPos = (): DatabaseSync => (pos ??= new DatabaseSync(path, { timeout: 5000 }));
  return {
    code,
    path,
    app,
    get pos() {
      return openPos();
    },
    trySync,
    sync: async (wanted) => orThrow(await trySync(wanted)),
    retry: async (...rows) => orThrow(await app.retry(rows, nothing, signal)),
    row(table, localId, columns = '*') {
      return openPos().prepare(`SELECT ${columns} FROM "${table}" WHERE local_id = ?`).get(localId);
    },
    async close() {
      pos?.close();
      await app.close();
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What one side holds of a table, as sorted lines of text; the differences are what only one side has. */
export interface Difference {
  readonly table: string;
  readonly onlyHq: readonly string[];
  readonly onlyTerminal: readonly string[];
}

/** Columns the two sides name differently, and those that are the terminal's own. */
const RENAMED: Readonly<Record<string, string>> = { stock_quantity: 'master_stock_quantity' };
const OWN = new Set([
  'local_id',
  'server_id',
  'sync_status',
  'sync_operation',
  'last_sync_at',
  'sync_batch_id',
]);

/**
 * Compares tables value by value, without any code of the product: both sides are read as text, numbers and times are
 * brought to one spelling, references are followed to HQ's ids. `where` limits HQ's rows to the terminal's scope.
 */
export async function differences(
  hq: pg.Client,
  pos: DatabaseSync,
  tables: Readonly<Record<string, { where?: string; ignore?: readonly string[] }>>,
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const [table, { where = 'true', ignore = [] }] of Object.entries(tables)) {
    const local = pos.prepare(`SELECT * FROM "${table}"`).all();
    const hqColumns = await columnsAtHq(hq, table);
    const localColumns = (
      pos.prepare(`SELECT name FROM pragma_table_xinfo('${table}')`).all() as { name: string }[]
    )
      .map(({ name }) => name)
      .filter(
        (name) => !OWN.has(name) && !ignore.includes(name) && hqColumns.has(RENAMED[name] ?? name),
      );
    const references = new Map(
      (
        pos.prepare(`SELECT "from", "table" FROM pragma_foreign_key_list('${table}')`).all() as {
          from: string;
          table: string;
        }[]
      ).map((reference) => [reference.from, reference.table]),
    );
    const shown = localColumns.map((name) => `${pg.escapeIdentifier(RENAMED[name] ?? name)}::text`);
    const { rows } = await hq.query<(string | null)[]>({
      text: `SELECT id::text, ${shown.join(', ')} FROM ${table} t WHERE ${where}`,
      rowMode: 'array',
    });
    const theirs = new Set(rows.map((row) => row.map(plain).join(' | ')));
    const serverId = (refTable: string, localId: unknown): unknown =>
      (
        pos
          .prepare(`SELECT server_id FROM "${refTable}" WHERE local_id = ?`)
          .get(localId as string) as { server_id: string } | undefined
      )?.server_id ?? localId;
    const mine = new Set(
      local.map((row) =>
        [
          row['server_id'],
          ...localColumns.map((name) => {
            const parent = references.get(name);
            const value = row[name];
            return parent === undefined || value === null ? value : serverId(parent, value);
          }),
        ]
          .map(plain)
          .join(' | '),
      ),
    );
    const onlyHq = [...theirs].filter((line) => !mine.has(line));
    const onlyTerminal = [...mine].filter((line) => !theirs.has(line));
    if (onlyHq.length + onlyTerminal.length > 0) found.push({ table, onlyHq, onlyTerminal });
  }
  return found;
}

async function columnsAtHq(hq: pg.Client, table: string): Promise<Set<string>> {
  const { rows } = await hq.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  return new Set(rows.map(({ name }) => name));
}

/** One spelling for what both sides write differently: decimals, booleans, times. */
function plain(value: unknown): string {
  if (value === null || value === undefined) return '-';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value as string | number);
  if (text === 'true') return '1';
  if (text === 'false') return '0';
  if (/^-?\d+\.\d+$/.test(text)) return text.replace(/0+$/, '').replace(/\.$/, '');
  const time = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?Z?$/.exec(text);
  if (time !== null)
    return `${time[1] ?? ''} ${time[2] ?? ''}${(time[3] ?? '').replace(/0+$/, '').replace(/\.$/, '')}`;
  return text;
}
