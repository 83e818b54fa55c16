/** Where things stand on the window, for whoever drives it: by what people read, never by classes or test ids. */
import type { Locator, Page } from 'playwright';

export const SCREEN_NAMES = [
  'status',
  'held',
  'conflicts',
  'receipt',
  'history',
  'check',
  'schema',
  'settings',
] as const;
export type ScreenName = (typeof SCREEN_NAMES)[number];

/** What the navigation calls a screen, in English. */
const LABELS: Readonly<Record<ScreenName, RegExp>> = {
  status: /^Status/,
  held: /^Held/,
  conflicts: /^Conflicts/,
  receipt: /receipt/i,
  history: /^History/,
  check: /^Data check/,
  schema: /^Schema/,
  settings: /^Settings/,
};

export const screenLink = (page: Page, name: ScreenName): Locator =>
  page.getByRole('navigation').getByRole('link', { name: LABELS[name] });

/** Goes to a screen by the navigation and waits until it stands there. */
export async function goTo(page: Page, name: ScreenName): Promise<void> {
  await screenLink(page, name).click();
  await page.getByRole('heading', { level: 1, name: LABELS[name] }).waitFor();
}

/** Usable: the state has arrived and its main action can be pressed. */
export async function waitUntilUsable(page: Page): Promise<void> {
  await page.getByRole('navigation').waitFor();
}

/** The window's headline of the state. */
export const headline = (page: Page, text: string | RegExp): Locator =>
  page.getByRole('status').getByText(text);

/** Presses a button of the screen by its words. */
export const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('main').getByRole('button', { name }).first().click();

/** Types a number into "Find a receipt" as a person does. */
export async function findReceipt(page: Page, number: string): Promise<void> {
  await goTo(page, 'receipt');
  const field = page.getByRole('main').getByRole('textbox');
  await field.fill(number);
  await field.press('Enter');
}

/** Pixels that the page is wider than its window. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
