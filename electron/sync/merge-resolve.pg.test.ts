/** What a person decides about a conflict syncs as a new edit (DESIGN 7.6). Oversold counts; a swap that cannot succeed (7.1). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq, atPos, expectInStep, hqRow } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let t1: TestTerminal;
let t2: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1');
  t2 = await createTerminal(hq, 'T2');
});

afterAll(async () => {
  await t1.close();
  await t2.close();
  await hq.close();
});

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** A product whose brand both sides changed; the number of the entry in T1's log. */
async function conflict(id: string, laterSide: 'hq' | 'terminal'): Promise<number> {
  await atHq(hq.db, 'products', { id, brand: 'b' });
  await t1.sync();
  await t2.sync();
  const edits = [
    () => hq.db.query("UPDATE products SET brand = 'of HQ' WHERE id = $1", [id]),
    async () => {
      t1.pos.exec(`UPDATE products SET brand = 'of T1' WHERE local_id = '${id}'`);
    },
  ];
  if (laterSide === 'hq') edits.reverse();
  for (const edit of edits) {
    await edit();
    await later();
  }
  await t1.sync();
  await t2.sync();
  const [entry] = (await t1.app.conflicts()).filter(({ rowId }) => rowId === id);
  expect(entry).toMatchObject({ column: 'brand', winner: laterSide, resolved: null });
  return entry?.id ?? 0;
}

const shown = async (id: number) => {
  const { rows } = await t1.app.desk.conflicts({ offset: 0, limit: 200, search: '' });
  const row = rows.find((entry) => entry.id === id);
  return { restorable: row?.restorable, keep: row?.resolved?.keep ?? null };
};

test.each([
  ['hq', 'local', 'of T1'],
  ['terminal', 'hq', 'of HQ'],
] as const)(
  "7.6: where %s's value stood, keep %s makes the lost one a new edit that syncs to everybody",
  async (laterSide, keep, value) => {
    const row = `back-${keep}`;
    const id = await conflict(row, laterSide);
    expect(await shown(id)).toEqual({ restorable: true, keep: null });
    expect(await t1.app.resolveConflict({ id, keep })).toEqual({ id, keep, changed: true });
    expect(t1.row('products', row, 'brand, sync_status, sync_operation')).toEqual({
      brand: value,
      sync_status: 'pending',
      sync_operation: 'update',
    });
    expect(await shown(id)).toEqual({ restorable: false, keep });
    await t1.sync();
    await t2.sync();

    expect(await hqRow(hq.db, 'products', row, 'brand')).toEqual({ brand: value });
    expect(t2.row('products', row, 'brand')).toEqual({ brand: value });
    await expectInStep(hq, [t1, t2]);
  },
);

test('7.6: keeping what stands writes nothing and marks the conflict as decided; deciding twice is refused', async () => {
  const id = await conflict('stands', 'hq');
  expect(await t1.app.resolveConflict({ id, keep: 'hq' })).toMatchObject({ changed: false });
  expect(t1.row('products', 'stands', 'brand, sync_status')).toEqual({
    brand: 'of HQ',
    sync_status: 'synced',
  });
  await expect(t1.app.resolveConflict({ id, keep: 'local' })).rejects.toMatchObject({
    code: 'CONFLICT_RESOLVED',
  });
  await expect(t1.app.resolveConflict({ id: 999_999, keep: 'hq' })).rejects.toMatchObject({
    code: 'CONFLICT_UNKNOWN',
  });
  expect(t1.row('products', 'stands', 'brand')).toEqual({ brand: 'of HQ' });
});

test('7.6: what cannot come back says why, and both values stay in the list', async () => {
  const gone = await conflict('gone', 'hq');
  const aside = await conflict('aside', 'hq');
  await hq.db.query("DELETE FROM products WHERE id = 'gone'");
  await atHq(hq.db, 'products', { id: 'priced' });
  await t1.sync();
  t1.pos.exec("UPDATE products SET selling_price = '1' WHERE local_id = 'priced'");
  await hq.db.query("ALTER TABLE products ADD CONSTRAINT no_sku CHECK (sku <> 'bad')");
  t1.pos.exec("UPDATE products SET sku = 'bad' WHERE local_id = 'aside'");
  await t1.sync();
  const [priced] = (await t1.app.conflicts()).filter(({ rowId }) => rowId === 'priced');

  for (const [id, code] of [
    [gone, 'CONFLICT_ROW_GONE'],
    [aside, 'CONFLICT_SET_ASIDE'],
    [priced?.id ?? 0, 'CONFLICT_HQ_DECIDES'],
  ] as const) {
    expect(await shown(id)).toEqual({ restorable: false, keep: null });
    await expect(t1.app.resolveConflict({ id, keep: 'local' })).rejects.toMatchObject({ code });
    expect(await shown(id)).toEqual({ restorable: false, keep: null });
  }
  t1.pos.exec("UPDATE products SET sku = 'good' WHERE local_id = 'aside'");
  await t1.sync();
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test.each([
  ['here, and not sent yet', 'of T1 again'],
  ['at HQ, and arrived', 'of HQ again'],
])(
  '7.6: a value written since, %s, is not overwritten by deciding an older conflict',
  async (where, value) => {
    const row = `since-${value.replaceAll(' ', '-')}`;
    const id = await conflict(row, 'hq');
    if (where.startsWith('here'))
      t1.pos.exec(`UPDATE products SET brand = '${value}' WHERE local_id = '${row}'`);
    else {
      await hq.db.query('UPDATE products SET brand = $2 WHERE id = $1', [row, value]);
      await t1.sync();
    }

    expect(await shown(id)).toEqual({ restorable: false, keep: null });
    await expect(t1.app.resolveConflict({ id, keep: 'local' })).rejects.toMatchObject({
      code: 'CONFLICT_OUTDATED',
    });
    expect(t1.row('products', row, 'brand')).toEqual({ brand: value });
    await t1.sync();
    await t2.sync();
    expect(await hqRow(hq.db, 'products', row, 'brand')).toEqual({ brand: value });
    await expectInStep(hq, [t1, t2]);
  },
);

test('7.6: no secret of a row is shown in the conflict log', async () => {
  t1.pos.exec("UPDATE users SET pin_code = '1234' WHERE local_id = 'user-1'");
  await t1.sync();
  const entries = (await t1.app.conflicts()).filter(({ rowId }) => rowId === 'user-1');
  expect(entries).toMatchObject([{ column: 'pin_code', kept: null, lost: '••••', rule: 'hq' }]);
  await expectInStep(hq, [t1]);
});

test('two terminals that sell the last one: both sales stand, stock is below zero and listed until it is right', async () => {
  await atHq(hq.db, 'products', { id: 'last', name: 'Last one', master_stock_quantity: 1 });
  await t1.sync();
  await t2.sync();
  // Neither knows of the other: both are offline.
  for (const [till, name] of [
    [t1, 'one'],
    [t2, 'two'],
  ] as const) {
    const terminal = name === 'one' ? 'term-1' : 'term-2';
    atPos(till.pos, 'orders', {
      local_id: `last-${name}`,
      terminal_id: terminal,
      source_terminal_id: terminal,
    });
    atPos(till.pos, 'order_items', {
      local_id: `last-${name}-i`,
      order_id: `last-${name}`,
      product_id: 'last',
    });
    till.pos.exec(
      "UPDATE products SET stock_quantity = stock_quantity - 1 WHERE local_id = 'last'",
    );
    expect(till.row('products', 'last', 'stock_quantity')).toEqual({ stock_quantity: 0 });
  }
  await t1.sync();
  expect(await t1.app.oversold()).toEqual([]);
  await t2.sync();
  await t1.sync();

  const { rows } = await hq.db.query(
    "SELECT count(*)::int AS sales FROM order_items WHERE product_id = 'last'",
  );
  expect(rows).toEqual([{ sales: 2 }]);
  expect(await hqRow(hq.db, 'products', 'last', 'master_stock_quantity')).toEqual({
    master_stock_quantity: -1,
  });
  for (const till of [t1, t2]) {
    expect(till.row('products', 'last', 'stock_quantity')).toEqual({ stock_quantity: -1 });
    expect(await till.app.oversold()).toMatchObject([
      { table: 'products', id: 'last', column: 'stock_quantity', value: '-1' },
    ]);
    expect((await till.app.desk.oversold({ offset: 0, limit: 9 })).rows).toMatchObject([
      { names: ['last', 'Last one', 'simple'] },
    ]);
    const { status } = await till.app.status();
    expect(status.causes).toContainEqual({ code: 'STATUS_OVERSOLD', params: { count: 1 } });
    expect((await till.app.conflicts()).filter(({ rowId }) => rowId === 'last')).toEqual([]);
  }
  await expectInStep(hq, [t1, t2]);

  await hq.db.query("UPDATE products SET master_stock_quantity = 4 WHERE id = 'last'");
  t2.pos.exec("UPDATE products SET stock_quantity = stock_quantity + 1 WHERE local_id = 'last'");
  await t2.sync();
  await t1.sync();
  for (const till of [t1, t2]) expect(await till.app.oversold()).toEqual([]);
  await expectInStep(hq, [t1, t2]);
});

test('a terminal that is set up anew lists what is below zero already', async () => {
  await atHq(hq.db, 'products', {
    id: 'short',
    store_id: 'store-2',
    master_stock_quantity: -3,
  });
  const t3 = await createTerminal(hq, 'T3');
  try {
    expect(await t3.app.oversold()).toMatchObject([{ id: 'short', value: '-3' }]);
  } finally {
    await t3.close();
  }
});

test('7.1: a swap that fails twice against a row that stands still is an error shown, not a loop', async () => {
  await atHq(hq.db, 'products', { id: 'swap', brand: 'b' });
  await t1.sync();
  // What HQ returns is never what it compares: a rule of its own answers the update.
  await hq.db.query(`
    CREATE FUNCTION refuse_silently() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
    CREATE TRIGGER refuse_silently BEFORE UPDATE ON products FOR EACH ROW WHEN (OLD.id = 'swap')
      EXECUTE FUNCTION refuse_silently();`);
  t1.pos.exec("UPDATE products SET brand = 'never' WHERE local_id = 'swap'");
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'partial', upload: { rejected: 1 } });
  expect(await t1.app.rejected()).toMatchObject([{ id: 'swap', code: 'SWAP_FAILED' }]);
  expect(t1.row('products', 'swap', 'brand, sync_status')).toEqual({
    brand: 'never',
    sync_status: 'error',
  });
  const { rows } = await hq.db.query<{ batches: string }>(
    "SELECT last_batch::text AS batches FROM payflow_sync.upload WHERE terminal = 'term-1'",
  );
  // It is not sent again until somebody edits it or asks for it.
  await t1.sync();
  const after = await hq.db.query(
    "SELECT last_batch::text AS batches FROM payflow_sync.upload WHERE terminal = 'term-1'",
  );
  expect(after.rows).toEqual(rows);

  await hq.db.query('DROP TRIGGER refuse_silently ON products');
  await t1.retry({ table: 'products', id: 'swap' });
  expect(await hqRow(hq.db, 'products', 'swap', 'brand')).toEqual({ brand: 'never' });
  await expectInStep(hq, [t1]);
});
