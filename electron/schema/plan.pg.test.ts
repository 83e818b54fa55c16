import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestHq, defaultManifest, type TestHq } from '../../e2e/support/hq.ts';
import type { ManifestTable } from '../../shared/manifest.ts';
import { readCatalogue } from '../remote/catalogue.ts';
import type { Catalogue, CatalogueTable } from './catalogue.ts';
import { completePlan } from './plan.ts';

const manifest = defaultManifest();
let hq: TestHq;
let catalogue: Catalogue;
beforeAll(async () => {
  hq = await createTestHq({ install: false });
  catalogue = await readCatalogue(hq.client, 'public', Object.keys(manifest.tables));
});
afterAll(() => hq.close());

const planned = (name: string) => {
  const table = completePlan(manifest, catalogue).tables.find((each) => each.name === name);
  if (!table) throw new Error(name);
  return table;
};

describe("PayFlow's own tables", () => {
  test('stand parents first, each with a number of its own that another table cannot shift', () => {
    const { tables } = completePlan(manifest, catalogue);
    const place = new Map(tables.map(({ name }, index) => [name, index]));
    const late = tables.flatMap(({ name, foreignKeys }) =>
      foreignKeys.filter(
        ({ refTable }) => refTable !== name && (place.get(refTable) ?? 99) > (place.get(name) ?? 0),
      ),
    );
    expect(late).toEqual([]);
    const { audit_logs: _, ...others } = manifest.tables;
    const fewer = { ...manifest, tables: others };
    expect(new Set(tables.map(({ number }) => number)).size).toBe(tables.length);
    expect(completePlan(fewer, catalogue).tables.map(({ name, number }) => [name, number])).toEqual(
      tables.flatMap(({ name, number }) => (name === 'audit_logs' ? [] : [[name, number]])),
    );
  });

  test('orders: what syncs, what is filled, what is referred to', () => {
    const orders = planned('orders');
    expect(orders).toMatchObject({
      key: ['id'],
      ownKey: true,
      keyKind: 'text',
      keySequence: null,
      terminalColumn: 'terminal_id',
      addsTerminalColumn: null,
    });
    expect(orders.columns.map(({ hq }) => hq)).not.toContain('id');
    expect(orders.columns.map(({ hq }) => hq)).not.toContain('sync_batch_id');
    expect(orders.unsynced.map(({ hq }) => hq)).toEqual(['sync_batch_id']);
    expect(orders.columns.find(({ hq }) => hq === 'shift_id')).toMatchObject({
      nullable: true,
      reference: { table: 'shifts', hard: true },
    });
    expect(orders.columns.find(({ hq }) => hq === 'source_terminal_id')).toMatchObject({
      reference: { table: 'terminals', hard: false },
    });
    expect(orders.columns.find(({ hq }) => hq === 'total_amount')).toMatchObject({
      kind: 'decimal',
      scale: 4,
      hqType: 'numeric(15,4)',
      castType: 'numeric',
      hqDefault: '0',
    });
  });

  test('renamed, quiet, generated and added columns', () => {
    expect(
      planned('products').columns.find(({ hq }) => hq === 'master_stock_quantity'),
    ).toMatchObject({ local: 'stock_quantity', strategy: 'add' });
    expect(planned('products')).toMatchObject({
      addsTerminalColumn: 'terminal_id',
      terminalColumn: null,
    });
    const levels = planned('terminal_stock_levels');
    expect(levels.unsynced).toMatchObject([
      { hq: 'available_quantity', generatedAs: '(stock_quantity - reserved_quantity)' },
    ]);
    expect(planned('terminals').unsynced.map(({ hq }) => hq)).toEqual([
      'local_ip',
      'last_known_ip',
      'is_online',
      'last_online_at',
    ]);
    expect(planned('audit_logs').columns.find(({ hq }) => hq === 'record_id')?.reference).toEqual({
      tableFrom: 'table_name',
    });
    expect(
      planned('users')
        .columns.filter(({ secret }) => secret)
        .map(({ hq }) => hq),
    ).toEqual(['password_hash', 'pin_code']);
  });

  test('the same manifest in another order is the same plan', () => {
    const turned = {
      ...manifest,
      tables: Object.fromEntries(Object.entries(manifest.tables).toReversed()),
    };
    expect(completePlan(turned, { ...catalogue, tables: catalogue.tables.toReversed() })).toEqual(
      completePlan(manifest, catalogue),
    );
  });
});

describe('a contradiction is refused with its place', () => {
  const policy = (table: string, change: Partial<ManifestTable>) => () => {
    const old = manifest.tables[table];
    if (!old) throw new Error(table);
    return completePlan(
      { ...manifest, tables: { ...manifest.tables, [table]: { ...old, ...change } } },
      catalogue,
    );
  };
  const facts = (name: string, change: (table: CatalogueTable) => Partial<CatalogueTable>) => () =>
    completePlan(manifest, {
      ...catalogue,
      tables: catalogue.tables.map((t) => (t.name === name ? { ...t, ...change(t) } : t)),
    });

  const cases: [code: string, at: object, () => unknown][] = [
    [
      'HQ_TABLE_MISSING',
      { table: 'taxes' },
      () =>
        completePlan(manifest, {
          ...catalogue,
          tables: catalogue.tables.filter(({ name }) => name !== 'taxes'),
        }),
    ],
    [
      'MANIFEST_TABLE_UNKNOWN',
      { table: 'tills' },
      () =>
        completePlan(
          { ...manifest, terminals: { ...manifest.terminals, table: 'tills' } },
          catalogue,
        ),
    ],
    [
      'MANIFEST_COLUMN_UNKNOWN',
      { table: 'terminals', column: 'nr' },
      () =>
        completePlan({ ...manifest, terminals: { ...manifest.terminals, code: 'nr' } }, catalogue),
    ],
    [
      'MANIFEST_COLUMN_UNKNOWN',
      { table: 'taxes', column: 'colour' },
      policy('taxes', { quiet: ['colour'] }),
    ],
    [
      'MANIFEST_COLUMN_UNKNOWN',
      { table: 'taxes', column: 'colour' },
      policy('taxes', { soft: { created_by: { table_from: 'colour' } } }),
    ],
    ['MANIFEST_NO_PRIMARY_KEY', { table: 'taxes' }, facts('taxes', () => ({ primaryKey: [] }))],
    [
      'MANIFEST_KEY_NOT_SYNCED',
      { table: 'taxes', column: 'id' },
      policy('taxes', { quiet: ['id'] }),
    ],
    [
      'MANIFEST_SCOPE_COLUMN_MISSING',
      { table: 'taxes', column: 'shop' },
      policy('taxes', { scope: { store: 'shop' } }),
    ],
    [
      'MANIFEST_SCOPE_NOT_BOOLEAN',
      { table: 'taxes', column: 'tax_name' },
      policy('taxes', { scope: { store: 'store_id', everyone_when: 'tax_name' } }),
    ],
    [
      'MANIFEST_VIA_NOT_FOREIGN_KEY',
      { table: 'orders', column: 'notes' },
      policy('orders', { scope: { via: 'notes' } }),
    ],
    [
      'MANIFEST_SCOPE_CYCLE',
      { table: 'categories', column: 'parent_id' },
      policy('categories', { scope: { via: 'parent_id' } }),
    ],
    [
      'MANIFEST_ADD_NOT_NUMERIC',
      { table: 'taxes', column: 'tax_name' },
      policy('taxes', { columns: { tax_name: 'add' } }),
    ],
    [
      'MANIFEST_SOFT_TABLE_UNKNOWN',
      { table: 'taxes', column: 'created_by', refTable: 'people' },
      policy('taxes', { soft: { created_by: 'people' } }),
    ],
    [
      'MANIFEST_RENAME_CLASH',
      { table: 'taxes', column: 'tax_rate' },
      policy('taxes', { rename: { tax_rate: 'TAX_NAME' } }),
    ],
    [
      'MANIFEST_RESERVED_COLUMN',
      { table: 'terminals', column: 'last_sync_at' },
      policy('terminals', { quiet: [] }),
    ],
    [
      'MANIFEST_CYCLE',
      { table: 'orders', column: 'id' },
      facts('orders', (t) => ({
        foreignKeys: [
          ...t.foreignKeys,
          { columns: ['id'], refTable: 'receipts', refColumns: ['id'] },
        ],
      })),
    ],
    [
      'MANIFEST_VIA_PARENT_NOT_SYNCED',
      { table: 'payments', column: 'order_id' },
      () => {
        const { orders: _, order_items: _i, receipts: _r, ...tables } = manifest.tables;
        return completePlan({ ...manifest, tables }, catalogue);
      },
    ],
  ];
  test.each(cases)('%s %o', (code, params, plan) => {
    expect(plan).toThrowError(expect.objectContaining({ code, params }));
  });
});
