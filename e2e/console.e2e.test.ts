/** The web console in a real browser over a real `payflow serve` and a real HQ: what people see and do. */
import { DatabaseSync } from 'node:sqlite';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startConsole, type TestConsole } from './support/console.ts';
import { atHq, atPos } from './support/rows.ts';
import { sell } from './support/sale.ts';
import { findReceipt, goTo, headline, press, SCREEN_NAMES } from './support/screens.ts';
import { sidewaysScroll } from './support/window-checks.ts';

let shop: TestConsole;
let page: Page;

beforeAll(async () => {
  shop = await startConsole({
    mode: 'live',
    prepare: async ({ db }) => {
      await atHq(db, 'products', { id: 'tea', name: 'Tea', master_stock_quantity: 100 });
    },
  });
  page = shop.page;
  await headline(page, 'Up to date').waitFor();
});

afterAll(async () => {
  await shop.close();
});

const sellTea = (id: string): void => {
  sell(shop.pos, { id, terminal: 'term-1', product: 'tea', quantity: 1, cents: 500 });
};

const ordersAtHq = async (number: string): Promise<number> => {
  const { rowCount } = await shop.hq.db.query('SELECT 1 FROM orders WHERE order_number = $1', [
    number,
  ]);
  return rowCount ?? 0;
};

test('a sale goes to HQ by itself, and its receipt is found there', async () => {
  sellTea('R-1001');
  await expect.poll(() => ordersAtHq('R-1001')).toBe(1);

  await findReceipt(page, 'R-1001');
  await page
    .getByText(/^At HQ since /)
    .first()
    .waitFor();
  await findReceipt(page, 'R-9999');
  await page.getByText('Not on this terminal', { exact: true }).waitFor();
});

test('a row whose parent cannot come is shown waiting, and heals without a click', async () => {
  await goTo(page, 'status');
  // No terminal can hold NaN, so that the shift is refused here and its order waits.
  await atHq(shop.hq.db, 'shifts', { id: 'shift-nan', opening_balance: 'NaN' });
  await atHq(shop.hq.db, 'orders', { id: 'order-held', shift_id: 'shift-nan' });
  await headline(page, '2 rows need attention').waitFor();

  await press(page, 'Review');
  await page.getByText('shift-nan').first().waitFor();
  await page.getByText('1 row waits for').first().waitFor();

  await shop.hq.db.query("UPDATE shifts SET opening_balance = 7 WHERE id = 'shift-nan'");
  await page.getByText('No row is waiting').waitFor();
  await goTo(page, 'status');
  await headline(page, 'Up to date').waitFor();
  expect(
    shop.pos.prepare("SELECT shift_id FROM orders WHERE local_id = 'order-held'").get(),
  ).toEqual({ shift_id: 'shift-nan' });
});

test('HQ away: offline with the count of what waits; HQ back: it is sent without a click', async () => {
  await goTo(page, 'status');
  await shop.proxy.down();
  sellTea('R-2001');
  await headline(page, 'Offline').waitFor();
  await page
    .getByText(/Sales are saved on this terminal\. \d+ changes will be sent/)
    .first()
    .waitFor();
  expect(await ordersAtHq('R-2001')).toBe(0);
  await findReceipt(page, 'R-2001');
  await page
    .getByText(/^Saved here, will be sent when the connection to HQ is back/)
    .first()
    .waitFor();

  await goTo(page, 'status');
  await shop.proxy.up();
  await headline(page, 'Up to date').waitFor();
  expect(await ordersAtHq('R-2001')).toBe(1);
});

test('both sides changed a value: both are shown, with who won and by which rule', async () => {
  await shop.proxy.down();
  await headline(page, 'Offline').waitFor();
  shop.pos
    .prepare('UPDATE products SET name = ?, updated_at = ? WHERE local_id = ?')
    .run('Green tea', new Date().toISOString(), 'tea');
  await shop.hq.db.query(
    `UPDATE products SET name = 'Black tea', updated_at = now() AT TIME ZONE 'UTC' + interval '1 second' WHERE id = 'tea'`,
  );
  await shop.proxy.up();

  await goTo(page, 'conflicts');
  await page.getByText('Black tea').first().waitFor();
  await page.getByText('Green tea').first().waitFor();
  await page.getByText("The newer edit counts, and HQ's was newer.").first().waitFor();
  expect(await page.getByText('Kept on both sides').count()).toBeGreaterThan(0);
  expect(shop.pos.prepare("SELECT name FROM products WHERE local_id = 'tea'").get()).toEqual({
    name: 'Black tea',
  });
});

test('7.6: a click brings the value that lost back, here and at HQ', async () => {
  await goTo(page, 'conflicts');
  await press(page, 'Use this value instead: Products · tea · Name');
  await page.getByRole('dialog').getByText('Green tea').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Use this value' }).click();

  await page
    .getByText(/^Decided by a manager /)
    .first()
    .waitFor();
  await expect
    .poll(async () => {
      const { rows } = await shop.hq.db.query<{ name: string }>(
        "SELECT name FROM products WHERE id = 'tea'",
      );
      return rows[0]?.name;
    })
    .toBe('Green tea');
  expect(shop.pos.prepare("SELECT name FROM products WHERE local_id = 'tea'").get()).toEqual({
    name: 'Green tea',
  });
});

test('5.3: a mass delete at HQ asks first, and goes only after a manager says yes', async () => {
  const customers = (): number =>
    Number(shop.pos.prepare('SELECT count(*) AS n FROM customers').get()?.['n']);
  await shop.hq.db.query(`
    INSERT INTO customers (id, customer_code, first_name, store_id, updated_at)
    SELECT 'cus-' || g, 'C-' || g, 'Ada', 'store-1', now() FROM generate_series(1, 150) g`);
  await expect.poll(customers).toBe(150);
  await shop.hq.db.query('DELETE FROM customers');
  await goTo(page, 'status');
  await headline(page, 'Many rows were deleted at once').waitFor();
  expect(customers()).toBe(150);

  await press(page, 'Review');
  await page.getByRole('button', { name: 'Delete them here too: Customers' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();

  await expect.poll(customers).toBe(0);
  await goTo(page, 'status');
  await headline(page, 'Up to date').waitFor();
});

test('what changed behind the triggers is found, brought in step after a question, and every cent is at HQ', async () => {
  await shop.hq.db.query(`
    BEGIN;
    ALTER TABLE products DISABLE TRIGGER ALL;
    UPDATE products SET name = 'Changed in silence' WHERE id = 'tea';
    ALTER TABLE products ENABLE TRIGGER ALL;
    COMMIT`);
  await goTo(page, 'check');
  await press(page, 'Check now');
  await page
    .getByText(/^1 row differs between HQ and this terminal/)
    .first()
    .waitFor();

  await press(page, 'Bring them in step');
  await page.getByRole('dialog').getByRole('button', { name: 'Bring them in step' }).click();
  await page.getByText('1 row was brought in step.').waitFor();
  expect(shop.pos.prepare("SELECT name FROM products WHERE local_id = 'tea'").get()).toEqual({
    name: 'Changed in silence',
  });

  await press(page, 'Check the money');
  await page
    .getByText(/^Every cent is at HQ/)
    .first()
    .waitFor();
});

test('two tabs show the same, also what happens while both are open', async () => {
  const second = await shop.openTab('/#held');
  await second.getByRole('heading', { level: 1 }).waitFor();
  await goTo(page, 'status');
  await goTo(second, 'status');
  await shop.proxy.down();
  await Promise.all([page, second].map((tab) => headline(tab, 'Offline').waitFor()));
  await shop.proxy.up();
  await Promise.all([page, second].map((tab) => headline(tab, 'Up to date').waitFor()));
  await second.close();
  expect(shop.problems).toEqual([]);
});

const HOSTILE = {
  markup: '<img src=x onerror=alert(1)>',
  script: '"><script>alert(1)</script>{{7*7}}${7*7}',
  long: `LONG ${'x'.repeat(10_000)}`,
  rightToLeft: 'شاي أخضر \u202Eevil\u202C קפה',
};

test('hostile data is text on every screen and breaks no layout', async () => {
  await shop.proxy.down();
  await headline(page, 'Offline').waitFor();
  const texts = Object.values(HOSTILE);
  for (const [index, text] of texts.entries()) {
    // HQ's keys have at most 36 letters.
    const id = `${String(index)}${text.slice(0, 30)}`;
    await atHq(shop.hq.db, 'shifts', { id, opening_balance: 'NaN' });
    await atHq(shop.hq.db, 'orders', { id: `o${id}`, shift_id: id, notes: text });
  }
  atPos(shop.pos, 'shifts', { local_id: HOSTILE.markup, shift_number: HOSTILE.long });
  shop.pos
    .prepare('UPDATE products SET name = ?, updated_at = ? WHERE local_id = ?')
    .run(HOSTILE.long.slice(0, 250), new Date().toISOString(), 'tea');
  await shop.hq.db.query(
    `UPDATE products SET name = $1, updated_at = now() AT TIME ZONE 'UTC' + interval '1 second' WHERE id = 'tea'`,
    [HOSTILE.markup],
  );
  await shop.proxy.up();
  await goTo(page, 'held');
  await page.getByText(HOSTILE.markup).first().waitFor();
  expect(await sidewaysScroll(page)).toBe(0);

  await goTo(page, 'conflicts');
  await page.getByText(HOSTILE.markup).first().waitFor();
  await findReceipt(page, HOSTILE.markup);
  for (const screen of SCREEN_NAMES) {
    await goTo(page, screen);
    expect(await sidewaysScroll(page), screen).toBe(0);
    expect(await page.locator('img[src="x"]').count(), screen).toBe(0);
  }
  expect(shop.problems).toEqual([]);
});

test('the first load of a new terminal is seen, and Sync now brings what HQ has since', async () => {
  const first = await startConsole({
    loaded: false,
    mode: 'manual',
    prepare: async ({ db }) => {
      await atHq(db, 'products', { id: 'tea', name: 'Tea' });
    },
  });
  try {
    await headline(first.page, 'Up to date').waitFor();
    const name = (): unknown => {
      const db = new DatabaseSync(first.db, { readOnly: true, timeout: 5000 });
      try {
        return db.prepare("SELECT name FROM products WHERE local_id = 'tea'").get()?.['name'];
      } finally {
        db.close();
      }
    };
    expect(name()).toBe('Tea');

    await first.hq.db.query(
      "UPDATE products SET name = 'Green tea', updated_at = now() WHERE id = 'tea'",
    );
    await press(first.page, 'Sync now');
    await expect.poll(name).toBe('Green tea');
    await headline(first.page, 'Up to date').waitFor();
    expect(first.problems).toEqual([]);
  } finally {
    await first.close();
  }
});
