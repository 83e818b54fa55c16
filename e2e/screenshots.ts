/**
 * `npm run screenshots`: every screen and every state of the window, light and dark, from the fixtures of the renderer,
 * and all tray icons on one sheet from their files, as PNG into resources/docs/screenshots.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright';
import { launchChromium } from './support/chromium.ts';
import { openFakeWindow, settled, type FakeWindowOptions } from './support/fake-window.ts';
import { SCREEN_NAMES } from './support/screens.ts';
import { traySheet } from './support/tray-sheet.ts';

const folder = resolve(import.meta.dirname, '../resources/docs/screenshots');

/** What a cashier may meet, by the fixtures' names. */
const STATES = [
  'idle',
  'syncing',
  'loading',
  'waiting',
  'waiting-manual',
  'retrying',
  'offline',
  'offline-attention',
  'attention',
  'unsent',
  'error',
  'error-disk',
  'error-schema',
  'error-clone',
  'restored',
  'differs',
  'clock',
  'paused',
  'paused-forgotten',
  'setup',
] as const;

interface Picture extends FakeWindowOptions {
  readonly name: string;
  /** What is done on the screen before the picture is taken. */
  readonly before?: (page: Page) => Promise<void>;
}

const find =
  (number: string) =>
  async (page: Page): Promise<void> => {
    const field = page.getByRole('main').getByRole('textbox');
    await field.fill(number);
    await field.press('Enter');
  };

const SCREENS: readonly Picture[] = SCREEN_NAMES.map((screen) => ({
  name: `screen-${screen}`,
  state: screen === 'held' ? 'attention' : 'idle',
  screen,
  ...(screen === 'receipt' ? { before: find('1001') } : {}),
}));

const PICTURES: readonly Picture[] = [
  ...SCREENS,
  ...STATES.map((state) => ({
    name: `state-${state}`,
    state,
    // A manager's window goes straight to the setup; what a cashier sees of it is a state.
    screen: 'status',
    ...(state === 'setup' ? { fixture: { role: 'cashier' } } : {}),
  })),
  { name: 'screen-setup', state: 'setup', screen: 'setup' },
];

async function take(browser: Browser, picture: Picture, scheme: 'light' | 'dark'): Promise<void> {
  const { name, before, ...window } = picture;
  const problems: string[] = [];
  const page = await openFakeWindow(
    browser,
    { ...window, context: { colorScheme: scheme } },
    problems,
  );
  await before?.(page);
  await settled(page);
  await page.screenshot({ path: join(folder, `${name}-${scheme}.png`), animations: 'disabled' });
  await page.context().close();
  if (problems.length > 0) throw new Error(`${name}: ${problems.join('; ')}`);
}

async function takeTraySheet(browser: Browser): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1024, height: 768 } });
  await page.setContent(traySheet());
  await page.locator('table').screenshot({ path: join(folder, 'tray.png') });
  await page.close();
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const browser = await launchChromium();
try {
  for (const picture of PICTURES) {
    await take(browser, picture, 'light');
    await take(browser, picture, 'dark');
  }
  await takeTraySheet(browser);
  process.stdout.write(`${String(PICTURES.length * 2 + 1)} pictures in ${folder}\n`);
} finally {
  await browser.close();
}
