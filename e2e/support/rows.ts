/** Rows for tests with a test company: only what a test is about has to be said, the rest is filled in. */
import type { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { expect } from 'vitest';
import { differences, type TestHq, type TestTerminal } from './shop.ts';

type Value = string | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;

const AT = '2026-11-22T08:00:00.000Z';

/** What a row of the table needs besides its key, by HQ's names (the terminal's are the same where it matters). */
const needed: Readonly<Record<string, (key: string) => Row>> = {
  users: (key) => ({ username: key, store_id: 'store-1', updated_at: AT }),
  suppliers: () => ({ name: 'Supplier', store_id: 'store-1', updated_at: AT }),
  categories: (key) => ({ name: key, store_id: 'store-1', updated_at: AT }),
  products: (key) => ({
    sku: key,
    name: key,
    selling_price: '5.00',
    store_id: 'store-1',
    updated_at: AT,
  }),
  product_attributes: (key) => ({ attribute_name: key, attribute_code: key }),
  product_attribute_values: (key) => ({ value: key }),
  product_variants: (key) => ({ sku: key, selling_price: '5.00', updated_at: AT }),
  product_variant_attributes: () => ({}),
  customers: (key) => ({ customer_code: key, store_id: 'store-1', updated_at: AT }),
  taxes: (key) => ({ tax_name: key, tax_rate: '0.2', store_id: 'store-1', updated_at: AT }),
  discounts: (key) => ({
    discount_name: key,
    discount_value: '1',
    store_id: 'store-1',
    updated_at: AT,
  }),
  shifts: (key) => ({
    terminal_id: 'term-1',
    user_id: 'user-1',
    shift_number: key,
    start_time: AT,
    updated_at: AT,
  }),
  orders: (key) => ({
    order_number: key,
    terminal_id: 'term-1',
    user_id: 'user-1',
    total_amount: '5.00',
    order_date: AT,
    source_terminal_id: 'term-1',
    updated_at: AT,
  }),
  order_items: () => ({ quantity: '1', unit_price: '5.00', line_total: '5.00' }),
  payments: () => ({
    payment_method: 'cash',
    amount: '5.00',
    tendered_amount: '5.00',
    payment_date: AT,
  }),
  receipts: (key) => ({ receipt_number: key, receipt_data: '{}', source_terminal_id: 'term-1' }),
  inventory_transactions: () => ({
    store_id: 'store-1',
    transaction_type: 'sale',
    quantity_change: -1,
    stock_before: 10,
    stock_after: 9,
    transaction_date: AT,
  }),
  purchase_orders: (key) => ({
    po_number: key,
    store_id: 'store-1',
    order_date: AT,
    updated_at: AT,
  }),
  purchase_order_items: () => ({ quantity_ordered: 1, unit_cost: '1', line_total: '1' }),
  system_settings: (key) => ({ setting_key: key, updated_at: AT }),
  audit_logs: () => ({ action_type: 'test', terminal_id: 'term-1' }),
};

function complete(table: string, key: string, row: Row): [string, Value][] {
  return Object.entries({ ...needed[table]?.(key), ...row });
}

/** Inserts rows at HQ. */
export async function atHq(
  db: Pick<pg.Client, 'query'>,
  table: string,
  ...rows: readonly (Row & { readonly id: string })[]
): Promise<void> {
  for (const row of rows) {
    const entries = complete(table, row.id, row);
    await db.query(
      `INSERT INTO ${table} (${entries.map(([name]) => name).join(', ')})
       VALUES (${entries.map((_, index) => `$${String(index + 1)}`).join(', ')})`,
      entries.map(([, value]) => value),
    );
  }
}

/** Inserts rows as the POS program does. */
export function atPos(
  pos: DatabaseSync,
  table: string,
  ...rows: readonly (Row & { readonly local_id: string })[]
): void {
  for (const row of rows) {
    const entries = complete(table, row.local_id, row);
    pos
      .prepare(
        `INSERT INTO "${table}" (${entries.map(([name]) => name).join(', ')}) VALUES (${entries.map(() => '?').join(', ')})`,
      )
      .run(...entries.map(([, value]) => (typeof value === 'boolean' ? Number(value) : value)));
  }
}

/** HQ's id of a local row; a test that asks for it wants the two to differ. */
export function serverId(terminal: TestTerminal, table: string, localId: string): string {
  const found = terminal.row(table, localId, 'server_id')?.['server_id'];
  expect(found, `${table} ${localId} is known at HQ`).toEqual(expect.any(String));
  expect(found).not.toBe(localId);
  return found as string;
}

/** The column of the rows of a table here, by local_id. */
export function columnOf(
  terminal: TestTerminal,
  table: string,
  column: string,
): Record<string, unknown> {
  const rows = terminal.pos
    .prepare(`SELECT local_id, "${column}" AS value FROM "${table}" ORDER BY local_id`)
    .all();
  return Object.fromEntries(rows.map((row) => [String(row['local_id']), row['value']]));
}

/** One row of HQ, chosen columns; undefined if it is not there. */
export async function hqRow(
  db: pg.Client,
  table: string,
  id: string,
  columns: string,
): Promise<Record<string, unknown> | undefined> {
  const { rows } = await db.query<Record<string, unknown>>(
    `SELECT ${columns} FROM ${table} WHERE id = $1`,
    [id],
  );
  return rows[0];
}

const STORES: Readonly<Record<string, { terminal: string; store: string }>> = {
  T1: { terminal: 'term-1', store: 'store-1' },
  T2: { terminal: 'term-2', store: 'store-1' },
  T3: { terminal: 'term-3', store: 'store-2' },
};

/** What HQ holds for a terminal, in HQ's own terms and without the product's scope code. */
function scopes(code: string): Record<string, { where?: string; ignore?: readonly string[] }> {
  const { terminal, store } = STORES[code] ?? { terminal: '', store: '' };
  const ofStore = { where: `store_id = '${store}'` };
  const product = `product_id IN (SELECT id FROM products WHERE store_id = '${store}')`;
  const ofTerminal = { where: `terminal_id = '${terminal}'` };
  const ofOrder = {
    where: `order_id IN (SELECT id FROM orders WHERE terminal_id = '${terminal}')`,
  };
  return {
    stores: {},
    terminals: ofStore,
    users: ofStore,
    suppliers: ofStore,
    categories: ofStore,
    products: ofStore,
    product_attributes: { where: product },
    product_attribute_values: {
      where: `attribute_id IN (SELECT id FROM product_attributes WHERE ${product})`,
    },
    product_variants: { where: product },
    product_variant_attributes: {
      where: `variant_id IN (SELECT id FROM product_variants WHERE ${product})`,
    },
    customers: ofStore,
    taxes: ofStore,
    discounts: ofStore,
    shifts: ofTerminal,
    orders: ofTerminal,
    order_items: ofOrder,
    payments: ofOrder,
    receipts: ofOrder,
    inventory_transactions: ofTerminal,
    purchase_orders: ofStore,
    purchase_order_items: {
      where: `purchase_order_id IN (SELECT id FROM purchase_orders WHERE store_id = '${store}')`,
    },
    terminal_stock_levels: ofTerminal,
    system_settings: {
      where: `(store_id = '${store}' OR is_global) AND setting_key NOT LIKE 'sync.%'`,
    },
    // A soft reference follows the table the row names; each test that writes one looks at it itself.
    audit_logs: { ...ofTerminal, ignore: ['record_id'] },
  };
}

export interface InStepOptions {
  /** HQ's ids (or `-` for rows HQ does not know) that may differ, by table: kept, held and rejected rows. */
  readonly except?: Readonly<Record<string, readonly string[]>>;
  /** Columns that may differ, by table: references to rows out of scope, which are null here. */
  readonly ignore?: Readonly<Record<string, readonly string[]>>;
}

/** The end of every test: another sync moves nothing, the data check is equal, and so is a comparison of our own. */
export async function expectInStep(
  hq: TestHq,
  terminals: readonly TestTerminal[],
  { except = {}, ignore = {} }: InStepOptions = {},
): Promise<void> {
  for (const terminal of terminals) {
    const report = await terminal.sync();
    expect([report.download, report.upload], `second sync of ${terminal.code}`).toMatchObject([
      { applied: 0, deleted: 0, conflicts: 0 },
      { applied: 0, deleted: 0, conflicts: 0 },
    ]);
    const { signal } = new AbortController();
    const verified = await terminal.app.verify(() => undefined, signal);
    const differing = Object.entries(verified.tables).flatMap(([table, { differing: ids }]) =>
      ids.map((id) => `${table}:${id}`),
    );
    expect(differing, `verify of ${terminal.code}`).toEqual([]);
    expect(verified.equal).toBe(true);
    const tables = Object.entries(scopes(terminal.code)).map(([table, scope]) => [
      table,
      { ...scope, ignore: [...(scope.ignore ?? []), ...(ignore[table] ?? [])] },
    ]);
    const found = await differences(
      hq.db,
      terminal.pos,
      Object.fromEntries(tables) as Parameters<typeof differences>[2],
    );
    const unexpected = found.flatMap(({ table, onlyHq, onlyTerminal }) =>
      [
        ...onlyHq.map((line) => `HQ ${table}: ${line}`),
        ...onlyTerminal.map((line) => `${terminal.code} ${table}: ${line}`),
      ].filter((line) => {
        const id = line.slice(line.indexOf(': ') + 2).split(' | ')[0] ?? '';
        return !(except[table] ?? []).includes(id);
      }),
    );
    expect(unexpected, `differences of ${terminal.code}`).toEqual([]);
  }
}
