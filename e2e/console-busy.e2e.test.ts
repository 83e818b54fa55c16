/** The window answers while rows pour in: the screens are another thread's work than the engine's. */
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import type { HostEvent } from '../shared/contract.ts';
import { startConsole } from './support/console.ts';
import { readEvents } from './support/events.ts';
import { makeToken } from './support/jwt.ts';
import { scaled } from './support/scale.ts';
import { goTo, headline, type ScreenName } from './support/screens.ts';
import { TEST_JWT_SECRET } from './support/serve-process.ts';

const ROWS = scaled(30_000, 200_000);
const VISITS: readonly ScreenName[] = ['held', 'history', 'receipt'];

/** Of the download: when its rows begin to come, and when no run is under way any more. */
function noteOf(event: HostEvent, soFar: readonly string[]): 'begin' | 'end' | null {
  if (event.type !== 'status') return null;
  const { running } = event.status.facts;
  if (!soFar.includes('begin')) {
    return running?.phase === 'download' && running.done > 0 ? 'begin' : null;
  }
  return running === null && !soFar.includes('end') ? 'end' : null;
}

/** Files of code that the page has fetched, without their digests. */
const scripts = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => /([a-z-]+)-[^/]+\.js$/.exec(name)?.[1] ?? '')
      .filter((name) => name !== ''),
  );

test('three screens are opened before a large download has ended', async () => {
  const shop = await startConsole({ mode: 'live' });
  const { page, hq } = shop;
  const stop = new AbortController();
  const now = Math.floor(Date.now() / 1000);
  const claims = { role: 'cashier', use: 'token', iss: 'payflow', aud: 'payflow-api' };
  const token = makeToken({ ...claims, iat: now, exp: now + 3600 }, TEST_JWT_SECRET);
  try {
    await headline(page, 'Up to date').waitFor();
    // The screens come by themselves while nothing happens: no click waits for a file.
    for (const screen of VISITS)
      await expect.poll(() => scripts(page)).toContainEqual(expect.stringContaining(screen));
    const happened: string[] = [];
    const answer = await fetch(new URL('/api/events', shop.serve.origin), {
      headers: { authorization: `Bearer ${token}` },
      signal: stop.signal,
    });
    const reading = readEvents(answer, (event) => {
      const note = noteOf(event, happened);
      if (note !== null) happened.push(note);
    });

    await hq.db.query(
      `INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
       SELECT 'p-' || g, 'P-' || g, 'Product ' || g, 5, 'store-1', now() FROM generate_series(1, $1::int) g`,
      [ROWS],
    );
    await expect.poll(() => happened).toContain('begin');
    for (const screen of VISITS) {
      await goTo(page, screen);
      happened.push(screen);
    }
    await expect.poll(() => happened, { timeout: 300_000 }).toContain('end');
    stop.abort();
    await reading;

    expect(happened).toEqual(['begin', ...VISITS, 'end']);
    expect(shop.pos.prepare('SELECT count(*) AS n FROM products').get()).toEqual({ n: ROWS });
    expect(shop.problems).toEqual([]);
  } finally {
    stop.abort();
    await shop.close();
  }
}, 600_000);
