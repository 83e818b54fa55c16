import { join } from 'node:path';
import { openApp } from '../../electron/host/app.ts';
import { readSettings } from '../../electron/host/settings.ts';
import { quietLog } from '../support/quiet-log.ts';
import { forgetTerminals, terminalEnv, type BenchCompany } from './company.ts';
import { median, timed } from './measure.ts';

const ROWS = 20_000;
/** Row by row takes long: fewer rows tell its speed as well. */
const SINGLE_ROWS = 3_000;
const RUNS = 3;

export interface UploadFigures {
  readonly rows: number;
  /** Rows per second. */
  readonly ours: number;
  readonly single: number;
}

/** Customers made on the terminal, against one awaited upsert per row into the same table, same capture. */
export async function measureUpload(company: BenchCompany): Promise<UploadFigures> {
  const file = join(company.folder, 'upload.db');
  await forgetTerminals(company);
  const app = await openApp(readSettings(terminalEnv(company, file)), quietLog);
  const { signal } = new AbortController();
  await app.init(() => undefined, signal);
  const sync = () =>
    app.sync({
      direction: 'both',
      table: null,
      dryRun: false,
      onProgress: () => undefined,
      signal,
    });
  const ours: number[] = [];
  const single: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    // What the other half of this measurement wrote to HQ comes down first: uploads are measured alone.
    await sync();
    await timed(process.execPath, [
      join(import.meta.dirname, 'sell-child.ts'),
      file,
      String(ROWS),
      String(run),
    ]);
    const start = performance.now();
    const report = await sync();
    const seconds = (performance.now() - start) / 1000;
    if (report.upload.applied !== ROWS)
      throw new Error(`uploaded ${String(report.upload.applied)}: ${JSON.stringify(report)}`);
    ours.push(ROWS / seconds);
    single.push(await rowByRow(company, run));
  }
  await app.close();
  return { rows: ROWS, ours: median(ours), single: median(single) };
}

/** The columns an upload of such a row carries: both sides write the same. */
const COLUMNS = [
  'id, customer_code, first_name, last_name, email, phone, address_line1, address_line2, city, state, country',
  'postal_code, customer_type, tax_number, credit_limit, current_balance, loyalty_points, is_active, store_id',
  'created_at, updated_at, deleted_at, created_by',
]
  .join(', ')
  .split(', ');

/** The old engine's way: one upsert, one commit, one wait per row. Rows per second. */
async function rowByRow(company: BenchCompany, run: number): Promise<number> {
  const sets = COLUMNS.slice(1).map((column) => `${column} = excluded.${column}`);
  const upsert = `INSERT INTO customers (${COLUMNS.join(', ')})
    VALUES (${COLUMNS.map((_, place) => `$${String(place + 1)}`).join(', ')})
    ON CONFLICT (id) DO UPDATE SET ${sets.join(', ')}`;
  const now = '2026-11-22T10:00:00.000Z';
  const start = performance.now();
  for (let row = 0; row < SINGLE_ROWS; row += 1) {
    const code = `S-${String(run)}-${String(row)}`;
    const name = [crypto.randomUUID(), code, 'Ada', 'Lovelace', `s${String(row)}@example.com`];
    const address = [null, null, null, 'London', null, null, null];
    const account = ['regular', null, '0', '0', 0, true, 'store-1', now, now, null, null];
    await company.db.query(upsert, [...name, ...address, ...account]);
  }
  return SINGLE_ROWS / ((performance.now() - start) / 1000);
}
