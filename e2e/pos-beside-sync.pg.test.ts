/** Invariants 2, 6 and 9: the POS sells while the terminal syncs, and neither loses anything to the other. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPos, startTerminal, temporaryFile } from './support/children.ts';
import { sell } from './support/sale.ts';
import { scaled } from './support/scale.ts';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from './support/shop.ts';

const SECONDS = scaled(6, 30);
const OPENING = 10_000;
const PRODUCTS = ['tea', 'milk', 'bread', 'salt', 'rice'];
let hq: TestHq;

beforeAll(async () => {
  hq = await createHq();
  await hq.db.query(
    `INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
     SELECT p, p, p, 1, $2, 'store-1', now() FROM unnest($1::text[]) p`,
    [PRODUCTS, OPENING],
  );
});

afterAll(async () => {
  await hq.close();
});

/** HQ's own sales and deliveries of the same products, and its new prices. */
async function backOffice(isOver: () => boolean): Promise<Record<string, number>> {
  const delivered: Record<string, number> = {};
  for (let round = 0; !isOver(); round += 1) {
    const product = PRODUCTS[round % PRODUCTS.length] ?? '';
    await hq.db.query(
      `UPDATE products SET master_stock_quantity = master_stock_quantity + 3, selling_price = selling_price + 0.01 WHERE id = $1`,
      [product],
    );
    delivered[product] = (delivered[product] ?? 0) + 3;
    await sleep(40);
  }
  return delivered;
}

test(
  '5.6: no sale fails beside a running sync, and every sale reaches HQ exactly once',
  { timeout: 300_000 },
  async () => {
    using file = temporaryFile();
    const { path } = file;
    await (await createTerminal(hq, 'T1', { path })).close();

    using pos = startPos({ path, terminal: 'term-1', products: PRODUCTS, pauseMs: 5 });
    using syncing = startTerminal({
      url: hq.url,
      path,
      code: 'T1',
      batchSize: 200,
      action: 'syncs',
    });
    const begun = performance.now();
    const seconds = (): number => (performance.now() - begun) / 1000;
    // Long enough for some runs on a busy machine too; the end is only against waiting for ever.
    const delivered = await backOffice(
      () => seconds() > SECONDS && (syncing.told.length > 5 || seconds() > 10 * SECONDS),
    );
    pos.stop();
    expect(await pos.ended).toBe(0);
    syncing.stop();
    expect(await syncing.ended).toBe(0);
    const terminal = await createTerminal(hq, 'T1', { path, init: false });
    await terminal.sync();
    const again = await terminal.sync();

    const sold = pos.told[0];
    if (sold === undefined) throw new Error('the POS told nothing');
    expect(sold.failures).toEqual([]);
    expect(sold.sales).toBeGreaterThan(10);
    expect(syncing.told.length).toBeGreaterThan(3);
    expect(syncing.told.flatMap((report) => report.error ?? [])).toEqual([]);
    expect(again).toMatchObject({
      status: 'completed',
      download: { applied: 0, deleted: 0 },
      upload: { applied: 0, deleted: 0 },
    });
    const { rows } = await hq.db.query(`
    SELECT (SELECT count(*) FROM orders)::int AS orders, (SELECT count(*) FROM order_items)::int AS lines,
           (SELECT count(*) FROM payments)::int AS payments, (SELECT count(*) FROM inventory_transactions)::int AS moves,
           (SELECT (100 * sum(total_amount))::int FROM orders) AS ordered, (SELECT (100 * sum(line_total))::int FROM order_items) AS lined,
           (SELECT (100 * sum(amount))::int FROM payments) AS paid`);
    const { sales, cents } = sold;
    expect(rows).toEqual([
      {
        orders: sales,
        lines: sales,
        payments: sales,
        moves: sales,
        ordered: cents,
        lined: cents,
        paid: cents,
      },
    ]);
    const stock = await hq.db.query<{ id: string; stock: number; moved: number }>(`
    SELECT p.id, p.master_stock_quantity AS stock, coalesce(sum(t.quantity_change), 0)::int AS moved
      FROM products p LEFT JOIN inventory_transactions t ON t.product_id = p.id GROUP BY p.id`);
    for (const { id, stock: left, moved } of stock.rows) {
      expect(moved, id).toBe(-(sold.sold[id] ?? 0));
      expect(left, id).toBe(OPENING + moved + (delivered[id] ?? 0));
    }
    expect(
      await differences(hq.db, terminal.pos, {
        products: {},
        orders: {},
        order_items: {},
        payments: {},
        inventory_transactions: {},
      }),
    ).toEqual([]);
    await terminal.close();
  },
);

test('5.6: a cycle ends although the till never rests; what was sold meanwhile goes with the next', async () => {
  let acknowledged = 0;
  const sale = (id: string): void => {
    sell(terminal.pos, { id, terminal: 'term-2', product: 'tea', quantity: 1, cents: 100 });
  };
  const terminal = await createTerminal(hq, 'T2', {
    at: (step) => {
      if (step !== 'upload:acknowledged' || acknowledged === 20) return;
      acknowledged += 1;
      sale(`meanwhile-${acknowledged}`);
    },
  });
  sale('before');

  await terminal.sync();

  expect(acknowledged).toBe(1);
  const ofTerminal = `SELECT order_number FROM orders WHERE terminal_id = 'term-2' ORDER BY created_at`;
  expect((await hq.db.query(ofTerminal)).rows).toEqual([{ order_number: 'before' }]);
  await terminal.sync();
  expect((await hq.db.query(ofTerminal)).rows).toHaveLength(2);
  await terminal.close();
});

/** Pages that stand in the write-ahead log, and those of them that are in the file already. */
function logOf({ pos }: TestTerminal): { pages: number; moved: number } {
  const row = pos.prepare('PRAGMA wal_checkpoint(NOOP)').get();
  return { pages: Number(row?.['log']), moved: Number(row?.['checkpointed']) };
}

test('9: what a cycle wrote is moved into the file by it, not by the next sale; a quiet till moves nothing', async () => {
  await hq.db.query(`
    INSERT INTO terminals (id, terminal_code, name, store_id, updated_at) VALUES ('term-4', 'T4', 'Till 4', 'store-1', now())`);
  const terminal = await createTerminal(hq, 'T4');
  const sale = (id: string): void => {
    sell(terminal.pos, { id, terminal: 'term-4', product: 'salt', quantity: 1, cents: 100 });
  };
  sale('before-it');
  await hq.db.query(
    `INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
     SELECT 'p' || n, 'p' || n, repeat('long ', 20), 1, 10, 'store-1', now() FROM generate_series(1, 6000) n`,
  );

  await terminal.sync();

  const { pages, moved } = logOf(terminal);
  expect(pages, 'so many that the next commit would have to move them').toBeGreaterThan(1000);
  expect(moved).toBe(pages);
  sale('behind-it');
  const begun = logOf(terminal);
  expect(begun.pages, 'the sale began the log anew').toBeLessThan(100);
  expect(begun.moved).toBe(0);
  await terminal.sync();
  await terminal.sync();
  const left = logOf(terminal);
  expect(left.pages).toBeGreaterThan(begun.pages);
  expect(left.moved).toBe(0);
  await terminal.close();
});
