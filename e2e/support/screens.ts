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

/** What the navigation calls a screen, and the screen itself, in English. */
const LABELS: Readonly<Record<ScreenName, string>> = {
  status: 'Status',
  held: 'Held rows',
  conflicts: 'Conflicts',
  receipt: 'Find a receipt',
  history: 'History',
  check: 'Data check',
  schema: 'Schema',
  settings: 'Settings',
};

/** The entry of the navigation; a count may follow its name. */
export const screenLink = (page: Page, name: ScreenName): Locator =>
  page.getByRole('navigation').getByRole('button', { name: new RegExp(`^${LABELS[name]}`) });

/** Goes to a screen by the navigation and waits until it stands there. */
export async function goTo(page: Page, name: ScreenName): Promise<void> {
  await screenLink(page, name).click();
  await page.getByRole('heading', { level: 1, name: LABELS[name], exact: true }).waitFor();
}

/** The state in the header of every screen. */
export const headline = (page: Page, text: string | RegExp): Locator =>
  page.getByRole('banner').getByText(text, { exact: true });

/** Usable: the state is shown with its reason, and what it asks for can be pressed. */
export async function waitUntilUsable(page: Page): Promise<void> {
  const state = page.getByRole('region', { name: 'State' });
  await state.getByRole('heading', { level: 2 }).waitFor();
  await state.getByRole('button').first().waitFor();
}

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
