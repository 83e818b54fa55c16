/** Hand-made plans and files for tests of the terminal's side. Not part of the app: only tests import it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ColumnPlan, Plan, TablePlan, UnsyncedColumn, ValueKind } from '../../shared/plan.ts';
import { rebuildTriggers } from './capture.ts';
import { migrateLocal } from './migrate.ts';
import { openLocal, type WritableDb } from './open.ts';
import { createIndex, createTable, indexesOf } from './schema.ts';

export const localMigrations = resolve(import.meta.dirname, '../../resources/local');

const hqTypes: Record<ValueKind, string> = {
  text: 'character varying(255)',
  integer: 'integer',
  decimal: 'numeric(15,4)',
  float: 'double precision',
  boolean: 'boolean',
  timestamp: 'timestamp(3) without time zone',
  timestamptz: 'timestamp with time zone',
  date: 'date',
  time: 'time without time zone',
  uuid: 'uuid',
  bytes: 'bytea',
  json: 'jsonb',
  array: 'text[]',
};

/** One synced column, nullable and `newest` unless `more` says otherwise. */
export function column(
  hq: string,
  kind: ValueKind = 'text',
  more: Partial<ColumnPlan> = {},
): ColumnPlan {
  const scale = kind === 'decimal' ? 4 : kind === 'timestamp' ? 3 : null;
  const hqType = hqTypes[kind];
  return {
    hq,
    local: hq,
    kind,
    hqType,
    castType: hqType.replace(/\(.*?\)/, ''),
    scale,
    nullable: true,
    strategy: 'newest',
    reference: null,
    secret: false,
    hqDefault: null,
    ...more,
  };
}

export function unsynced(
  hq: string,
  kind: ValueKind,
  more: Partial<UnsyncedColumn> = {},
): UnsyncedColumn {
  return {
    hq,
    local: hq,
    kind,
    hqType: hqTypes[kind],
    hqDefault: null,
    nullable: true,
    generatedAs: null,
    ...more,
  };
}

/** One table that travels both ways and that everybody sees, unless `more` says otherwise. */
export function tablePlan(
  name: string,
  number: number,
  columns: readonly ColumnPlan[],
  more: Partial<TablePlan> = {},
): TablePlan {
  return {
    name,
    schema: 'public',
    number,
    direction: 'both',
    scope: { kind: 'everyone' },
    key: ['id'],
    ownKey: true,
    keyKind: 'text',
    keyCastType: 'character varying',
    keySequence: null,
    columns,
    foreignKeys: [],
    uniques: [],
    quiet: [],
    fill: {},
    exclude: null,
    unsynced: [],
    addsTerminalColumn: 'terminal_id',
    terminalColumn: null,
    fingerprint: name,
    ...more,
  };
}

export function planOf(...tables: TablePlan[]): Plan {
  const terminals = { table: 'terminals', code: 'terminal_code', store: 'store_id' };
  return { version: 1, terminals, tables, fingerprint: tables.map(({ name }) => name).join() };
}

const required = { nullable: false } as const;
const parent = (table: string): Partial<ColumnPlan> => ({ reference: { table, hard: true } });
const now = { ...required, hqDefault: 'CURRENT_TIMESTAMP' } as const;

export const categories = tablePlan(
  'categories',
  1,
  [
    column('name', 'text', required),
    column('parent_id', 'text', parent('categories')),
    column('sort_order', 'integer', { ...required, hqDefault: '0' }),
    column('created_at', 'timestamp', now),
  ],
  {
    direction: 'download',
    foreignKeys: [{ column: 'parent_id', refTable: 'categories', nullable: true }],
  },
);

/** PayFlow's widest table: 35 columns, an `add` column under another name, a foreign key, a unique key. */
export const products = tablePlan(
  'products',
  2,
  [
    column('sku', 'text', required),
    column('name', 'text', required),
    column('description'),
    column('product_type', 'text', { ...required, hqDefault: `'simple'::character varying` }),
    column('is_variable', 'boolean', { ...required, hqDefault: 'false' }),
    column('category_id', 'text', parent('categories')),
    column('brand'),
    column('cost_price', 'decimal', { ...required, hqDefault: '0', strategy: 'hq' }),
    column('selling_price', 'decimal', { ...required, strategy: 'hq' }),
    column('wholesale_price', 'decimal', { strategy: 'hq' }),
    column('tax_rate', 'decimal', { ...required, hqDefault: '0', strategy: 'hq' }),
    column('manage_stock', 'boolean', { ...required, hqDefault: 'true' }),
    column('master_stock_quantity', 'integer', {
      ...required,
      local: 'stock_quantity',
      hqDefault: '0',
      strategy: 'add',
    }),
    column('min_stock_level', 'integer', { ...required, hqDefault: '0' }),
    column('max_stock_level', 'integer'),
    column('low_stock_threshold', 'integer', { ...required, hqDefault: '5' }),
    column('unit_type'),
    column('weight', 'decimal'),
    column('dimensions'),
    column('barcode'),
    column('image_urls'),
    column('main_image_url'),
    column('is_active', 'boolean', { ...required, hqDefault: 'true' }),
    column('is_service', 'boolean', { ...required, hqDefault: 'false' }),
    column('is_digital', 'boolean', { ...required, hqDefault: 'false' }),
    column('meta_title'),
    column('meta_description'),
    column('meta_keywords'),
    column('tags', 'json'),
    column('rating', 'float'),
    column('thumbnail', 'bytes'),
    column('created_by', 'text', { reference: { table: 'users', hard: false } }),
    column('created_at', 'timestamp', now),
    column('updated_at', 'timestamp'),
    column('deleted_at', 'timestamp'),
  ],
  {
    foreignKeys: [{ column: 'category_id', refTable: 'categories', nullable: true }],
    uniques: [{ name: 'products_sku_key', columns: ['sku'] }],
  },
);

export const stockLevels = tablePlan(
  'stock_levels',
  3,
  [
    column('product_id', 'text', { ...required, ...parent('products') }),
    column('stock_quantity', 'integer', required),
    column('reserved_quantity', 'integer', { ...required, hqDefault: '0' }),
    column('last_updated', 'timestamp', required),
  ],
  {
    direction: 'upload',
    foreignKeys: [{ column: 'product_id', refTable: 'products', nullable: false }],
    quiet: ['last_sync_at'],
    unsynced: [
      unsynced('last_sync_at', 'timestamp'),
      unsynced('available_quantity', 'integer', {
        generatedAs: '(stock_quantity - reserved_quantity)',
      }),
    ],
  },
);

/** A composite key that is not a key of its own: its columns are ordinary ones. */
export const productTags = tablePlan(
  'product_tags',
  4,
  [
    column('product_id', 'text', { ...required, ...parent('products') }),
    column('tag', 'text', required),
  ],
  {
    key: ['product_id', 'tag'],
    ownKey: false,
    foreignKeys: [{ column: 'product_id', refTable: 'products', nullable: false }],
  },
);

export const shopPlan = planOf(categories, products, stockLevels, productTags);

/** A folder that is gone at the end of the block (`using`). */
export function tempFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'payflow-local-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** All statements that make an empty payflow.db hold the plan's tables; the capture triggers come separately. */
export function schemaOf(plan: Plan): string[] {
  return plan.tables.flatMap((table) => [
    createTable(table),
    ...indexesOf(table).map((index) => createIndex(table, index)),
  ]);
}

/** A file with PayFlow's own tables, the plan's tables and, unless told otherwise, the capture triggers. */
export function makeShop(
  path: string,
  plan: Plan = shopPlan,
  { triggers = true } = {},
): WritableDb {
  const db = openLocal(path);
  migrateLocal(db, localMigrations);
  for (const statement of schemaOf(plan)) db.exec(statement);
  if (triggers) rebuildTriggers(db, plan);
  return db;
}
