/** A payflow.db that was there before this PayFlow, and an HQ whose tables change under a terminal. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import { fixOf } from '../host/shown-fix.ts';

let hq: TestHq;
let folder: string;
let path: string;
let terminal: TestTerminal | null = null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'payflow-existing-'));
  path = join(folder, 'payflow.db');
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, cost_price, selling_price, weight, master_stock_quantity, barcode, store_id, updated_at) VALUES
      ('prod-a', 'A', 'Tea', 1.10, 99999999999.9999, 0.5, 10, '0042', 'store-1', '2026-01-01'),
      ('prod-b', 'B', 'Milk', 0.30, 12.50, NULL, 20, '007', 'store-1', '2026-01-01'),
      ('prod-new', 'N', 'New at HQ', 0, 1, NULL, 5, NULL, 'store-1', '2026-01-01');
    INSERT INTO shifts (id, terminal_id, user_id, shift_number, start_time, updated_at)
      VALUES ('shift-1', 'term-1', 'user-1', '1', '2026-01-01', '2026-01-01');
    INSERT INTO orders (id, order_number, terminal_id, shift_id, user_id, total_amount, order_date, source_terminal_id, updated_at)
      VALUES ('order-1', 'O-1', 'term-1', 'shift-1', 'user-1', 12.5, '2026-01-01', 'term-1', '2026-01-01');
    INSERT INTO order_items (id, order_id, product_id, quantity, unit_price, line_total)
      VALUES ('item-1', 'order-1', 'prod-b', 1, 12.5, 12.5);
    INSERT INTO payments (id, order_id, payment_method, amount, tendered_amount, payment_date)
      VALUES ('pay-1', 'order-1', 'cash', 12.5, 20, '2026-01-01')`);
});

afterEach(async () => {
  await terminal?.close();
  terminal = null;
  await hq.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The fix that is shown, applied. */
async function fix({ app }: TestTerminal) {
  const shown = await app.schemaFix({ shown: null });
  return app.schemaFix({ shown: fixOf(shown.differences) });
}

const ROW = `server_id TEXT, sync_status TEXT DEFAULT 'pending', sync_operation TEXT, last_sync_at TEXT`;

/** Columns and a table are missing, decimals are NUMERIC, there is no trigger, and no row of sync_ tables. */
function leaveOldFile(): void {
  const db = new DatabaseSync(path);
  db.exec(`
    CREATE TABLE stores (local_id TEXT PRIMARY KEY, store_code TEXT, name TEXT, ${ROW});
    CREATE TABLE terminals (local_id TEXT PRIMARY KEY, terminal_code TEXT, name TEXT, store_id TEXT REFERENCES stores, ${ROW});
    CREATE TABLE users (local_id TEXT PRIMARY KEY, username TEXT, role TEXT, store_id TEXT REFERENCES stores, ${ROW});
    CREATE TABLE products (
      local_id TEXT PRIMARY KEY, sku TEXT, name TEXT, cost_price NUMERIC, selling_price NUMERIC NOT NULL DEFAULT 0,
      stock_quantity INTEGER DEFAULT 0, store_id TEXT REFERENCES stores, updated_at DATETIME, is_active BOOLEAN DEFAULT 1, ${ROW});
    CREATE TABLE shifts (
      local_id TEXT PRIMARY KEY, terminal_id TEXT REFERENCES terminals, user_id TEXT REFERENCES users, shift_number TEXT, start_time TEXT, updated_at TEXT, ${ROW});
    CREATE TABLE orders (
      local_id TEXT PRIMARY KEY, order_number TEXT, terminal_id TEXT REFERENCES terminals, shift_id TEXT REFERENCES shifts, user_id TEXT REFERENCES users, total_amount NUMERIC,
      order_date TEXT, source_terminal_id TEXT, updated_at TEXT, ${ROW});
    CREATE TABLE order_items (
      local_id TEXT PRIMARY KEY, order_id TEXT REFERENCES orders, product_id TEXT REFERENCES products, quantity NUMERIC, unit_price NUMERIC, line_total NUMERIC, ${ROW});
    INSERT INTO stores (local_id, server_id, store_code, name, sync_status) VALUES ('here', 'store-1', 'S1', 'Main street', 'synced');
    INSERT INTO terminals (local_id, server_id, terminal_code, name, store_id, sync_status)
      VALUES ('till', 'term-1', 'T1', 'Till 1', 'here', 'synced');
    INSERT INTO users (local_id, server_id, username, role, store_id, sync_status) VALUES ('ana', 'user-1', 'ana', 'cashier', 'here', 'synced');
    INSERT INTO products (local_id, server_id, sku, name, cost_price, selling_price, stock_quantity, store_id, updated_at, sync_status, sync_operation) VALUES
      ('tea', 'prod-a', 'A', 'Tea', 1.1, 99999999999.9999, 10, 'here', '2026-01-01 00:00:00', 'synced', NULL),
      ('prod-b', 'prod-b', 'B', 'Milk, fresh', 0.3, 12.5, 20, 'here', '2026-02-01 00:00:00', 'pending', 'update'),
      ('jam', NULL, 'J', 'Jam', '0.30', 2.675, 3, 'here', '2026-02-01 00:00:00', 'pending', 'insert');
    INSERT INTO shifts (local_id, server_id, terminal_id, user_id, shift_number, start_time, updated_at, sync_status) VALUES
      ('s-1', 'shift-1', 'till', 'ana', '1', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', 'synced'),
      ('s-2', NULL, 'till', 'ana', '2', '2026-02-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', 'pending');
    INSERT INTO orders (local_id, server_id, order_number, terminal_id, shift_id, user_id, total_amount, order_date, source_terminal_id, updated_at, sync_status) VALUES
      ('o-1', 'order-1', 'O-1', 'till', 's-1', 'ana', 12.5, '2026-01-01T00:00:00.000Z', 'till', '2026-01-01T00:00:00.000Z', 'synced'),
      ('o-2', NULL, 'O-2', 'till', 's-2', 'ana', 19.9, '2026-02-01T00:00:00.000Z', 'till', '2026-02-01T00:00:00.000Z', 'pending'),
      ('o-3', NULL, 'O-3', 'till', 's-1', 'ana', 0.1, '2026-02-01T00:00:00.000Z', 'till', '2026-02-01T00:00:00.000Z', 'synced');
    INSERT INTO order_items (local_id, server_id, order_id, product_id, quantity, unit_price, line_total, sync_status) VALUES
      ('i-1', 'item-1', 'o-1', 'prod-b', 1, 12.5, 12.5, 'synced'),
      ('i-2', NULL, 'o-2', 'jam', 2, 9.95, 19.9, 'pending');`);
  db.close();
}

const SHARED = {
  stores: {},
  terminals: { where: `store_id = 'store-1'` },
  users: { where: `store_id = 'store-1'` },
  products: { where: `store_id = 'store-1'` },
  shifts: {},
  orders: { ignore: ['source_terminal_id'] },
  order_items: {},
  payments: {},
};

async function expectInStep(till: TestTerminal): Promise<void> {
  const { app, pos } = till;
  expect(await till.sync()).toMatchObject({
    status: 'completed',
    download: { applied: 0, deleted: 0 },
    upload: { applied: 0, deleted: 0 },
  });
  expect(await differences(hq.db, pos, SHARED)).toEqual([]);
  expect(await app.verify(() => undefined, new AbortController().signal)).toMatchObject({
    equal: true,
    explained: 0,
  });
}

const openTerminal = async (init: boolean): Promise<TestTerminal> =>
  (terminal = await createTerminal(hq, 'T1', { path, init }));

async function init(): Promise<{
  app: TestTerminal;
  report: Awaited<ReturnType<TestTerminal['app']['init']>>;
}> {
  const app = await openTerminal(false);
  return { app, report: await app.app.init(() => undefined, new AbortController().signal) };
}

test('4.5: the file of an old PayFlow is backed up, aligned and brought in step: unsent rows arrive, synced ones are not doubled', async () => {
  leaveOldFile();
  const { app: till, report } = await init();

  expect(report).toMatchObject({ created: false, held: 0, rejected: 0 });
  const statements = report.applied.join('\n');
  for (const part of ['CREATE TABLE "payments"', 'ALTER TABLE "products" ADD COLUMN "barcode"'])
    expect(statements).toContain(part);
  expect(report.remaining.filter(({ severity }) => severity !== 'information')).toEqual(
    report.remaining.filter(({ code }) => code === 'column-lossy'),
  );
  const backup = new DatabaseSync(report.backup ?? '', { readOnly: true });
  expect(backup.prepare('SELECT count(*) AS rows FROM products').get()).toEqual({ rows: 3 });
  expect(
    backup.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'payments'`).get(),
  ).toBeUndefined();
  backup.close();

  const { rows: orders } = await hq.db.query(
    `SELECT order_number, total_amount::text AS total, s.shift_number AS shift, o.terminal_id
       FROM orders o JOIN shifts s ON s.id = o.shift_id ORDER BY 1`,
  );
  expect(orders).toEqual([
    { order_number: 'O-1', total: '12.5000', shift: '1', terminal_id: 'term-1' },
    { order_number: 'O-2', total: '19.9000', shift: '2', terminal_id: 'term-1' },
    { order_number: 'O-3', total: '0.1000', shift: '1', terminal_id: 'term-1' },
  ]);
  const { rows: products } = await hq.db.query(
    `SELECT sku, name, cost_price::text AS cost, selling_price::text AS price, master_stock_quantity AS stock FROM products ORDER BY sku`,
  );
  expect(products).toEqual([
    { sku: 'A', name: 'Tea', cost: '1.1000', price: '99999999999.9999', stock: 10 },
    { sku: 'B', name: 'Milk, fresh', cost: '0.3000', price: '12.5000', stock: 20 },
    { sku: 'J', name: 'Jam', cost: '0.3000', price: '2.6750', stock: 3 },
    { sku: 'N', name: 'New at HQ', cost: '0.0000', price: '1.0000', stock: 5 },
  ]);
  expect(till.row('products', 'tea', 'server_id, barcode, sync_status')).toEqual({
    server_id: 'prod-a',
    barcode: '0042',
    sync_status: 'synced',
  });
  expect(till.pos.prepare('SELECT count(*) AS rows FROM products').get()).toEqual({ rows: 4 });
  await expectInStep(till);

  // And once more: nothing is left to do on either side.
  await till.close();
  const again = await init();
  expect(again.report).toMatchObject({ created: false, backup: null, applied: [] });
  await expectInStep(again.app);
});

test('decimals in NUMERIC columns are exact after schema fix, whatever HQ holds', async () => {
  await hq.db.query(`
    ALTER TABLE products ALTER COLUMN weight TYPE numeric(30,12);
    UPDATE products SET weight = 123456789012345.678901234567 WHERE id = 'prod-a'`);
  leaveOldFile();
  const db = new DatabaseSync(path);
  db.exec('ALTER TABLE products ADD COLUMN weight NUMERIC');
  db.close();
  const { app: till } = await init();
  // The POS has an unsent edit while the table is made anew.
  till.pos.exec(`UPDATE products SET name = 'Green tea' WHERE local_id = 'tea'`);

  const { differences: found } = await till.app.schemaCheck();
  expect(found.filter(({ code }) => code === 'column-lossy').map(({ column }) => column)).toContain(
    'weight',
  );
  const fixed = await fix(till);
  expect(fixed.remaining.filter(({ severity }) => severity !== 'information')).toEqual([]);
  await till.sync();

  expect(till.row('products', 'tea', 'name, weight, selling_price, sync_status')).toEqual({
    name: 'Green tea',
    weight: '123456789012345.678901234567',
    selling_price: '99999999999.9999',
    sync_status: 'synced',
  });
  await expectInStep(till);
});

test('schema check names what is missing, schema fix shows it, backs the file up and mends it', async () => {
  const till = await openTerminal(true);
  for (const event of ['insert', 'update', 'delete', 'put', 'move'])
    till.pos.exec(`DROP TRIGGER sync_capture_products_${event}`);
  till.pos.exec(
    `DROP TABLE payments; DROP INDEX orders_shift_id_idx; ALTER TABLE products DROP COLUMN brand`,
  );
  const expected = [
    { code: 'column-missing', severity: 'fixable', table: 'products', column: 'brand' },
    { code: 'index-missing', severity: 'fixable', table: 'orders' },
    { code: 'table-missing', severity: 'fixable', table: 'payments' },
  ];
  const byCode = <T extends { code: string }>(list: readonly T[]): T[] =>
    list
      .filter(({ code }) => !code.startsWith('trigger-'))
      .toSorted((a, b) => (a.code < b.code ? -1 : 1));

  expect(byCode((await till.app.schemaCheck()).differences)).toMatchObject(expected);
  const shown = await till.app.schemaFix({ shown: null });
  expect(byCode(shown.differences)).toMatchObject(expected);
  expect(shown).toMatchObject({ applied: [], backup: null });
  expect(
    till.pos.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'payments'`).get(),
  ).toBeUndefined();

  const fixed = await fix(till);
  expect(fixed.applied).toEqual(
    expect.arrayContaining(byCode(shown.differences).flatMap(({ fix }) => fix ?? [])),
  );
  expect(readdirSync(join(folder, 'backups'))).toHaveLength(1);
  expect(byCode((await till.app.schemaCheck()).differences)).toEqual([]);
  // The rows of the lost table come back, and what the POS writes into it is captured.
  await till.sync();
  expect(till.pos.prepare('SELECT local_id FROM payments').all()).toEqual([{ local_id: 'pay-1' }]);
  till.pos.exec(`
    INSERT INTO payments (local_id, order_id, payment_method, amount, tendered_amount, payment_date)
    VALUES ('pay-2', 'order-1', 'card', '1', '1', '2026-02-01T00:00:00.000Z')`);
  await till.sync();
  await expectInStep(till);
});

test('a column that HQ gains waits for schema fix while all else syncs, and then brings its values', async () => {
  const till = await openTerminal(true);
  await hq.db.query(`ALTER TABLE products ADD COLUMN aisle varchar(20) DEFAULT 'A1'`);
  await hq.db.query(`UPDATE products SET aisle = 'by ' || sku`);
  await hq.db.query(`UPDATE products SET name = 'Black tea' WHERE id = 'prod-a'`);
  till.pos.exec(`UPDATE products SET name = 'Whole milk' WHERE local_id = 'prod-b'`);
  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 1 } });
  expect(till.row('products', 'prod-a', 'name')).toEqual({ name: 'Black tea' });
  await expectInStep(till);

  // An unsent edit outlives the re-baseline.
  till.pos.exec(`UPDATE products SET name = 'Skimmed milk' WHERE local_id = 'prod-b'`);
  const fixed = await fix(till);
  expect(fixed.differences).toContainEqual(
    expect.objectContaining({ code: 'column-missing', table: 'products', column: 'aisle' }),
  );
  expect(await till.sync()).toMatchObject({ status: 'completed' });
  expect(till.pos.prepare('SELECT name, aisle FROM products ORDER BY local_id').all()).toEqual([
    { name: 'Black tea', aisle: 'by A' },
    { name: 'Skimmed milk', aisle: 'by B' },
    { name: 'New at HQ', aisle: 'by N' },
  ]);
  till.pos.exec(`UPDATE products SET aisle = 'B2' WHERE local_id = 'prod-b'`);
  await till.sync();
  expect((await hq.db.query(`SELECT name, aisle FROM products WHERE id = 'prod-b'`)).rows).toEqual([
    { name: 'Skimmed milk', aisle: 'B2' },
  ]);

  // Capture at HQ looks at the new column once it is installed again; what changed before comes with that.
  await hq.db.query(`UPDATE products SET aisle = 'C3' WHERE id = 'prod-a'`);
  await till.app.installHq({ withSchema: false, manifest: null, notify: null });
  await till.sync();
  await hq.db.query(`UPDATE products SET aisle = 'C4' WHERE id = 'prod-new'`);
  await till.sync();
  expect(till.pos.prepare('SELECT aisle FROM products ORDER BY local_id').all()).toEqual([
    { aisle: 'C3' },
    { aisle: 'B2' },
    { aisle: 'C4' },
  ]);
  await expectInStep(till);
});

test('a column that HQ drops takes nothing with it: its local values stay, all else syncs', async () => {
  const till = await openTerminal(true);
  till.pos.exec(
    `UPDATE products SET dimensions = '1x2', name = 'Tea in a box' WHERE local_id = 'prod-a'`,
  );
  await hq.db.query('ALTER TABLE products DROP COLUMN dimensions');
  await hq.db.query(`UPDATE products SET barcode = '0043' WHERE id = 'prod-a'`);
  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 1 } });
  // HQ's change of a row with an unsent edit comes when that edit has gone.
  expect(await till.sync()).toMatchObject({ status: 'completed' });
  expect(till.row('products', 'prod-a', 'name, barcode, dimensions, sync_status')).toEqual({
    name: 'Tea in a box',
    barcode: '0043',
    dimensions: '1x2',
    sync_status: 'synced',
  });
  expect((await till.app.schemaCheck()).differences).toMatchObject([
    { code: 'column-extra', severity: 'information', table: 'products', column: 'dimensions' },
  ]);
  // Nobody asks for it any more.
  till.pos.exec(`UPDATE products SET dimensions = '3x4' WHERE local_id = 'prod-a'`);
  await expectInStep(till);
});

/** A till's sale in a table that can sync, and beside it one that cannot. */
function leaveBlockedFile(): void {
  const db = new DatabaseSync(path);
  db.exec(`
    CREATE TABLE customers (local_id TEXT PRIMARY KEY, server_id TEXT UNIQUE, customer_code TEXT, first_name TEXT, store_id TEXT,
      created_at TEXT DEFAULT '2026-01-01T00:00:00.000Z', updated_at TEXT, sync_status TEXT, sync_operation TEXT, last_sync_at TEXT);
    CREATE TABLE taxes (local_id INTEGER PRIMARY KEY, server_id TEXT, tax_name TEXT, tax_rate REAL, store_id TEXT, updated_at TEXT);
    INSERT INTO customers (local_id, customer_code, first_name, store_id, updated_at)
      VALUES ('c-1', 'C1', 'Ana', 'store-1', '2026-01-01T00:00:00.000Z')`);
  db.close();
}

const customersAtHq = async () =>
  (await hq.db.query<{ first_name: string }>('SELECT first_name FROM customers')).rows;

test.each([['at once'], ['after schema fix']])(
  '4.5: behind an init that was refused, sync is refused too, %s, until an init has taken over the rows',
  async (when) => {
    leaveBlockedFile();
    await expect(init()).rejects.toThrow('LOCAL_SCHEMA_BLOCKED');
    if (terminal === null) throw new Error('there is a terminal');
    expect((await terminal.app.schemaCheck()).differences).toContainEqual(
      expect.objectContaining({ code: 'primary-key', table: 'taxes' }),
    );
    if (when === 'after schema fix') await fix(terminal);

    await expect(terminal.sync()).rejects.toThrow('LOCAL_NOT_INITIALISED');
    expect(await customersAtHq()).toEqual([]);

    if (when === 'at once') terminal.pos.exec('DROP TABLE taxes');
    await terminal.app.init(() => undefined, new AbortController().signal);
    expect(await customersAtHq()).toEqual([{ first_name: 'Ana' }]);
    await expectInStep(terminal);
  },
);

test('4.5: a file of an earlier PayFlow, which made no note of having taken over its rows, goes on', async () => {
  const till = await openTerminal(true);
  till.pos.exec(`DELETE FROM sync_meta WHERE name = 'adopted'`);
  await till.close();

  const again = await openTerminal(false);
  expect(await again.sync()).toMatchObject({ status: 'completed' });
  await expectInStep(again);
});

test('8.1: an init that is refused because another machine is the terminal leaves the tables of a file that is not ours alone', async () => {
  const other = await createTerminal(hq, 'T1');
  const file = new DatabaseSync(path);
  file.exec('CREATE TABLE letters (body TEXT)');

  await expect(init()).rejects.toThrow('CLONE_REFUSED');

  expect(file.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'letters' }]);
  file.close();
  await other.close();
});
