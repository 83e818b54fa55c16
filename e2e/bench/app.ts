/**
 * The app as `payflow serve` of the build (what `npm start` runs without Electron) and its page in a Chromium: start,
 * rest, answer to input during a download, and how soon a sale is at HQ. It is never Electron that is measured here, and
 * no line may say so.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright';
import { ensureDesktop } from '../support/built-desktop.ts';
import { launchChromium } from '../support/chromium.ts';
import { SCREEN_NAMES, screenLink, waitUntilUsable } from '../support/screens.ts';
import { startServe, type ServeProcess } from '../support/serve-process.ts';
import type { ReceiptAnswer, StatusView } from '../../shared/views.ts';
import { forgetTerminals, type BenchCompany } from './company.ts';
import { median, timed } from './measure.ts';

export interface AppSizes {
  readonly starts: number;
  readonly idleSeconds: number;
  /** Rows of the download during which the page is used. */
  readonly rows: number;
  readonly sales: number;
}

export interface AppFigures {
  /** From the start of the process until its page is usable, seconds; the browser runs already. */
  readonly coldStart: number;
  /** Of the host's process with one page open and nothing to do; null where /proc is missing. */
  readonly idle: { readonly cpuPercent: number; readonly memoryMb: number } | null;
  /** While rows arrive, in a browser that has drawn the app's screens before. */
  readonly input: InputFigures;
  /**
   * The same in a browser that has just been started. Without a graphics card it translates its shaders for the CPU as
   * it meets them, on the cores that the download works on.
   */
  readonly firstInput: InputFigures;
  /** Milliseconds from the commit of a sale in another process until its receipt is told to be at HQ. */
  readonly sale: { readonly median: number; readonly largest: number };
}

/** Milliseconds from click to the other screen's first frame. */
export interface InputFigures {
  readonly median: number;
  readonly largest: number;
  /** The screen that took longest, and which click it was. */
  readonly slowest: string;
  readonly clicks: number;
}

export const FULL: AppSizes = { starts: 5, idleSeconds: 60, rows: 200_000, sales: 30 };

/** Needs the products of `measureDownload` at HQ for the download; makes some where there are none. */
export async function measureApp(
  company: BenchCompany,
  sizes: AppSizes = FULL,
): Promise<AppFigures> {
  await ensureDesktop();
  await prepare(company, sizes.rows);
  const browser = await launchChromium();
  try {
    const folder = join(company.folder, 'app');
    const again = join(company.folder, 'app-again');
    for (const made of [folder, again]) mkdirSync(made);
    const firstInput = await measureInput(company, browser, folder);
    const coldStart = await measureStart(company, browser, folder, sizes.starts);
    const { idle, sale } = await measureRest(company, browser, folder, sizes);
    await forgetTerminals(company);
    const input = await measureInput(company, browser, again);
    return { coldStart, idle, input, firstInput, sale };
  } finally {
    await browser.close();
  }
}

async function prepare({ db }: BenchCompany, rows: number): Promise<void> {
  await db.query(`
    INSERT INTO users (id, username, password_hash, store_id, updated_at)
    VALUES ('user-1', 'ana', 'secret', 'store-1', now()) ON CONFLICT DO NOTHING`);
  await db.query(
    `INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
     SELECT 'app-' || g, 'APP-' || g, 'Product ' || g, 5, 1000, 'store-1', now()
       FROM generate_series((SELECT count(*) + 1 FROM products), greatest($1::int, (SELECT count(*) + 1 FROM products))) g`,
    [rows],
  );
  await db.query('SELECT payflow_sync.purge(30, 10000000)');
}

const serveAt = (company: BenchCompany, folder: string): Promise<ServeProcess> =>
  startServe({
    url: company.url,
    folder,
    db: join(folder, 'payflow.db'),
    env: { SYNC_MODE: 'live' },
  });

async function openPage(browser: Browser, serve: ServeProcess): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1024, height: 768 } });
  const page = await context.newPage();
  await page.goto(serve.link, { waitUntil: 'commit' });
  await waitUntilUsable(page);
  return page;
}

/** The first load is the download; the page goes from screen to screen until it is over. */
async function measureInput(
  company: BenchCompany,
  browser: Browser,
  folder: string,
): Promise<InputFigures> {
  const serve = await serveAt(company, folder);
  try {
    const page = await openPage(browser, serve);
    const took: number[] = [];
    while (!(await isLoaded(page))) {
      took.push(await clickToFrame(page, screenAt(took.length)));
      await sleep(150);
    }
    await page.context().close();
    if (took.length < 5) throw new Error(`only ${String(took.length)} clicks during the download`);
    const largest = Math.max(...took);
    const place = took.indexOf(largest);
    const slowest = `${screenAt(place)}, click ${String(place + 1)}`;
    return { median: median(took), largest, slowest, clicks: took.length };
  } finally {
    await serve.stop();
  }
}

/** The first one stands there already: a click on it would change nothing. */
const screenAt = (click: number): (typeof SCREEN_NAMES)[number] =>
  SCREEN_NAMES[(click + 1) % SCREEN_NAMES.length] ?? 'status';

/** In the page's own time, so that the browser's remote control is not measured with it. */
const clickToFrame = (page: Page, name: (typeof SCREEN_NAMES)[number]): Promise<number> =>
  screenLink(page, name).evaluate(
    (link: HTMLElement) =>
      new Promise<number>((done) => {
        const shown = (): string => document.querySelector('h1')?.textContent ?? '';
        const before = shown();
        const start = performance.now();
        link.click();
        const look = (): void => {
          if (shown() === before) requestAnimationFrame(look);
          else requestAnimationFrame(() => done(performance.now() - start));
        };
        requestAnimationFrame(look);
      }),
  );

async function isLoaded(page: Page): Promise<boolean> {
  return (await call<StatusView>(page, 'status')).facts.loaded;
}

/** A call of the contract with the page's own session. */
function call<T>(page: Page, method: string, args: object = {}): Promise<T> {
  return page.evaluate(
    async (request) => {
      const answer = await fetch(`/api/call/${request.method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request.args),
      });
      return ((await answer.json()) as { value: T }).value;
    },
    { method, args },
  );
}

async function measureStart(
  company: BenchCompany,
  browser: Browser,
  folder: string,
  starts: number,
): Promise<number> {
  const took: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const begun = performance.now();
    const serve = await serveAt(company, folder);
    try {
      const page = await openPage(browser, serve);
      took.push((performance.now() - begun) / 1000);
      await page.context().close();
    } finally {
      await serve.stop();
    }
  }
  return median(took);
}

async function measureRest(
  company: BenchCompany,
  browser: Browser,
  folder: string,
  { idleSeconds, sales }: AppSizes,
): Promise<Pick<AppFigures, 'idle' | 'sale'>> {
  const serve = await serveAt(company, folder);
  try {
    const page = await openPage(browser, serve);
    // What the start leaves to do is done.
    await sleep(10_000);
    const idle = await measureIdle(serve.pid, idleSeconds);
    const latencies: number[] = [];
    for (let sale = 0; sale < sales; sale += 1) {
      latencies.push(await oneSale(page, join(folder, 'payflow.db'), sale));
      await sleep(300);
    }
    await page.context().close();
    return { idle, sale: { median: median(latencies), largest: Math.max(...latencies) } };
  } finally {
    await serve.stop();
  }
}

async function measureIdle(pid: number, seconds: number): Promise<AppFigures['idle']> {
  if (!existsSync(`/proc/${String(pid)}/stat`)) return null;
  const before = cpuTicks(pid);
  await sleep(seconds * 1000);
  const ticks = cpuTicks(pid) - before;
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
  // A tick is a hundredth of a second on every Linux that Node runs on.
  return { cpuPercent: ticks / seconds, memoryMb: kilobytes / 1024 };
}

/** Time of all threads, user and system. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The second field is the program's name in brackets and may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** A sale in a process of its own; both clocks are this machine's. */
async function oneSale(page: Page, file: string, sale: number): Promise<number> {
  const child = join(import.meta.dirname, 'one-sale-child.ts');
  const number = `bench-${String(process.pid)}-${String(sale)}`;
  const { stdout } = await timed(process.execPath, [child, file, number]);
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const [answer] = await call<readonly ReceiptAnswer[]>(page, 'findReceipt', { number });
    if (answer?.state === 'at-hq') return Date.now() - Number(stdout);
    await sleep(20);
  }
  throw new Error(`the sale ${number} did not reach HQ within a minute`);
}
