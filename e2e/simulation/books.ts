/**
 * What both sides hold at the end, read and compared without any code of the product: values are brought to one spelling,
 * references are followed to HQ's keys, and who sees a row is said here once more in plain words.
 */
import type Database from 'better-sqlite3';
import type pg from 'pg';
import type { Place } from './company.ts';

/** A row by HQ's columns, one spelling for all. */
export type Row = Readonly<Record<string, string | null>>;
/** By table, then HQ's key. */
export type Books = ReadonlyMap<string, ReadonlyMap<string, Row>>;

type Scope = (row: Row, place: Place, hq: Books) => boolean;

const everyone: Scope = () => true;
const ofStore: Scope = (row, { store }) => row['store_id'] === store;
const ofTerminal: Scope = (row, { key }) => row['terminal_id'] === key;
const via =
  (table: string, column: string): Scope =>
  (row, place, hq) => {
    const parent = hq.get(table)?.get(row[column] ?? '');
    return parent !== undefined && SCOPES[table]?.(parent, place, hq) === true;
  };

/** Who sees a row. A table that is not here does not come down to a terminal. */
export const SCOPES: Readonly<Record<string, Scope>> = {
  stores: everyone,
  terminals: ofStore,
  users: ofStore,
  suppliers: ofStore,
  categories: ofStore,
  products: ofStore,
  product_attributes: via('products', 'product_id'),
  product_attribute_values: via('product_attributes', 'attribute_id'),
  product_variants: via('products', 'product_id'),
  product_variant_attributes: via('product_variants', 'variant_id'),
  customers: ofStore,
  taxes: ofStore,
  discounts: ofStore,
  shifts: ofTerminal,
  orders: ofTerminal,
  order_items: via('orders', 'order_id'),
  payments: via('orders', 'order_id'),
  receipts: via('orders', 'order_id'),
  inventory_transactions: ofTerminal,
  purchase_orders: ofStore,
  purchase_order_items: via('purchase_orders', 'purchase_order_id'),
  terminal_stock_levels: ofTerminal,
  system_settings: (row, { store }) => row['store_id'] === store || row['is_global'] === '1',
};

/** HQ's names of columns that a terminal has under another. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  products: { stock_quantity: 'master_stock_quantity' },
  product_variants: { stock_quantity: 'master_stock_quantity' },
};

/** Not the rows' own: bookkeeping and liveness. */
const IGNORED = new Set([
  'local_id',
  'server_id',
  'sync_status',
  'sync_operation',
  'last_sync_at',
  'sync_batch_id',
  'last_online_at',
  'is_online',
  'last_known_ip',
  'local_ip',
  'available_quantity',
]);

/** All of HQ in one statement. */
export async function hqBooks(db: pg.Client): Promise<Books> {
  const { rows } = await db.query<{ name: string; row: Record<string, unknown> }>(
    Object.keys(SCOPES)
      .map((table) => `SELECT '${table}' AS name, to_jsonb(t) AS row FROM ${table} t`)
      .join(' UNION ALL '),
  );
  const books = new Map<string, Map<string, Row>>(
    Object.keys(SCOPES).map((table) => [table, new Map()]),
  );
  for (const { name, row } of rows) {
    const { id, ...rest } = row;
    books
      .get(name)
      ?.set(
        String(id),
        Object.fromEntries(Object.entries(rest).map(([column, value]) => [column, plain(value)])),
      );
  }
  return books;
}

/** A row of a terminal, with what it is called there. */
export interface LocalRow {
  readonly localId: string;
  readonly serverId: string | null;
  readonly row: Row;
}

type RawRow = Readonly<Record<string, string | number | null>> & {
  readonly local_id: string;
  readonly server_id: string | null;
};

/** The file's books, by table; references as HQ's keys. */
export function localBooks(file: Database.Database): ReadonlyMap<string, readonly LocalRow[]> {
  const shapes = shapesOf(file);
  const serverIds = new Map<string, Map<string, string>>();
  const raw = new Map<string, RawRow[]>();
  for (const table of Object.keys(SCOPES)) {
    const rows = file.prepare(`SELECT * FROM "${table}"`).all() as RawRow[];
    raw.set(table, rows);
    serverIds.set(
      table,
      new Map(
        rows.map((row) => [row.local_id, String(row['server_id'] ?? `local:${row.local_id}`)]),
      ),
    );
  }
  return new Map(
    [...raw].map(([table, rows]) => {
      const shape = shapes.get(table) ?? [];
      return [
        table,
        rows.map((row): LocalRow => ({
          localId: row.local_id,
          serverId: row.server_id,
          row: Object.fromEntries(
            shape.map(({ local, hq, parent }) => {
              const value = plain(row[local]);
              return [
                hq,
                parent === null || value === null
                  ? value
                  : (serverIds.get(parent)?.get(value) ?? value),
              ];
            }),
          ),
        })),
      ];
    }),
  );
}

interface Shape {
  readonly local: string;
  readonly hq: string;
  readonly parent: string | null;
}

/** Columns to compare, by table; a file keeps its shape for the whole run. */
const known = new WeakMap<Database.Database, ReadonlyMap<string, readonly Shape[]>>();

function shapesOf(file: Database.Database): ReadonlyMap<string, readonly Shape[]> {
  const before = known.get(file);
  if (before !== undefined) return before;
  const shapes = new Map(
    Object.keys(SCOPES).map((table) => {
      const parents = new Map(
        (
          file.prepare(`SELECT "from", "table" FROM pragma_foreign_key_list(?)`).all(table) as {
            from: string;
            table: string;
          }[]
        ).map((reference) => [reference.from, reference.table]),
      );
      const columns = file
        .prepare('SELECT name FROM pragma_table_xinfo(?)')
        .pluck()
        .all(table) as string[];
      return [
        table,
        columns
          .filter((name) => !IGNORED.has(name))
          .map((local): Shape => ({
            local,
            hq: RENAMED[table]?.[local] ?? local,
            parent: parents.get(local) ?? null,
          })),
      ] as const;
    }),
  );
  known.set(file, shapes);
  return shapes;
}

const TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?Z?$/;

/** One spelling for what both sides write differently: decimals, booleans, times. */
function plain(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? '1' : '0';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value as string | number);
  if (/^-?\d+\.\d+$/.test(text)) return text.replace(/\.?0+$/, '');
  const time = TIME.exec(text);
  return time === null
    ? text
    : `${time[1] ?? ''} ${time[2] ?? ''}.${(time[3] ?? '').padEnd(3, '0')}`;
}
