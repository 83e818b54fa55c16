import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedHq } from '../../electron/host/embedded-hq.ts';
import { openApp } from '../../electron/host/app.ts';
import { readSettings } from '../../electron/host/settings.ts';
import { quietLog } from '../support/quiet-log.ts';

/** An HQ for measuring: a PostgreSQL with fsync on, PayFlow's schema and capture, one store, one terminal. */
export interface BenchCompany {
  readonly url: string;
  readonly db: pg.Client;
  /** A folder of its own, gone with `close`. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function createCompany(): Promise<BenchCompany> {
  const folder = mkdtempSync(join(tmpdir(), 'payflow-bench-'));
  const server = await startEmbeddedHq({
    settings: { shared_buffers: '512MB', max_wal_size: '8GB', fsync: 'on' },
  });
  const url = server.url('postgres');
  const db = new pg.Client({ connectionString: url });
  db.on('error', () => undefined);
  await db.connect();
  const app = await openApp(readSettings({ DATABASE_URL: url }), quietLog);
  await app.installHq({ withSchema: true, manifest: null, notify: null });
  await app.close();
  await db.query(`
    INSERT INTO stores (id, store_code, name, updated_at) VALUES ('store-1', 'S1', 'Main street', now());
    INSERT INTO terminals (id, terminal_code, name, store_id, updated_at)
      VALUES ('term-1', 'T1', 'Till 1', 'store-1', now());`);
  return {
    url,
    db,
    folder,
    async close() {
      await db.end();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The next file is a first load of its own: HQ has never met the terminal. */
export async function forgetTerminals({ db }: BenchCompany): Promise<void> {
  await db.query('DELETE FROM payflow_sync.terminal');
}

/** The environment of a terminal whose payflow.db is `file`. */
export function terminalEnv(company: BenchCompany, file: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATABASE_URL: company.url,
    PAYFLOW_DB: file,
    PAYFLOW_TERMINAL: 'T1',
    PAYFLOW_LOG_DIR: join(company.folder, 'log'),
    PAYFLOW_STATE_DIR: join(company.folder, 'state'),
  };
}
