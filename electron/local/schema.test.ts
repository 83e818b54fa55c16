import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { ValueKind } from '../../shared/plan.ts';
import { translateDefault, translateGenerated } from './defaults.ts';
import { inspectTable } from './inspect.ts';
import { createTable } from './schema.ts';
import {
  column,
  makeShop,
  planOf,
  shopPlan,
  stockLevels,
  tablePlan,
  tempFolder,
  unsynced,
} from './testing.ts';

const now = `(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`;

describe("HQ's defaults in SQLite's words", () => {
  test.each<[string, ValueKind, string | null]>([
    [`'simple'::character varying`, 'text', `'simple'`],
    [`'it''s (a) ::text'::character varying(20)`, 'text', `'it''s (a) ::text'`],
    [`''::text`, 'text', `''`],
    ['0', 'integer', '0'],
    [`'-1'::integer`, 'integer', '-1'],
    ['(-1)', 'integer', '-1'],
    ['0', 'decimal', `'0'`],
    [`'12.5000'::numeric(10,4)`, 'decimal', `'12.5000'`],
    ['(0)::numeric', 'decimal', `'0'`],
    ['0.5', 'float', '0.5'],
    ['true', 'boolean', '1'],
    ['false', 'boolean', '0'],
    ['CURRENT_TIMESTAMP', 'timestamp', now],
    ['CURRENT_TIMESTAMP(3)', 'timestamp', now],
    ['now()', 'timestamptz', now],
    [`(now() AT TIME ZONE 'utc'::text)`, 'timestamp', now],
    [`timezone('utc'::text, now())`, 'timestamp', now],
    ['(now())::timestamp(3) without time zone', 'timestamp', now],
    ['CURRENT_DATE', 'date', `(date('now'))`],
    [`'2026-01-01'::date`, 'date', `'2026-01-01'`],
    [`'{}'::jsonb`, 'json', `'{}'`],
    [`'{}'::text[]`, 'array', `'[]'`],
    [`'{a,b}'::text[]`, 'array', null],
    [`'\\x00'::bytea`, 'bytes', null],
    ['NULL::character varying', 'text', null],
    [`nextval('a_seq'::regclass)`, 'integer', null],
    ['my_function(1)', 'integer', null],
    ['(1 + 2)', 'integer', null],
    [`('a'::text || 'b'::text)`, 'text', null],
    ['now()', 'text', null],
    ['CURRENT_USER', 'text', null],
    [`'NaN'::numeric`, 'decimal', null],
  ])('%s as %s: %s', (expression, kind, sql) => {
    expect(translateDefault(expression, kind)?.sql ?? null).toBe(sql);
  });
});

describe('generated columns', () => {
  const columns = new Map([
    ['stock', { local: 'on hand', kind: 'integer' as const }],
    ['Reserved', { local: 'reserved', kind: 'integer' as const }],
    ['price', { local: 'price', kind: 'decimal' as const }],
    ['name', { local: 'name', kind: 'text' as const }],
  ]);
  test.each<[string, ValueKind, string | null]>([
    ['(stock - "Reserved")', 'integer', '( "on hand" - "reserved" )'],
    ['((stock * 2) / 3)', 'integer', '( ( "on hand" * 2 ) / 3 )'],
    [
      '(price * stock)',
      'decimal',
      `CASE WHEN (( "price" * "on hand" )) IS NOT NULL THEN printf('%.4f', ( "price" * "on hand" )) END`,
    ],
    ['(price / 2)', 'decimal', null],
    ['(stock % 2)', 'integer', null],
    ['upper(name)', 'text', null],
    ['(price)::integer', 'integer', null],
    ['COALESCE(stock, 0)', 'integer', null],
    ['(stock - gone)', 'integer', null],
  ])('%s as %s', (expression, kind, sql) => {
    expect(translateGenerated(expression, kind, 4, columns)).toBe(sql);
  });
});

describe('the tables of a new file', () => {
  test('have the columns of payflow-schema.md', () => {
    expect(
      createTable(stockLevels)
        .replaceAll(/DEFAULT \(lower.*\)\),/g, 'DEFAULT (uuid),')
        .split('\n'),
    ).toEqual([
      'CREATE TABLE "stock_levels" (',
      '  "local_id" TEXT PRIMARY KEY NOT NULL DEFAULT (uuid),',
      '  "server_id" TEXT,',
      '  "product_id" TEXT NOT NULL REFERENCES "products" (local_id) ON UPDATE CASCADE ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,',
      '  "stock_quantity" INTEGER NOT NULL,',
      '  "reserved_quantity" INTEGER NOT NULL DEFAULT 0,',
      '  "last_updated" TEXT NOT NULL,',
      '  "available_quantity" INTEGER GENERATED ALWAYS AS (( "stock_quantity" - "reserved_quantity" )) STORED,',
      '  "terminal_id" TEXT,',
      `  "sync_status" TEXT DEFAULT 'pending',`,
      `  "sync_operation" TEXT DEFAULT 'insert',`,
      '  "last_sync_at" TEXT',
      ')',
    ]);
  });

  test('take rows with their defaults, count, keep decimals and refuse a second of a key', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    makeShop(path, shopPlan).close();
    using pos = new DatabaseSync(path, { enableForeignKeyConstraints: true });
    pos.exec(`INSERT INTO products (sku, name, selling_price) VALUES ('S', 'n', '123456789012345.6789');
      INSERT INTO stock_levels (local_id, product_id, stock_quantity, reserved_quantity, last_updated)
        SELECT 's', local_id, 10, 3, 'now' FROM products`);
    const product = pos.prepare('SELECT * FROM products').get() ?? {};
    expect(product).toMatchObject({
      product_type: 'simple',
      cost_price: '0',
      manage_stock: 1,
      selling_price: '123456789012345.6789',
      server_id: null,
    });
    expect(product['local_id']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(product['created_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(pos.prepare('SELECT available_quantity AS a FROM stock_levels').get()?.['a']).toBe(7);
    expect(() =>
      pos.exec(`INSERT INTO products (sku, name, selling_price) VALUES ('S', 'n', '1')`),
    ).toThrow('UNIQUE');
    expect(() => pos.exec('DELETE FROM products')).toThrow('FOREIGN KEY');
    pos.exec(`BEGIN; INSERT INTO product_tags (product_id, tag) VALUES ('later', 't');
      INSERT INTO products (local_id, sku, name, selling_price) VALUES ('later', 'L', 'n', '1'); COMMIT`);
    expect(() =>
      pos.exec(`INSERT INTO product_tags (product_id, tag) VALUES ('later', 't')`),
    ).toThrow('UNIQUE');
  });

  test('index every foreign key and hold server_id unique', () => {
    using folder = tempFolder();
    const db = makeShop(join(folder.path, 'payflow.db'));
    const indexes = inspectTable(db, 'product_tags')?.indexes.filter(({ special }) => !special);
    expect(
      indexes
        ?.map(({ unique, columns }) => `${unique ? 'unique ' : ''}${columns.join()}`)
        .toSorted(),
    ).toEqual(['product_id', 'unique product_id,tag', 'unique server_id']);
    db.close();
  });

  test('references are text whatever the key of HQ is, and unsynced columns need no value', () => {
    const table = tablePlan(
      'lines',
      1,
      [
        column('head_id', 'integer', {
          nullable: false,
          hqDefault: '0',
          reference: { table: 'heads', hard: true },
        }),
      ],
      {
        unsynced: [
          unsynced('seen', 'boolean', { nullable: false }),
          unsynced('online', 'boolean', { nullable: false, hqDefault: 'false' }),
          unsynced('odd', 'text', { generatedAs: 'upper(name)' }),
        ],
      },
    );
    const sql = createTable(table);
    expect(sql).toContain('"head_id" TEXT NOT NULL,');
    expect(sql).toContain('"seen" INTEGER,');
    expect(sql).toContain('"online" INTEGER NOT NULL DEFAULT 0,');
    expect(sql).toContain('"odd" TEXT,');
    expect(planOf(table).tables).toHaveLength(1);
  });
});
