import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let terminal: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    SELECT gen_random_uuid(), 'sku-' || g, 'Product ' || g, g, 10, 'store-1', now() FROM generate_series(1, 300) g`);
  terminal = await createTerminal(hq, 'T1');
});

afterAll(async () => {
  await terminal.close();
  await hq.close();
});

test('a sale reaches HQ, stock moves by what was sold on both sides, and a second sync moves nothing', async () => {
  const { local_id: product } = terminal.pos
    .prepare('SELECT local_id FROM products LIMIT 1')
    .get() as { local_id: string };
  await hq.db.query(
    'UPDATE products SET master_stock_quantity = master_stock_quantity - 2 WHERE id = $1',
    [product],
  );
  terminal.pos.exec(`
    BEGIN;
    INSERT INTO shifts (local_id, terminal_id, user_id, shift_number, start_time, updated_at)
      VALUES ('shift-a', 'term-1', 'user-1', '1', '2026-11-22T08:00:00.000Z', '2026-11-22T08:00:00.000Z');
    INSERT INTO orders (local_id, order_number, terminal_id, shift_id, user_id, total_amount, order_date, source_terminal_id, updated_at)
      VALUES ('order-a', 'A-1', 'term-1', 'shift-a', 'user-1', '12.50', '2026-11-22T09:00:00.000Z', 'term-1', '2026-11-22T09:00:00.000Z');
    INSERT INTO order_items (local_id, order_id, product_id, quantity, unit_price, line_total)
      VALUES ('item-a', 'order-a', '${product}', '1', '12.5', '12.50');
    UPDATE products SET stock_quantity = stock_quantity - 1 WHERE local_id = '${product}';
    COMMIT`);

  const first = await terminal.sync();
  const second = await terminal.sync();

  expect(first).toMatchObject({ status: 'completed', upload: { applied: 4 } });
  expect(second).toMatchObject({
    download: { applied: 0, deleted: 0 },
    upload: { applied: 0, deleted: 0 },
  });
  const { rows } = await hq.db.query('SELECT master_stock_quantity FROM products WHERE id = $1', [
    product,
  ]);
  expect(rows).toEqual([{ master_stock_quantity: 7 }]);
  expect(terminal.row('products', product, 'stock_quantity, sync_status')).toEqual({
    stock_quantity: 7,
    sync_status: 'synced',
  });
  expect(
    await differences(hq.db, terminal.pos, {
      products: {},
      shifts: {},
      orders: {},
      order_items: {},
      users: { where: "store_id = 'store-1'" },
    }),
  ).toEqual([]);
});
