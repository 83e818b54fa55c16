/** Tables that are compared afresh, because HQ's feed does not tell what changed: DESIGN 3.2, 3.5, 8.2. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { atHq, columnOf, expectInStep } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let t1: TestTerminal;
const read: string[] = [];

beforeEach(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1', {
    compose: (ports) => ({
      ...ports,
      remote: {
        ...ports.remote,
        readChildren: (table, column, parents) => {
          read.push(table.name);
          return ports.remote.readChildren(table, column, parents);
        },
      },
    }),
  });
});

afterEach(async () => {
  await t1.close();
  await hq.close();
});

test('3.2, 3.6: a product that comes with a reload brings its variants, whose entries went to another store', async () => {
  await atHq(hq.db, 'products', { id: 'in', store_id: 'store-2' });
  await atHq(hq.db, 'product_variants', { id: 'in-v', product_id: 'in' });
  await t1.sync();
  // Until the administrator runs `hq install`, each write of products is a reload entry.
  await hq.db.query('ALTER TABLE products DROP COLUMN dimensions');

  await hq.db.query("UPDATE products SET store_id = 'store-1' WHERE id = 'in'");
  await t1.sync();

  expect(columnOf(t1, 'product_variants', 'product_id')).toEqual({ 'in-v': 'in' });
  await t1.sync();
  await expectInStep(hq, [t1]);
});

test('3.5, 3.6: where the tables below are compared as well, no row asks for what belongs to it', async () => {
  await atHq(hq.db, 'products', { id: 'far', store_id: 'store-2' });
  await atHq(hq.db, 'product_variants', { id: 'far-v', product_id: 'far' });
  await t1.sync();
  read.length = 0;

  await hq.db.query("UPDATE terminals SET store_id = 'store-2' WHERE id = 'term-1'");
  await t1.sync();

  expect(columnOf(t1, 'product_variants', 'product_id')).toEqual({ 'far-v': 'far' });
  expect(read).toEqual([]);
});

test('3.2, 5.4: held rows of a table that HQ truncates are listed no more', async () => {
  await atHq(hq.db, 'suppliers', { id: 'odd-s', created_at: 'infinity' });
  await atHq(hq.db, 'purchase_orders', { id: 'odd-po', supplier_id: 'odd-s' });
  await t1.sync();
  expect(await t1.app.held()).toMatchObject([{ id: 'odd-po', tries: 1 }]);

  await hq.db.query('TRUNCATE purchase_orders, purchase_order_items');
  await t1.sync();

  expect(await t1.app.held()).toEqual([]);
  expect(await t1.app.rejected()).toMatchObject([{ id: 'odd-s' }]);
});

test('8.2, 5.4: a terminal that moves leaves what was held and refused of its old store behind, payloads and all', async () => {
  await atHq(hq.db, 'categories', { id: 'odd-c', created_at: 'infinity' });
  await atHq(hq.db, 'products', { id: 'odd-p', category_id: 'odd-c' });
  await t1.sync();
  expect([await t1.app.held(), await t1.app.rejected()]).toMatchObject([
    [{ id: 'odd-p' }],
    [{ id: 'odd-c' }],
  ]);

  await hq.db.query("UPDATE terminals SET store_id = 'store-2' WHERE id = 'term-1'");
  await t1.sync();

  for (const list of ['sync_held', 'sync_rejected'])
    expect(t1.pos.prepare(`SELECT * FROM ${list}`).all()).toEqual([]);
});
