/** What cannot go yet, and what never can: DESIGN 5.4, 6.3, 6.4 and the last paragraph before 6.7. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderMessage } from '../../shared/messages.ts';
import { heldMessage } from '../../shared/rows.ts';
import { atHq, atPos, expectInStep, hqRow, serverId } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import { loadCatalogue } from '../host/messages.ts';

let hq: TestHq;
let t1: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  await hq.db.query(`
    ALTER TABLE customers ADD CONSTRAINT no_bad_phone CHECK (phone <> 'bad');
    ALTER TABLE customers ADD CONSTRAINT one_tax_number UNIQUE (tax_number) DEFERRABLE INITIALLY DEFERRED;
    ALTER TABLE customers DROP CONSTRAINT customers_store_id_fkey, ADD FOREIGN KEY (store_id) REFERENCES stores
      ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
    CREATE FUNCTION refuse_forbidden() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.first_name = 'forbidden' THEN RAISE EXCEPTION 'no such customers here'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER refuse_forbidden BEFORE INSERT OR UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION refuse_forbidden();`);
  t1 = await createTerminal(hq, 'T1');
});

afterAll(async () => {
  await t1.close();
  await hq.close();
});

/** The held rows as people read them. */
async function heldTexts(): Promise<string[]> {
  const catalogue = loadCatalogue();
  const texts = (await t1.app.held()).map((row) => {
    const { code, params } = heldMessage(row);
    return renderMessage(catalogue, code, params);
  });
  return texts.toSorted();
}

const status = (table: string, localId: string) =>
  t1.row(table, localId, 'sync_status, sync_operation');

test('5.4: a child of a rejected parent waits with its reason, and comes without a click when the parent is mended', async () => {
  // No terminal can hold NaN, so that the shift is refused here.
  await atHq(hq.db, 'shifts', { id: 'shift_001', opening_balance: 'NaN' });
  await atHq(hq.db, 'orders', { id: 'ord_001', shift_id: 'shift_001' });
  await atHq(hq.db, 'products', { id: 'child-p' });
  await atHq(hq.db, 'order_items', { id: 'item_1', order_id: 'ord_001', product_id: 'child-p' });
  await atHq(hq.db, 'payments', { id: 'pay_1', order_id: 'ord_001' });
  const report = await t1.sync();

  expect(await heldTexts()).toEqual([
    'Skipped order_items:item_1 - missing FK dependencies: order_id->orders[ord_001]',
    'Skipped orders:ord_001 - missing FK dependencies: shift_id->shifts[shift_001]',
    'Skipped payments:pay_1 - missing FK dependencies: order_id->orders[ord_001]',
  ]);
  expect(report).toMatchObject({ status: 'partial', download: { held: 3, rejected: 1 } });
  expect(await t1.app.rejected()).toMatchObject([
    { table: 'shifts', id: 'shift_001', direction: 'download', code: 'VALUE_UNHOLDABLE' },
  ]);
  expect((await t1.app.held()).find((row) => row.table === 'orders')?.missing[0]?.why).toBe(
    'rejected',
  );
  // Other rows are not blocked, and the cursor has moved on.
  expect(t1.row('products', 'child-p', 'name')).toEqual({ name: 'child-p' });
  expect(await t1.sync()).toMatchObject({ download: { applied: 0, held: 0, rejected: 0 } });

  await hq.db.query("UPDATE shifts SET opening_balance = 7 WHERE id = 'shift_001'");
  const after = await t1.sync();

  expect(after).toMatchObject({ status: 'completed', download: { held: 0, rejected: 0 } });
  expect(t1.row('order_items', 'item_1', 'order_id')).toEqual({ order_id: 'ord_001' });
  expect([await t1.app.held(), await t1.app.rejected()]).toEqual([[], []]);
  await expectInStep(hq, [t1]);
});

test('5.4: there is at most one held entry per row, and its deletion drops it', async () => {
  await atHq(hq.db, 'shifts', { id: 'once-s', opening_balance: 'NaN' });
  await atHq(hq.db, 'orders', { id: 'once-o', shift_id: 'once-s' });
  await t1.sync();
  await hq.db.query("UPDATE orders SET notes = 'second' WHERE id = 'once-o'");
  await t1.sync();
  expect(await t1.app.held()).toMatchObject([{ table: 'orders', id: 'once-o', tries: 2 }]);

  await hq.db.query("DELETE FROM orders WHERE id = 'once-o'");
  await t1.sync();
  expect(await t1.app.held()).toEqual([]);
  await hq.db.query("DELETE FROM shifts WHERE id = 'once-s'");
  await t1.sync();
  expect(await t1.app.rejected()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('a sale whose parent HQ refuses waits with it, and goes when the parent is accepted after an edit', async () => {
  atPos(t1.pos, 'products', { local_id: 'sale-p' });
  await t1.sync();
  const before = serverId(t1, 'products', 'sale-p');
  atPos(t1.pos, 'shifts', { local_id: 'sale-s', shift_number: 'x'.repeat(101) });
  atPos(t1.pos, 'orders', { local_id: 'sale-o', shift_id: 'sale-s' });
  atPos(t1.pos, 'order_items', {
    local_id: 'sale-i',
    order_id: 'sale-o',
    product_id: 'sale-p',
  });
  atPos(t1.pos, 'customers', { local_id: 'sale-c' });
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'partial', upload: { applied: 1, held: 2, rejected: 1 } });
  expect(await heldTexts()).toEqual([
    'Skipped order_items:sale-i - missing FK dependencies: order_id->orders[sale-o]',
    'Skipped orders:sale-o - missing FK dependencies: shift_id->shifts[sale-s]',
  ]);
  expect(await t1.app.rejected()).toMatchObject([
    { table: 'shifts', id: 'sale-s', direction: 'upload', code: 'ROW_TEXT_TOO_LONG' },
  ]);
  expect([status('shifts', 'sale-s'), status('orders', 'sale-o')]).toEqual([
    { sync_status: 'error', sync_operation: 'insert' },
    { sync_status: 'held', sync_operation: 'insert' },
  ]);
  // A refused row is not sent again and again.
  expect(await t1.sync()).toMatchObject({ upload: { applied: 0, held: 0, rejected: 0 } });

  t1.pos.exec("UPDATE shifts SET shift_number = 'short' WHERE local_id = 'sale-s'");
  expect(status('shifts', 'sale-s')).toEqual({ sync_status: 'pending', sync_operation: 'insert' });
  const after = await t1.sync();

  expect(after).toMatchObject({ status: 'completed', upload: { applied: 3, held: 0 } });
  expect(await hqRow(hq.db, 'order_items', serverId(t1, 'order_items', 'sale-i'), '*')).toEqual(
    expect.objectContaining({ product_id: before, order_id: serverId(t1, 'orders', 'sale-o') }),
  );
  expect([await t1.app.held(), await t1.app.rejected()]).toEqual([[], []]);
  expect(status('orders', 'sale-o')).toEqual({ sync_status: 'synced', sync_operation: null });
  await expectInStep(hq, [t1]);
});

test('5.4: a delete at HQ that unsent rows here need is held as children, and done when they go', async () => {
  atPos(t1.pos, 'products', { local_id: 'needed-p' });
  await t1.sync();
  const product = serverId(t1, 'products', 'needed-p');
  atPos(t1.pos, 'orders', { local_id: 'needed-o' });
  atPos(t1.pos, 'order_items', {
    local_id: 'needed-i',
    order_id: 'needed-o',
    product_id: 'needed-p',
  });
  await hq.db.query('DELETE FROM products WHERE id = $1', [product]);
  const report = await t1.sync();

  expect(report).toMatchObject({ download: { deleted: 0, held: 1 }, upload: { rejected: 1 } });
  expect(await heldTexts()).toEqual([
    `Skipped products:${product} - deleted at HQ, still used by order_items[needed-i]`,
  ]);
  expect(await t1.app.rejected()).toMatchObject([
    { table: 'order_items', id: 'needed-i', code: 'ROW_PARENT_MISSING' },
  ]);
  expect(t1.row('products', 'needed-p', 'name')).toEqual({ name: 'needed-p' });
  expect(await t1.sync()).toMatchObject({ download: { held: 0 }, upload: { rejected: 0 } });

  t1.pos.exec("DELETE FROM order_items WHERE local_id = 'needed-i'");
  await t1.sync();

  expect(t1.row('products', 'needed-p')).toBeUndefined();
  expect([await t1.app.held(), await t1.app.rejected()]).toEqual([[], []]);
  await expectInStep(hq, [t1]);
});

test('5.4: a delete at HQ that rows here still need is held as children, also where both sides knew them, and done with them', async () => {
  await atHq(hq.db, 'products', { id: 'used-p' });
  await t1.sync();
  atPos(t1.pos, 'orders', { local_id: 'used-o' });
  atPos(t1.pos, 'order_items', { local_id: 'used-i', order_id: 'used-o', product_id: 'used-p' });
  await t1.sync();
  expect(status('order_items', 'used-i')).toEqual({ sync_status: 'synced', sync_operation: null });
  const item = serverId(t1, 'order_items', 'used-i');
  // HQ's own constraints forbid it; a logical subscription, or whoever repairs tables by hand, works without them.
  await hq.db.query(`
    BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM products WHERE id = 'used-p'; COMMIT`);
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'partial', download: { deleted: 0, held: 1 } });
  expect(await heldTexts()).toEqual([
    'Skipped products:used-p - deleted at HQ, still used by order_items[used-i]',
  ]);
  expect((await t1.app.held())[0]?.missing[0]?.why).toBe('children');
  expect(t1.row('products', 'used-p', 'name')).toEqual({ name: 'used-p' });
  // Neither the delete nor the row it spares goes back to HQ, and the sale stays as it was sold.
  expect(await t1.sync()).toMatchObject({ upload: { applied: 0, deleted: 0, rejected: 0 } });
  expect(t1.row('order_items', 'used-i', 'product_id')).toEqual({ product_id: 'used-p' });
  expect((await t1.app.verify(() => undefined, new AbortController().signal)).equal).toBe(true);

  await hq.db.query('DELETE FROM order_items WHERE id = $1', [item]);
  await t1.sync();

  expect(t1.row('order_items', 'used-i')).toBeUndefined();
  expect(t1.row('products', 'used-p')).toBeUndefined();
  expect(await t1.app.held()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('5.4: a nullable reference of an unsent row to a row deleted at HQ is set null, with a log entry', async () => {
  atPos(t1.pos, 'customers', { local_id: 'left-c' });
  await t1.sync();
  const customer = serverId(t1, 'customers', 'left-c');
  atPos(t1.pos, 'orders', { local_id: 'left-o', customer_id: 'left-c' });
  await hq.db.query('DELETE FROM customers WHERE id = $1', [customer]);
  await t1.sync();

  expect(t1.row('customers', 'left-c')).toBeUndefined();
  expect(await hqRow(hq.db, 'orders', serverId(t1, 'orders', 'left-o'), 'customer_id')).toEqual({
    customer_id: null,
  });
  expect(await t1.app.conflicts()).toMatchObject([
    {
      table: 'orders',
      rowId: 'left-o',
      column: 'customer_id',
      kept: null,
      lost: customer,
      rule: 'parent-deleted',
    },
  ]);
  await expectInStep(hq, [t1]);
});

test('6.4: among two hundred rows every guilty one is named, whatever refuses it, and all others go', async () => {
  // Of another store: this terminal cannot know that the values are taken.
  await atHq(hq.db, 'customers', {
    id: 'far-c',
    customer_code: 'taken',
    tax_number: 'T-1',
    store_id: 'store-2',
  });
  await atHq(hq.db, 'customers', { id: 'near-c' });
  await t1.sync();
  t1.pos.exec('BEGIN');
  for (let n = 0; n < 200; n += 1) atPos(t1.pos, 'customers', { local_id: `many-${String(n)}` });
  const spoil = (n: number, set: string) => {
    t1.pos.exec(`UPDATE customers SET ${set} WHERE local_id = 'many-${String(n)}'`);
  };
  spoil(7, "phone = 'bad'");
  spoil(50, `city = '${'x'.repeat(101)}'`);
  spoil(99, "customer_code = 'taken'");
  spoil(120, "tax_number = 'T-1'");
  spoil(150, "first_name = 'forbidden'");
  spoil(180, "credit_limit = '123456789012345'");
  t1.pos.exec('PRAGMA foreign_keys = OFF; COMMIT; PRAGMA foreign_keys = OFF');
  spoil(199, "store_id = 'store-nowhere'");
  t1.pos.exec('PRAGMA foreign_keys = ON');
  const report = await t1.sync();

  const rejected = (await t1.app.rejected()).map(({ id, code, params }) => [
    id,
    code,
    params['constraint'],
  ]);
  expect(Object.fromEntries(rejected.map(([id, code, by]) => [id, [code, by]]))).toEqual({
    'many-7': ['ROW_CHECK_FAILED', 'no_bad_phone'],
    'many-50': ['ROW_TEXT_TOO_LONG', 'none'],
    'many-99': ['ROW_DUPLICATE', 'customers_customer_code_key'],
    'many-120': ['ROW_DUPLICATE', 'one_tax_number'],
    'many-150': ['ROW_REFUSED', 'none'],
    'many-180': ['ROW_NUMBER_TOO_LARGE', 'none'],
  });
  expect(await t1.app.held()).toMatchObject([
    { table: 'customers', id: 'many-199', missing: [{ refTable: 'stores' }] },
  ]);
  expect(report.upload).toMatchObject({ applied: 193, rejected: 6, held: 1 });

  spoil(7, "phone = 'good'");
  spoil(50, "city = 'Rome'");
  spoil(99, "customer_code = 'free'");
  spoil(120, "tax_number = 'T-2'");
  spoil(150, "first_name = 'Eve'");
  spoil(180, "credit_limit = '1'");
  spoil(199, "store_id = 'store-1'");
  expect(await t1.sync()).toMatchObject({ status: 'completed', upload: { applied: 7 } });
  await expectInStep(hq, [t1]);
});

test('6.4: a deferred foreign key at HQ names the guilty row', async () => {
  await hq.db.query(`
    ALTER TABLE order_items ALTER CONSTRAINT order_items_product_id_fkey DEFERRABLE INITIALLY DEFERRED`);
  await atHq(hq.db, 'products', { id: 'def-p' }, { id: 'def-gone' });
  await t1.sync();
  await hq.db.query("DELETE FROM products WHERE id = 'def-gone'");
  atPos(t1.pos, 'orders', { local_id: 'def-o' });
  for (const [id, product] of [
    ['def-1', 'def-p'],
    ['def-2', 'def-gone'],
    ['def-3', 'def-p'],
  ] as const)
    atPos(t1.pos, 'order_items', { local_id: id, order_id: 'def-o', product_id: product });
  // Upload only: the terminal has not heard of the delete.
  await t1.sync({ direction: 'pull' });

  expect(await t1.app.rejected()).toMatchObject([
    { table: 'order_items', id: 'def-2', code: 'ROW_PARENT_MISSING' },
  ]);
  expect(status('order_items', 'def-3')).toEqual({ sync_status: 'synced', sync_operation: null });
  t1.pos.exec("DELETE FROM order_items WHERE local_id = 'def-2'");
  await t1.sync();
  await expectInStep(hq, [t1]);
});

test('6.4: a unique value that is freed later in the same cycle is taken by the second try', async () => {
  atPos(t1.pos, 'products', { local_id: 'old-p', sku: 'reused' });
  await t1.sync();
  t1.pos.exec("DELETE FROM products WHERE local_id = 'old-p'");
  atPos(t1.pos, 'products', { local_id: 'new-p', sku: 'reused' });
  const report = await t1.sync();

  expect(report).toMatchObject({
    status: 'completed',
    upload: { applied: 1, deleted: 1, rejected: 0 },
  });
  expect(await t1.app.rejected()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('6.4: a refused row that nobody has edited is not even read by the next cycles; an edit is sent', async () => {
  const read: string[] = [];
  const watched = await createTerminal(hq, 'T2', {
    compose: (ports) => ({
      ...ports,
      local: {
        ...ports.local,
        rows: (table, localIds, known) => {
          read.push(...localIds);
          return ports.local.rows(table, localIds, known);
        },
      },
    }),
  });
  await hq.db.query(
    `ALTER TABLE customers ADD CONSTRAINT no_loud_name CHECK (last_name <> 'LOUD')`,
  );
  atPos(watched.pos, 'customers', { local_id: 'loud-1', last_name: 'LOUD' });
  atPos(watched.pos, 'customers', { local_id: 'loud-2', last_name: 'LOUD' });
  expect(await watched.sync()).toMatchObject({ status: 'partial', upload: { rejected: 2 } });
  read.length = 0;

  await watched.sync();
  expect(read).toEqual([]);

  watched.pos.exec(`UPDATE customers SET last_name = 'quiet' WHERE local_id = 'loud-1'`);
  expect(await watched.sync()).toMatchObject({ upload: { applied: 1 } });
  expect(read).not.toContain('loud-2');
  watched.pos.exec(`DELETE FROM customers WHERE local_id = 'loud-2'`);
  await watched.sync();
  expect(await watched.app.rejected()).toEqual([]);
  await hq.db.query('ALTER TABLE customers DROP CONSTRAINT no_loud_name');
  await t1.sync();
  await expectInStep(hq, [watched]);
  await watched.close();
});

test('retry sends a refused row again when HQ has changed its mind', async () => {
  atPos(t1.pos, 'customers', { local_id: 'retry-c', phone: 'bad' });
  await t1.sync();
  await hq.db.query('ALTER TABLE customers DROP CONSTRAINT no_bad_phone');
  expect(await t1.sync()).toMatchObject({ upload: { applied: 0 } });

  const report = await t1.retry({ table: 'customers', id: 'retry-c' });

  expect(report).toMatchObject({ status: 'completed', upload: { applied: 1 } });
  expect(await t1.app.rejected()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('a retry of many rows lets a sale in between them: no transaction is longer than a page', async () => {
  const steps: string[] = [];
  const few = await createTerminal(hq, 'T3', { batchSize: 2, at: (step) => steps.push(step) });
  const names = ['many-1', 'many-2', 'many-3'];
  const theirs = { terminal_id: 'term-3', user_id: 'user-3', opening_balance: 'NaN' };
  for (const id of names) await atHq(hq.db, 'shifts', { id, ...theirs });
  expect(await few.sync()).toMatchObject({ status: 'partial', download: { rejected: 3 } });
  await hq.db.query("UPDATE shifts SET opening_balance = 1 WHERE id LIKE 'many-%'");
  steps.length = 0;

  await few.retry(...names.map((id) => ({ table: 'shifts', id })));

  expect(await few.app.rejected()).toEqual([]);
  expect(steps.filter((step) => step === 'held:released')).toHaveLength(2);
  await expectInStep(hq, [few]);
  await few.close();
});

test('retry re-reads a refused download', async () => {
  await atHq(hq.db, 'shifts', { id: 'retry-s', opening_balance: 'NaN' });
  await t1.sync();
  const report = await t1.retry({ table: 'shifts', id: 'retry-s' });
  expect(report).toMatchObject({ status: 'partial', download: { rejected: 1 } });
  await hq.db.query("UPDATE shifts SET opening_balance = 1 WHERE id = 'retry-s'");
  await t1.sync();
  await expectInStep(hq, [t1]);
});

test('6.6: a new row of a table that HQ owns is not sent and stays, as a rejected row', async () => {
  atPos(t1.pos, 'taxes', { local_id: 'tax-new' });
  const report = await t1.sync();

  expect(report).toMatchObject({ upload: { applied: 0, rejected: 1 } });
  expect(await t1.app.rejected()).toMatchObject([{ id: 'tax-new', code: 'HQ_OWNS_TABLE' }]);
  expect(status('taxes', 'tax-new')).toEqual({ sync_status: 'error', sync_operation: 'insert' });
  const { rows } = await hq.db.query('SELECT id FROM taxes');
  expect(rows).toEqual([]);
  await expectInStep(hq, [t1], { except: { taxes: ['-'] } });

  // What the POS takes back itself is no longer listed.
  t1.pos.exec("DELETE FROM taxes WHERE local_id = 'tax-new'");
  await t1.sync();
  expect(await t1.app.rejected()).toEqual([]);
  await expectInStep(hq, [t1]);
});
