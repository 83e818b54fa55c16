import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createTestHq, defaultManifest, smallShop, type TestHq } from '../../e2e/support/hq.ts';
import { startEmbeddedHq } from '../host/embedded-hq.ts';
import pg from 'pg';
import { loadHqPlan, readHqManifest } from './hq-plan.ts';
import { statusOfHq } from './hq-status.ts';
import { knownMigrations } from './migrations.ts';
import { installCapture } from './install.ts';
import { uninstallCapture } from './uninstall.ts';

const { needed } = knownMigrations(join(import.meta.dirname, '../../resources/hq'));

let hq: TestHq;
afterEach(() => hq.close());
const manifest = defaultManifest();
const run = (sql: string) => hq.client.query(sql);
const objects = `SELECT c.oid::regclass::text AS name FROM pg_class c
   WHERE c.relnamespace IN ('public'::regnamespace) UNION ALL
  SELECT tgname || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal UNION ALL
  SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' UNION ALL
  SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`;

describe('install', () => {
  test('on an HQ with data writes nothing into the feed and touches no row', async () => {
    hq = await createTestHq({ prepare: smallShop, install: false });
    const before = await run(`SELECT id, xmin::text FROM products ORDER BY id`);
    const report = await installCapture(hq.client, { manifest });
    expect(report.created).toHaveLength(23);
    expect(report.created).not.toContain('audit_logs');
    expect(report.migrations).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await hq.feed()).toEqual([]);
    expect((await run(`SELECT id, xmin::text FROM products ORDER BY id`)).rows).toEqual(
      before.rows,
    );
    expect((await statusOfHq(hq.client, needed)).findings).toEqual([]);
  });

  test('a second time changes nothing and takes no lock on a table of the shop', async () => {
    hq = await createTestHq();
    const writer = await hq.connect();
    await writer.query(
      `BEGIN; INSERT INTO stores (id, store_code, name, updated_at) VALUES ('s', 's', 's', now())`,
    );
    const report = await installCapture(hq.client, { manifest, patienceMs: 0 });
    await writer.query('COMMIT');
    expect(report).toMatchObject({ created: [], updated: [], dropped: [], migrations: [] });
    expect(report.unchanged).toHaveLength(23);
    expect(await hq.feed()).toEqual(['I stores:s *']);
  });

  test('with the schema, an empty database becomes an HQ, twice', async () => {
    hq = await createTestHq({ install: false });
    await run(`DROP SCHEMA public CASCADE; CREATE SCHEMA public`);
    await installCapture(hq.client, { manifest, withSchema: true });
    const report = await installCapture(hq.client, { manifest, withSchema: true });
    expect(report.unchanged).toHaveLength(23);
  });

  test('a table that is being written is waited for, then named; nothing is left behind', async () => {
    hq = await createTestHq({ prepare: smallShop, install: false });
    const writer = await hq.connect();
    await writer.query(`BEGIN; UPDATE products SET name = 'x'`);
    await expect(installCapture(hq.client, { manifest, patienceMs: 150 })).rejects.toMatchObject({
      code: 'HQ_BUSY',
      params: { table: 'products' },
    });
    await expect(statusOfHq(hq.client, needed)).rejects.toMatchObject({ code: 'HQ_NOT_INSTALLED' });
    const waiting = installCapture(hq.client, { manifest });
    await writer.query('COMMIT');
    expect((await waiting).created).toHaveLength(23);
  });

  test('3.4: a changed column list reloads that table only', async () => {
    hq = await createTestHq();
    await run(`ALTER TABLE taxes ADD COLUMN region text`);
    expect((await statusOfHq(hq.client, needed)).findings).toEqual([
      { table: 'taxes', relation: 'taxes', object: null, problem: 'schema-changed' },
    ]);
    const report = await installCapture(hq.client, { manifest });
    expect(report.updated).toEqual(['taxes']);
    expect(await hq.feed()).toEqual(['T taxes *']);
    await run(`INSERT INTO stores (id, store_code, name, updated_at) VALUES ('s', 's', 's', now());
      INSERT INTO taxes (id, tax_name, tax_rate, store_id, updated_at) VALUES ('a', 'a', 0, 's', now());
      UPDATE taxes SET region = 'north'`);
    expect(await hq.feed()).toEqual(['I stores:s *', 'I taxes:a s:s', 'U taxes:a s:s']);
  });

  test('what somebody disabled, dropped or rewrote is found, and repaired with a reload', async () => {
    hq = await createTestHq();
    await run(`ALTER TABLE taxes DISABLE TRIGGER payflow_update;
      DROP TRIGGER payflow_insert ON users;
      ALTER TABLE orders ENABLE ALWAYS TRIGGER payflow_replica;
      CREATE OR REPLACE FUNCTION payflow_sync.capture_statement_stores() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`);
    const { findings } = await statusOfHq(hq.client, needed);
    expect(
      findings.map(({ relation, object, problem }) => `${relation} ${object} ${problem}`),
    ).toEqual([
      'orders payflow_replica changed',
      'stores capture_statement_stores changed',
      'taxes payflow_update disabled',
      'users payflow_insert missing',
    ]);
    const report = await installCapture(hq.client, { manifest });
    expect(report.updated.toSorted()).toEqual(['orders', 'stores', 'taxes', 'users']);
    expect((await hq.feed()).toSorted()).toEqual([
      'T orders *',
      'T stores *',
      'T taxes *',
      'T users *',
    ]);
    expect((await statusOfHq(hq.client, needed)).findings).toEqual([]);
  });

  test('a table that left the manifest is captured no more', async () => {
    hq = await createTestHq({ prepare: smallShop });
    const { payments: _, ...tables } = manifest.tables;
    const report = await installCapture(hq.client, { manifest: { ...manifest, tables } });
    expect(report.dropped).toEqual(['payments']);
    await run(
      `INSERT INTO payments (id, order_id, payment_method, amount, tendered_amount, payment_date) VALUES ('y', 'o1', 'cash', 1, 1, now())`,
    );
    expect(await hq.feed()).toEqual([]);
    expect(Object.keys((await readHqManifest(hq.client)).tables)).not.toContain('payments');
  });

  test('stores the manifest that the terminals then read', async () => {
    hq = await createTestHq();
    expect(await readHqManifest(hq.client)).toEqual(manifest);
    expect((await loadHqPlan(hq.client)).tables).toHaveLength(24);
  });

  test('a table that HQ lacks is named', async () => {
    hq = await createTestHq({ install: false });
    await run('DROP TABLE receipts');
    await expect(installCapture(hq.client, { manifest })).rejects.toMatchObject({
      code: 'HQ_TABLE_MISSING',
      params: { table: 'receipts' },
    });
  });

  test('a login that does not own the tables is refused with what it lacks', async () => {
    hq = await createTestHq({ install: false });
    await run(
      `DO $$ BEGIN CREATE ROLE install_test; EXCEPTION WHEN duplicate_object THEN NULL; END $$; SET ROLE install_test`,
    );
    await expect(installCapture(hq.client, { manifest })).rejects.toMatchObject({
      code: 'HQ_PRIVILEGE_MISSING',
      params: { privilege: 'CREATE' },
    });
    await run(
      `RESET ROLE; DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO install_test', current_database()); END $$; SET ROLE install_test`,
    );
    await expect(installCapture(hq.client, { manifest })).rejects.toMatchObject({
      code: 'HQ_PRIVILEGE_MISSING',
      params: { privilege: 'OWNER', object: 'categories' },
    });
    await run(`RESET ROLE; DROP OWNED BY install_test; DROP ROLE install_test`);
  });

  test('an HQ that a newer PayFlow has migrated is left alone', async () => {
    hq = await createTestHq();
    await run(`INSERT INTO payflow_sync.migration (number, name) VALUES (999, 'x')`);
    await expect(installCapture(hq.client, { manifest })).rejects.toMatchObject({
      code: 'HQ_INSTALL_NEWER',
    });
  });

  test('an HQ of an older PayFlow says so instead of its state', async () => {
    hq = await createTestHq();
    await expect(statusOfHq(hq.client, needed + 1)).rejects.toMatchObject({
      code: 'HQ_INSTALL_OLDER',
      params: { installed: needed, known: needed + 1 },
    });
  });

  test('nothing in payflow_sync is open to everyone', async () => {
    hq = await createTestHq();
    const { rows } =
      await run(`SELECT proname FROM pg_proc WHERE pronamespace = 'payflow_sync'::regnamespace
        AND has_function_privilege('pg_monitor', oid, 'EXECUTE')
      UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'payflow_sync'::regnamespace AND relkind = 'r'
        AND has_table_privilege('pg_monitor', oid, 'SELECT')`);
    expect(rows).toEqual([]);
  });
});

test('uninstall leaves the database as it was', async () => {
  hq = await createTestHq({ prepare: smallShop, install: false });
  const { rows: before } = await run(objects);
  await installCapture(hq.client, { manifest });
  await uninstallCapture(hq.client);
  expect((await run(objects)).rows).toEqual(before);
  await run(`UPDATE products SET name = 'still writable'`);
  await expect(uninstallCapture(hq.client)).rejects.toMatchObject({ code: 'HQ_NOT_INSTALLED' });
  await expect(readHqManifest(hq.client)).rejects.toMatchObject({ code: 'HQ_NOT_INSTALLED' });
});

describe('status', () => {
  test('counts for each terminal what its cursor has not passed', async () => {
    hq = await createTestHq({ prepare: smallShop });
    await run(`SELECT payflow_sync.register('t1', 'T1', 1)`);
    await run(`UPDATE products SET name = 'a'`);
    await run(`SELECT payflow_sync.register('t2', 'T2', 1)`);
    await run(`UPDATE products SET name = 'b' WHERE id = 'p1'`);
    const status = await statusOfHq(hq.client, needed);
    expect(status.terminals).toMatchObject([
      { code: 'T1', behind: 3, waiting: 0 },
      { code: 'T2', behind: 1, waiting: 0 },
    ]);
    expect(status.feed.entries).toBe(3);
  });

  test('3.7: names who holds the feed', async () => {
    hq = await createTestHq({ prepare: smallShop });
    const other = await hq.connect();
    await other.query(`SET application_name = 'forgotten'; BEGIN; UPDATE products SET name = 'a'`);
    const { holders } = await statusOfHq(hq.client, needed);
    await other.query('ROLLBACK');
    expect(holders.map(({ application }) => application)).toContain('forgotten');
  });
});

describe('purge', () => {
  const floor = async () => {
    const { rows } = await hq.client.query<{ floor: string; count: string }>(
      `SELECT floor_xid::text AS floor, (SELECT count(*) FROM payflow_sync.feed) AS count FROM payflow_sync.meta`,
    );
    return rows[0];
  };

  test('3.5: removes what every terminal has read, and the floor stays below what is left', async () => {
    hq = await createTestHq({ prepare: smallShop });
    await run(`UPDATE products SET name = 'a'`);
    await run(`SELECT payflow_sync.register('t1', 'T1', 1)`);
    await run(`UPDATE products SET name = 'b'`);
    await run(`SELECT payflow_sync.purge()`);
    const { rows } = await run(
      `SELECT (SELECT floor_xid FROM payflow_sync.meta) <= cursor_xid AS safe FROM payflow_sync.terminal`,
    );
    expect(rows).toEqual([{ safe: true }]);
    expect((await floor())?.count).toBe('2');
  });

  test('3.5: of a feed where nothing is old never passes the cursor of a terminal that is away', async () => {
    hq = await createTestHq({ prepare: smallShop });
    await run(`SELECT payflow_sync.register('t1', 'T1', 1)`);
    await run(`SELECT pg_current_xact_id()`);
    await run(`SELECT payflow_sync.purge()`);
    expect(await floor()).toEqual({ floor: '0', count: '0' });
  });

  test('3.5: removes what is older than the limit however far behind a terminal is', async () => {
    hq = await createTestHq({ prepare: smallShop });
    await run(`SELECT payflow_sync.register('t1', 'T1', 1)`);
    await run(`UPDATE products SET name = 'a'`);
    await run(`UPDATE payflow_sync.feed SET logged_at = now() - interval '31 days'`);
    await run(`SELECT payflow_sync.purge()`);
    const { rows } = await run(
      `SELECT (SELECT floor_xid FROM payflow_sync.meta) > cursor_xid AS passed FROM payflow_sync.terminal`,
    );
    expect(rows).toEqual([{ passed: true }]);
    expect((await floor())?.count).toBe('0');
  });
});

test('a change is announced, unless the install said no, only where no transaction can be prepared', async () => {
  hq = await createTestHq();
  const server = await startEmbeddedHq({
    settings: { fsync: 'off', max_prepared_transactions: '0' },
  });
  const client = new pg.Client({ connectionString: server.url() });
  try {
    await client.connect();
    const heard: string[] = [];
    client.on('notification', ({ channel, payload }) => heard.push(`${channel}:${payload}`));
    await client.query('LISTEN payflow_feed');
    const addStore = (id: string) =>
      client.query(
        `INSERT INTO stores (id, store_code, name, updated_at) VALUES ('${id}', '${id}', '${id}', now())`,
      );
    await installCapture(client, { manifest, withSchema: true });
    await addStore('a');
    expect(heard).toEqual(['payflow_feed:']);
    expect((await statusOfHq(client, needed)).notifies).toBe(true);
    await installCapture(client, { manifest, notify: false });
    await addStore('b');
    expect((await installCapture(client, { manifest })).notify).toBe(false);
    expect(heard).toHaveLength(1);
  } finally {
    await client.end();
    await server.stop();
  }
});
