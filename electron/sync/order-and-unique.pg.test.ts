/** Unique values, trees, keys, cascades and re-baselines: DESIGN 3.2, 3.5, 3.8, 5.3 to 5.5. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq, atPos, columnOf, expectInStep, hqRow, serverId } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let t1: TestTerminal;
/** Reads the feed in pages of two entries. */
let slow: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  await hq.db.query(`
    ALTER TABLE order_items DROP CONSTRAINT order_items_order_id_fkey,
      ADD CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders ON UPDATE CASCADE ON DELETE CASCADE`);
  await atHq(hq.db, 'categories', { id: 'tree-0' });
  for (let depth = 1; depth < 5; depth += 1)
    await atHq(hq.db, 'categories', {
      id: `tree-${String(9 - depth)}`,
      parent_id: depth === 1 ? 'tree-0' : `tree-${String(10 - depth)}`,
    });
  t1 = await createTerminal(hq, 'T1');
  slow = await createTerminal(hq, 'T2', { batchSize: 2 });
});

afterAll(async () => {
  await t1.close();
  await slow.close();
  await hq.close();
});

/** Products made at T1: its local ids are not HQ's. */
async function products(...names: string[]): Promise<string[]> {
  for (const name of names) atPos(t1.pos, 'products', { local_id: name });
  await t1.sync();
  await slow.sync();
  return names.map((name) => serverId(t1, 'products', name));
}

const setSku = (id: string | undefined, sku: string) =>
  hq.db.query('UPDATE products SET sku = $2 WHERE id = $1', [id, sku]);

test('a tree whose children have smaller keys than their parents is loaded in one go', () => {
  expect(columnOf(t1, 'categories', 'parent_id')).toEqual({
    'tree-0': null,
    'tree-8': 'tree-0',
    'tree-7': 'tree-8',
    'tree-6': 'tree-7',
    'tree-5': 'tree-6',
  });
  expect(columnOf(slow, 'categories', 'parent_id')).toEqual(
    columnOf(t1, 'categories', 'parent_id'),
  );
});

test('a tree that comes by the feed from its leaves up, and a ring of rows that need each other, arrive', async () => {
  await hq.db.query(
    'BEGIN; ALTER TABLE categories ALTER CONSTRAINT categories_parent_id_fkey DEFERRABLE INITIALLY DEFERRED',
  );
  for (let depth = 5; depth > 0; depth -= 1)
    await atHq(hq.db, 'categories', {
      id: `leaf-${String(depth)}`,
      parent_id: depth === 1 ? null : `leaf-${String(depth - 1)}`,
    });
  for (const [id, parent] of [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'a'],
  ] as const)
    await atHq(hq.db, 'categories', { id: `ring-${id}`, parent_id: `ring-${parent}` });
  await hq.db.query('COMMIT');
  const reports = [await t1.sync(), await slow.sync()];

  for (const report of reports)
    expect(report).toMatchObject({ status: 'completed', download: { held: 0 } });
  for (const terminal of [t1, slow])
    expect(columnOf(terminal, 'categories', 'parent_id')).toMatchObject({
      'leaf-5': 'leaf-4',
      'leaf-2': 'leaf-1',
      'ring-a': 'ring-b',
      'ring-c': 'ring-a',
    });
  await expectInStep(hq, [t1, slow]);
});

test('5.5: two skus swapped at HQ arrive', async () => {
  const [a, b] = await products('swap-a', 'swap-b');
  await setSku(a, 'parked');
  await setSku(b, 'swap-a');
  await setSku(a, 'swap-b');
  await t1.sync();
  await slow.sync();

  expect(columnOf(t1, 'products', 'sku')).toMatchObject({ 'swap-a': 'swap-b', 'swap-b': 'swap-a' });
  await expectInStep(hq, [t1, slow]);
});

test('a sku handed on from row to row arrives, also when every page brings two rows', async () => {
  const ids = await products('hand-1', 'hand-2', 'hand-3', 'hand-4', 'hand-5');
  await setSku(ids[4], 'hand-new');
  for (let place = 3; place >= 0; place -= 1) await setSku(ids[place], `hand-${String(place + 2)}`);
  // Touched again in the other order, so that takers are read before givers.
  for (const id of ids) await hq.db.query("UPDATE products SET brand = 'x' WHERE id = $1", [id]);
  await t1.sync();
  await slow.sync();

  expect(columnOf(t1, 'products', 'sku')).toMatchObject({
    'hand-1': 'hand-2',
    'hand-4': 'hand-5',
    'hand-5': 'hand-new',
  });
  await expectInStep(hq, [t1, slow]);
});

test('5.5: a row with an unsent edit gives its sku up, keeps the edit, and never shows the placeholder at HQ', async () => {
  const [a, b] = await products('give-a', 'give-b');
  await setSku(a, 'give-free');
  await setSku(b, 'give-a');
  t1.pos.exec("UPDATE products SET brand = 'mine' WHERE local_id = 'give-a'");
  await t1.sync();
  await slow.sync();

  expect(await hqRow(hq.db, 'products', a ?? '', 'sku, brand')).toEqual({
    sku: 'give-free',
    brand: 'mine',
  });
  await expectInStep(hq, [t1, slow]);
});

test('5.4, 5.5: a kept row whose sku HQ gave to another product has the one that HQ gave it', async () => {
  await atHq(hq.db, 'products', { id: 'kept', sku: 'kept-sku', store_id: 'store-2' });
  await atHq(hq.db, 'orders', { id: 'kept-order' });
  await atHq(hq.db, 'order_items', {
    id: 'kept-item',
    order_id: 'kept-order',
    product_id: 'kept',
  });
  await t1.sync();
  expect(t1.row('products', 'kept', 'sku')).toEqual({ sku: 'kept-sku' });

  await setSku('kept', 'kept-new');
  await atHq(hq.db, 'products', { id: 'taker', sku: 'kept-sku' });
  await t1.sync();

  expect(columnOf(t1, 'products', 'sku')).toMatchObject({ kept: 'kept-new', taker: 'kept-sku' });
  await slow.sync();
  await expectInStep(hq, [t1, slow], { except: { products: ['kept'] } });
  await hq.db.query("DELETE FROM orders WHERE id = 'kept-order'");
  await t1.sync();
  expect(t1.row('products', 'kept')).toBeUndefined();
});

test('a sku that an unsent edit has taken here makes the download wait, and it comes when the edit yields', async () => {
  const [a] = await products('claim-a');
  t1.pos.exec("UPDATE products SET sku = 'claimed' WHERE local_id = 'claim-a'");
  await atHq(hq.db, 'products', { id: 'claim-hq', sku: 'claimed' });
  await t1.sync();
  const codes = (await t1.app.rejected()).map(({ id, code }) => `${id} ${code}`).toSorted();
  expect(codes).toEqual(['claim-a ROW_DUPLICATE', 'claim-hq UNIQUE_HELD_BY_UNSENT']);
  expect(t1.row('products', 'claim-a', 'sku')).toEqual({ sku: 'claimed' });

  t1.pos.exec("UPDATE products SET sku = 'claim-other' WHERE local_id = 'claim-a'");
  await t1.sync();
  expect(await t1.app.rejected()).toEqual([]);
  expect(t1.row('products', 'claim-hq', 'sku')).toEqual({ sku: 'claimed' });
  expect(await hqRow(hq.db, 'products', a ?? '', 'sku')).toEqual({ sku: 'claim-other' });
  await slow.sync();
  await expectInStep(hq, [t1, slow]);
});

/** A category that payflow.db refuses, so that what needs it waits. */
const refusedCategory = (id: string) => atHq(hq.db, 'categories', { id, created_at: 'infinity' });
const mend = (id: string) =>
  hq.db.query('UPDATE categories SET created_at = now() WHERE id = $1', [id]);
/** As the nightly check does. */
const scan = () =>
  t1.pos.exec("INSERT OR REPLACE INTO sync_meta (name, value) VALUES ('scan_due', 'now')");

test('4.4, 5.5: a row that gave its sku away and has to wait is scanned and edited meanwhile, and HQ never gets the placeholder', async () => {
  await atHq(hq.db, 'products', { id: 'u-1' });
  await t1.sync();
  await refusedCategory('u-cat');
  await hq.db.query(
    "UPDATE products SET sku = 'u-1-new', category_id = 'u-cat', brand = 'HQ' WHERE id = 'u-1'",
  );
  await atHq(hq.db, 'products', { id: 'u-2', sku: 'u-1' });
  await t1.sync();
  expect(columnOf(t1, 'products', 'sku')).toMatchObject({ 'u-1': 'payflow:u-1', 'u-2': 'u-1' });

  scan();
  await t1.sync();
  t1.pos.exec("UPDATE products SET name = 'Till' WHERE local_id = 'u-1'");
  await t1.sync();
  expect(await hqRow(hq.db, 'products', 'u-1', 'sku, name')).toEqual({
    sku: 'u-1-new',
    name: 'Till',
  });
  scan();
  await t1.sync();
  await mend('u-cat');
  await t1.sync();

  const here = t1.row('products', 'u-1', 'sku, name, brand, category_id');
  expect(here).toEqual({ sku: 'u-1-new', name: 'Till', brand: 'HQ', category_id: 'u-cat' });
  expect(await hqRow(hq.db, 'products', 'u-1', 'sku, name, brand, category_id')).toEqual(here);
  await slow.sync();
  await expectInStep(hq, [t1, slow]);
});

test('5.5, 7.2: an edit that HQ refused before the sku was given away, and that goes later, does not take the placeholder along', async () => {
  await atHq(hq.db, 'products', { id: 'v-1' });
  await t1.sync();
  t1.pos.exec("UPDATE products SET brand = 'Till' WHERE local_id = 'v-1'");
  await hq.db.query("UPDATE products SET name = 'HQ' WHERE id = 'v-1'");
  await hq.db.query(
    "ALTER TABLE products ADD CONSTRAINT no_till CHECK (brand <> 'Till') NOT VALID",
  );
  await t1.sync();
  await refusedCategory('v-cat');
  await hq.db.query("UPDATE products SET sku = 'v-1-new', category_id = 'v-cat' WHERE id = 'v-1'");
  await atHq(hq.db, 'products', { id: 'v-2', sku: 'v-1' });
  await t1.sync();
  expect(columnOf(t1, 'products', 'sku')).toMatchObject({ 'v-1': 'payflow:v-1', 'v-2': 'v-1' });

  await hq.db.query('ALTER TABLE products DROP CONSTRAINT no_till');
  t1.pos.exec("UPDATE products SET min_stock_level = 7 WHERE local_id = 'v-1'");
  await mend('v-cat');
  for (let cycle = 0; cycle < 3; cycle += 1) await t1.sync();

  const here = t1.row('products', 'v-1', 'sku, name, brand, min_stock_level');
  expect(here).toEqual({ sku: 'v-1-new', name: 'HQ', brand: 'Till', min_stock_level: 7 });
  expect(await hqRow(hq.db, 'products', 'v-1', 'sku, name, brand, min_stock_level')).toEqual(here);
  await slow.sync();
  await expectInStep(hq, [t1, slow]);
});

test('5.5, 7.5: a row whose sku HQ gave to another when it deleted it is not made there again by an edit', async () => {
  await atHq(hq.db, 'products', { id: 'w-1' });
  await t1.sync();
  await hq.db.query("DELETE FROM products WHERE id = 'w-1'");
  await atHq(hq.db, 'products', { id: 'w-2', sku: 'w-1' });
  t1.pos.exec("UPDATE products SET name = 'Till' WHERE local_id = 'w-1'");
  await t1.sync();

  expect(await hqRow(hq.db, 'products', 'w-1', 'sku')).toBeUndefined();
  expect(t1.row('products', 'w-2', 'sku')).toEqual({ sku: 'w-1' });
  expect((await t1.app.conflicts()).filter(({ rowId }) => rowId === 'w-1')).toMatchObject([
    { rule: 'deleted', lost: 'Till' },
  ]);
  await slow.sync();
  await expectInStep(hq, [t1, slow]);
});

test('a key that HQ changes keeps its local_id and its children', async () => {
  const [id] = await products('key');
  atPos(t1.pos, 'product_variants', { local_id: 'key-v', product_id: 'key' });
  await t1.sync();
  await hq.db.query("UPDATE products SET id = 'key-new', brand = 'HQ' WHERE id = $1", [id]);
  await t1.sync();
  await slow.sync();

  expect(t1.row('products', 'key', 'server_id, brand')).toEqual({
    server_id: 'key-new',
    brand: 'HQ',
  });
  expect(t1.row('product_variants', 'key-v', 'product_id')).toEqual({ product_id: 'key' });
  await expectInStep(hq, [t1, slow]);
});

test('a cascade at HQ reaches the terminal', async () => {
  await products('cascade-p');
  atPos(t1.pos, 'orders', { local_id: 'cascade-o' });
  for (const id of ['cascade-1', 'cascade-2'])
    atPos(t1.pos, 'order_items', { local_id: id, order_id: 'cascade-o', product_id: 'cascade-p' });
  await t1.sync();
  await hq.db.query('DELETE FROM orders WHERE id = $1', [serverId(t1, 'orders', 'cascade-o')]);
  await t1.sync();

  expect([columnOf(t1, 'orders', 'local_id'), columnOf(t1, 'order_items', 'local_id')]).toEqual([
    {},
    {},
  ]);
  await expectInStep(hq, [t1]);
});

test('3.2: TRUNCATE at HQ empties the table here and loses nothing unsent', async () => {
  await atHq(hq.db, 'discounts', { id: 'cut-1' }, { id: 'cut-2' });
  atPos(t1.pos, 'discounts', { local_id: 'cut-own' });
  await t1.sync();
  atPos(t1.pos, 'discounts', { local_id: 'cut-unsent' });
  await hq.db.query('TRUNCATE discounts');
  await t1.sync();

  expect(Object.keys(columnOf(t1, 'discounts', 'local_id'))).toEqual(['cut-unsent']);
  await slow.sync();
  await expectInStep(hq, [t1, slow]);
});

test('3.4: reset brings in step what has drifted and loses nothing unsent', async () => {
  const [a, b] = await products('reset-a', 'reset-b');
  t1.pos.exec("UPDATE products SET brand = 'unsent' WHERE local_id = 'reset-b'");
  atPos(t1.pos, 'products', { local_id: 'reset-new' });
  t1.pos.exec(`
    UPDATE sync_session SET applying = 1;
    UPDATE products SET brand = 'drifted' WHERE local_id = 'reset-a';
    UPDATE sync_session SET applying = 0`);
  await t1.app.reset(null);
  await t1.sync();

  expect(t1.row('products', 'reset-a', 'brand, server_id')).toEqual({ brand: null, server_id: a });
  expect(await hqRow(hq.db, 'products', b ?? '', 'brand')).toEqual({ brand: 'unsent' });
  expect(await hqRow(hq.db, 'products', serverId(t1, 'products', 'reset-new'), 'sku')).toEqual({
    sku: 'reset-new',
  });
  await slow.sync();
  await expectInStep(hq, [t1, slow]);
});

test('3.5: a terminal whose place in the feed was purged compares before it uploads', async () => {
  const [a, b] = await products('purged-a', 'purged-b');
  await hq.db.query("UPDATE products SET brand = 'missed' WHERE id = $1", [a]);
  await hq.db.query('DELETE FROM products WHERE id = $1', [b]);
  await hq.db.query(`
    UPDATE payflow_sync.feed SET logged_at = logged_at - interval '1 year';
    SELECT payflow_sync.purge()`);
  t1.pos.exec("UPDATE products SET description = 'mine' WHERE local_id = 'purged-a'");
  await t1.sync();
  await slow.sync();

  expect(await hqRow(hq.db, 'products', a ?? '', 'brand, description')).toEqual({
    brand: 'missed',
    description: 'mine',
  });
  expect(t1.row('products', 'purged-a', 'brand')).toEqual({ brand: 'missed' });
  expect(t1.row('products', 'purged-b')).toBeUndefined();
  await expectInStep(hq, [t1, slow]);
});

test('a column that HQ drops or adds between two syncs does not stop either', async () => {
  const [a] = await products('schema-a');
  t1.pos.exec("UPDATE products SET brand = 'kept' WHERE local_id = 'schema-a'");
  await hq.db.query('ALTER TABLE products DROP COLUMN dimensions, ADD COLUMN shelf text');
  await hq.db.query("UPDATE products SET shelf = 'B4', description = 'HQ' WHERE id = $1", [a]);
  // Until `hq install` has been there again, every write of the table asks for a re-baseline: our upload's too.
  await t1.sync();
  await t1.sync();
  await slow.sync();
  await slow.sync();

  expect(await hqRow(hq.db, 'products', a ?? '', 'brand, shelf, description')).toEqual({
    brand: 'kept',
    shelf: 'B4',
    description: 'HQ',
  });
  expect(t1.row('products', 'schema-a', 'brand, description')).toEqual({
    brand: 'kept',
    description: 'HQ',
  });
  await expectInStep(hq, [t1, slow]);
});
