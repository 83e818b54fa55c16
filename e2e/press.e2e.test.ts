/** A press means what stood on the button when it began. */
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from './support/chromium.ts';
import { openFakeWindow } from './support/fake-window.ts';
import { headline } from './support/screens.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
});

test('a sync that begins under a finger turns no "Review" into "Cancel"', async () => {
  const page = await openFakeWindow(browser, { state: 'attention', screen: 'status' });
  const main = page.getByRole('main');
  const review = await main.getByRole('button', { name: 'Review' }).first().boundingBox();
  if (review === null) throw new Error('no button to press');

  await page.mouse.move(review.x + 10, review.y + 10);
  await page.mouse.down();
  await main.getByRole('button', { name: 'Sync now' }).focus();
  await page.keyboard.press('Enter');
  await headline(page, /.*Syncing.*/).waitFor();
  const cancel = await main.getByRole('button', { name: 'Cancel' }).boundingBox();
  expect(cancel?.x, 'the same place').toBe(review.x);
  await page.mouse.up();

  await main.getByRole('button', { name: 'Cancel' }).click({ trial: true });
  await page.context().close();
});
