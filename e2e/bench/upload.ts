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

/** What goes up: rows of one table, or what a till sells (an order, two lines and a payment each). */
export type Goods = 'customers' | 'sales';

export interface UploadFigures {
  readonly rows: number;
  /** Rows per second. */
  readonly ours: number;
  readonly single: number;
}

/** Rows made on the terminal, against one awaited upsert per row into the same tables, same capture. */
export async function measureUpload(company: BenchCompany, goods: Goods): Promise<UploadFigures> {
  const file = join(company.folder, `upload-${goods}.db`);
  await stock(company);
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
      goods,
      String(ROWS),
      String(run),
    ]);
    const start = performance.now();
    const report = await sync();
    const seconds = (performance.now() - start) / 1000;
    if (report.upload.applied !== ROWS)
      throw new Error(`uploaded ${String(report.upload.applied)}: ${JSON.stringify(report)}`);
    ours.push(ROWS / seconds);
    single.push(await rowByRow(company, goods, run));
  }
  await app.close();
  return { rows: ROWS, ours: median(ours), single: median(single) };
}

/** Whom and what the sales refer to. */
async function stock({ db }: BenchCompany): Promise<void> {
  await db.query(`
    INSERT INTO users (id, username, store_id, updated_at) VALUES ('user-1', 'ana', 'store-1', now())
    ON CONFLICT DO NOTHING;
    INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
    SELECT 'tea-' || g, 'TEA-' || g, 'Green tea ' || g, 10, 'store-1', now() FROM generate_series(0, 99) g
    ON CONFLICT DO NOTHING`);
}

interface Upsert {
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The old engine's way: one upsert, one commit, one wait per row. Rows per second. */
async function rowByRow({ db }: BenchCompany, goods: Goods, run: number): Promise<number> {
  const upserts = goods === 'sales' ? saleRows : customerRows;
  const rowsAtOnce = upserts('').length;
  const start = performance.now();
  for (let count = 0; count < SINGLE_ROWS; count += rowsAtOnce) {
    for (const { table, row } of upserts(`S-${String(run)}-${String(count)}`)) {
      const columns = Object.keys(row);
      const sets = columns.slice(1).map((column) => `${column} = excluded.${column}`);
      await db.query(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, place) => `$${String(place + 1)}`).join(', ')})
         ON CONFLICT (id) DO UPDATE SET ${sets.join(', ')}`,
        Object.values(row),
      );
    }
  }
  return SINGLE_ROWS / ((performance.now() - start) / 1000);
}

const NOW = '2026-11-22T10:00:00.000Z';
const nothing = (...columns: readonly string[]): Record<string, null> =>
  Object.fromEntries(columns.map((column) => [column, null]));

/** The columns an upload of such a row carries: both sides write the same. */
function customerRows(name: string): Upsert[] {
  return [
    {
      table: 'customers',
      row: {
        id: crypto.randomUUID(),
        customer_code: name,
        first_name: 'Ada',
        last_name: 'Lovelace',
        email: `${name}@example.com`,
        city: 'London',
        customer_type: 'regular',
        credit_limit: '0',
        current_balance: '0',
        loyalty_points: 0,
        is_active: true,
        store_id: 'store-1',
        created_at: NOW,
        updated_at: NOW,
        ...nothing('phone', 'address_line1', 'address_line2', 'state', 'country', 'postal_code'),
        ...nothing('tax_number', 'deleted_at', 'created_by'),
      },
    },
  ];
}

function saleRows(name: string): Upsert[] {
  const order = crypto.randomUUID();
  const line = (product: string): Upsert => ({
    table: 'order_items',
    row: {
      id: crypto.randomUUID(),
      order_id: order,
      product_id: product,
      quantity: '1',
      unit_price: '10.00',
      discount_rate: '0',
      discount_amount: '0',
      tax_rate: '0',
      tax_amount: '0',
      line_total: '10.00',
      product_name: 'Green tea',
      product_sku: 'TEA',
      created_at: NOW,
      ...nothing('variant_id', 'cost_price', 'variant_name', 'variant_sku', 'variant_attributes'),
    },
  });
  return [
    {
      table: 'orders',
      row: {
        id: order,
        order_number: name,
        terminal_id: 'term-1',
        user_id: 'user-1',
        subtotal: '16.80',
        tax_amount: '3.20',
        discount_amount: '0',
        total_amount: '20.00',
        tendered_amount: '0',
        change_amount: '0',
        payment_method: 'cash',
        payment_status: 'paid',
        order_type: 'retail',
        status: 'completed',
        order_date: NOW,
        source_terminal_id: 'term-1',
        created_at: NOW,
        updated_at: NOW,
        ...nothing('shift_id', 'customer_id', 'transaction_id', 'notes', 'completed_at'),
        ...nothing('sync_batch_id'),
      },
    },
    line('tea-1'),
    line('tea-2'),
    {
      table: 'payments',
      row: {
        id: crypto.randomUUID(),
        order_id: order,
        payment_method: 'cash',
        amount: '20.00',
        tendered_amount: '20.00',
        change_amount: '0',
        status: 'completed',
        payment_date: NOW,
        created_at: NOW,
        ...nothing('reference_number', 'card_last_four', 'card_type', 'authorization_code'),
      },
    },
  ];
}
