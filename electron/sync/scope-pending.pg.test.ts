/** Rows with unsent edits that leave or enter the scope, and re-baselines over unsent edits: DESIGN 3.6, 6.6, 1. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq, atPos, columnOf, expectInStep, hqRow } from '../../e2e/support/rows.ts';
import { sell } from '../../e2e/support/sale.ts';
import { PayflowError } from '../../shared/errors.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let t1: TestTerminal;

/** Whether HQ can be asked which customers it has. */
let isLost = false;

beforeAll(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1', {
    compose: (ports) => ({
      ...ports,
      remote: {
        ...ports.remote,
        scopesOf(table, keys) {
          if (isLost && table.name === 'customers') throw new PayflowError('HQ_CONNECTION_LOST');
          return ports.remote.scopesOf(table, keys);
        },
      },
    }),
  });
});

afterAll(async () => {
  await t1.close();
  await hq.close();
});

const move = (id: string, store: string) =>
  hq.db.query('UPDATE products SET store_id = $2 WHERE id = $1', [id, store]);

/** A product with a variant, at HQ and here. */
async function product(name: string): Promise<void> {
  await atHq(hq.db, 'products', { id: name });
  await atHq(hq.db, 'product_variants', {
    id: `${name}-v`,
    product_id: name,
    variant_name: 'Small',
  });
  await t1.sync();
  expect(t1.row('product_variants', `${name}-v`, 'variant_name')).toEqual({
    variant_name: 'Small',
  });
}

const outbox = (): unknown[] => t1.pos.prepare('SELECT tbl, op FROM sync_outbox').all();
const undone = async () => (await t1.app.conflicts()).filter(({ rule }) => rule === 'out-of-scope');

test('3.6, 6.6: edits below a row that leaves the scope are undone, logged with both values, and never sent', async () => {
  await product('left');
  await move('left', 'store-2');
  t1.pos.exec("UPDATE product_variants SET variant_name = 'Large' WHERE local_id = 'left-v'");
  t1.pos.exec("UPDATE products SET brand = 'Ours' WHERE local_id = 'left'");
  const report = await t1.sync();

  expect(report).toMatchObject({ download: { deleted: 2, conflicts: 2 }, upload: { applied: 0 } });
  expect(t1.row('products', 'left')).toBeUndefined();
  expect(t1.row('product_variants', 'left-v')).toBeUndefined();
  expect(await hqRow(hq.db, 'product_variants', 'left-v', 'variant_name')).toEqual({
    variant_name: 'Small',
  });
  expect(await undone()).toMatchObject([
    { table: 'products', rowId: 'left', column: 'brand', kept: null, lost: 'Ours' },
    {
      table: 'product_variants',
      rowId: 'left-v',
      column: 'variant_name',
      kept: 'Small',
      lost: 'Large',
    },
  ]);
  expect([outbox(), await t1.app.held(), await t1.app.rejected()]).toEqual([[], [], []]);
  expect(t1.pos.prepare('SELECT * FROM sync_base').all()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('3.6: a delete of a row that left the scope meanwhile is not sent, and is logged', async () => {
  await product('del');
  await move('del', 'store-2');
  t1.pos.exec("DELETE FROM product_variants WHERE local_id = 'del-v'");
  await t1.sync();

  expect(await hqRow(hq.db, 'product_variants', 'del-v', 'variant_name')).toEqual({
    variant_name: 'Small',
  });
  expect(await undone()).toContainEqual(
    expect.objectContaining({
      table: 'product_variants',
      rowId: 'del-v',
      kept: 'del-v',
      lost: null,
    }),
  );
  expect(outbox()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('6.6: a new row below one that left the scope stays, listed as refused, and goes when that comes back', async () => {
  await product('new');
  await move('new', 'store-2');
  atPos(t1.pos, 'product_variants', { local_id: 'new-own', product_id: 'new', sku: 'new-own' });
  await t1.sync();
  const again = await t1.sync();

  expect(await t1.app.rejected()).toMatchObject([
    { table: 'product_variants', id: 'new-own', code: 'ROW_OUT_OF_SCOPE', tries: 1 },
  ]);
  expect(again).toMatchObject({ status: 'completed', upload: { rejected: 0 } });
  expect(t1.row('product_variants', 'new-own', 'sync_status')).toEqual({ sync_status: 'error' });
  // Its product stays for it, as a kept row; what HQ has of it does not.
  expect(t1.row('products', 'new', 'name')).toEqual({ name: 'new' });
  expect(t1.row('product_variants', 'new-v')).toBeUndefined();

  await move('new', 'store-1');
  await t1.sync();
  expect(await t1.app.rejected()).toEqual([]);
  expect(Object.keys(columnOf(t1, 'product_variants', 'sku')).sort()).toContain('new-own');
  await expectInStep(hq, [t1]);
});

test('5.4: a row that is kept for others when it leaves the scope has no secrets and no unsent edits any more', async () => {
  await hq.db.query("UPDATE users SET pin_code = '1234' WHERE id = 'user-2'");
  await atHq(hq.db, 'orders', { id: 'kept-o', user_id: 'user-2' });
  await t1.sync();
  expect(t1.row('users', 'user-2', 'pin_code, password_hash')).toEqual({
    pin_code: '1234',
    password_hash: 'secret',
  });
  await hq.db.query("UPDATE users SET store_id = 'store-2' WHERE id = 'user-2'");
  t1.pos.exec("UPDATE users SET first_name = 'Edited' WHERE local_id = 'user-2'");
  await t1.sync({ direction: 'push' });

  expect(t1.row('users', 'user-2', 'pin_code, password_hash, first_name, sync_status')).toEqual({
    pin_code: null,
    password_hash: null,
    first_name: null,
    sync_status: 'synced',
  });
  expect(await undone()).toContainEqual(
    expect.objectContaining({ table: 'users', column: 'first_name', kept: null, lost: 'Edited' }),
  );
  await hq.db.query("DELETE FROM orders WHERE id = 'kept-o'");
  await t1.sync();
  expect(t1.row('users', 'user-2')).toBeUndefined();
  await expectInStep(hq, [t1]);
});

test('3.6: what was held below a row that left the scope goes with it, payload and all', async () => {
  await atHq(hq.db, 'products', { id: 'below' });
  await atHq(hq.db, 'product_variants', { id: 'below-v', product_id: 'below' });
  // One table alone: the variant comes before its product.
  await t1.sync({ table: 'product_variants' });
  expect(await t1.app.held()).toMatchObject([{ table: 'product_variants', id: 'below-v' }]);

  await move('below', 'store-2');
  await t1.sync();
  expect(await t1.app.held()).toEqual([]);
  expect(t1.row('product_variants', 'below-v')).toBeUndefined();
  await expectInStep(hq, [t1]);
});

test('1, 3.5: a re-baseline merges unsent edits with what HQ has, column by column, and logs what loses', async () => {
  await product('merged');
  t1.pos.exec("UPDATE products SET brand = 'Ours', name = 'Ours' WHERE local_id = 'merged'");
  // HQ's edits are later, and the feed that told of them is gone.
  await hq.db.query("UPDATE products SET barcode = '42', name = 'Theirs' WHERE id = 'merged'");
  await hq.db.query(`DELETE FROM payflow_sync.feed WHERE tbl = 'products' AND key = 'merged'`);
  await hq.db.query('UPDATE payflow_sync.meta SET floor_at = clock_timestamp()');
  await t1.app.reset('products');
  const report = await t1.sync({ direction: 'push' });

  expect(report).toMatchObject({ status: 'completed', download: { conflicts: 1 } });
  expect(t1.row('products', 'merged', 'brand, name, barcode, sync_status')).toEqual({
    brand: 'Ours',
    name: 'Theirs',
    barcode: '42',
    sync_status: 'pending',
  });
  expect(await t1.app.conflicts()).toContainEqual(
    expect.objectContaining({ rowId: 'merged', column: 'name', kept: 'Theirs', lost: 'Ours' }),
  );
  await t1.sync();
  expect(await hqRow(hq.db, 'products', 'merged', 'brand, name, barcode')).toEqual({
    brand: 'Ours',
    name: 'Theirs',
    barcode: '42',
  });
  expect(outbox()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('3.5: a re-baseline leaves a row alone that was deleted here and not sent yet, and undoes nothing that HQ lacks', async () => {
  await product('gone');
  t1.pos.exec("DELETE FROM product_variants WHERE local_id = 'gone-v'");
  atPos(t1.pos, 'products', { local_id: 'gone-new' });
  await t1.app.reset(null);
  await t1.sync({ direction: 'push' });

  expect(t1.row('product_variants', 'gone-v')).toBeUndefined();
  expect(t1.row('products', 'gone-new', 'sync_status')).toEqual({ sync_status: 'pending' });
  await t1.sync();
  expect(await hqRow(hq.db, 'product_variants', 'gone-v', 'id')).toBeUndefined();
  expect(await t1.app.conflicts()).not.toContainEqual(expect.objectContaining({ rowId: 'gone-v' }));
  await expectInStep(hq, [t1]);
});

test('3.6: hundreds of rows that enter the scope at once bring their descendants in a few reads', async () => {
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
      SELECT 'crowd-' || n, 'crowd-' || n, 'Crowd', 1, 'store-2', now() FROM generate_series(1, 300) n;
    INSERT INTO product_variants (id, product_id, sku, selling_price, updated_at)
      SELECT 'crowd-v' || n, 'crowd-' || n, 'crowd-v' || n, 1, now() FROM generate_series(1, 300) n`);
  await t1.sync();
  await hq.db.query("UPDATE products SET store_id = 'store-1' WHERE name = 'Crowd'");
  await t1.sync();

  const { n } = t1.pos
    .prepare("SELECT count(*) AS n FROM product_variants WHERE sku LIKE 'crowd-%'")
    .get() as { n: number };
  expect(n).toBe(300);
  await expectInStep(hq, [t1]);
});

test('7.5: a delete of a row that HQ has given to another store meanwhile, sent before HQ is heard, is not lost in silence', async () => {
  await atHq(hq.db, 'products', { id: 'theirs' });
  await t1.sync();
  await move('theirs', 'store-2');
  t1.pos.exec("DELETE FROM products WHERE local_id = 'theirs'");

  const report = await t1.sync({ direction: 'pull' });

  expect(report.upload).toMatchObject({ conflicts: 1, rejected: 0 });
  expect((await undone()).filter(({ rowId }) => rowId === 'theirs')).toMatchObject([
    { table: 'products', kept: 'theirs', winner: 'hq' },
  ]);
  expect(outbox()).toEqual([]);
  expect(await hqRow(hq.db, 'products', 'theirs', 'store_id')).toEqual({ store_id: 'store-2' });
  // Given back, it is here again.
  await move('theirs', 'store-1');
  await t1.sync();
  expect(t1.row('products', 'theirs', 'local_id')).toEqual({ local_id: 'theirs' });
  await expectInStep(hq, [t1]);
  t1.pos.exec("DELETE FROM products WHERE local_id = 'theirs'");
  await t1.sync();
  expect(await hqRow(hq.db, 'products', 'theirs', 'store_id')).toBeUndefined();
});

/** An unsent sale to somebody whom HQ gives to another store and then deletes. */
async function saleToOneWhoGoes(name: string): Promise<void> {
  await atHq(hq.db, 'products', { id: `${name}-tea` });
  await atHq(hq.db, 'customers', { id: name });
  await t1.sync();
  sell(t1.pos, {
    id: `to-${name}`,
    terminal: 'term-1',
    product: `${name}-tea`,
    quantity: 1,
    cents: 250,
  });
  t1.pos.exec(`UPDATE orders SET customer_id = '${name}' WHERE local_id = 'to-${name}'`);
  await hq.db.query(`UPDATE customers SET store_id = 'store-2' WHERE id = $1`, [name]);
  await hq.db.query('DELETE FROM customers WHERE id = $1', [name]);
}

async function expectSoldToNobody(name: string): Promise<void> {
  const { rows } = await hq.db.query('SELECT customer_id FROM orders WHERE order_number = $1', [
    `to-${name}`,
  ]);
  expect(rows).toEqual([{ customer_id: null }]);
  expect(t1.row('orders', `to-${name}`, 'customer_id, sync_status')).toEqual({
    customer_id: null,
    sync_status: 'synced',
  });
  expect(t1.row('customers', name)).toBeUndefined();
  const lost = (await t1.app.conflicts()).filter(({ rowId }) => rowId === `to-${name}`);
  expect(lost).toMatchObject([
    { table: 'orders', column: 'customer_id', rule: 'parent-deleted', kept: null, lost: name },
  ]);
  expect([outbox(), await t1.app.held(), await t1.app.rejected()]).toEqual([[], [], []]);
  await expectInStep(hq, [t1]);
}

test('5.4: a sale to somebody whom HQ has given to another store and deleted there goes without the name, which is logged', async () => {
  await saleToOneWhoGoes('gone');

  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'completed', upload: { rejected: 0, held: 0 } });
  await expectSoldToNobody('gone');
});

test('5.4: also where the line broke before HQ could be asked of them', async () => {
  await saleToOneWhoGoes('lost');
  isLost = true;
  expect(await t1.trySync()).toMatchObject({ error: { code: 'HQ_CONNECTION_LOST' } });
  expect(await t1.app.rejected()).toMatchObject([
    { table: 'orders', id: 'to-lost', code: 'ROW_PARENT_MISSING' },
  ]);

  isLost = false;
  await t1.sync();

  await expectSoldToNobody('lost');
});

test('5.4: what cannot be without a row that HQ has given away and deleted stays refused, both are listed, and asked about once', async () => {
  await atHq(hq.db, 'products', { id: 'needed' });
  await t1.sync();
  sell(t1.pos, { id: 'of-it', terminal: 'term-1', product: 'needed', quantity: 1, cents: 250 });
  await move('needed', 'store-2');
  await hq.db.query(`DELETE FROM products WHERE id = 'needed'`);

  await t1.sync();

  const listed = async () => [
    (await t1.app.rejected()).map(({ table, id, code }) => `${table} ${id} ${code}`),
    (await t1.app.held()).map(
      ({ table, id, missing }) => `${table} ${id} ${missing[0]?.why ?? ''}`,
    ),
  ];
  const seen = await listed();
  expect(seen[0]).toContain('order_items of-it-line ROW_PARENT_MISSING');
  expect(seen[1]).toContain('products needed children');
  const since = () => t1.pos.prepare('SELECT id, since FROM sync_held ORDER BY id').all();
  const before = since();
  await t1.sync();
  expect(await listed()).toEqual(seen);
  expect(since()).toEqual(before);
});
