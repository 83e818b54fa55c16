/** Unique keys and checks of a file that HQ's plan does not list: payflow-schema.md, DESIGN 5.5, 6.4, invariant 7. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq, atPos, columnOf, expectInStep } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let t1: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1');
  // As a terminal's own file has it (payflow-schema.md).
  t1.pos.exec(`
    CREATE UNIQUE INDEX stock_of_item ON terminal_stock_levels (terminal_id, coalesce(variant_id, product_id));
    CREATE UNIQUE INDEX pos_barcode ON products (barcode)`);
});

afterAll(async () => {
  await t1.close();
  await hq.close();
});

const level = (id: string, product: string, quantity: number) =>
  hq.db.query(
    `INSERT INTO terminal_stock_levels (id, terminal_id, product_id, stock_quantity, last_updated)
     VALUES ($1, 'term-1', $2, $3, now())`,
    [id, product, quantity],
  );
const rejected = async () => (await t1.app.rejected()).map(({ id, code }) => `${id} ${code}`);

test('5.5: a stock level that HQ deletes and makes anew for the same item arrives, and so does what comes with it', async () => {
  await atHq(hq.db, 'products', { id: 'a' });
  await level('a-1', 'a', 3);
  await t1.sync();
  await hq.db.query("DELETE FROM terminal_stock_levels WHERE id = 'a-1'");
  await level('a-2', 'a', 4);
  await atHq(hq.db, 'products', { id: 'a-other' });
  const report = await t1.sync();

  expect(report).toMatchObject({
    status: 'completed',
    download: { applied: 2, deleted: 1, rejected: 0 },
  });
  expect(columnOf(t1, 'terminal_stock_levels', 'stock_quantity')).toEqual({ 'a-2': 4 });
  await expectInStep(hq, [t1]);
});

test('5.5, 6.4: of a stock level that both sides make for one item HQ’s waits, with no other row, until the POS gives way', async () => {
  await atHq(hq.db, 'products', { id: 'b' });
  await t1.sync();
  const at = '2026-11-22T08:00:00.000Z';
  t1.pos
    .exec(`INSERT INTO terminal_stock_levels (local_id, terminal_id, product_id, stock_quantity, last_updated)
    VALUES ('b-mine', 'term-1', 'b', 2, '${at}')`);
  await level('b-hq', 'b', 5);
  await atHq(hq.db, 'products', { id: 'b-other' });
  await t1.sync();
  const idle = await t1.sync();

  expect(await rejected()).toContain('b-hq ROW_REFUSED_HERE');
  expect(idle).toMatchObject({ status: 'completed', download: { applied: 0, rejected: 0 } });
  expect(t1.row('products', 'b-other', 'name')).toEqual({ name: 'b-other' });
  expect(t1.row('terminal_stock_levels', 'b-mine', 'stock_quantity')).toEqual({
    stock_quantity: 2,
  });

  t1.pos.exec("DELETE FROM terminal_stock_levels WHERE local_id = 'b-mine'");
  await t1.sync();
  await t1.sync();
  expect(await rejected()).toEqual([]);
  expect(t1.row('terminal_stock_levels', 'b-hq', 'stock_quantity')).toEqual({ stock_quantity: 5 });
  await expectInStep(hq, [t1]);
});

test('7: a barcode that the POS alone wants unique keeps one product back with its variants, and the lost edits are told once', async () => {
  await atHq(
    hq.db,
    'products',
    { id: 'c-1', barcode: '42' },
    { id: 'c-2', barcode: '43', brand: 'Old' },
  );
  await t1.sync();
  t1.pos.exec("UPDATE products SET brand = 'Till' WHERE local_id = 'c-2'");
  await hq.db.query("UPDATE products SET barcode = '42', brand = 'HQ' WHERE id = 'c-2'");
  await atHq(hq.db, 'products', { id: 'c-3', barcode: '42' }, { id: 'c-4' });
  await atHq(hq.db, 'product_variants', { id: 'c-3', product_id: 'c-3' });
  await t1.sync();
  atPos(t1.pos, 'products', { local_id: 'c-5', barcode: '44' });
  await t1.sync();

  // Its edit cannot be merged before HQ's row is here.
  expect((await rejected()).toSorted()).toEqual([
    'c-2 ROW_REFUSED_HERE',
    'c-2 SWAP_FAILED',
    'c-3 ROW_REFUSED_HERE',
  ]);
  expect((await t1.app.held()).map(({ table, id }) => `${table} ${id}`)).toEqual([
    'product_variants c-3',
  ]);
  expect(columnOf(t1, 'products', 'barcode')).toMatchObject({ 'c-2': '43', 'c-4': null });
  const lost = async () =>
    (await t1.app.conflicts()).filter(({ rowId, column }) => rowId === 'c-2' && column === 'brand');
  expect(await lost()).toEqual([]);

  await hq.db.query("UPDATE products SET barcode = id WHERE id IN ('c-1', 'c-3')");
  await t1.sync();
  await t1.sync();
  expect(await lost()).toMatchObject([{ kept: 'HQ', lost: 'Till' }]);
  expect(columnOf(t1, 'products', 'barcode')).toMatchObject({ 'c-2': '42', 'c-3': 'c-3' });
  expect([await rejected(), await t1.app.held()]).toEqual([[], []]);
  await expectInStep(hq, [t1]);
});

test('5.1: a first load into a file whose POS wants a value unique brings all but the row in question', async () => {
  const t2 = await createTerminal(hq, 'T2');
  t2.pos.exec(`
    CREATE UNIQUE INDEX pos_supplier ON suppliers (lower(name));
    UPDATE sync_cursor SET loaded = 0 WHERE tbl = 'suppliers'`);
  await atHq(
    hq.db,
    'suppliers',
    { id: 'd-1', name: 'Twin' },
    { id: 'd-2', name: 'Twin' },
    { id: 'd-3' },
  );
  await t2.sync();

  expect(Object.keys(columnOf(t2, 'suppliers', 'name'))).toEqual(['d-1', 'd-3']);
  expect(await t2.app.rejected()).toMatchObject([{ id: 'd-2', code: 'ROW_REFUSED_HERE' }]);
  await t2.close();
});
