/**
 * Invariants 1, 2, 6 and 8 under kill -9 at random moments: a till sells without rest, its sync dies and starts again, over
 * and over; HQ writes beside it. The ledger is kept by the till itself, one line after each commit. PAYFLOW_KILLS and
 * PAYFLOW_SEED replay a run of `npm run test:long`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPos, startTerminal, temporaryFile } from './support/children.ts';
import { scaled } from './support/scale.ts';
import { createHq, createTerminal, differences, type TestHq } from './support/shop.ts';

const KILLS = Number(process.env['PAYFLOW_KILLS'] ?? scaled(6, 500));
const SEED = Number(process.env['PAYFLOW_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Kills between two looks at the books. */
const ROUND = 25;
const PRODUCTS = ['p1', 'p2', 'p3'];
const OPENING = 1_000_000;

let hq: TestHq;
let file: ReturnType<typeof temporaryFile>;

beforeEach(async () => {
  file = temporaryFile();
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    SELECT 'p' || g, 'sku-' || g, 'Product', g, ${String(OPENING)}, 'store-1', now() FROM generate_series(1, 60) g`);
  await (await createTerminal(hq, 'T1', { path: file.path })).close();
});

afterEach(async () => {
  file[Symbol.dispose]();
  await hq.close();
});

/** Mulberry32: the same seed, the same deaths. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Sold {
  readonly cents: number;
  readonly quantity: number;
  readonly product: string;
}

function readLedger(path: string): Map<string, Sold> {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const [id = '', quantity = '', price = '', product = ''] = line.split(' ');
      return [id, { cents: Number(quantity) * Number(price), quantity: Number(quantity), product }];
    }),
  );
}

/** HQ against the ledger, and the file against HQ. */
async function expectBooks(ledger: ReadonlyMap<string, Sold>, what: string): Promise<void> {
  const { rows } = await hq.db.query<{ sale: string; cents: number; paid: number; lines: number }>(
    `SELECT o.order_number AS sale, (o.total_amount * 100)::int AS cents,
            (SELECT (sum(amount) * 100)::int FROM payments p WHERE p.order_id = o.id) AS paid,
            (SELECT count(*)::int FROM order_items i WHERE i.order_id = o.id) AS lines FROM orders o`,
  );
  const known = new Set(rows.map(({ sale }) => sale));
  expect(
    [...ledger.keys()].filter((sale) => !known.has(sale)),
    `${what}: missing at HQ`,
  ).toEqual([]);
  expect(rows.length, `${what}: doubled at HQ`).toBe(ledger.size);
  const odd = rows.filter(({ sale, cents, paid, lines }) => {
    const sold = ledger.get(sale);
    return sold?.cents !== cents || paid !== cents || lines !== 1;
  });
  expect(odd, `${what}: to the cent`).toEqual([]);
  const { rows: stock } = await hq.db.query<{ id: string; gone: number; moved: number }>(
    `SELECT id, ${String(OPENING)} - master_stock_quantity AS gone,
            (SELECT -sum(quantity_change)::int FROM inventory_transactions t WHERE t.product_id = p.id) AS moved
       FROM products p WHERE id = ANY ($1::text[])`,
    [PRODUCTS],
  );
  for (const { id, gone, moved } of stock) {
    const sold = [...ledger.values()].filter(({ product }) => product === id);
    const pieces = sold.reduce((sum, { quantity }) => sum + quantity, 0);
    expect({ id, gone, moved: moved ?? 0 }, what).toEqual({ id, gone: pieces, moved: pieces });
  }
}

test(
  `1, 2, 6, 8: killed at any moment, again and again, no sale is missing or double (${KILLS} kills, seed ${SEED})`,
  { timeout: 120_000 + KILLS * 30_000 },
  async () => {
    const random = dice(SEED);
    const ledger = join(file.path, '..', 'ledger.txt');
    for (let done = 0; done < KILLS; done += ROUND) {
      const prefix = `r${done}`;
      using pos = startPos({
        path: file.path,
        terminal: 'term-1',
        products: PRODUCTS,
        pauseMs: 5,
        ledger,
        prefix,
      });
      for (let kill = done; kill < Math.min(done + ROUND, KILLS); kill += 1) {
        await hq.db.query(
          `UPDATE products SET selling_price = selling_price + 1 WHERE id IN ('p1', 'p' || $1::int)`,
          [4 + Math.floor(random() * 50)],
        );
        // Half of them die at a point of the engine's, the others whenever it happens to be.
        const atPoint = random() < 0.5;
        const time = 1 + Math.floor(random() * 120);
        const moment = 50 + random() * 400;
        using terminal = startTerminal({
          url: hq.url,
          path: file.path,
          code: 'T1',
          action: 'syncs',
          batchSize: 5 + Math.floor(random() * 60),
          ...(atPoint ? { killAt: { step: '*', time } } : {}),
        });
        if (!atPoint) {
          while (terminal.told.length === 0 && random() < 0.98) await sleep(10);
          await sleep(moment);
          terminal[Symbol.dispose]();
        }
        expect(await terminal.ended).toBe('SIGKILL');
      }
      pos.stop();
      await pos.ended;
      expect(
        pos.told.map(({ failures }) => failures),
        'the till never fails',
      ).toEqual([[]]);

      const after = await createTerminal(hq, 'T1', { path: file.path, init: false });
      await after.sync();
      const what = `after ${done + ROUND} kills, seed ${SEED}`;
      await expectBooks(readLedger(ledger), what);
      expect(after.pos.prepare('SELECT * FROM sync_outbox').all(), what).toEqual([]);
      expect(after.pos.prepare('SELECT * FROM sync_batch').all(), what).toEqual([]);
      const equal = { products: {}, orders: {}, order_items: {}, payments: {} };
      expect(await differences(hq.db, after.pos, equal), what).toEqual([]);
      await after.close();
    }
  },
);
