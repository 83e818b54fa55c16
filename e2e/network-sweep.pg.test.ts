/** Invariants 2 and 8: a connection that is reset at any byte of a cycle costs nothing and doubles nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBadNetwork, type BadNetwork, type Direction } from './support/bad-network.ts';
import { sell } from './support/sale.ts';
import { LONG } from './support/scale.ts';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from './support/shop.ts';

/** Between two resets of the long form: every message of a cycle is longer, and the short ones are hit inside and between. */
const LONG_STEP = 16;
/** Resets per direction in `npm test`. */
const SHORT_RESETS = 12;
const OPENING = 100_000;
const TABLES = {
  products: {},
  orders: {},
  order_items: {},
  payments: {},
  inventory_transactions: {},
};

let hq: TestHq;
let network: BadNetwork;
let terminal: TestTerminal;
/** The till's own book. */
const ledger = new Set<string>();

beforeAll(async () => {
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    SELECT 'p' || g, 'sku-' || g, 'Product', g, ${String(OPENING)}, 'store-1', now() FROM generate_series(1, 20) g`);
  network = await startBadNetwork(hq.url);
  terminal = await createTerminal(hq, 'T1', { url: network.url(hq.url) });
});

afterAll(async () => {
  await terminal.close();
  await network.close();
  await hq.close();
});

async function makeWork(): Promise<void> {
  const id = `sale-${String(ledger.size)}`;
  sell(terminal.pos, { id, terminal: 'term-1', product: 'p1', quantity: 1, cents: 100 });
  ledger.add(id);
  await hq.db.query(
    `UPDATE products SET selling_price = selling_price + 1 WHERE id IN ('p1', 'p2')`,
  );
}

async function expectWhole(what: string): Promise<void> {
  const { rows } = await hq.db.query<{ sale: string }>('SELECT order_number AS sale FROM orders');
  expect(rows.length, `${what}: doubled`).toBe(ledger.size);
  expect(new Set(rows.map(({ sale }) => sale)), `${what}: missing`).toEqual(ledger);
  const { rows: stock } = await hq.db.query<{ sold: number }>(
    `SELECT ${String(OPENING)} - master_stock_quantity AS sold FROM products WHERE id = 'p1'`,
  );
  expect(stock, what).toEqual([{ sold: ledger.size }]);
  expect(terminal.pos.prepare('SELECT * FROM sync_outbox').all(), what).toEqual([]);
  expect(await differences(hq.db, terminal.pos, TABLES), what).toEqual([]);
}

/** What a whole cycle takes, on connections that are there already. */
async function measure(): Promise<Record<Direction, number>> {
  await makeWork();
  await terminal.sync();
  await makeWork();
  network.set({ kind: 'fair' });
  await terminal.sync();
  return network.passed;
}

test(
  '6.1, 6.2: a reset after any number of bytes of a cycle, the reply to COMMIT among them, loses and doubles nothing',
  { timeout: LONG ? 7_200_000 : 300_000 },
  async () => {
    const whole = await measure();
    const places = (['toHq', 'fromHq'] as const).flatMap((direction) => {
      const step = LONG ? LONG_STEP : Math.ceil(whole[direction] / SHORT_RESETS);
      const count = Math.ceil(whole[direction] / step);
      return Array.from({ length: count }, (_, index) => ({ direction, after: index * step + 1 }));
    });
    // Of what HQ answers to the outcome's line and the COMMIT behind it, some hundred bytes: none, more and more, all.
    const ofReply = Array.from({ length: 16 }, (_, place) => ({
      direction: 'toCommit' as const,
      after: place * 7,
    }));
    const codes = new Set<string>();
    let failed = 0;
    let lostReplies = 0;
    for (const { direction, after } of [...places, ...ofReply]) {
      const what = `reset after ${String(after)} bytes ${direction}`;
      await makeWork();
      if (direction === 'toCommit')
        network.onSend = (chunk) => {
          if (!chunk.includes('COMMIT\0')) return;
          network.onSend = null;
          network.set({ kind: 'reset', direction: 'fromHq', after });
        };
      else network.set({ kind: 'reset', direction, after });
      const { error } = await terminal.trySync();
      if (error !== undefined) {
        codes.add(error.code);
        failed += 1;
        const { rows } = await hq.db.query('SELECT 1 FROM orders HAVING count(*) = $1', [
          ledger.size,
        ]);
        lostReplies += rows.length;
      }
      network.set({ kind: 'fair' });

      await terminal.sync();

      await expectWhole(what);
    }
    // Behind the last byte a cycle needs there is nothing left to break.
    expect(failed).toBeGreaterThan(places.length * 0.7);
    expect(lostReplies, 'HQ had it, and the terminal did not hear so').toBeGreaterThan(0);
    expect([...codes]).toEqual(['HQ_CONNECTION_LOST']);
  },
);
