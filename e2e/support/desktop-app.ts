/**
 * The built desktop app for a test: in real Electron where its binary is present, on the stand-in otherwise. `kind`
 * says which; a run on the stand-in is never called an Electron run.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { _electron, chromium, type Page } from 'playwright';
import type { record } from './electron-standin/record.ts';
import type { MenuItemLike, Tray } from './electron-standin/small.ts';

const root = resolve(import.meta.dirname, '../..');

/** What Electron and the stand-in both have, of what tests look at. */
export interface ElectronModules {
  readonly app: { quit(): void; emit(event: string, ...args: unknown[]): boolean };
  readonly dialog: { showMessageBox: unknown };
  readonly BrowserWindow: {
    getAllWindows(): {
      close(): void;
      isVisible(): boolean;
      isFocused(): boolean;
      blur(): void;
      readonly webContents: { emit(event: string, ...args: unknown[]): boolean };
    }[];
  };
  /** Only the stand-in tells what was drawn and said. */
  readonly Tray?: typeof Tray;
  readonly record?: typeof record;
}

export interface PanelIcon {
  readonly image: string;
  readonly tooltip: string;
  readonly labels: readonly string[];
}

/** The icon in the panel as it was drawn last; only on the stand-in. */
export const panelIcon = (app: DesktopApp): Promise<PanelIcon | undefined> =>
  app.evaluate(({ Tray: icons }) => {
    const [tray] = icons?.all ?? [];
    if (tray === undefined) return undefined;
    const labels = tray.menu?.items.map(({ label }) => label ?? '-') ?? [];
    return { image: tray.image.path, tooltip: tray.tooltip, labels };
  });

/** Chooses an item of the icon's menu by its words; only on the stand-in. */
export const choose = (app: DesktopApp, label: string): Promise<void> =>
  app.evaluate(({ Tray: icons }, wanted) => {
    const items: readonly MenuItemLike[] = icons?.all[0]?.menu?.items ?? [];
    items.find((item) => item.label === wanted)?.click?.();
  }, label);

export interface DesktopApp {
  readonly kind: 'electron' | 'stand-in';
  readonly page: Page;
  /** Runs a function in the main process; it may use nothing from outside but its argument. */
  readonly evaluate: <T, A = undefined>(
    work: (modules: ElectronModules, arg: A) => T,
    arg?: A,
  ) => Promise<T>;
  /** kill -9. */
  kill(): Promise<void>;
  /** How the process ended. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Ends it as it is, unasked; also after it has ended. */
  close(): Promise<void>;
}

export interface DesktopOptions {
  /** A folder of its own: user data, database, log. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Where Electron's program stands; null: it was not downloaded. Reading it by `require` would start a download. */
export function electronBinary(): string | null {
  const folder = join(root, 'node_modules', 'electron');
  const note = join(folder, 'path.txt');
  if (!existsSync(note)) return null;
  const path = join(folder, 'dist', readFileSync(note, 'utf8').trim());
  return existsSync(path) ? path : null;
}

/** Settings of the machine must not reach a test's app. */
function environment({ home, env = {} }: DesktopOptions): Record<string, string> {
  const ours = /^(DATABASE_URL|PAYFLOW_|SYNC_|PORT$|JWT_SECRET|ELECTRON_|NODE_OPTIONS|VITEST)/;
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || ours.test(name) ? [] : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(inherited),
    XDG_CONFIG_HOME: home,
    XDG_STATE_HOME: home,
    APPDATA: home,
    LOCALAPPDATA: home,
    ...env,
  };
}

async function launchElectron(options: DesktopOptions, binary: string): Promise<DesktopApp> {
  const electron = await _electron.launch({
    executablePath: binary,
    args: [root, ...(options.args ?? [])],
    cwd: options.home,
    env: environment(options),
  });
  const child = electron.process();
  const ended = once(child, 'close').then(([code, signal]) => endOf(code, signal));
  return {
    kind: 'electron',
    page: await electron.firstWindow(),
    evaluate: <T, A>(work: (modules: ElectronModules, arg: A) => T, arg?: A) =>
      electron.evaluate(work as never, arg) as Promise<T>,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    ended,
    async close() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

const endOf = (code: unknown, signal: unknown): number | NodeJS.Signals =>
  signal === null ? Number(code) : (signal as NodeJS.Signals);

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Starts the app in a child process; answers at once, before it has a window. */
export function startStandin(options: DesktopOptions) {
  const child = fork(join(import.meta.dirname, 'electron-standin', 'boot.ts'), options.args ?? [], {
    cwd: options.home,
    env: environment(options),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => endOf(code, signal));
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  child.on('message', ({ id, value, error }: Answer) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(new Error(error));
  });
  void ended.then(() => {
    for (const call of waiting.values()) call.reject(new Error(`the app has ended: ${said}`));
  });
  let calls = 0;
  return {
    child,
    ended,
    said: () => said,
    evaluate: <T, A>(work: (modules: ElectronModules, arg: A) => T, arg?: A): Promise<T> => {
      const call = Promise.withResolvers<unknown>();
      waiting.set((calls += 1), call);
      child.send({ id: calls, source: work.toString(), arg });
      return call.promise as Promise<T>;
    },
  };
}

/** The port that the browser chose, once it has written it down. */
async function debuggingPort(
  profile: string,
  { ended, said }: Pick<ReturnType<typeof startStandin>, 'ended' | 'said'>,
): Promise<string> {
  const note = join(profile, 'DevToolsActivePort');
  let over = false;
  void ended.then(() => (over = true));
  while (!existsSync(note)) {
    if (over) throw new Error(`the app ended before it had a window: ${said()}`);
    await sleep(20);
  }
  const [port = ''] = readFileSync(note, 'utf8').split('\n');
  return port === '' ? debuggingPort(profile, { ended, said }) : port;
}

async function launchStandin(options: DesktopOptions): Promise<DesktopApp> {
  const profile = join(options.home, 'standin-profile');
  rmSync(join(profile, 'DevToolsActivePort'), { force: true });
  const started = startStandin({
    ...options,
    env: { ...options.env, PAYFLOW_STANDIN_PROFILE: profile },
  });
  const { child, ended, evaluate } = started;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  try {
    const port = await debuggingPort(profile, started);
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, {
      // With the app's folder, which the test removes: of a browser that is killed Playwright leaves its own behind.
      artifactsDir: join(options.home, 'artifacts'),
    });
    const [context] = browser.contexts();
    const page = context?.pages()[0] ?? (await context?.waitForEvent('page'));
    if (page === undefined) throw new Error('the app has no window');
    return { kind: 'stand-in', page, evaluate, ended, kill: stop, close: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export function launchDesktop(options: DesktopOptions): Promise<DesktopApp> {
  const binary = electronBinary();
  return binary === null ? launchStandin(options) : launchElectron(options, binary);
}

/** Starts the app once more on the same home, while it runs; answers how that start ended. */
export function startSecond(options: DesktopOptions): Promise<number | NodeJS.Signals> {
  const binary = electronBinary();
  if (binary === null) return startStandin(options).ended;
  const child = spawn(binary, [root], { cwd: options.home, env: environment(options) });
  return once(child, 'close').then(([code, signal]) => endOf(code, signal));
}
