/** Held and refused rows, and what they wait for, when the scope changes: DESIGN 3.6, 5.4. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq, expectInStep } from '../../e2e/support/rows.ts';
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
});

afterAll(async () => {
  await t1.close();
  await hq.close();
});

const toHarbour = (table: string, id: string) =>
  hq.db.query(`UPDATE ${table} SET store_id = 'store-2' WHERE id = $1`, [id]);
const listed = async () => [await t1.app.held(), await t1.app.rejected()];

/** Its customer is another store's: null here, and whole at HQ. */
async function expectWithoutCustomer(order: string): Promise<void> {
  expect(t1.row('orders', order, 'customer_id')).toEqual({ customer_id: null });
  expect(await listed()).toEqual([[], []]);
  await expectInStep(hq, [t1], { ignore: { orders: ['customer_id'] } });
}

test('5.4: an order held for a customer who left the scope before he was seen comes without him', async () => {
  const a = await hq.connect();
  const b = await hq.connect();
  await a.query('BEGIN; SELECT pg_current_xact_id()');
  // Open between the two: the order is final before its customer is.
  await b.query('BEGIN; SELECT pg_current_xact_id()');
  await atHq(hq.db, 'customers', { id: 'unseen' });
  await atHq(a, 'orders', { id: 'unseen-o', customer_id: 'unseen' });
  await a.query('COMMIT');
  await t1.sync();
  expect(await t1.app.held()).toMatchObject([{ table: 'orders', id: 'unseen-o' }]);

  await toHarbour('customers', 'unseen');
  await b.query('COMMIT');
  await t1.sync();

  await expectWithoutCustomer('unseen-o');
});

test('5.4: an order held for a refused customer who leaves the scope comes without him', async () => {
  await atHq(hq.db, 'customers', { id: 'odd', created_at: 'infinity' });
  await atHq(hq.db, 'orders', { id: 'odd-o', customer_id: 'odd' });
  await t1.sync();
  expect(await listed()).toMatchObject([[{ id: 'odd-o' }], [{ id: 'odd' }]]);

  await toHarbour('customers', 'odd');
  await t1.sync();

  await expectWithoutCustomer('odd-o');
});

test('3.6, 5.4: what is held or refused two levels below a product goes with it to another store', async () => {
  await atHq(hq.db, 'products', { id: 'two' });
  await atHq(hq.db, 'product_variants', { id: 'two-v', product_id: 'two' });
  await atHq(hq.db, 'product_attributes', { id: 'two-a', product_id: 'two' });
  await atHq(hq.db, 'product_attribute_values', {
    id: 'two-w',
    attribute_id: 'two-a',
    created_at: 'infinity',
  });
  await atHq(hq.db, 'product_variant_attributes', {
    id: 'two-va',
    variant_id: 'two-v',
    attribute_id: 'two-a',
    attribute_value_id: 'two-w',
  });
  await t1.sync();
  expect(await listed()).toMatchObject([[{ id: 'two-va' }], [{ id: 'two-w' }]]);

  await toHarbour('products', 'two');
  await t1.sync();

  expect(t1.row('products', 'two')).toBeUndefined();
  expect(await listed()).toEqual([[], []]);
});

test('3.6, 5.4: a refused variant goes with its product, also where nothing is held', async () => {
  await atHq(hq.db, 'products', { id: 'bare' });
  await atHq(hq.db, 'product_variants', {
    id: 'bare-v',
    product_id: 'bare',
    created_at: 'infinity',
  });
  await t1.sync();
  expect(await listed()).toMatchObject([[], [{ id: 'bare-v' }]]);

  await toHarbour('products', 'bare');
  await t1.sync();

  expect(await listed()).toEqual([[], []]);
});

test('5.4: an order line held for a variant that goes with its product comes, and keeps the product here', async () => {
  await atHq(hq.db, 'products', { id: 'sold' });
  await atHq(hq.db, 'product_variants', {
    id: 'sold-v',
    product_id: 'sold',
    created_at: 'infinity',
  });
  await atHq(hq.db, 'orders', { id: 'sold-o' });
  await atHq(hq.db, 'order_items', {
    id: 'sold-i',
    order_id: 'sold-o',
    product_id: 'sold',
    variant_id: 'sold-v',
  });
  await t1.sync();
  expect(await listed()).toMatchObject([[{ id: 'sold-i' }], [{ id: 'sold-v' }]]);

  await toHarbour('products', 'sold');
  await t1.sync();

  expect(await listed()).toEqual([[], []]);
  expect(t1.row('order_items', 'sold-i', 'product_id, variant_id')).toEqual({
    product_id: 'sold',
    variant_id: null,
  });
});
