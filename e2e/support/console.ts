/** The web console as a person has it: `payflow serve` beside a real HQ, and its page in a real browser. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { openApp } from '../../electron/host/app.ts';
import { readSettings } from '../../electron/host/settings.ts';
import { launchChromium } from './chromium.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { quietLog } from './quiet-log.ts';
import { startServe, type ServeProcess } from './serve-process.ts';
import { createHq, type TestHq } from './shop.ts';
import { TILL, watchProblems } from './window-checks.ts';

export interface ConsoleOptions {
  /** False: there is no payflow.db yet, `serve` makes the first load. Default true. */
  readonly loaded?: boolean;
  readonly mode?: 'live' | 'cron' | 'manual';
  /** Fills HQ before the terminal's first load. */
  readonly prepare?: (hq: TestHq) => Promise<void>;
  readonly env?: Readonly<Record<string, string>>;
  readonly context?: BrowserContextOptions;
}

export interface TestConsole {
  readonly hq: TestHq;
  /** The network between terminal and HQ. */
  readonly proxy: Proxy;
  readonly serve: ServeProcess;
  /** Signed in by the one-time link, as a manager. */
  readonly page: Page;
  readonly db: string;
  /** The POS program's own connection to payflow.db. */
  readonly pos: DatabaseSync;
  /** What no page may ever do: dialogs, errors on its console, requests to elsewhere. One line each. */
  readonly problems: string[];
  /** Another tab of the same browser, at `path` of the console. */
  openTab(path?: string): Promise<Page>;
  /** The console as somebody else sees it, in a browser of their own that nobody has signed in. */
  openStranger(): Promise<Page>;
  /** Ends `serve`, does the work while nobody has the file open (`pos` is closed too), and starts it again. */
  restart(work: () => void, env?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

/** The caller owes it a `close`, which throws when `serve` did not end well. */
export async function startConsole(options: ConsoleOptions = {}): Promise<TestConsole> {
  const undo: (() => Promise<void> | void)[] = [];
  const unwind = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const step of undo.splice(0).toReversed()) {
      await Promise.resolve()
        .then(step)
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const hq = await createHq();
    undo.push(() => hq.close());
    await options.prepare?.(hq);
    const folder = mkdtempSync(join(tmpdir(), 'payflow-console-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    const db = join(folder, 'payflow.db');
    if (options.loaded !== false) await load(hq.url, db);
    const proxy = await startProxy(hq.url);
    undo.push(() => proxy.close());
    const start = (env: Readonly<Record<string, string>> = {}): Promise<ServeProcess> =>
      startServe({
        url: proxy.url(hq.url),
        folder,
        db,
        env: { SYNC_MODE: options.mode ?? 'live', ...options.env, ...env },
      });
    let serve = await start();
    undo.push(() => serve.stop());
    const browser = await launchChromium();
    undo.push(() => browser.close());
    const problems: string[] = [];
    const { page, openTab } = await openPages(browser, serve, problems, options.context);
    let pos: DatabaseSync | null = null;
    undo.push(() => pos?.close());
    return {
      hq,
      proxy,
      get serve() {
        return serve;
      },
      page,
      db,
      get pos() {
        return (pos ??= new DatabaseSync(db, { timeout: 5000 }));
      },
      problems,
      openTab,
      async openStranger() {
        const context = await browser.newContext({ viewport: TILL, locale: 'en-GB' });
        const stranger = await context.newPage();
        watchProblems(stranger, serve.origin, problems);
        await stranger.goto(serve.origin);
        return stranger;
      },
      async restart(work, env = {}) {
        // A window whose host has gone says so on its console; that is no problem of the page.
        await page.goto('about:blank');
        await serve.stop();
        pos?.close();
        pos = null;
        work();
        serve = await start({ PORT: new URL(serve.origin).port, ...env });
        await page.goto(serve.link);
      },
      close: unwind,
    };
  } catch (error) {
    await unwind().catch(() => undefined);
    throw error;
  }
}

async function load(url: string, db: string): Promise<void> {
  const settings = readSettings({
    DATABASE_URL: url,
    PAYFLOW_DB: db,
    PAYFLOW_STATE_DIR: join(dirname(db), 'state'),
    PAYFLOW_TERMINAL: 'T1',
  });
  const app = await openApp(settings, quietLog);
  await app.init(() => undefined, new AbortController().signal);
  await app.close();
}

async function openPages(
  browser: Browser,
  serve: ServeProcess,
  problems: string[],
  more: BrowserContextOptions = {},
): Promise<Pick<TestConsole, 'page' | 'openTab'>> {
  const context = await browser.newContext({ viewport: TILL, locale: 'en-GB', ...more });
  const open = async (address: string): Promise<Page> => {
    const page = await context.newPage();
    watchProblems(page, serve.origin, problems);
    await page.goto(address);
    return page;
  };
  const page = await open(serve.link);
  return { page, openTab: (path = '/') => open(new URL(path, serve.origin).href) };
}
