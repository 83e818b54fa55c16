/** Everyone can use it: axe finds nothing on any screen, in any state, in light and in dark. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { STATES } from '../shared/status.ts';
import { launchChromium } from './support/chromium.ts';
import { openFakeWindow, settled } from './support/fake-window.ts';
import { LONG } from './support/scale.ts';
import { goTo, SCREEN_NAMES } from './support/screens.ts';
import { sidewaysScroll, smallLetters } from './support/window-checks.ts';

let browser: Browser;
vi.setConfig({ testTimeout: 300_000 });

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
});

type Scheme = 'light' | 'dark';

/** What `npm test` looks at besides every screen in both schemes; the long form takes both here as well. */
const SCHEMES: readonly Scheme[] = LONG ? ['light', 'dark'] : ['light'];

/**
 * axe at work in the page alone: the window has no frames, and the other mode opens a blank page each time and puts axe into
 * that one too. What passes is not described; what is wrong is, in full: the same is found in a third of the time.
 */
const inThePage = (page: Page): AxeBuilder =>
  new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });

/** What axe finds, as lines that say where and how to mend it, of the page as it stands. */
async function violations(
  page: Page,
  schemes: readonly Scheme[] = ['light', 'dark'],
): Promise<string[]> {
  const found: string[] = [];
  for (const scheme of schemes) {
    await page.emulateMedia({ colorScheme: scheme });
    await settled(page);
    const result = await inThePage(page).analyze();
    for (const { id, nodes } of result.violations) {
      for (const { html, failureSummary } of nodes) {
        found.push(`${scheme} ${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`);
      }
    }
  }
  return found;
}

test('no screen has a violation, with hostile rows in its lists, nor is it wider than the till', async () => {
  const problems: string[] = [];
  const page = await openFakeWindow(browser, { state: 'attention', screen: 'status' }, problems);
  for (const screen of SCREEN_NAMES) {
    await goTo(page, screen);
    expect(await violations(page), screen).toEqual([]);
    expect(await sidewaysScroll(page), screen).toBe(0);
    expect(await smallLetters(page), screen).toEqual([]);
  }
  await page.context().close();
  expect(problems).toEqual([]);
});

test('no state has a violation on its Status screen, and the setup has none', async () => {
  for (const state of STATES) {
    const page = await openFakeWindow(browser, { state, screen: 'status' });
    expect(await violations(page, SCHEMES), state).toEqual([]);
    await page.context().close();
  }
});

test.runIf(LONG)('empty and broken lists have no violation', async () => {
  for (const fixture of [
    { empty: '1' },
    { fail: 'heldGroups,conflicts,runs,lastCheck,schemaCheck,settings' },
  ]) {
    // Their colours are those of the lists above.
    const scheme = 'empty' in fixture ? 'light' : 'dark';
    const page = await openFakeWindow(browser, { state: 'idle', screen: 'status', fixture });
    for (const screen of SCREEN_NAMES) {
      await goTo(page, screen);
      expect(await violations(page, [scheme]), `${screen} ${JSON.stringify(fixture)}`).toEqual([]);
    }
    await page.context().close();
  }
});

test('the dialogs have no violation', async () => {
  const page = await openFakeWindow(browser, { state: 'attention', screen: 'status' });
  await page.getByRole('button', { name: 'Copy diagnostics' }).click();
  await page.getByRole('dialog').waitFor();
  expect(await violations(page, SCHEMES), 'diagnostics').toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  expect(await violations(page, SCHEMES), 'keys').toEqual([]);
  await page.context().close();
  const clone = await openFakeWindow(browser, { state: 'error-clone', screen: 'status' });
  await clone.getByRole('button', { name: 'Take over' }).click();
  await clone.getByRole('dialog').getByText('Orders: 6 rows').waitFor();
  expect(await violations(clone, SCHEMES), 'take over').toEqual([]);
  await clone.context().close();
});
