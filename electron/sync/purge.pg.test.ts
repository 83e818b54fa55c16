/** DESIGN 3.5: HQ's feed is purged by the terminals' ordinary cycles. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import type { EnginePorts } from './engine.ts';

let hq: TestHq;
let t1: TestTerminal;
let slow: TestTerminal;
/** Ways to HQ that the engine of T1 took, and what it logged. */
let asked: string[] = [];
let warned: string[] = [];
let steps: string[] = [];

const watched = (ports: EnginePorts): EnginePorts => ({
  ...ports,
  remote: {
    ...ports.remote,
    heartbeat: (beat) => {
      asked.push('heartbeat');
      return ports.remote.heartbeat(beat);
    },
    purge: () => {
      asked.push('purge');
      return ports.remote.purge();
    },
  },
  log: { ...ports.log, info: () => undefined, warn: (message) => warned.push(message) },
});

beforeEach(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1', { compose: watched, at: (step) => steps.push(step) });
  slow = await createTerminal(hq, 'T2');
  asked = [];
  warned = [];
});
afterEach(async () => {
  await t1.close();
  await slow.close();
  await hq.close();
});

/** A product at HQ whose entry in the feed is that old. */
async function product(id: string, days: number): Promise<void> {
  await hq.db.query(
    `INSERT INTO products (id, sku, name, selling_price, store_id, updated_at) VALUES ($1, $1, $1, 1, 'store-1', now())`,
    [id],
  );
  await hq.db.query(
    `UPDATE payflow_sync.feed SET logged_at = now() - make_interval(days => $2) WHERE key = $1`,
    [id, days],
  );
}
const feed = async (): Promise<string[]> => {
  const { rows } = await hq.db.query<{ key: string }>(
    'SELECT key FROM payflow_sync.feed ORDER BY seq',
  );
  return rows.map(({ key }) => key);
};
const due = (): Promise<unknown> =>
  hq.db.query(`UPDATE payflow_sync.meta SET purge_at = now() - interval '1 s'`);
/** The next cycle beats: it has something to move. */
const news = async (id: string): Promise<void> => product(id, 0);

test('what is older than HQ keeps goes with an ordinary sync; what a slow terminal has not read stays until then', async () => {
  await product('old', 31);
  await product('waits', 29);
  await due();
  await t1.sync();
  expect(await feed()).toEqual(['waits']);
  expect(asked).toEqual(['heartbeat', 'purge']);

  // The slow one was below the floor for one entry: it compares, and has both.
  await slow.sync();
  expect(slow.row('products', 'old', 'sku')).toEqual({ sku: 'old' });
  expect(slow.row('products', 'waits', 'sku')).toEqual({ sku: 'waits' });
  await news('more');
  await due();
  await t1.sync();
  expect(await feed()).not.toContain('waits');
  expect(warned).toEqual([]);
});

test('an hour goes by without a way to HQ for it', async () => {
  await due();
  await news('a');
  await t1.sync();
  await news('b');
  await t1.sync();
  await slow.sync();
  expect(asked).toEqual(['heartbeat', 'purge', 'heartbeat']);
});

test('two terminals at once', async () => {
  for (let number = 0; number < 20; number += 1) await product(`old${String(number)}`, 31);
  await due();
  await Promise.all([t1.sync(), slow.sync()]);
  expect((await feed()).filter((key) => key.startsWith('old'))).toEqual([]);
  await slow.sync();
  for (const terminal of [t1, slow])
    expect(terminal.row('products', 'old19', 'sku')).toEqual({ sku: 'old19' });
});

test('a purge that fails is logged, and the run is none the worse', async () => {
  await hq.db
    .query(`CREATE OR REPLACE FUNCTION payflow_sync.purge_if_due() RETURNS bigint LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no'; END $$`);
  await due();
  await news('a');
  expect(await t1.sync()).toMatchObject({ status: 'completed' });
  expect(warned).toEqual(['HQ did not take what a run brings beside its work']);
});

test('an HQ that takes no writes is not asked to purge', async () => {
  await due();
  await hq.db
    .query(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$;
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'payflow%'`);
  await t1.trySync();
  expect(await t1.sync()).toMatchObject({ status: 'completed' });
  expect(asked).toEqual([]);
});

test('a terminal that missed nothing is never compared for a purge: its saved place is the one that HQ knows', async () => {
  await t1.sync();
  await slow.sync();
  steps = [];
  // An entry that only the other terminal reads, and which it has read and said so.
  await hq.db.query(
    `INSERT INTO orders (id, order_number, terminal_id, user_id, total_amount, order_date, source_terminal_id, updated_at)
     VALUES ('order-2', 'O-2', 'term-2', 'user-2', 5, now(), 'term-2', now())`,
  );
  await slow.sync();
  await due();
  t1.pos.exec(
    `INSERT INTO audit_logs (local_id, action_type, terminal_id) VALUES ('log-1', 'logout', 'term-1')`,
  );

  await t1.sync();
  await t1.sync();

  expect(await feed()).toEqual([]);
  expect(steps).toContain('cycle:settled');
  expect(steps).not.toContain('rebaseline:done');
});

test('a login that may beat may purge as well', async () => {
  await hq.db.query(`
    CREATE TEMPORARY TABLE named AS SELECT 'till_' || substr(md5(current_database()), 1, 8) AS role;
    DO $$ BEGIN EXECUTE format('CREATE ROLE %I', (SELECT role FROM named)); END $$`);
  const { rows } = await hq.db.query<{ role: string }>('SELECT role FROM named');
  const role = `"${rows[0]?.role ?? ''}"`;
  await hq.db.query(`
    GRANT EXECUTE ON FUNCTION payflow_sync.heartbeat(text, xid8, integer, text, integer, text, bigint, text, text) TO ${role};
    REVOKE EXECUTE ON FUNCTION payflow_sync.purge_if_due() FROM ${role};
    DELETE FROM payflow_sync.migration WHERE number = 6`);
  const app = t1.app;
  await app.installHq({ withSchema: false, manifest: null, notify: null, keepDays: null });

  const may = await hq.db.query<{ may: boolean }>(
    `SELECT has_function_privilege(${role.replaceAll('"', "'")}, 'payflow_sync.purge_if_due()', 'EXECUTE') AS may`,
  );
  await hq.db.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  expect(may.rows).toEqual([{ may: true }]);
});
