/** What people see, and what they answer, when a file, a machine, an HQ or a clock is not what it was (DESIGN 8.1, 8.2, 7.4). */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openApp } from '../electron/host/app.ts';
import type { HostedApp } from '../electron/host/desk-types.ts';
import { readSettings } from '../electron/host/settings.ts';
import { builtCli } from './support/built-desktop.ts';
import { startConsole, type TestConsole } from './support/console.ts';
import { makeToken } from './support/jwt.ts';
import { createTestDatabase, testServerUrl } from './support/postgres.ts';
import { quietLog } from './support/quiet-log.ts';
import { atHq } from './support/rows.ts';
import { sell } from './support/sale.ts';
import { goTo, headline, press } from './support/screens.ts';
import { TEST_JWT_SECRET } from './support/serve-process.ts';

let shop: TestConsole;
let page: Page;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'payflow-identity-'));
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
  rmSync(folder, { recursive: true, force: true });
});

/** HQ's database of this moment: some tests put another one in its place. */
async function askHq<Row extends pg.QueryResultRow>(sql: string, values: string[] = []) {
  const client = new pg.Client({ connectionString: shop.hq.url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

const sales = async (id: string): Promise<number> =>
  (await askHq('SELECT 1 FROM orders WHERE order_number = $1', [id])).length;

function sellHere(id: string): void {
  sell(shop.pos, { id, terminal: 'term-1', product: 'tea', quantity: 1, cents: 500 });
}

async function sellAndSend(id: string): Promise<void> {
  sellHere(id);
  await expect.poll(() => sales(id)).toBe(1);
}

/** A copy as a backup program or a cloned disk has it. */
function copyTo(name: string): string {
  const path = join(folder, name);
  shop.pos.exec(`VACUUM INTO '${path}'`);
  return path;
}

const status = (text: string | RegExp) => page.getByRole('main').getByText(text).first();

test('8.1: "this file was restored" is said; a data check that passes settles it, and History keeps it', async () => {
  await sellAndSend('F-1');
  const backup = copyTo('backup.db');
  await sellAndSend('F-2');
  await shop.restart(() => {
    for (const end of ['', '-wal', '-shm']) rmSync(`${shop.db}${end}`, { force: true });
    copyFileSync(backup, shop.db);
  });
  await headline(page, "This terminal's database was restored").waitFor();
  await status('What was sold after the copy comes back from HQ.').waitFor();

  await press(page, 'Review');
  await press(page, 'Check now');
  await status(/^Both sides hold the same \d+ rows/).waitFor();
  await goTo(page, 'status');
  await headline(page, 'Up to date').waitFor();
  await goTo(page, 'history');
  await status(/^Settled by a data check, /).waitFor();
  expect(shop.pos.prepare("SELECT 1 FROM orders WHERE order_number = 'F-2'").all()).toHaveLength(1);
  expect([await sales('F-1'), await sales('F-2')]).toEqual([1, 1]);
});

/** Another machine with a copy of the file: a key of its own, and somebody there who says that it is the terminal. */
async function otherMachine(path: string): Promise<HostedApp> {
  const app = await openApp(
    readSettings({
      DATABASE_URL: shop.hq.url,
      PAYFLOW_DB: path,
      PAYFLOW_STATE_DIR: join(folder, 'other-state'),
      PAYFLOW_TERMINAL: 'T1',
    }),
    quietLog,
  );
  const { signal } = new AbortController();
  await app.init(() => undefined, signal, undefined, { takeOver: true });
  return app;
}

async function asCashier(): Promise<Page> {
  const seconds = Math.floor(Date.now() / 1_000);
  const token = makeToken(
    {
      role: 'cashier',
      use: 'token',
      iss: 'payflow',
      aud: 'payflow-api',
      iat: seconds,
      exp: seconds + 600,
    },
    TEST_JWT_SECRET,
  );
  const stranger = await shop.openStranger();
  await stranger.locator('input').fill(token);
  await stranger.locator('button[type="submit"]').click();
  await headline(stranger, 'Sync stopped').waitFor();
  return stranger;
}

test('8.2: "another machine is this terminal": a cashier hears whom to call, a manager takes over by a click', async () => {
  await goTo(page, 'status');
  const other = await otherMachine(copyTo('other.db'));
  try {
    sellHere('C-1');
    await headline(page, 'Sync stopped').waitFor();
    await status(`Another machine is this terminal at HQ (${hostname()}, since `).waitFor();
    await status('Every change is kept on this terminal, and nothing was sent.').waitFor();

    const cashier = await asCashier();
    await cashier
      .getByText(`Sell on the other machine (${hostname()}), and call your manager.`)
      .waitFor();
    expect(await cashier.getByRole('button', { name: 'Take over' }).count()).toBe(0);
    await cashier.context().close();

    await press(page, 'Take over');
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`${hostname()} has been this terminal since `).waitFor();
    await dialog.getByText('Orders: 1 row').waitFor();
    await dialog.getByRole('button', { name: 'Not now' }).click();
    expect(await sales('C-1')).toBe(0);
    await press(page, 'Take over');
    await dialog.getByRole('button', { name: 'Take over' }).click();

    await headline(page, 'This machine is the terminal now').waitFor();
    await expect.poll(() => sales('C-1')).toBe(1);
    const there = await other.cycle(
      { direction: 'both', retry: [], fetch: [] },
      () => undefined,
      new AbortController().signal,
    );
    expect(there.error?.code).toBe('CLONE_REFUSED');
  } finally {
    await other.close();
  }
});

test('8.1: a manager dismisses a notice by a click, and History says so', async () => {
  await press(page, 'Dismiss');
  await headline(page, 'Up to date').waitFor();
  await goTo(page, 'history');
  await status('This machine is the terminal now').waitFor();
  await status(/^Dismissed, /).waitFor();
  expect(shop.pos.prepare('SELECT code, settled_by FROM sync_notice ORDER BY id').all()).toEqual([
    { code: 'STATUS_FILE_RESTORED', settled_by: 'check' },
    { code: 'STATUS_TAKEN_OVER', settled_by: 'person' },
  ]);
  await goTo(page, 'status');
});

/** What only somebody at the server itself can do: on its maintenance database, with nobody in HQ's. */
async function atServer(...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: testServerUrl('postgres') });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const hqName = (): string => new URL(shop.hq.url).pathname.slice(1);

test('8.2: "HQ was restored" is said, and the sale that HQ had lost is there again, once', async () => {
  const name = hqName();
  await shop.proxy.down();
  const backup = await createTestDatabase(`${name}_backup`, name);
  await shop.proxy.up();
  await headline(page, 'Up to date').waitFor();
  await sellAndSend('H-1');

  await shop.proxy.down();
  await atServer(
    `DROP DATABASE ${name} WITH (FORCE)`,
    `ALTER DATABASE ${backup.name} RENAME TO ${name}`,
  );
  await shop.proxy.up();
  await headline(page, 'HQ was restored from a backup').waitFor();
  await status('Nothing of this terminal is lost.').waitFor();
  await expect.poll(() => sales('H-1')).toBe(1);
  await press(page, 'Dismiss');
  await headline(page, 'Up to date').waitFor();
});

test('an HQ that must not be written to: the sale waits, why is said, and it goes when HQ takes it', async () => {
  const name = hqName();
  const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`;
  await atServer(`ALTER DATABASE ${name} SET default_transaction_read_only = on`, cut);
  sellHere('W-1');
  await headline(page, 'Waiting').waitFor();
  await status('Sales are saved on this terminal. ').waitFor();
  await status(/HQ only allows reading at the moment/).waitFor();
  expect(await sales('W-1')).toBe(0);

  await atServer(`ALTER DATABASE ${name} RESET default_transaction_read_only`, cut);
  await headline(page, 'Up to date').waitFor();
  expect(await sales('W-1')).toBe(1);
});

/**
 * What PayFlow asks a server that it meets; a real standby is in `electron/sync/restored-hq.pg.test.ts`, here the primary
 * says that it is one.
 */
const AS_STANDBY = `
  CREATE SCHEMA IF NOT EXISTS as_standby;
  CREATE OR REPLACE FUNCTION as_standby.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'`;

test('8.1: a standby stops the sync: why, and whom to ask, is said; the sale waits and goes when the primary answers', async () => {
  const name = hqName();
  const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`;
  await askHq(AS_STANDBY);
  await atServer(
    `ALTER DATABASE ${name} SET search_path = as_standby, pg_catalog, "$user", public`,
    cut,
  );
  sellHere('P-1');
  await headline(page, 'Sync stopped').waitFor();
  await status('Your data is safe on this terminal, and nothing was changed at HQ.').waitFor();
  await status(/is that of a standby server, which can only be read\./).waitFor();
  await status("Set the address of HQ's primary server there.").waitFor();
  expect(await sales('P-1')).toBe(0);

  await atServer(`ALTER DATABASE ${name} RESET search_path`, cut);
  await press(page, 'Sync now');
  await headline(page, 'Up to date').waitFor();
  expect(await sales('P-1')).toBe(1);
});

test('7.4: a clock that is wrong is shown on the Status screen, in the diagnostics and by payflow status; sync goes on', async () => {
  const clock = pathToFileURL(join(import.meta.dirname, 'support/skewed-clock.ts')).href;
  await shop.restart(() => undefined, {
    NODE_OPTIONS: `--import ${clock}`,
    TEST_CLOCK_SKEW_MS: String(9 * 60_000),
  });
  await headline(page, "This terminal's clock is wrong").waitFor();
  await status('It is 9 minutes ahead of HQ.').waitFor();
  await status("Set this terminal's clock right, or ask your manager to.").waitFor();
  await sellAndSend('S-1');

  await press(page, 'Copy diagnostics');
  await page
    .getByRole('dialog')
    .getByText(/clock 5[34]\d s ahead of HQ/)
    .waitFor();
  await page.keyboard.press('Escape');
  const { stdout } = await promisify(execFile)(process.execPath, [builtCli, 'status'], {
    env: { PATH: process.env['PATH'], HOME: folder, PAYFLOW_DB: shop.db, PAYFLOW_LOG_DIR: folder },
  });
  expect(stdout).toContain("This terminal's clock is wrong. It is 9 minutes ahead of HQ.");
});
