/**
 * Invariants 1 and 2: a terminal that dies at any step starts again, loses nothing and doubles nothing. `npm test` kills
 * it at every named step of the engine, `npm run test:long` at every point and every occurrence of a cycle.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTerminal, temporaryFile } from '../../e2e/support/children.ts';
import { withKillPoints } from '../../e2e/support/kill-points.ts';
import { sell } from '../../e2e/support/sale.ts';
import { LONG } from '../../e2e/support/scale.ts';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import type { Compose } from '../host/app.ts';
import { STEPS, type Step } from './steps.ts';

let hq: TestHq;
let file: ReturnType<typeof temporaryFile>;

beforeEach(async () => {
  file = temporaryFile();
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    SELECT 'p' || g, 'sku-' || g, 'Product', g, 100, 'store-1', now() FROM generate_series(1, 50) g`);
  await (await createTerminal(hq, 'T1', { path: file.path })).close();
});

afterEach(async () => {
  file[Symbol.dispose]();
  await hq.close();
});

const opened = (compose?: Compose): Promise<TestTerminal> =>
  createTerminal(hq, 'T1', {
    path: file.path,
    init: false,
    ...(compose === undefined ? {} : { compose }),
  });

/**
 * Work for every step of a cycle: rows in both directions, a product that came before its category and is now free to
 * land, one that moves into the store with its variant, a table to compare, an edit behind the capture's back.
 */
async function makeWork(terminal: TestTerminal, name: string): Promise<void> {
  await hq.db.query(`
    SET session_replication_role = replica;
    INSERT INTO products (id, sku, name, selling_price, category_id, store_id, updated_at)
    VALUES ('early-${name}', 'early-${name}', 'Early', 1, 'late-${name}', 'store-1', now());
    SET session_replication_role = origin;
    INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
    VALUES ('far-${name}', 'far-${name}', 'Far', 1, 'store-2', now()), ('seen-${name}', 'seen-${name}', 'Seen', 1, 'store-1', now());
    INSERT INTO product_variants (id, product_id, sku, selling_price, updated_at)
    VALUES ('var-${name}', 'far-${name}', 'var-${name}', 1, now())`);
  await terminal.sync();
  expect(await terminal.app.held()).toHaveLength(1);
  await hq.db.query(`
    INSERT INTO categories (id, name, store_id, updated_at) VALUES ('late-${name}', 'Late', 'store-1', now());
    UPDATE products SET store_id = 'store-1' WHERE id = 'far-${name}';
    UPDATE products SET selling_price = selling_price + 1, master_stock_quantity = master_stock_quantity + 10 WHERE id LIKE 'p%';
    DELETE FROM products WHERE id = (SELECT max(id) FROM products WHERE id LIKE 'p4%')`);
  await terminal.app.reset('customers');
  sell(terminal.pos, { id: name, terminal: 'term-1', product: 'p1', quantity: 2, cents: 150 });
  terminal.pos.exec(`UPDATE products SET name = 'Renamed ${name}' WHERE local_id = 'p2'`);
  const triggers = terminal.pos
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'products'`)
    .all();
  for (const { name: trigger } of triggers) terminal.pos.exec(`DROP TRIGGER "${String(trigger)}"`);
  terminal.pos.exec(`UPDATE products SET brand = '${name}' WHERE local_id = 'seen-${name}'`);
}

async function expectInStep(terminal: TestTerminal, sales: number): Promise<void> {
  expect(
    await differences(hq.db, terminal.pos, {
      products: { where: "store_id = 'store-1'" },
      product_variants: {},
      categories: {},
      orders: {},
      order_items: {},
      payments: {},
      inventory_transactions: {},
    }),
  ).toEqual([]);
  const { rows } = await hq.db.query(`
    SELECT (SELECT count(*) FROM orders)::int AS orders, (SELECT count(*) FROM order_items)::int AS lines,
           (SELECT count(*) FROM payments)::int AS payments, (SELECT count(*) FROM inventory_transactions)::int AS moves,
           (SELECT master_stock_quantity FROM products WHERE id = 'p1') AS stock`);
  expect(rows).toEqual([
    {
      orders: sales,
      lines: sales,
      payments: sales,
      moves: sales,
      stock: 100 + sales * 10 - sales * 2,
    },
  ]);
  const unseen = await hq.db.query(
    `SELECT id FROM products WHERE id LIKE 'seen-%' AND brand IS DISTINCT FROM substr(id, 6)`,
  );
  expect(unseen.rows, 'edits behind the capture').toEqual([]);
  expect(terminal.pos.prepare('SELECT * FROM sync_outbox').all()).toEqual([]);
  expect(terminal.pos.prepare('SELECT * FROM sync_batch').all()).toEqual([]);
  expect(await terminal.app.held()).toEqual([]);
}

/** Every point that a cycle with all kinds of work passes, in order. */
async function pointsOfCycle(): Promise<string[]> {
  const points: string[] = [];
  const terminal = await opened((ports) => withKillPoints(ports, (point) => points.push(point)));
  await makeWork(terminal, 'counted');
  points.length = 0;
  await terminal.sync();
  await expectInStep(terminal, 1);
  await terminal.close();
  return points;
}

/** Steps that an ordinary cycle does not pass; tests below kill it there. */
const OF_A_LOAD: readonly Step[] = [
  'identity:before-claim',
  'identity:claimed',
  'identity:recovered',
  'load:page',
  'load:table',
];
const OF_AN_ANSWER: readonly Step[] = ['confirm:answered'];
/** And of what `identity.pg.test.ts` and `restored-hq.pg.test.ts` kill. */
const OF_AN_IDENTITY: readonly Step[] = [
  'identity:before-claim',
  'identity:claimed',
  'identity:recovered',
];

test(
  '1, 5.2: killed at any step of a cycle, a terminal goes on where it stood, every sale once',
  { timeout: LONG ? 3_600_000 : 300_000 },
  async () => {
    const points = await pointsOfCycle();
    const elsewhere = new Set([...OF_A_LOAD, ...OF_AN_ANSWER, ...OF_AN_IDENTITY]);
    const steps = STEPS.filter((step) => !elsewhere.has(step));
    expect(steps.filter((step) => !points.includes(step))).toEqual([]);
    const deaths = LONG
      ? points.map((_, index) => ({ step: '*', time: index + 1 }))
      : [...steps, 'write:before-commit', 'hq:send:meanwhile'].map((step) => ({ step, time: 1 }));
    // What was sold, written down by the till beside its file: not by the code under test.
    const ledger = new Set(['counted']);
    for (const [index, killAt] of deaths.entries()) {
      const name = `death-${String(index)}`;
      const what = `killed at ${killAt.step} ${String(killAt.time)} ${points[killAt.time - 1] ?? ''}`;
      const before = await opened();
      await makeWork(before, name);
      ledger.add(name);
      await before.close();

      using killed = startTerminal({
        url: hq.url,
        path: file.path,
        code: 'T1',
        action: 'sync',
        killAt,
      });
      expect(await killed.ended, what).toBe('SIGKILL');

      const after = await opened();
      const healed = await after.sync();
      const again = await after.sync();
      expect(healed.error, what).toBeUndefined();
      expect(again, what).toMatchObject({
        download: { applied: 0, deleted: 0 },
        upload: { applied: 0, deleted: 0 },
      });
      await expectInStep(after, ledger.size);
      const { rows } = await hq.db.query<{ sale: string }>(
        'SELECT order_number AS sale FROM orders',
      );
      expect(new Set(rows.map(({ sale }) => sale)), what).toEqual(ledger);
      await after.close();
    }
  },
);

test(
  '5.1: killed at any step of its first load, a terminal resumes and ends equal',
  { timeout: LONG ? 3_600_000 : 300_000 },
  async () => {
    const points: string[] = [];
    using counted = temporaryFile();
    const first = await createTerminal(hq, 'T2', {
      path: counted.path,
      compose: (ports) => withKillPoints(ports, (point) => points.push(point)),
    });
    await first.close();
    expect(OF_A_LOAD.filter((step) => !points.includes(step))).toEqual([]);
    const deaths = LONG
      ? points.map((_, index) => ({ step: '*', time: index + 1 }))
      : [...OF_A_LOAD, 'hq:register:answered'].map((step) => ({ step, time: 1 }));
    for (const killAt of deaths) {
      // Each file is a machine of its own, and HQ has not met it.
      await hq.db.query(`DELETE FROM payflow_sync.terminal WHERE code = 'T2'`);
      using fresh = temporaryFile();
      using killed = startTerminal({
        url: hq.url,
        path: fresh.path,
        code: 'T2',
        action: 'init',
        killAt,
      });
      expect(await killed.ended, `killed at ${killAt.step}`).toBe('SIGKILL');

      const after = await createTerminal(hq, 'T2', { path: fresh.path });
      await after.sync();

      const equal = {
        products: { where: "store_id = 'store-1'" },
        categories: {},
        users: { where: "store_id = 'store-1'" },
      };
      expect(await differences(hq.db, after.pos, equal), killAt.step).toEqual([]);
      await after.close();
    }
  },
);

test(
  "5.3: killed while it carries out a manager's answer, a terminal carries it out to its end",
  { timeout: 300_000 },
  async () => {
    for (const [index, step] of [...OF_AN_ANSWER, 'write:before-commit'].entries()) {
      const before = await opened();
      await hq.db.query(
        `INSERT INTO customers (id, customer_code, store_id, updated_at)
         SELECT 'c' || n, 'C' || n, 'store-1', now() FROM generate_series(1, 300) n
             ON CONFLICT DO NOTHING`,
      );
      await before.sync();
      // What an earlier round of this test removed does not count for this one.
      before.pos.exec('DELETE FROM sync_removed');
      await hq.db.query(`DELETE FROM customers WHERE id <> 'c300'`);
      await before.sync();
      expect(await before.app.held()).toHaveLength(299);
      await before.app.answerRemovals({ table: 'customers', direction: null, answer: 'hq' });
      await before.close();

      using killed = startTerminal({
        url: hq.url,
        path: file.path,
        code: 'T1',
        action: 'sync',
        killAt: { step, time: 1 + index },
      });
      expect(await killed.ended, step).toBe('SIGKILL');

      const after = await opened();
      await after.sync();
      expect(await differences(hq.db, after.pos, { customers: {} }), step).toEqual([]);
      expect(await after.app.removals()).toEqual([]);
      await after.close();
    }
  },
);

test(
  '6.1: killed again while it settles, a terminal still sends nothing twice',
  { timeout: 300_000 },
  async () => {
    const terminal = await opened();
    await makeWork(terminal, 'again');
    await terminal.close();
    for (const step of ['upload:after-send', 'upload:before-send', 'upload:before-acknowledge']) {
      using killed = startTerminal({
        url: hq.url,
        path: file.path,
        code: 'T1',
        action: 'sync',
        killAt: { step, time: 1 },
      });
      expect(await killed.ended, `killed at ${step}`).toBe('SIGKILL');
    }

    const after = await opened();
    await after.sync();

    await expectInStep(after, 1);
    await after.close();
  },
);

test(
  '6.1: killed between two batches, of which one is answered and one at HQ, a terminal sends each once',
  { timeout: 300_000 },
  async () => {
    const steps = ['upload:batch-saved', 'upload:after-send', 'upload:acknowledged'];
    const deaths = steps.flatMap((step) => [2, 3].map((time) => ({ step, time })));
    const perDeath = 6;
    let open = 0;
    for (const [index, killAt] of deaths.entries()) {
      const before = await opened();
      for (let sale = 0; sale < perDeath; sale += 1) {
        const id = `s${String(index)}-${String(sale)}`;
        sell(before.pos, { id, terminal: 'term-1', product: 'p1', quantity: 1, cents: 100 });
      }
      await before.close();

      using killed = startTerminal({
        url: hq.url,
        path: file.path,
        code: 'T1',
        action: 'sync',
        batchSize: 5,
        killAt,
      });
      expect(await killed.ended, `killed at ${killAt.step}`).toBe('SIGKILL');

      const after = await opened();
      open = Math.max(open, after.pos.prepare('SELECT * FROM sync_batch').all().length);
      expect((await after.sync()).error, killAt.step).toBeUndefined();
      const sold = (index + 1) * perDeath;
      const { rows } = await hq.db.query(`
        SELECT (SELECT count(*) FROM orders)::int AS orders, (SELECT count(*) FROM order_items)::int AS lines,
               (SELECT count(*) FROM payments)::int AS payments,
               (SELECT master_stock_quantity FROM products WHERE id = 'p1') AS stock`);
      expect(rows).toEqual([{ orders: sold, lines: sold, payments: sold, stock: 100 - sold }]);
      expect(after.pos.prepare('SELECT * FROM sync_outbox').all()).toEqual([]);
      expect(after.pos.prepare('SELECT * FROM sync_batch').all()).toEqual([]);
      expect((await after.sync()).upload).toMatchObject({ applied: 0, deleted: 0 });
      await after.close();
    }
    // The state this test is about was met: two open batches, the first of them answered.
    expect(open).toBe(2);
  },
);
