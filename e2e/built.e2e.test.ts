/** The build as people get it: `payflow` runs from its own files, and nothing made for tests and pictures is in it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { issueToken } from '../electron/api/tokens.ts';
import { builtFolder } from './support/built-desktop.ts';
import { ensureRenderer } from './support/built.ts';
import { atHq } from './support/rows.ts';
import { sell } from './support/sale.ts';
import { startServe, TEST_JWT_SECRET, type ServeProcess } from './support/serve-process.ts';
import { createHq, type TestHq } from './support/shop.ts';

let hq: TestHq;
let folder = '';

beforeAll(async () => {
  hq = await createHq();
  folder = mkdtempSync(join(tmpdir(), 'payflow-built-'));
});

afterAll(async () => {
  await hq.close();
  rmSync(folder, { recursive: true, force: true });
});

test('9: the built `serve` makes the first load, serves its console, sends a sale and ends cleanly', async () => {
  await atHq(hq.db, 'products', { id: 'tea', name: 'Tea', master_stock_quantity: 100 });
  const db = join(folder, 'payflow.db');
  const env = { SYNC_MODE: 'live' };
  const serve = await startServe({ url: hq.url, folder, db, env });
  try {
    const page = await fetch(serve.link);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<div id="')]);
    const docs = await fetch(`${serve.origin}/api/docs/json`);
    expect(await docs.json()).toHaveProperty(['paths', '/api/sync/trigger', 'post']);
    await expect.poll(() => stateOf(serve)).toBe('idle');
    const till = new DatabaseSync(db, { timeout: 5000 });
    sell(till, { id: 'ord-1', terminal: 'term-1', product: 'tea', quantity: 3, cents: 500 });
    till.close();
    await expect
      .poll(async () => (await hq.db.query<object>('SELECT order_number FROM orders')).rows)
      .toEqual([{ order_number: 'ord-1' }]);
  } finally {
    await serve.stop();
  }
});

async function stateOf({ origin }: ServeProcess): Promise<unknown> {
  const { token } = await issueToken(TEST_JWT_SECRET, 'cashier', 1);
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${origin}/api/sync/status`, { headers });
  return ((await answer.json()) as { state: unknown }).state;
}

/** Long texts of the fixtures: none of them can stand in the product by chance. */
function fixtureTexts(): readonly string[] {
  const fixtures = resolve(import.meta.dirname, '../renderer/testing');
  return readdirSync(fixtures)
    .filter((name) => /\.tsx?$/.test(name))
    .flatMap((name) => readFileSync(join(fixtures, name), 'utf8').match(/(?<=')[^'\n]{24,}(?=')/g))
    .filter((text) => text !== null)
    .filter((text) => !text.includes('/') && !text.includes('\\'));
}

test('the product holds nothing of the fixtures that tests and pictures are made with', async () => {
  const window = await ensureRenderer();
  const code = [window, builtFolder].flatMap((top) =>
    readdirSync(top, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(c?js|html|css)$/.test(name))
      .map((name) => readFileSync(join(top, name), 'utf8')),
  );
  const texts = fixtureTexts();
  expect(texts.length).toBeGreaterThan(10);
  expect(texts.filter((text) => code.some((file) => file.includes(text)))).toEqual([]);
});
