/**
 * The built desktop app, from its first run on: in real Electron where its binary is present, on the stand-in
 * otherwise. The first line of the report says which.
 */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  choose,
  electronBinary,
  launchDesktop,
  panelIcon,
  startSecond,
  type DesktopApp,
} from './support/desktop-app.ts';
import { atHq } from './support/rows.ts';
import { sell } from './support/sale.ts';
import { goTo, headline, press } from './support/screens.ts';
import { createHq, type TestHq } from './support/shop.ts';

let hq: TestHq;
let home = '';
let app: DesktopApp;
let page: Page;
const kind = electronBinary() === null ? 'the stand-in' : 'Electron';
// Manual: what is unsent stays so until someone syncs, and nothing happens by the clock.
const env = { SYNC_MODE: 'manual' };

const launch = async (...args: string[]): Promise<void> => {
  app = await launchDesktop({ home, env, args });
  page = app.page;
};

beforeAll(async () => {
  console.log(`desktop tests run on ${kind}`);
  hq = await createHq();
  await atHq(hq.db, 'products', { id: 'tea', name: 'Tea', master_stock_quantity: 100 });
  home = mkdtempSync(join(tmpdir(), 'payflow-desktop-'));
  await launch();
});

afterAll(async () => {
  await app.close();
  await hq.close();
  rmSync(home, { recursive: true, force: true });
});

function sellTea(number: string): void {
  const pos = new DatabaseSync(join(home, 'PayFlow', 'payflow.db'), { timeout: 5000 });
  sell(pos, { id: number, terminal: 'term-1', product: 'tea', quantity: 1, cents: 500 });
  pos.close();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function timesAtHq(number: string): Promise<number> {
  const sql = 'SELECT 1 FROM orders WHERE order_number = $1';
  return (await hq.db.query(sql, [number])).rowCount ?? 0;
}

/** What the app asks is answered by the button at `place`; the questions are kept. */
const answerQuestions = (place: number, ticked = false): Promise<void> =>
  app.evaluate(
    ({ dialog }, { response, checkboxChecked }) => {
      const asked: string[] = [];
      Object.assign(globalThis, { asked });
      dialog.showMessageBox = (...args: unknown[]) => {
        asked.push((args.at(-1) as { message: string }).message);
        return Promise.resolve({ response, checkboxChecked });
      };
    },
    { response: place, checkboxChecked: ticked },
  );
const questions = (): Promise<string[]> =>
  app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);

const isVisible = (): Promise<boolean> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible() ?? false);

test('first run: four steps, and the till holds what HQ has', async () => {
  const { hostname, port, pathname, username, password } = new URL(hq.url);
  const next = (name: string | RegExp) => page.getByRole('button', { name }).first().click();
  await page.getByText('Which language do you want to read?').waitFor();
  await page.getByLabel('English', { exact: true }).click();
  await next('Next');
  await page.getByText('Where is HQ?').waitFor();
  await page.getByLabel('Server').fill(hostname);
  await page.getByLabel('Port').fill(port);
  await page.getByLabel('Database').fill(pathname.slice(1));
  await page.getByLabel('User').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('combobox', { name: 'Encryption' }).click();
  await page.getByRole('option', { name: /^Not encrypted/ }).click();
  await next('Test and go on');
  await page.getByText('Which till is this?').waitFor();
  await page.getByRole('radio', { name: /T1/ }).click();
  await next('Next');
  await next('Start the first sync');
  await page.getByText('This terminal is set up').waitFor();
  await next('Show the state');
  await headline(page, 'Up to date').waitFor();
  const pos = new DatabaseSync(join(home, 'PayFlow', 'payflow.db'), { readOnly: true });
  expect(pos.prepare('SELECT name FROM products').all()).toEqual([{ name: 'Tea' }]);
  pos.close();
});

test("HQ's password stands in no file as it is", () => {
  const { password } = new URL(hq.url);
  const folder = join(home, 'PayFlow');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const telling = files.filter((entry) =>
    readFileSync(join(entry.parentPath, entry.name)).includes(password),
  );
  expect(files.length).toBeGreaterThan(3);
  expect(telling.map(({ name }) => name)).toEqual([]);
});

test('Sync now sends a sale', async () => {
  sellTea('D-1');
  await headline(page, 'Saved here').waitFor();
  expect(await timesAtHq('D-1')).toBe(0);
  await press(page, 'Sync now');
  await headline(page, 'Up to date').waitFor();
  expect(await timesAtHq('D-1')).toBe(1);
});

// Electron does not tell what its panel icon shows.
test.skipIf(electronBinary() !== null)(
  'the panel icon says what the window says, and its menu works without a click on it',
  async () => {
    const calm = await panelIcon(app);
    expect(calm?.image).toMatch(/\/idle-\d\d\.png$/);
    expect(calm?.tooltip).toMatch(/^PayFlow: up to date, \d\d:\d\d$/);
    sellTea('D-0');
    await headline(page, 'Saved here').waitFor();
    const waiting = await panelIcon(app);
    expect(waiting?.image).toMatch(/\/syncing-\d\d\.png$/);
    expect(waiting?.labels[0]).toBe('Saved here');
    expect(waiting?.labels).toEqual(
      expect.arrayContaining(['Open PayFlow', 'Sync now', 'Pause', 'Settings', 'Quit PayFlow']),
    );
    await choose(app, 'Sync now');
    await expect.poll(() => timesAtHq('D-0')).toBe(1);
    await headline(page, 'Up to date').waitFor();
    await choose(app, 'Settings');
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    await goTo(page, 'status');
  },
);

test('closing the window hides it and says so until told not to; a second start shows it again and ends by itself', async () => {
  const saved = (): unknown =>
    JSON.parse(readFileSync(join(home, 'PayFlow', 'settings.json'), 'utf8'));
  await answerQuestions(0, true);
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.close();
  });
  expect(await isVisible()).toBe(false);
  await expect.poll(questions).toEqual(['PayFlow keeps syncing']);
  await expect.poll(saved).toMatchObject({ stillHereHint: false });
  expect(await startSecond({ home, env })).toBe(0);
  await expect.poll(isVisible).toBe(true);
  // It works as before, also after it was hidden.
  await goTo(page, 'history');
  await goTo(page, 'status');
});

test('a page can neither leave, open a window, nor reach Node', async () => {
  const before = page.url();
  const reached = await page.evaluate(() => {
    location.href = 'https://example.com/';
    window.open('https://example.com/');
    const frame = document.createElement('iframe');
    frame.src = 'https://example.com/';
    document.body.append(frame);
    return ['require', 'process', 'module', 'global', 'Buffer'].filter((name) => name in window);
  });
  expect(reached).toEqual([]);
  const refused = await page.evaluate(async () =>
    fetch('https://example.com/').then(
      () => 'answered',
      () => 'refused',
    ),
  );
  expect(refused).toBe('refused');
  await expect.poll(() => page.context().pages().length).toBe(1);
  expect(page.url()).toBe(before);
  await headline(page, 'Up to date').waitFor();
});

test('the window can call the contract by name, and nothing else', async () => {
  const found = await page.evaluate(async () => {
    const { payflow } = window as unknown as {
      payflow: { call: Record<string, (args: unknown) => Promise<unknown>> };
    };
    return {
      keys: Object.keys(payflow),
      unknown: 'openPath' in payflow.call,
      wrong: await payflow.call['heldGroups']?.({ offset: 0, limit: 50, table: 'users' }),
    };
  });
  expect(found.keys).toEqual(['call', 'subscribe']);
  expect(found.unknown).toBe(false);
  expect(found.wrong).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } });
});

test('a window whose process dies comes back; when it dies again soon, as a plain page with a way back', async () => {
  const die = (): Promise<unknown> =>
    app.evaluate(({ BrowserWindow }) => {
      const gone = { reason: 'crashed', exitCode: 1 };
      BrowserWindow.getAllWindows()[0]?.webContents.emit('render-process-gone', {}, gone);
    });
  const loaded = page.waitForEvent('load');
  await die();
  await loaded;
  await headline(page, 'Up to date').waitFor();
  await die();
  await page.getByRole('heading', { name: 'The window of PayFlow stopped working' }).waitFor();
  expect(await page.locator('pre').textContent()).toContain('idle: Up to date');
  await page.getByRole('link', { name: 'Show the window again' }).click();
  await headline(page, 'Up to date').waitFor();
});

test('the HTTP API is off until it is switched on in Settings, and off again', async () => {
  const port = await freePort();
  const answer = (): Promise<number> =>
    fetch(`http://127.0.0.1:${port}/api/sync/status`).then(
      ({ status }) => status,
      () => 0,
    );
  const save = (apiEnabled: boolean) =>
    page.evaluate(
      async (patch) => {
        const { payflow } = window as unknown as {
          payflow: { call: { saveSettings: (args: unknown) => Promise<{ ok: boolean }> } };
        };
        return (await payflow.call.saveSettings(patch)).ok;
      },
      { apiEnabled, apiPort: port },
    );
  expect(await answer()).toBe(0);
  expect(await save(true)).toBe(true);
  await expect.poll(answer).toBe(401);
  const shown = await fetch(`http://127.0.0.1:${port}/`);
  expect(await shown.text()).toContain('<title>PayFlow</title>');
  expect(await save(false)).toBe(true);
  await expect.poll(answer).toBe(0);

  // A port that another program has: the state says it, and Settings say what to do.
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  expect(await save(true)).toBe(true);
  await headline(page, 'The web console is off').waitFor();
  await goTo(page, 'settings');
  const words = `Sales are safe and sync goes on. Another program uses the port ${port}.`;
  await page.getByRole('note').filter({ hasText: words }).waitFor();
  await goTo(page, 'status');
  other.close();
  await once(other, 'close');
  expect(await save(false)).toBe(true);
  await headline(page, 'Up to date').waitFor();
});

test('quitting with unsent rows asks; "Cancel" stays, "Sync and quit" sends and ends', async () => {
  sellTea('D-2');
  await headline(page, 'Saved here').waitFor();
  await answerQuestions(2);
  await app.evaluate(({ app: electron }) => {
    electron.quit();
  });
  await expect.poll(questions).toHaveLength(1);
  expect((await questions())[0]).toMatch(/^\d+ changes are saved here and not sent to HQ yet\.$/);
  expect(await timesAtHq('D-2')).toBe(0);
  await answerQuestions(0);
  await app.evaluate(({ app: electron }) => {
    electron.quit();
  });
  expect(await app.ended).toBe(0);
  expect(await timesAtHq('D-2')).toBe(1);
});

test('kill -9: the next start knows everything, syncs by itself though hidden, and a sale goes to HQ once', async () => {
  await launch();
  await headline(page, 'Up to date').waitFor();
  sellTea('D-3');
  await headline(page, 'Saved here').waitFor();
  await app.kill();
  expect(await timesAtHq('D-3')).toBe(0);
  await launch('--hidden');
  expect(await isVisible()).toBe(false);
  await expect.poll(() => timesAtHq('D-3')).toBe(1);
  await headline(page, 'Up to date').waitFor();
  await press(page, 'Sync now');
  await headline(page, 'Up to date').waitFor();
  expect(await timesAtHq('D-3')).toBe(1);
});
