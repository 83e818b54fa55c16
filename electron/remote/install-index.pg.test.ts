import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createTestHq, defaultManifest, smallShop, type TestHq } from '../../e2e/support/hq.ts';
import { Connections } from './connection.ts';
import { installCapture } from './install.ts';
import { uninstallCapture } from './uninstall.ts';

/** An index of a feed that hundreds of terminals and HQ's programs are at work on (migration 5). */

const manifest = defaultManifest();
const resources = join(import.meta.dirname, '../../resources/hq');
const FEED_ROWS = 150_000;

let first4: string;
beforeAll(() => {
  first4 = mkdtempSync(join(tmpdir(), 'payflow-hq-4-'));
  for (const file of readdirSync(resources))
    if (/^(00[1-4]_|payflow-schema)/.test(file)) cpSync(join(resources, file), join(first4, file));
});
afterAll(() => {
  rmSync(first4, { recursive: true, force: true });
});

let hq: TestHq;
/** The install's own session, as impatient as a terminal's. */
let admin: pg.Client;
beforeEach(async () => {
  hq = await createTestHq({ prepare: smallShop, install: false });
  await installCapture(hq.client, { manifest, resources: first4 });
  await hq.client.query(`
    INSERT INTO payflow_sync.feed (xid, tbl, key, op, scope, logged_at)
    SELECT pg_current_xact_id(), 'products', 'p' || g, 'U', '*', now() FROM generate_series(1, ${String(FEED_ROWS)}) g`);
  admin = await hq.connect();
  await admin.query(`SET statement_timeout = '50ms'; SET lock_timeout = '50ms'`);
});
afterEach(() => hq.close());

const indexes = async (): Promise<string[]> => {
  const { rows } = await hq.client.query<{ name: string }>(
    `SELECT c.relname || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END AS name
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE i.indrelid = 'payflow_sync.feed'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
};

/** A transaction that sees HQ as it was: whoever builds an index beside the work waits for its end. */
async function oldTransaction(): Promise<pg.Client> {
  const old = await hq.connect();
  await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM stores');
  return old;
}

const building = async (): Promise<number> => {
  const { rows } = await hq.client.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%CREATE INDEX CONCURRENTLY%' AND state = 'active'
        AND wait_event_type = 'Lock'`,
  );
  return rows.length;
};

test('is built however little time a statement has, and the one before it goes afterwards', async () => {
  const report = await installCapture(admin, { manifest });
  expect(report.migrations).toContain(5);
  expect(report.created).toEqual([]);
  expect(await indexes()).toEqual(['feed_cursor', 'feed_key_hash']);
  expect(await hq.feed()).toHaveLength(FEED_ROWS);

  const again = await installCapture(admin, { manifest });
  expect(again).toMatchObject({ created: [], updated: [], dropped: [], migrations: [] });
});

test('keeps no write of the shop waiting while it is built', async () => {
  const old = await oldTransaction();
  const install = installCapture(admin, { manifest });
  await vi.waitUntil(async () => (await building()) > 0, { timeout: 20_000, interval: 50 });

  const shop = await hq.connect();
  await shop.query(`SET lock_timeout = '200ms'; UPDATE products SET name = 'sold meanwhile'`);
  expect(await indexes()).toEqual(['feed_cursor', 'feed_key', 'feed_key_hash (invalid)']);
  await old.query('COMMIT');
  expect((await install).migrations).toContain(5);
  expect(await indexes()).toEqual(['feed_cursor', 'feed_key_hash']);
});

test('that was not finished is made afresh by the next install', async () => {
  const old = await oldTransaction();
  const cancelled = installCapture(admin, { manifest });
  await vi.waitUntil(async () => (await building()) > 0, { timeout: 20_000, interval: 50 });
  await hq.client.query(
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'`,
  );
  await expect(cancelled).rejects.toMatchObject({ code: '57014' });
  await old.query('COMMIT');
  expect(await indexes()).toContain('feed_key_hash (invalid)');

  expect((await installCapture(admin, { manifest })).migrations).toEqual([5]);
  expect(await indexes()).toEqual(['feed_cursor', 'feed_key_hash']);
});

test('is given up at HQ when the install is stopped or its machine dies', async () => {
  const old = await oldTransaction();
  const { hostname, port, username, password, pathname } = new URL(hq.database.url);
  const connections = new Connections({
    address: {
      host: hostname,
      port: Number(port),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
      ssl: false,
    },
    applicationName: 'administrator',
  });
  const stop = new AbortController();
  const install = connections.useForLong(
    (client) => installCapture(client, { manifest }),
    stop.signal,
  );
  await vi.waitUntil(async () => (await building()) > 0, { timeout: 20_000, interval: 50 });
  stop.abort();
  await expect(install).rejects.toMatchObject({ code: 'HQ_CONNECTION_LOST' });
  await vi.waitUntil(async () => (await building()) === 0, { timeout: 15_000, interval: 100 });
  await connections.close();
  await old.query('COMMIT');

  expect((await installCapture(admin, { manifest })).migrations).toEqual([5]);
});

test('is waited for by a second install and by an uninstall, which are not in its way', async () => {
  const old = await oldTransaction();
  const install = installCapture(admin, { manifest });
  await vi.waitUntil(async () => (await building()) > 0, { timeout: 20_000, interval: 50 });
  const others = [await hq.connect(), await hq.connect()] as const;
  await expect(installCapture(others[0], { manifest, patienceMs: 300 })).rejects.toMatchObject({
    code: 'HQ_BUSY',
  });
  const second = installCapture(others[0], { manifest });
  await expect(uninstallCapture(others[1], { patienceMs: 300 })).rejects.toMatchObject({
    code: 'HQ_BUSY',
  });
  await old.query('COMMIT');
  expect((await install).migrations).toContain(5);
  expect((await second).migrations).toEqual([]);
});
