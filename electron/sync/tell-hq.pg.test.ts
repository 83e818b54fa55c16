/** DESIGN 9, 10: what HQ hears of a run at its end, and that an idle terminal costs nobody anything. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hqDigest } from '../../e2e/support/cli.ts';
import { atHq } from '../../e2e/support/rows.ts';
import { sell } from '../../e2e/support/sale.ts';
import {
  createHq,
  createTerminal,
  type TerminalOptions,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import { PayflowError } from '../../shared/errors.ts';

let hq: TestHq;
let open: TestTerminal[] = [];

beforeEach(async () => {
  later = 0;
  isLost = false;
  hq = await createHq();
  await atHq(hq.db, 'products', { id: 'tea', name: 'Tea', master_stock_quantity: 100 });
});

afterEach(async () => {
  for (const terminal of open) await terminal.close();
  open = [];
  await hq.close();
});

/** Milliseconds by which the tills' clock has been moved on. */
let later = 0;

async function till(
  code: string,
  { compose, ...options }: TerminalOptions = {},
): Promise<TestTerminal> {
  const terminal = await createTerminal(hq, code, {
    ...options,
    compose: (ports) => ({
      ...(compose?.(ports) ?? ports),
      clock: { ...ports.clock, now: () => new Date(Date.now() + later).toISOString() },
    }),
  });
  open.push(terminal);
  return terminal;
}

const sale = ({ pos }: TestTerminal, id: string): void => {
  sell(pos, { id, terminal: 'term-1', product: 'tea', quantity: 1, cents: 250 });
};

/** Whether payments reach HQ. */
let isLost = false;

/** A till whose payments can be lost on their way, behind other rows of the same run. */
function losing(): TerminalOptions {
  return {
    batchSize: 1,
    compose: (ports) => ({
      ...ports,
      remote: {
        ...ports.remote,
        send(batch, meanwhile) {
          if (isLost && batch.groups.some(({ table }) => table === 'payments'))
            throw new PayflowError('HQ_CONNECTION_LOST');
          return ports.remote.send(batch, meanwhile);
        },
      },
    }),
  };
}

async function logged() {
  const { rows } = await hq.db.query<Record<string, unknown>>(`
    SELECT id, terminal_id, store_id, sync_type, sync_direction, records_synced, status, error_message
      FROM sync_logs ORDER BY sync_start_time`);
  return rows;
}

test('10: HQ has one line per run that moved something, and none of a run that did not', async () => {
  const t1 = await till('T1');
  await hq.db.query('DELETE FROM sync_logs');
  sale(t1, 'first');

  const report = await t1.sync();
  await t1.sync();

  const records = report.upload.applied + report.download.applied;
  expect(records).toBeGreaterThan(0);
  expect(await logged()).toEqual([
    {
      id: report.runId,
      terminal_id: 'term-1',
      store_id: 'store-1',
      sync_type: 'incremental',
      sync_direction: 'both',
      records_synced: records,
      status: 'completed',
      error_message: null,
    },
  ]);
});

test('10: a run that moved something and then failed is told with the next one, once', async () => {
  const t1 = await till('T1', losing());
  await hq.db.query('DELETE FROM sync_logs');
  sale(t1, 'first');

  isLost = true;
  const failed = await t1.trySync();
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'HQ_CONNECTION_LOST' } });
  expect(failed.upload.applied).toBeGreaterThan(0);
  expect(await logged()).toEqual([]);
  isLost = false;
  const next = await t1.sync();
  await t1.sync();

  expect(await logged()).toMatchObject([
    {
      id: failed.runId,
      records_synced: failed.upload.applied + failed.download.applied,
      status: 'failed',
      error_message: 'HQ_CONNECTION_LOST',
    },
    { id: next.runId, status: 'completed', error_message: null },
  ]);
});

test('10: an HQ whose log is taken away is none the worse, and has lines again once it has a log', async () => {
  const t1 = await till('T1');
  await hq.db.query('DELETE FROM sync_logs');
  sale(t1, 'first');
  const before = await t1.sync();

  await hq.db.query('ALTER TABLE sync_logs RENAME TO put_away');
  sale(t1, 'second');
  expect(await t1.sync()).toMatchObject({ status: 'completed' });
  await hq.db.query('ALTER TABLE put_away RENAME TO sync_logs');
  sale(t1, 'third');
  const after = await t1.sync();

  expect((await logged()).map(({ id }) => id)).toEqual([before.runId, after.runId]);
});

test('10: a log that fails of another table that is missing is a log all the same: it is told an hour later', async () => {
  const t1 = await till('T1');
  await hq.db.query(`
    DELETE FROM sync_logs;
    CREATE FUNCTION copy_line() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO lines_elsewhere VALUES (NEW.id); RETURN NEW; END $$;
    CREATE TRIGGER copy_line BEFORE INSERT ON sync_logs FOR EACH ROW EXECUTE FUNCTION copy_line()`);
  sale(t1, 'first');

  const unheard = await t1.sync();
  expect(await logged()).toEqual([]);
  await hq.db.query('CREATE TABLE lines_elsewhere (id text)');
  later = 3_601_000;
  sale(t1, 'second');
  const heard = await t1.sync();

  expect((await logged()).map(({ id }) => id)).toEqual([unheard.runId, heard.runId]);
});

test('10: what people read at HQ does not stop a sync that HQ will not note; it is told an hour later', async () => {
  const t1 = await till('T1');
  await hq.db.query(
    `DELETE FROM sync_logs; ALTER TABLE sync_logs ADD CONSTRAINT shut CHECK (false)`,
  );
  sale(t1, 'first');

  const unheard = await t1.sync();
  await hq.db.query('ALTER TABLE sync_logs DROP CONSTRAINT shut');
  sale(t1, 'second');
  const unasked = await t1.sync();
  expect(await logged()).toEqual([]);
  later = 3_601_000;
  sale(t1, 'third');
  const heard = await t1.sync();

  const runs = [unheard, unasked, heard].map(({ runId }) => runId);
  expect((await logged()).map(({ id }) => id)).toEqual(runs);
});

test('10: a run that HQ will not note stands in the way of no other', async () => {
  const t1 = await till('T1', losing());
  await hq.db.query(
    `DELETE FROM sync_logs; ALTER TABLE sync_logs ADD CONSTRAINT no_failures CHECK (status <> 'failed')`,
  );
  sale(t1, 'first');
  isLost = true;
  expect((await t1.trySync()).upload.applied).toBeGreaterThan(0);
  isLost = false;

  const next = await t1.sync();
  later = 3_601_000;
  sale(t1, 'second');
  const last = await t1.sync();

  expect((await logged()).map(({ id }) => id)).toEqual([next.runId, last.runId]);
});

test('10: HQ shows how far each terminal has come in each table, and no terminal and no feed hears of it', async () => {
  const t1 = await till('T1');
  const checkpoints = async () => {
    const { rows } = await hq.db.query<{ key: string; value: string }>(`
      SELECT setting_key AS key, setting_value AS value FROM system_settings WHERE setting_key LIKE 'sync.%' ORDER BY 1`);
    return new Map(
      rows.map(({ key, value }) => [key, JSON.parse(value) as { xid: string; seq: string }]),
    );
  };
  const before = await checkpoints();
  const { rows: tables } = await hq.db.query<{ feed: string }>(
    `SELECT count(*)::text AS feed FROM payflow_sync.feed WHERE tbl = 'system_settings'`,
  );

  await hq.db.query(`UPDATE products SET name = 'Green tea'`);
  await t1.sync();

  const after = await checkpoints();
  expect([...before.keys()]).toContain('sync.checkpoint.T1.products');
  expect(before.size).toBe((await t1.app.checkpoints()).length);
  expect(BigInt(after.get('sync.checkpoint.T1.products')?.xid ?? '0')).toBeGreaterThan(
    BigInt(before.get('sync.checkpoint.T1.products')?.xid ?? '0'),
  );
  expect(after.get('sync.checkpoint.T1.taxes')).toEqual(before.get('sync.checkpoint.T1.taxes'));
  expect(tables).toEqual([{ feed: '0' }]);
  const t2 = await till('T2');
  expect(t2.pos.prepare('SELECT count(*) AS n FROM system_settings').get()).toEqual({ n: 0 });
});

test('a terminal says of its own row, and of no other, whether it is there; no other terminal is told', async () => {
  const t1 = await till('T1');
  const feed = async (): Promise<number | undefined> => {
    const { rows } = await hq.db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM payflow_sync.feed WHERE tbl = 'terminals'`,
    );
    return rows[0]?.n;
  };
  const before = await feed();
  t1.pos.exec(`
    UPDATE terminals SET is_online = 1, last_known_ip = '10.0.0.7', local_ip = '10.0.0.7',
           last_online_at = '2026-11-23T10:00:00.000Z' WHERE local_id = 'term-1';
    UPDATE terminals SET is_online = 1, last_known_ip = '10.0.0.8' WHERE local_id = 'term-2'`);
  expect(t1.pos.prepare('SELECT count(*) AS n FROM sync_outbox').get()).toEqual({ n: 0 });

  later = 61_000;
  await t1.sync();

  const { rows } = await hq.db.query(`
    SELECT id, is_online, last_known_ip, local_ip, last_online_at::text AS at FROM terminals
     WHERE store_id = 'store-1' ORDER BY id`);
  expect(rows).toEqual([
    {
      id: 'term-1',
      is_online: true,
      last_known_ip: '10.0.0.7',
      local_ip: '10.0.0.7',
      at: '2026-11-23 10:00:00',
    },
    { id: 'term-2', is_online: false, last_known_ip: null, local_ip: null, at: null },
  ]);
  expect(await feed()).toEqual(before);
});

test('what a terminal says of itself waits for nobody who holds its row at HQ', async () => {
  const t1 = await till('T1');
  const office = await hq.connect();
  await office.query(`BEGIN; UPDATE terminals SET name = 'Till one' WHERE id = 'term-1'`);
  t1.pos.exec(`UPDATE terminals SET is_online = 1 WHERE local_id = 'term-1'`);
  const online = async () =>
    (
      await hq.db.query<{ on: boolean }>(
        `SELECT is_online AS on FROM terminals WHERE id = 'term-1'`,
      )
    ).rows[0]?.on;
  sale(t1, 'first');

  // Not after the office: it does not end before the cycle has.
  expect(await t1.sync()).toMatchObject({ status: 'completed' });
  expect(await online()).toBe(false);
  await office.query('COMMIT');
  sale(t1, 'second');
  await t1.sync();
  expect(await online()).toBe(true);
});

test('a terminal whose file lacks one of the columns says the others, and syncs', async () => {
  const t1 = await till('T1');
  t1.pos.exec(`
    ALTER TABLE terminals DROP COLUMN local_ip;
    UPDATE terminals SET last_known_ip = '10.0.0.7' WHERE local_id = 'term-1'`);
  sale(t1, 'first');

  expect(await t1.sync()).toMatchObject({ status: 'completed' });

  const { rows } = await hq.db.query(
    `SELECT last_known_ip AS ip FROM terminals WHERE id = 'term-1'`,
  );
  expect(rows).toEqual([{ ip: '10.0.0.7' }]);
});

test('5.6, 9: an idle cycle writes nothing at HQ and nothing to payflow.db', async () => {
  const t1 = await till('T1');
  await t1.sync();
  const version = () => t1.pos.prepare('PRAGMA data_version').get();
  const before = { here: version(), there: await hqDigest(hq.db) };

  for (let cycle = 0; cycle < 3; cycle += 1) await t1.sync();

  expect({ here: version(), there: await hqDigest(hq.db) }).toEqual(before);
});

test('5.6: nor does one with rows that wait and rows that are refused', async () => {
  const t1 = await till('T1');
  t1.pos.exec(`
    PRAGMA foreign_keys = OFF;
    INSERT INTO customers (local_id, customer_code, phone, store_id, updated_at)
      VALUES ('refused', 'C1', '${'5'.repeat(300)}', 'store-1', '2026-11-23T08:00:00.000Z');
    INSERT INTO payments (local_id, order_id, payment_method, amount, tendered_amount, payment_date)
      VALUES ('waits', 'no-order', 'cash', 5, 5, '2026-11-23T08:00:00.000Z')`);
  const report = await t1.sync();
  expect(report.upload).toMatchObject({ applied: 0, held: 1, rejected: 1 });
  const version = () => t1.pos.prepare('PRAGMA data_version').get();
  const before = { here: version(), there: await hqDigest(hq.db) };

  for (let cycle = 0; cycle < 3; cycle += 1) await t1.sync();

  expect({ here: version(), there: await hqDigest(hq.db) }).toEqual(before);
});
