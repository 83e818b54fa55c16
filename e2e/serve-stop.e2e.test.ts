/**
 * `payflow serve` that is stopped in the middle of a cycle, and one whose HQ falls silent: it ends by a deadline, says
 * so, and neither file nor HQ has a sale twice or not at all.
 */
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCli, type TestCli } from './support/cli.ts';
import { startProxy, type Proxy } from './support/proxy.ts';
import { atHq } from './support/rows.ts';
import { sell } from './support/sale.ts';
import { LONG } from './support/scale.ts';
import { startServe, TEST_JWT_SECRET, type ServeProcess } from './support/serve-process.ts';
import { createHq, type TestHq } from './support/shop.ts';

let hq: TestHq;
let till: TestCli;
let proxy: Proxy;
let serve: ServeProcess | null = null;

beforeEach(async () => {
  hq = await createHq();
  await atHq(hq.db, 'products', { id: 'tea', name: 'Tea', master_stock_quantity: 100 });
  till = createCli(hq.url);
  const { exit, err } = await till.run(['init']);
  if (exit !== 0) throw new Error(err);
  proxy = await startProxy(hq.url);
});

afterEach(async () => {
  await serve?.kill();
  serve = null;
  await proxy.close();
  till.close();
  await hq.close();
});

async function serving(): Promise<ServeProcess> {
  serve = await startServe({ url: proxy.url(hq.url), folder: till.folder, db: till.db });
  return serve;
}

const open = (): DatabaseSync => new DatabaseSync(till.db, { timeout: 5000 });

/** A sale whose batch has come as far as its COMMIT, which HQ has not got. */
async function cycleBeforeCommit() {
  const commit = proxy.stopAt('COMMIT\0');
  const pos = open();
  sell(pos, { id: 'S-1', terminal: 'term-1', product: 'tea', quantity: 1, cents: 500 });
  pos.close();
  return commit;
}

async function expectSoldOnce(): Promise<void> {
  const { rows } = await hq.db.query<{ orders: number; stock: number }>(
    `SELECT (SELECT count(*)::int FROM orders WHERE order_number = 'S-1') AS orders,
            (SELECT master_stock_quantity FROM products WHERE id = 'tea') AS stock`,
  );
  expect(rows).toEqual([{ orders: 1, stock: 99 }]);
  const pos = open();
  expect(pos.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  expect(pos.prepare('SELECT count(*) AS unsent FROM sync_outbox').get()).toEqual({ unsent: 0 });
  pos.close();
  expect(await till.json(['verify'])).toMatchObject({ exit: 0, json: { equal: true } });
}

/** What the running engine says of itself. */
async function statusOf({ origin }: ServeProcess): Promise<() => Promise<unknown>> {
  const env = { JWT_SECRET: TEST_JWT_SECRET };
  const { out } = await till.run(['token', '--role', 'cashier'], { env });
  const headers = { authorization: `Bearer ${out.trim()}` };
  return async () => {
    const answer = await fetch(`${origin}/api/sync/status`, { headers });
    return (await answer.json()) as unknown;
  };
}

test('SIGTERM in the middle of a cycle: it ends well, and both sides are whole', async () => {
  const stopped = await serving();
  const wire = await cycleBeforeCommit();
  const ended = stopped.stop();
  wire.deliver();
  await ended;
  const { json } = await till.json(['status']);
  expect(json).toMatchObject({ terminal: 'T1' });
  await serving();
  await expect.poll(() => till.json(['sync'])).toMatchObject({ exit: 0 });
  await expectSoldOnce();
});

test.runIf(LONG)('SIGTERM while HQ is silent: it ends by its deadline all the same', async () => {
  const stopped = await serving();
  await cycleBeforeCommit();
  await stopped.stop();
  expect((await till.run(['sync'])).exit).toBe(0);
  await expectSoldOnce();
});

test.runIf(LONG)(
  'a cycle whose HQ falls silent ends by a deadline, the state says so, and it heals by itself',
  async () => {
    const status = await statusOf(await serving());
    await cycleBeforeCommit();
    // The message stays where it is: nothing more comes on this connection, and nobody closes it.
    await expect
      .poll(status, { timeout: 120_000 })
      .toMatchObject({ state: 'offline', waiting: { upload: 5 } });
    await expect
      .poll(status, { timeout: 120_000 })
      .toMatchObject({ state: 'idle', waiting: { upload: 0 } });
    await expectSoldOnce();
  },
  300_000,
);
