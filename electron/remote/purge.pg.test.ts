import { join } from 'node:path';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestHq, defaultManifest, type TestHq } from '../../e2e/support/hq.ts';
import { statusOfHq } from './hq-status.ts';
import { installCapture } from './install.ts';
import { knownMigrations } from './migrations.ts';

/** DESIGN 3.5, slice by slice: what one transaction of a purge takes, and what the floor is after it. */

const { needed } = knownMigrations(join(import.meta.dirname, '../../resources/hq'));
let hq: TestHq;
beforeEach(async () => {
  hq = await createTestHq();
});
afterEach(() => hq.close());

const run = (sql: string) => hq.client.query(sql);
const one = async <T>(sql: string, client: pg.Client = hq.client): Promise<T> => {
  const { rows } = await client.query<{ value: T }>(`SELECT (${sql})::text AS value`);
  return rows[0]?.value as T;
};
const purge = async (most: number, client: pg.Client = hq.client): Promise<number> =>
  Number(await one(`SELECT payflow_sync.purge(NULL, ${String(most)})`, client));
const floor = async (): Promise<number> =>
  Number(await one('SELECT floor_xid FROM payflow_sync.meta'));
const left = async (): Promise<string> =>
  one(`SELECT coalesce(string_agg(key, ' ' ORDER BY xid, seq), '') FROM payflow_sync.feed`);

/** One transaction's entries, by table and age in days; answers with its id. */
async function write(
  ...entries: (readonly [table: string, key: string, days: number])[]
): Promise<number> {
  await run('BEGIN');
  for (const [table, key, days] of entries)
    await hq.client.query(
      `INSERT INTO payflow_sync.feed (xid, tbl, key, op, scope, edited_at, logged_at)
       SELECT pg_current_xact_id(), $1, $2, 'U', '*', t.at, t.at FROM (SELECT now() - make_interval(days => $3)) t(at)`,
      [table, key, days],
    );
  const xid = await one<string>('SELECT pg_current_xact_id()');
  await run('COMMIT');
  return Number(xid);
}

test('3.5: a slice is the oldest entries of all tables together, and the floor is one above the last that went', async () => {
  const a = await write(['users', 'a', 3]);
  const b = await write(['products', 'b', 3], ['orders', 'c', 3]);
  const c = await write(['orders', 'd', 2]);
  await write(['categories', 'e', 1]);
  expect([await purge(2), await left(), await floor()]).toEqual([2, 'c d e', b + 1]);
  // The rest of a transaction that was cut in two lies below the floor already.
  expect([await purge(2), await left(), await floor()]).toEqual([2, 'e', c + 1]);
  expect([await purge(2), await left(), (await floor()) > c + 1]).toEqual([1, '', true]);
  expect(await purge(2)).toBe(0);
  expect(a).toBeLessThan(b);
});

test('3.5: slices stop at a slow terminal, and pass it where the entries are older than HQ keeps them', async () => {
  await write(['products', 'read', 3]);
  await run(`SELECT payflow_sync.register('t1', 'T1', 1)`);
  const old = await write(['products', 'o1', 31], ['users', 'o2', 31]);
  // One transaction that the limit goes through stays as a whole, whatever the slice holds of it.
  await write(['products', 'm1', 31], ['products', 'm2', 31], ['users', 'm3', 29]);
  await write(['products', 'n', 31]);
  for (let slice = 0; slice < 6; slice += 1) await purge(2);
  expect([await left(), await floor()]).toEqual(['m1 m2 m3 n', old + 1]);

  await run('UPDATE payflow_sync.meta SET keep_days = 28');
  for (let slice = 0; slice < 6; slice += 1) await purge(2);
  expect(await left()).toBe('');
});

test('an entry of a transaction that is under way, or that began after such a one, stays', async () => {
  const other = await hq.connect();
  await other.query('BEGIN; SELECT pg_current_xact_id()');
  await write(['products', 'a', 31]);
  expect(await purge(10)).toBe(0);
  await other.query('COMMIT');
  expect(await purge(10)).toBe(1);
});

test('the ids of applied entries are kept for 90 days, and go in slices too', async () => {
  await run(`INSERT INTO payflow_sync.upload_entry (terminal, epoch, batch, entry_ids, applied_at)
    SELECT 't', 1, g, '{x}', now() - CASE WHEN g < 8 THEN interval '91 days' ELSE interval '89 days' END FROM generate_series(1, 9) g`);
  const batches = () => one<string>('SELECT count(*) FROM payflow_sync.upload_entry');
  await purge(250);
  expect(await batches()).toBe('4');
  await purge(250);
  expect(await batches()).toBe('2');
});

describe('when it is due', () => {
  const due = () => run(`UPDATE payflow_sync.meta SET purge_at = now()`);
  const ask = async (client: pg.Client = hq.client): Promise<number> =>
    Number(await one('SELECT payflow_sync.purge_if_due()', client));
  const seconds = async (): Promise<number> =>
    Number(
      await one(
        'SELECT extract(epoch FROM purge_at - clock_timestamp())::int FROM payflow_sync.meta',
      ),
    );

  test('it is once an hour for all terminals together, and soon again where a slice was full', async () => {
    await run(`INSERT INTO payflow_sync.feed (xid, tbl, key, logged_at)
      SELECT pg_current_xact_id(), 'products', g, now() FROM generate_series(1, 2400) g`);
    expect(await ask()).toBe(0);
    await due();
    expect(await ask()).toBe(2_000);
    expect(await seconds()).toBeLessThanOrEqual(2);
    expect(await ask()).toBe(0);
    await due();
    expect(await ask()).toBe(400);
    expect(await seconds()).toBeGreaterThan(3_500);
    expect(await ask()).toBe(0);
  });

  test('of two at once one does it, and nobody waits', async () => {
    await write(['products', 'a', 31]);
    await due();
    const other = await hq.connect();
    await other.query(`SET statement_timeout = '500ms'; BEGIN`);
    await run('BEGIN');
    expect(await ask()).toBe(1);
    expect(await ask(other)).toBe(0);
    await run('COMMIT');
    expect(await ask(other)).toBe(0);
    await other.query('COMMIT');
  });

  test('a feed that an administrator holds is left for another time within a second', async () => {
    await due();
    const admin = await hq.connect();
    await admin.query('BEGIN; LOCK TABLE payflow_sync.feed');
    await expect(ask()).rejects.toMatchObject({ code: '55P03' });
    await admin.query('COMMIT');
    expect(await one(`SELECT current_setting('lock_timeout')`)).toBe('0');
  });
});

test('how long is what the install said last; the status shows it', async () => {
  const manifest = defaultManifest();
  const keepDays = async (): Promise<number> => (await statusOfHq(hq.client, needed)).feed.keepDays;
  expect(await keepDays()).toBe(30);
  expect((await installCapture(hq.client, { manifest, keepDays: 7 })).keepDays).toBe(7);
  expect((await installCapture(hq.client, { manifest })).keepDays).toBeNull();
  expect(await keepDays()).toBe(7);
  await run(`SELECT payflow_sync.register('t1', 'T1', 1)`);
  await write(['products', 'a', 8]);
  await write(['products', 'b', 6]);
  await purge(10);
  expect(await left()).toBe('b');
});

test('the status counts a long feed no further than it has to', async () => {
  await run(`SELECT payflow_sync.register('t1', 'T1', 1)`);
  await run(`INSERT INTO payflow_sync.feed (xid, tbl, key, logged_at)
    SELECT pg_current_xact_id(), CASE g % 2 WHEN 0 THEN 'products' ELSE 'users' END, g, '2020-01-01'::timestamptz + g * interval '1 s'
      FROM generate_series(1, 120000) g; ANALYZE payflow_sync.feed`);
  await run(`SELECT payflow_sync.register('t2', 'T2', 1)`);
  const { feed, terminals } = await statusOfHq(hq.client, needed);
  expect(feed).toMatchObject({ estimated: true, oldestAt: new Date('2020-01-01T00:00:01Z') });
  expect(feed.entries).toBeGreaterThan(100_000);
  expect(terminals).toMatchObject([
    {
      code: 'T1',
      behind: 1_000,
      behindMore: true,
      oldestBehindAt: new Date('2020-01-01T00:00:01Z'),
    },
    { code: 'T2', behind: 0, behindMore: false, oldestBehindAt: null },
  ]);
});
