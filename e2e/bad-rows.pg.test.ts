/** Invariant 7: a bad row blocks only its dependents, and POS and HQ's programs come first. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sell } from './support/sale.ts';
import { createHq, createTerminal, type TestHq, type TestTerminal } from './support/shop.ts';

const SALES = 1_000;
const POISON = 'sale-500';

let hq: TestHq;
let terminal: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    VALUES ('tea', 'tea', 'Tea', 2, 100000, 'store-1', now());
    ALTER TABLE orders ADD CONSTRAINT no_poison CHECK (order_number <> '${POISON}')`);
  terminal = await createTerminal(hq, 'T1');
});

afterAll(async () => {
  await terminal.close();
  await hq.close();
});

const countsAtHq = async () => {
  const { rows } = await hq.db.query(
    `SELECT (SELECT count(*)::int FROM orders) AS orders, (SELECT count(*)::int FROM order_items) AS lines,
            (SELECT count(*)::int FROM payments) AS payments, (SELECT count(*)::int FROM inventory_transactions) AS moves`,
  );
  return rows[0] as Record<'orders' | 'lines' | 'payments' | 'moves', number>;
};

test('6.4, 7: of 1,000 sales with one that HQ refuses, the other 999 arrive in the same cycle', async () => {
  for (let number = 1; number <= SALES; number += 1)
    sell(terminal.pos, {
      id: `sale-${String(number)}`,
      terminal: 'term-1',
      product: 'tea',
      quantity: 1,
      cents: 200,
    });

  const report = await terminal.sync();

  expect(report.status).toBe('partial');
  const { orders, lines, payments } = await countsAtHq();
  expect([orders, lines, payments]).toEqual([SALES - 1, SALES - 1, SALES - 1]);
  const rejected = await terminal.app.rejected();
  expect(rejected.map(({ table, id, code }) => [table, id, code])).toEqual([
    ['orders', POISON, 'ROW_CHECK_FAILED'],
  ]);
  // Its dependents wait by name, nothing else does.
  const held = (await terminal.app.held()).map(({ table, id }) => `${table}:${id}`);
  expect(held.toSorted()).toEqual([
    `inventory_transactions:${POISON}-moved`,
    `order_items:${POISON}-line`,
    `payments:${POISON}-paid`,
  ]);
  const waiting = terminal.pos
    .prepare('SELECT DISTINCT local_id AS id FROM sync_outbox ORDER BY id')
    .all()
    .map(({ id }) => id);
  expect(waiting).toEqual([POISON, `${POISON}-line`, `${POISON}-moved`, `${POISON}-paid`]);

  const again = await terminal.sync();
  expect(again.upload.applied, 'a row that stands refused is not sent again and again').toBe(0);

  await hq.db.query('ALTER TABLE orders DROP CONSTRAINT no_poison');
  await terminal.retry({ table: 'orders', id: POISON });
  expect(await countsAtHq()).toEqual({
    orders: SALES,
    lines: SALES,
    payments: SALES,
    moves: SALES,
  });
  expect(terminal.pos.prepare('SELECT * FROM sync_outbox').all()).toEqual([]);
});
