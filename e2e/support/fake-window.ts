/** The built window with fixtures instead of a host: every state and screen at once, for axe and for pictures. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { contentSecurityPolicy } from '../../shared/csp.ts';
import { ensureFakeRenderer } from './built.ts';
import { TILL, watchProblems } from './window-checks.ts';

export interface FakeWindowOptions {
  /** One of the fixtures of `renderer/testing/fake-bridge.ts`. */
  readonly state: string;
  readonly screen: string;
  /** What else the fixtures understand: `role`, `language`, `empty`, `fail`. */
  readonly fixture?: Readonly<Record<string, string>>;
  readonly context?: BrowserContextOptions;
}

const ORIGIN = 'http://window.test';
/** The time on every picture, so that they differ only where the window does. */
const NOW = '2026-11-22T14:35:00Z';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/**
 * The page is served from the folder by the browser's own control, under the policy it is shipped with. The caller
 * closes its context.
 */
export async function openFakeWindow(
  browser: Browser,
  { state, screen, fixture = {}, context: more }: FakeWindowOptions,
  problems: string[] = [],
): Promise<Page> {
  const folder = await ensureFakeRenderer();
  const context = await browser.newContext({
    viewport: TILL,
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...more,
  });
  await context.route(`${ORIGIN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const file = pathname === '/' ? '/index.html' : pathname;
    const body = await readFile(join(folder, file)).catch(() => null);
    await (body === null
      ? route.fulfill({ status: 404 })
      : route.fulfill({
          body,
          headers: {
            'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
            'content-security-policy': contentSecurityPolicy,
          },
        }));
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(NOW);
  watchProblems(page, ORIGIN, problems);
  const query = new URLSearchParams({ fake: state, ...fixture });
  await page.goto(`${ORIGIN}/?${query.toString()}#${screen}`);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await settled(page);
  return page;
}

/** Nothing is loading any more and nothing moves. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const busy = document.querySelector('[aria-busy="true"], .mantine-Loader-root');
    return (
      busy === null && document.getAnimations().every(({ playState }) => playState !== 'running')
    );
  });
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        requestAnimationFrame(() => requestAnimationFrame(() => done()));
      }),
  );
}
