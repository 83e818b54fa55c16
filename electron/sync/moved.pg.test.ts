/** What is the same terminal and sees other rows: it has moved, the manifest was changed, the feed was made anew (DESIGN 8.1, 8.2). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFile } from '../../e2e/support/children.ts';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import { columnOf } from '../../e2e/support/rows.ts';
import { sell } from '../../e2e/support/sale.ts';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import { openApp } from '../host/app.ts';
import type { HostedApp } from '../host/desk-types.ts';
import { readSettings } from '../host/settings.ts';

/** More than the gate lets pass (DESIGN 5.3). */
const MANY = 150;

let hq: TestHq;
let t1: TestTerminal;
let admin: HostedApp;

beforeAll(async () => {
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    VALUES ('tea', 'tea', 'Tea', 2.5, 100, 'store-1', now()), ('jam', 'jam', 'Jam', 2.5, 100, 'store-2', now());
    INSERT INTO customers (id, customer_code, store_id, updated_at)
    SELECT 's1-' || n, 'a' || n, 'store-1', now() FROM generate_series(1, ${String(MANY)}) n;
    INSERT INTO customers (id, customer_code, store_id, updated_at)
    SELECT 's2-' || n, CASE WHEN n <= ${String(MANY)} THEN 'web-' ELSE 'b' END || n, 'store-2', now()
      FROM generate_series(1, ${String(2 * MANY)}) n`);
  t1 = await createTerminal(hq, 'T1');
  admin = await openApp(readSettings({ DATABASE_URL: hq.url }), quietLog);
});

afterAll(async () => {
  await admin.close();
  await t1.close();
  await hq.close();
});

const sale = (id: string, product: string): void => {
  sell(t1.pos, { id, terminal: 'term-1', product, quantity: 1, cents: 250 });
};
const customersHere = (): string[] => Object.keys(columnOf(t1, 'customers', 'local_id'));
const timesAtHq = async (number: string): Promise<number> =>
  (await hq.db.query('SELECT 1 FROM orders WHERE order_number = $1', [number])).rowCount ?? 0;

/** In step with its new store, nothing asked, nothing left. */
async function expectAt(customers: string): Promise<void> {
  expect(await t1.app.removals()).toEqual([]);
  expect(await t1.app.rejected()).toEqual([]);
  expect(t1.pos.prepare('SELECT * FROM sync_outbox').all()).toEqual([]);
  expect(
    await differences(hq.db, t1.pos, {
      // What was sold stays: receipts that are here need it (DESIGN 5.4).
      products: { where: `store_id = 'store-2' OR id = 'tea'` },
      customers: { where: customers },
    }),
  ).toEqual([]);
}

test("8.2, 5.3: a terminal that moves sends what it sold, then its old store's rows go without a question", async () => {
  sale('before-the-move', 'tea');
  t1.pos.exec(`UPDATE customers SET first_name = 'Ana' WHERE local_id = 's1-1'`);
  await hq.db.query(`UPDATE terminals SET store_id = 'store-2' WHERE id = 'term-1'`);
  expect(customersHere()).toHaveLength(MANY);

  await t1.sync();

  expect(await timesAtHq('before-the-move')).toBe(1);
  const { rows } = await hq.db.query(`SELECT first_name FROM customers WHERE id = 's1-1'`);
  expect(rows).toEqual([{ first_name: 'Ana' }]);
  expect(customersHere()).toHaveLength(2 * MANY);
  await expectAt(`store_id = 'store-2'`);
  sale('after-the-move', 'jam');
  await t1.sync();
  expect(await timesAtHq('after-the-move')).toBe(1);
  await expectAt(`store_id = 'store-2'`);
});

test('8.2, 5.3: rows that a changed manifest leaves out go without a question, once what was edited is sent', async () => {
  using file = temporaryFile();
  const resources = join(import.meta.dirname, '../../resources/manifest.yaml');
  const changed = readFileSync(resources, 'utf8').replace(
    /^ {2}customers:.*\n/m,
    (line) => `${line}    exclude: { column: customer_code, prefix: web- }\n`,
  );
  writeFileSync(`${file.path}.yaml`, changed);
  t1.pos.exec(`UPDATE customers SET first_name = 'Ben' WHERE local_id = 's2-1'`);
  await admin.installHq({ withSchema: false, manifest: `${file.path}.yaml`, notify: null });

  await t1.sync();

  const { rows } = await hq.db.query(`SELECT first_name FROM customers WHERE id = 's2-1'`);
  expect(rows).toEqual([{ first_name: 'Ben' }]);
  expect(customersHere()).toHaveLength(MANY);
  await expectAt(`store_id = 'store-2' AND customer_code NOT LIKE 'web-%'`);
  // And back: they come again.
  await admin.installHq({ withSchema: false, manifest: null, notify: null });
  await t1.sync();
  expect(customersHere()).toHaveLength(2 * MANY);
  await expectAt(`store_id = 'store-2'`);
});

test('8.1: a feed that was made anew is found out: all is compared, nothing is lost and nothing sent twice', async () => {
  sale('known', 'jam');
  await t1.sync();
  sale('unsent', 'jam');
  t1.pos.exec(`UPDATE products SET description = 'typed here' WHERE local_id = 'jam'`);
  await admin.uninstallHq();
  // Nobody hears of these.
  await hq.db.query(`UPDATE products SET selling_price = 9 WHERE id = 'jam'`);
  await hq.db.query(`DELETE FROM customers WHERE id = 's2-2'`);
  await admin.installHq({ withSchema: false, manifest: null, notify: null });

  await t1.sync();
  await t1.sync();

  for (const id of ['known', 'unsent']) expect(await timesAtHq(id)).toBe(1);
  expect(t1.row('products', 'jam', 'selling_price, description')).toEqual({
    selling_price: '9',
    description: 'typed here',
  });
  expect(customersHere()).not.toContain('s2-2');
  await expectAt(`store_id = 'store-2'`);
  const { rows } = await hq.db.query(
    `SELECT master_stock_quantity AS stock FROM products WHERE id = 'jam'`,
  );
  expect(rows).toEqual([{ stock: 97 }]);
});

test('8.2, 5.1: a table that joins the manifest is loaded, and what was sold meanwhile is sent', async () => {
  using file = temporaryFile();
  const whole = readFileSync(join(import.meta.dirname, '../../resources/manifest.yaml'), 'utf8');
  const less = whole.replace(/^ {2}taxes:\n.*\n/m, '');
  expect(less).not.toBe(whole);
  writeFileSync(`${file.path}.yaml`, less);
  await admin.installHq({ withSchema: false, manifest: `${file.path}.yaml`, notify: null });
  await hq.db.query(`
    INSERT INTO taxes (id, tax_name, tax_rate, store_id, updated_at) VALUES ('vat', 'VAT', 0.2, 'store-1', now())`);
  const t2 = await createTerminal(hq, 'T2');
  await admin.installHq({ withSchema: false, manifest: null, notify: null });
  sell(t2.pos, { id: 'meanwhile', terminal: 'term-2', product: 'tea', quantity: 1, cents: 250 });

  await t2.app.init(() => undefined, new AbortController().signal);

  expect(await t2.sync()).toMatchObject({ status: 'completed' });
  expect(t2.row('taxes', 'vat', 'tax_name')).toEqual({ tax_name: 'VAT' });
  expect(await timesAtHq('meanwhile')).toBe(1);
  await t2.close();
});
