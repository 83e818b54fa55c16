/** What HQ refuses for good is undone in the same cycle (DESIGN 6.6, 7.3, payflow-schema.md "The default manifest"). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq, atPos, expectInStep, hqRow, serverId } from '../../e2e/support/rows.ts';
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

const logged = async (terminal: TestTerminal, rowId: string) =>
  (await terminal.app.conflicts())
    .filter((row) => row.rowId === rowId)
    .map(({ column, kept, lost, winner, rule }) => ({ column, kept, lost, winner, rule }));

const nothingListed = async (terminal: TestTerminal): Promise<void> => {
  expect(await terminal.app.rejected()).toEqual([]);
  expect(await terminal.app.held()).toEqual([]);
};

async function order(name: string): Promise<void> {
  atPos(t1.pos, 'products', { local_id: `${name}-p`, stock_quantity: 5 });
  atPos(t1.pos, 'orders', { local_id: `${name}-o` });
  for (const item of ['i', 'j'])
    atPos(t1.pos, 'order_items', {
      local_id: `${name}-${item}`,
      order_id: `${name}-o`,
      product_id: `${name}-p`,
    });
  atPos(t1.pos, 'receipts', { local_id: `${name}-r`, order_id: `${name}-o` });
  await t1.sync();
}

test("7.3 hq: a price changed at the till is put back and logged in the same cycle, the row's other columns travel", async () => {
  atPos(t1.pos, 'products', { local_id: 'price', selling_price: '5.00', stock_quantity: 9 });
  await t1.sync();
  const id = serverId(t1, 'products', 'price');
  // A new row sends its own value.
  expect(await hqRow(hq.db, 'products', id, 'selling_price::text')).toEqual({
    selling_price: '5.0000',
  });

  t1.pos
    .exec(`UPDATE products SET selling_price = '1.00', brand = 'B', stock_quantity = stock_quantity - 2
    WHERE local_id = 'price'`);
  const report = await t1.sync();

  expect(report).toMatchObject({
    status: 'completed',
    download: { conflicts: 1 },
    upload: { applied: 1, rejected: 0 },
  });
  expect(
    await hqRow(hq.db, 'products', id, 'selling_price::text, brand, master_stock_quantity'),
  ).toEqual({ selling_price: '5.0000', brand: 'B', master_stock_quantity: 7 });
  expect(t1.row('products', 'price', 'selling_price, brand, sync_status')).toEqual({
    selling_price: '5',
    brand: 'B',
    sync_status: 'synced',
  });
  expect(await logged(t1, id)).toEqual([
    { column: 'selling_price', kept: '5', lost: '1', winner: 'hq', rule: 'hq' },
  ]);
  await nothingListed(t1);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('7.3 hq: also where nothing else of the row changed, and where HQ changed it meanwhile', async () => {
  atPos(t1.pos, 'customers', { local_id: 'credit', credit_limit: '100' });
  await t1.sync();
  const id = serverId(t1, 'customers', 'credit');
  t1.pos.exec("UPDATE customers SET credit_limit = '900' WHERE local_id = 'credit'");
  await t1.sync({ direction: 'pull' });
  expect(t1.row('customers', 'credit', 'credit_limit')).toEqual({ credit_limit: '100' });

  t1.pos.exec("UPDATE customers SET credit_limit = '901' WHERE local_id = 'credit'");
  await hq.db.query('UPDATE customers SET credit_limit = 50 WHERE id = $1', [id]);
  await t1.sync();

  expect(t1.row('customers', 'credit', 'credit_limit')).toEqual({ credit_limit: '50' });
  expect(await hqRow(hq.db, 'customers', id, 'credit_limit::text')).toEqual({
    credit_limit: '50.0000',
  });
  expect((await logged(t1, id)).map(({ kept, lost }) => [kept, lost])).toEqual([
    ['50', '901'],
    ['100', '900'],
  ]);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('6.6: edit and delete of a table HQ owns are undone in the same cycle and logged', async () => {
  await atHq(hq.db, 'taxes', { id: 'tax-edit' }, { id: 'tax-gone' });
  await t1.sync();
  t1.pos.exec("UPDATE taxes SET tax_rate = '0.5' WHERE local_id = 'tax-edit'");
  t1.pos.exec("DELETE FROM taxes WHERE local_id = 'tax-gone'");
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'completed', upload: { applied: 0, rejected: 0 } });
  expect(t1.row('taxes', 'tax-edit', 'tax_rate, sync_status')).toEqual({
    tax_rate: '0.2',
    sync_status: 'synced',
  });
  expect(t1.row('taxes', 'tax-gone', 'tax_rate, sync_status')).toEqual({
    tax_rate: '0.2',
    sync_status: 'synced',
  });
  const { rows } = await hq.db.query('SELECT id, tax_rate::text FROM taxes ORDER BY id');
  expect(rows).toEqual([
    { id: 'tax-edit', tax_rate: '0.2000' },
    { id: 'tax-gone', tax_rate: '0.2000' },
  ]);
  expect(await logged(t1, 'tax-edit')).toEqual([
    { column: 'tax_rate', kept: '0.2', lost: '0.5', winner: 'hq', rule: 'hq' },
  ]);
  expect(await logged(t1, 'tax-gone')).toEqual([
    { column: '', kept: null, lost: null, winner: 'hq', rule: 'hq' },
  ]);
  await nothingListed(t1);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('7.3 append: edits and deletes are undone and logged, columns with a strategy of their own still travel', async () => {
  await order('app');
  t1.pos.exec(`
    UPDATE order_items SET quantity = '2' WHERE local_id = 'app-i';
    DELETE FROM order_items WHERE local_id = 'app-j';
    UPDATE receipts SET reprint_count = reprint_count + 1, receipt_data = 'forged',
           printed_at = '2026-11-22T12:00:00.000Z' WHERE local_id = 'app-r'`);
  const [edited, deleted, receipt] = [
    serverId(t1, 'order_items', 'app-i'),
    (await hq.db.query('SELECT id FROM order_items ORDER BY id')).rows,
    serverId(t1, 'receipts', 'app-r'),
  ];
  expect(deleted).toHaveLength(2);
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'completed', upload: { deleted: 0, rejected: 0 } });
  expect(await hqRow(hq.db, 'order_items', edited, 'quantity::text')).toEqual({
    quantity: '1.0000',
  });
  for (const item of ['app-i', 'app-j'])
    expect(t1.row('order_items', item, 'quantity, sync_status')).toEqual({
      quantity: '1',
      sync_status: 'synced',
    });
  expect(
    await hqRow(hq.db, 'receipts', receipt, 'reprint_count, receipt_data, printed_at::text'),
  ).toEqual({ reprint_count: 1, receipt_data: '{}', printed_at: '2026-11-22 12:00:00' });
  expect(t1.row('receipts', 'app-r', 'receipt_data')).toEqual({ receipt_data: '{}' });
  expect(await logged(t1, edited)).toEqual([
    { column: 'quantity', kept: '1', lost: '2', winner: 'hq', rule: 'append' },
  ]);
  expect(await logged(t1, receipt)).toEqual([
    { column: 'receipt_data', kept: '{}', lost: 'forged', winner: 'hq', rule: 'append' },
  ]);
  await nothingListed(t1);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('6.6: an order deleted with its items comes back whole: the items by rule, the order because HQ refuses', async () => {
  await order('whole');
  const id = serverId(t1, 'orders', 'whole-o');
  t1.pos.exec(`
    PRAGMA foreign_keys = OFF;
    DELETE FROM receipts WHERE local_id = 'whole-r';
    DELETE FROM order_items WHERE order_id = 'whole-o';
    DELETE FROM orders WHERE local_id = 'whole-o';
    PRAGMA foreign_keys = ON`);
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'completed', upload: { deleted: 0 } });
  expect(t1.row('orders', 'whole-o', 'server_id, sync_status')).toEqual({
    server_id: id,
    sync_status: 'synced',
  });
  for (const item of ['whole-i', 'whole-j'])
    expect(t1.row('order_items', item, 'order_id')).toEqual({ order_id: 'whole-o' });
  expect(t1.row('receipts', 'whole-r', 'order_id')).toEqual({ order_id: 'whole-o' });
  expect(await logged(t1, id)).toEqual([
    { column: '', kept: null, lost: null, winner: 'hq', rule: 'refused' },
  ]);
  await nothingListed(t1);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test("6.6: a product that HQ's sales need comes back when the POS deletes it", async () => {
  await atHq(hq.db, 'products', { id: 'sold' });
  await atHq(hq.db, 'orders', { id: 'sold-o', terminal_id: 'term-2' });
  await atHq(hq.db, 'order_items', { id: 'sold-i', order_id: 'sold-o', product_id: 'sold' });
  await t1.sync();
  t1.pos.exec("DELETE FROM products WHERE local_id = 'sold'");
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'completed', upload: { deleted: 0, rejected: 0 } });
  expect(t1.row('products', 'sold', 'name, sync_status')).toEqual({
    name: 'sold',
    sync_status: 'synced',
  });
  expect(await logged(t1, 'sold')).toMatchObject([{ rule: 'refused' }]);
  await nothingListed(t1);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('6.6: a trigger of HQ that refuses an edit leaves it as a rejected row, the POS can mend it', async () => {
  await atHq(hq.db, 'customers', { id: 'rule', phone: '1' });
  await hq.db.query("ALTER TABLE customers ADD CONSTRAINT no_phone CHECK (phone <> 'bad')");
  await t1.sync();
  t1.pos.exec("UPDATE customers SET phone = 'bad' WHERE local_id = 'rule'");
  await t1.sync();
  expect(await t1.app.rejected()).toMatchObject([{ id: 'rule', code: 'ROW_CHECK_FAILED' }]);
  expect(t1.row('customers', 'rule', 'phone, sync_status')).toEqual({
    phone: 'bad',
    sync_status: 'error',
  });

  t1.pos.exec("UPDATE customers SET phone = '2' WHERE local_id = 'rule'");
  await t1.sync();
  expect(await hqRow(hq.db, 'customers', 'rule', 'phone')).toEqual({ phone: '2' });
  await nothingListed(t1);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('7.6: one edit of both sides is one line: the time of last change stands under the value, nothing is left out', async () => {
  await atHq(hq.db, 'products', { id: 'one-line', name: 'Tea' });
  await t1.sync();
  t1.pos.exec(`UPDATE products SET name = 'Till', updated_at = '2026-11-22T09:00:00.000Z'
    WHERE local_id = 'one-line'`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await hq.db.query(
    "UPDATE products SET name = 'Office', updated_at = '2026-11-22 10:00' WHERE id = 'one-line'",
  );
  const report = await t1.sync();

  expect(report).toMatchObject({ download: { conflicts: 1 } });
  const entries = (await t1.app.conflicts()).filter(({ rowId }) => rowId === 'one-line');
  expect(entries).toMatchObject([
    {
      column: 'name',
      kept: 'Office',
      lost: 'Till',
      winner: 'hq',
      rule: 'newest',
      also: [
        {
          column: 'updated_at',
          kept: '2026-11-22 10:00:00',
          lost: '2026-11-22 09:00:00',
        },
      ],
      resolved: null,
    },
  ]);
  expect(entries[0]?.who).toEqual(expect.any(String));
  expect(Date.parse(entries[0]?.hqAt ?? '')).toBeGreaterThan(Date.parse(entries[0]?.localAt ?? ''));
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test("7.6: who wrote HQ's side is the other terminal's code", async () => {
  await atHq(hq.db, 'products', { id: 'who', brand: 'b' });
  await t1.sync();
  await t2.sync();
  t1.pos.exec("UPDATE products SET brand = 'of T1' WHERE local_id = 'who'");
  await new Promise((resolve) => setTimeout(resolve, 20));
  t2.pos.exec("UPDATE products SET brand = 'of T2' WHERE local_id = 'who'");
  await t2.sync();
  await t1.sync();

  const entries = (await t1.app.conflicts()).filter(({ rowId }) => rowId === 'who');
  expect(entries).toMatchObject([{ kept: 'of T2', lost: 'of T1', who: 'T2', winner: 'hq' }]);
  await expectInStep(hq, [t1, t2]);
});
