/** Who sees a row: DESIGN 3.6 and "out of scope is not missing" of 5.4. */
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
let t3: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1');
  t3 = await createTerminal(hq, 'T3');
});

afterAll(async () => {
  await t1.close();
  await t3.close();
  await hq.close();
});

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const keptBeside = (order: string): unknown =>
  t1.pos.prepare('SELECT refs FROM sync_row WHERE local_id = ?').get(order)?.['refs'];
const move = (id: string, store: string) =>
  hq.db.query('UPDATE products SET store_id = $2 WHERE id = $1', [id, store]);

/** A product with all its descendants, made at T1's till: local ids that HQ never hears of. */
async function productOfT1(name: string): Promise<{
  product: string;
  variant: string;
  attribute: string;
}> {
  atPos(t1.pos, 'products', { local_id: `${name}-p` });
  atPos(t1.pos, 'product_attributes', { local_id: `${name}-a`, product_id: `${name}-p` });
  atPos(t1.pos, 'product_attribute_values', { local_id: `${name}-w`, attribute_id: `${name}-a` });
  atPos(t1.pos, 'product_variants', { local_id: `${name}-v`, product_id: `${name}-p` });
  atPos(t1.pos, 'product_variant_attributes', {
    local_id: `${name}-va`,
    variant_id: `${name}-v`,
    attribute_id: `${name}-a`,
    attribute_value_id: `${name}-w`,
  });
  await t1.sync();
  return {
    product: serverId(t1, 'products', `${name}-p`),
    variant: serverId(t1, 'product_variants', `${name}-v`),
    attribute: serverId(t1, 'product_attributes', `${name}-a`),
  };
}

const FAMILY = [
  'products',
  'product_attributes',
  'product_attribute_values',
  'product_variants',
  'product_variant_attributes',
];

/** How many rows of each table of the family carry the name; HQ's id of the variant leads to its product. */
function family(terminal: TestTerminal, product: string): number[] {
  return FAMILY.map((table) => {
    const of = {
      products: `server_id = '${product}'`,
      product_attributes: `product_id IN (SELECT local_id FROM products WHERE server_id = '${product}')`,
      product_attribute_values: `attribute_id IN (SELECT a.local_id FROM product_attributes a JOIN products p ON p.local_id = a.product_id WHERE p.server_id = '${product}')`,
      product_variants: `product_id IN (SELECT local_id FROM products WHERE server_id = '${product}')`,
      product_variant_attributes: `variant_id IN (SELECT v.local_id FROM product_variants v JOIN products p ON p.local_id = v.product_id WHERE p.server_id = '${product}')`,
    }[table];
    const row = terminal.pos.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${of ?? ''}`).get();
    return Number(row?.['n']);
  });
}

test('a product that moves to another store takes its variants and their attributes with it, there and back', async () => {
  const { product } = await productOfT1('moves');
  await t3.sync();
  expect([family(t1, product), family(t3, product)]).toEqual([
    [1, 1, 1, 1, 1],
    [0, 0, 0, 0, 0],
  ]);

  await move(product, 'store-2');
  await t1.sync();
  await t3.sync();

  expect(FAMILY.map((table) => Object.keys(columnOf(t1, table, 'local_id')))).toEqual([
    [],
    [],
    [],
    [],
    [],
  ]);
  expect(family(t3, product)).toEqual([1, 1, 1, 1, 1]);
  await expectInStep(hq, [t1, t3]);

  await move(product, 'store-1');
  await t1.sync();
  await t3.sync();

  expect([family(t1, product), family(t3, product)]).toEqual([
    [1, 1, 1, 1, 1],
    [0, 0, 0, 0, 0],
  ]);
  await expectInStep(hq, [t1, t3]);
});

test('what happened to the variants of a product while it was away between two syncs is seen when it is back', async () => {
  const { product, variant } = await productOfT1('away');
  await t3.sync();

  await move(product, 'store-2');
  await hq.db.query('DELETE FROM product_variant_attributes WHERE variant_id = $1', [variant]);
  await hq.db.query('DELETE FROM product_variants WHERE id = $1', [variant]);
  await atHq(hq.db, 'product_variants', { id: 'away-new', product_id: product });
  await move(product, 'store-1');
  await t1.sync();
  await t3.sync();

  expect(Object.keys(columnOf(t1, 'product_variants', 'sku'))).toContain('away-new');
  expect(Object.values(columnOf(t1, 'product_variants', 'server_id'))).not.toContain(variant);
  await expectInStep(hq, [t1, t3]);
});

test('a product made, moved away, given a variant there and moved back between two syncs arrives with the variant', async () => {
  await atHq(hq.db, 'products', { id: 'trip' });
  await move('trip', 'store-2');
  await atHq(hq.db, 'product_variants', { id: 'trip-v', product_id: 'trip' });
  await move('trip', 'store-1');
  await t1.sync();
  await t3.sync();

  expect(Object.keys(columnOf(t1, 'product_variants', 'sku'))).toContain('trip-v');
  await expectInStep(hq, [t1, t3]);
});

test.each(['READ COMMITTED', 'REPEATABLE READ'])(
  'a variant inserted beside the move by an open %s transaction arrives when that commits',
  async (isolation) => {
    const name = `beside-${isolation.slice(0, 4).toLowerCase()}`;
    const { product } = await productOfT1(name);
    await t3.sync();
    const mover = await hq.connect();
    const writer = await hq.connect();
    // The mover has the lower transaction id and commits first, so that the move is read while the writer, who has
    // seen the product in its old store, is still open.
    await mover.query('BEGIN');
    await mover.query("UPDATE products SET store_id = 'store-2' WHERE id = $1", [product]);
    await writer.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    await atHq(writer, 'product_variants', { id: `${name}-late`, product_id: product });
    await mover.query('COMMIT');
    await t3.sync();
    await t1.sync();
    expect(family(t3, product)).toEqual([1, 1, 1, 1, 1]);

    await writer.query('COMMIT');
    await t1.sync();
    await t3.sync();
    await t3.sync();

    expect(Object.keys(columnOf(t3, 'product_variants', 'sku'))).toContain(`${name}-late`);
    expect(Object.keys(columnOf(t1, 'product_variants', 'sku'))).not.toContain(`${name}-late`);
    await expectInStep(hq, [t1, t3]);
  },
);

test('3.6: a variant whose transaction is still open when the moved product is read comes with the second reading', async () => {
  const { product } = await productOfT1('late');
  await t3.sync();
  const writer = await hq.connect();
  await move(product, 'store-2');
  // Begun after the move, so that the bound passes the move while the writer is open.
  await writer.query('BEGIN');
  await atHq(writer, 'product_variants', { id: 'late-late', product_id: product });
  await t3.sync();
  expect(family(t3, product)).toEqual([1, 1, 1, 1, 1]);
  await writer.query('COMMIT');
  await t3.sync();
  await t1.sync();

  expect(Object.keys(columnOf(t3, 'product_variants', 'sku'))).toContain('late-late');
  await expectInStep(hq, [t1, t3]);
});

test('3.6: rows of another store or another terminal never arrive; settings that are global do, sync settings do not', async () => {
  await atHq(hq.db, 'products', { id: 'far', store_id: 'store-2' });
  await atHq(hq.db, 'orders', { id: 'far-order', terminal_id: 'term-2', user_id: 'user-2' });
  await atHq(
    hq.db,
    'system_settings',
    { id: 'set-own', setting_key: 'theme', store_id: 'store-1', setting_value: 'dark' },
    { id: 'set-far', setting_key: 'far', store_id: 'store-2' },
    { id: 'set-all', setting_key: 'all', is_global: true },
    { id: 'set-sync', setting_key: 'sync.theme-of-all', is_global: true },
  );
  await t1.sync();

  expect(t1.row('products', 'far')).toBeUndefined();
  expect(t1.row('orders', 'far-order')).toBeUndefined();
  expect(columnOf(t1, 'system_settings', 'setting_key')).toEqual({
    'set-own': 'theme',
    'set-all': 'all',
  });

  await hq.db.query("UPDATE system_settings SET is_global = false WHERE id = 'set-all'");
  await hq.db.query("UPDATE system_settings SET setting_key = 'sync.theme' WHERE id = 'set-own'");
  await t1.sync();
  await t3.sync();
  expect(columnOf(t1, 'system_settings', 'setting_key')).toEqual({});
  await expectInStep(hq, [t1, t3]);
});

test('5.4: a nullable reference out of scope is null here, stays at HQ, is never sent, and is filled in when its row comes', async () => {
  await atHq(hq.db, 'categories', { id: 'cat-far', store_id: 'store-2' });
  await atHq(hq.db, 'suppliers', { id: 'sup-far', store_id: 'store-2' });
  const { product } = await productOfT1('nullable');
  await hq.db.query(
    "UPDATE products SET category_id = 'cat-far', supplier_id = 'sup-far' WHERE id = $1",
    [product],
  );
  await t1.sync();
  const columns = 'category_id, supplier_id, name, sync_status';
  expect(t1.row('products', 'nullable-p', columns)).toEqual({
    category_id: null,
    supplier_id: null,
    name: 'nullable-p',
    sync_status: 'synced',
  });
  const far = { products: ['category_id', 'supplier_id'] };
  await expectInStep(hq, [t1], { ignore: far });

  t1.pos.exec("UPDATE products SET name = 'Renamed' WHERE local_id = 'nullable-p'");
  const report = await t1.sync();
  expect(report).toMatchObject({ upload: { applied: 1 }, download: { conflicts: 0 } });
  expect(await hqRow(hq.db, 'products', product, 'name, category_id, supplier_id')).toEqual({
    name: 'Renamed',
    category_id: 'cat-far',
    supplier_id: 'sup-far',
  });
  await expectInStep(hq, [t1], { ignore: far });

  await hq.db.query("UPDATE categories SET store_id = 'store-1' WHERE id = 'cat-far'");
  await hq.db.query("UPDATE suppliers SET store_id = 'store-1' WHERE id = 'sup-far'");
  await t1.sync();
  expect(t1.row('products', 'nullable-p', columns)).toEqual({
    category_id: 'cat-far',
    supplier_id: 'sup-far',
    name: 'Renamed',
    sync_status: 'synced',
  });
  await expectInStep(hq, [t1]);
});

test('a parent that leaves the scope leaves its reference null here and whole at HQ', async () => {
  await atHq(hq.db, 'categories', { id: 'cat-leaves' });
  atPos(t1.pos, 'products', { local_id: 'leaves-p' });
  await t1.sync();
  t1.pos.exec("UPDATE products SET category_id = 'cat-leaves' WHERE local_id = 'leaves-p'");
  await t1.sync();
  const product = serverId(t1, 'products', 'leaves-p');
  await hq.db.query("UPDATE categories SET store_id = 'store-2' WHERE id = 'cat-leaves'");
  await t1.sync();

  expect(t1.row('products', 'leaves-p', 'category_id')).toEqual({ category_id: null });
  t1.pos.exec("UPDATE products SET name = 'Still here' WHERE local_id = 'leaves-p'");
  await t1.sync();
  expect(await hqRow(hq.db, 'products', product, 'name, category_id')).toEqual({
    name: 'Still here',
    category_id: 'cat-leaves',
  });
  await expectInStep(hq, [t1], { ignore: { products: ['category_id'] } });

  await hq.db.query("UPDATE categories SET store_id = 'store-1' WHERE id = 'cat-leaves'");
  await t1.sync();
  expect(t1.row('products', 'leaves-p', 'category_id')).toEqual({ category_id: 'cat-leaves' });
  await expectInStep(hq, [t1]);
});

test('a reference the POS sets over an out-of-scope one is sent, and HQ takes it', async () => {
  await atHq(hq.db, 'categories', { id: 'cat-near' }, { id: 'cat-other', store_id: 'store-2' });
  await atHq(hq.db, 'products', { id: 'over', category_id: 'cat-other' });
  await t1.sync();
  t1.pos.exec("UPDATE products SET category_id = 'cat-near' WHERE local_id = 'over'");
  await t1.sync();

  expect(await hqRow(hq.db, 'products', 'over', 'category_id')).toEqual({
    category_id: 'cat-near',
  });
  await expectInStep(hq, [t1]);
});

test('5.4, 7.1: a reference set over an out-of-scope one is no conflict where that row comes into the scope', async () => {
  await atHq(hq.db, 'customers', { id: 'near' }, { id: 'far', store_id: 'store-2' });
  await atHq(hq.db, 'orders', { id: 'over-far', customer_id: 'far' });
  await t1.sync();
  expect(t1.row('orders', 'over-far', 'customer_id')).toEqual({ customer_id: null });

  t1.pos.exec("UPDATE orders SET customer_id = 'near' WHERE local_id = 'over-far'");
  await later();
  await hq.db.query("UPDATE customers SET store_id = 'store-1' WHERE id = 'far'");
  await hq.db.query("UPDATE orders SET notes = 'HQ' WHERE id = 'over-far'");
  await t1.sync();

  // Of each column one side changed it, and that side wins.
  const merged = { customer_id: 'near', notes: 'HQ' };
  expect(t1.row('orders', 'over-far', 'customer_id, notes')).toEqual(merged);
  expect(await hqRow(hq.db, 'orders', 'over-far', 'customer_id, notes')).toEqual(merged);
  expect((await t1.app.conflicts()).filter(({ rowId }) => rowId === 'over-far')).toEqual([]);
  expect(keptBeside('over-far')).toBeNull();
});

test('behind a NOT NULL reference a row out of scope is fetched without its secrets, and goes with its last referrer', async () => {
  await hq.db.query("UPDATE users SET pin_code = '1234' WHERE id = 'user-3'");
  await atHq(hq.db, 'products', { id: 'kept-p', store_id: 'store-2' });
  await atHq(hq.db, 'shifts', { id: 'kept-s', user_id: 'user-3' });
  await atHq(hq.db, 'orders', { id: 'kept-o', shift_id: 'kept-s', user_id: 'user-3' });
  await atHq(hq.db, 'order_items', { id: 'kept-i', order_id: 'kept-o', product_id: 'kept-p' });
  await t1.sync();

  expect(t1.row('users', 'user-3', 'username, password_hash, pin_code, sync_status')).toEqual({
    username: 'cem',
    password_hash: null,
    pin_code: null,
    sync_status: 'synced',
  });
  expect(t1.row('order_items', 'kept-i', 'product_id')).toEqual({ product_id: 'kept-p' });
  expect(t1.row('products', 'kept-p', 'name')).toEqual({ name: 'kept-p' });
  const except = { users: ['user-3'], products: ['kept-p'] };
  await expectInStep(hq, [t1], { except });

  await hq.db.query("DELETE FROM order_items WHERE id = 'kept-i'");
  await hq.db.query("DELETE FROM orders WHERE id = 'kept-o'");
  await t1.sync();
  expect(t1.row('products', 'kept-p')).toBeUndefined();
  expect(t1.row('users', 'user-3', 'username')).toEqual({ username: 'cem' });

  await hq.db.query("DELETE FROM shifts WHERE id = 'kept-s'");
  await t1.sync();
  expect(t1.row('users', 'user-3')).toBeUndefined();
  await expectInStep(hq, [t1]);
});

test('a kept row goes too when the POS deletes its last referrer or points it elsewhere', async () => {
  await atHq(hq.db, 'shifts', { id: 'elsewhere', user_id: 'user-3' });
  await t1.sync();
  expect(t1.row('users', 'user-3', 'username')).toEqual({ username: 'cem' });
  t1.pos.exec("UPDATE shifts SET user_id = 'user-1' WHERE local_id = 'elsewhere'");
  await t1.sync();
  await t1.sync();

  expect(t1.row('users', 'user-3')).toBeUndefined();
  await expectInStep(hq, [t1]);
});

test('a row that leaves the scope while it is needed becomes a kept row, and an ordinary one when it comes back', async () => {
  const { product } = await productOfT1('needed');
  atPos(t1.pos, 'orders', { local_id: 'needed-o' });
  atPos(t1.pos, 'order_items', {
    local_id: 'needed-i',
    order_id: 'needed-o',
    product_id: 'needed-p',
  });
  await t1.sync();
  await t3.sync();
  await move(product, 'store-2');
  await t1.sync();
  await t3.sync();

  expect(t1.row('products', 'needed-p', 'server_id')).toEqual({ server_id: product });
  expect(family(t1, product)).toEqual([1, 0, 0, 0, 0]);
  await expectInStep(hq, [t1, t3], { except: { products: [product] } });

  await move(product, 'store-1');
  await hq.db.query("UPDATE products SET name = 'Back' WHERE id = $1", [product]);
  await t1.sync();
  await t3.sync();
  expect(t1.row('products', 'needed-p', 'name, server_id')).toEqual({
    name: 'Back',
    server_id: product,
  });
  expect(family(t1, product)).toEqual([1, 1, 1, 1, 1]);
  await expectInStep(hq, [t1, t3]);
});

test('5.4: an edit or delete of a kept row is put back in the same cycle, and is in the conflict log', async () => {
  await atHq(hq.db, 'products', { id: 'not-ours', store_id: 'store-2' });
  await atHq(hq.db, 'orders', { id: 'not-ours-o' });
  await atHq(hq.db, 'order_items', {
    id: 'not-ours-i',
    order_id: 'not-ours-o',
    product_id: 'not-ours',
  });
  await t1.sync();
  t1.pos.exec("UPDATE products SET name = 'Ours?' WHERE local_id = 'not-ours'");
  const edited = await t1.sync();
  t1.pos.exec("PRAGMA foreign_keys = OFF; DELETE FROM products WHERE local_id = 'not-ours'");
  t1.pos.exec('PRAGMA foreign_keys = ON');
  const deleted = await t1.sync();

  expect([edited.status, deleted.status]).toEqual(['completed', 'completed']);
  expect(await t1.app.rejected()).toEqual([]);
  const row = { name: 'not-ours' };
  expect(await hqRow(hq.db, 'products', 'not-ours', 'name')).toEqual(row);
  expect(t1.row('products', 'not-ours', 'name, sync_status')).toEqual({
    ...row,
    sync_status: 'synced',
  });
  const log = await t1.app.conflicts();
  expect(log.filter(({ rowId }) => rowId === 'not-ours')).toMatchObject([
    { column: '', kept: null, lost: null, rule: 'hq' },
    { column: 'name', kept: 'not-ours', lost: 'Ours?', rule: 'hq' },
  ]);

  await hq.db.query("DELETE FROM order_items WHERE id = 'not-ours-i'");
  await t1.sync();
  expect(t1.row('products', 'not-ours')).toBeUndefined();
  await expectInStep(hq, [t1]);
});
