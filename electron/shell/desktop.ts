/** The desktop app once Electron is ready: the window first, the host behind it, then everything that shows the host. */
import { join } from 'node:path';
import { app, powerMonitor, session } from 'electron';
import { PayflowError } from '../../shared/errors.ts';
import { crashPage } from '../desktop/crash-page.ts';
import { openMemory } from '../desktop/memory.ts';
import { createQuitGuard, unsentOf } from '../desktop/quit-guard.ts';
import { createStillHere } from '../desktop/still-here.ts';
import { syncOnce } from '../desktop/sync-once.ts';
import { createHost, type FullHost } from '../host/host.ts';
import type { Host } from '../host/host-types.ts';
import { createLog, type Log } from '../host/log.ts';
import { resourcesFolder } from '../host/resources.ts';
import { openSettingsStore } from '../host/settings-store.ts';
import { actionsOf } from './actions.ts';
import { askFor } from './ask.ts';
import { watchConnectivity, type Connectivity } from './connectivity.ts';
import { reviveWindow } from './crash.ts';
import { desktopPorts } from './desktop-ports.ts';
import { createConsole } from './console.ts';
import { showHost, type Faces } from './faces.ts';
import { answerWindow } from './ipc.ts';
import { serveWindow } from './protocol.ts';
import { askBeforeQuit } from './quit-dialog.ts';
import { openSecrets } from './secrets.ts';
import { denyPermissions } from './security.ts';
import { textsFor } from './texts.ts';
import { showStillHere } from './still-here-dialog.ts';
import { createWindow } from './window.ts';

/** Built, main process and window lie side by side. */
const builtWindow = join(import.meta.dirname, '..', 'renderer');
const icons = join(resourcesFolder, 'icons');
const workerUrl = new URL('./engine-worker.js', import.meta.url);

/** A program that hangs while it closes is worse than a connection that HQ closes itself. */
const closeLimitMs = 15_000;

const within = async (limitMs: number, work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((done) => {
    timer = setTimeout(done, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
};

export interface DesktopOptions {
  /** The user-data folder; for the demo one that goes with it. */
  readonly folder: string;
  /** The shell's own. */
  readonly log: Log;
  /** Opens on the built-in demo shop, whatever this user's settings say. */
  readonly demo: boolean;
}

/** Throws where the app cannot start at all. */
export async function runDesktop({ folder, log, demo }: DesktopOptions): Promise<void> {
  const store = openSettingsStore({
    folder,
    secrets: openSecrets(folder, log),
    ...(demo ? { env: {}, envFolder: folder } : {}),
  });
  const memory = openMemory(folder);
  const hostLog = createLog(
    store.settings().logFolder,
    [store.settings().hq?.password ?? ''].filter(Boolean),
  );
  const ready = Promise.withResolvers<Host>();
  let faces: Faces | null = null;
  let connectivity: Connectivity | null = null;
  /** What must be let go of, in this order; grows as the start goes on. */
  const closings: (() => Promise<void>)[] = [];
  let running: FullHost | null = null;
  const texts = () => faces?.texts() ?? textsFor(store.preferences());

  denyPermissions(session.defaultSession);
  serveWindow(builtWindow, async () => {
    const answer = await askFor(await ready.promise, log)('diagnostics', {});
    return crashPage(texts().catalogue, texts().language, answer?.text ?? '');
  });
  answerWindow({
    host: ready.promise,
    log,
    onNetwork: (online) => connectivity?.report(online),
  });
  const guard = createQuitGuard({
    // Before the host is there nothing can have been sold under its eyes.
    unsent: () => unsentOf(running),
    ask: (unsent, again) => askBeforeQuit(texts().catalogue, window.browserWindow, unsent, again),
    sync: async () => syncOnce(await ready.promise),
    close: () => within(closeLimitMs, closeAll()),
    exit: () => {
      app.quit();
    },
  });
  const sayStillHere = createStillHere({
    hasTray: () => faces?.hasTray() === true,
    wanted: () => store.preferences().stillHereHint,
    ask: () => showStillHere(texts().catalogue),
    async stop() {
      await askFor(await ready.promise, log)('saveSettings', { stillHereHint: false });
    },
  });
  const window = createWindow({
    preload: join(import.meta.dirname, 'preload.cjs'),
    icon: join(icons, 'icon.png'),
    memory,
    mayClose: () => guard.leaving,
    hasTray: () => faces?.hasTray() ?? false,
    onHidden: () => {
      sayStillHere().catch((error: unknown) => {
        log.error('the hint of the closed window', error);
      });
    },
  });
  reviveWindow(window, log);
  if (!process.argv.includes('--hidden')) {
    window.browserWindow.once('ready-to-show', () => {
      window.show();
    });
  }
  app.on('second-instance', () => {
    window.show();
  });
  app.on('activate', () => {
    window.show();
  });
  // The program lives in the panel: only the guard ends it.
  app.on('window-all-closed', () => undefined);
  const quit = (now = false): void => {
    guard.quit({ now }).catch((error: unknown) => {
      log.error('the end did not go as it should', error);
    });
  };
  app.on('before-quit', (event) => {
    if (guard.done) return;
    event.preventDefault();
    quit();
  });
  powerMonitor.on('shutdown', () => {
    quit(true);
  });
  window.browserWindow.on('session-end', () => {
    quit(true);
  });

  const host = await createHost({
    settingsStore: store,
    log: hostLog,
    catalogue: texts().catalogue,
    workerUrl,
    desktop: desktopPorts,
    demoAllowed: !app.isPackaged,
  });
  closings.unshift(() => host.close());
  running = host;
  const webConsole = createConsole({
    host,
    store,
    folder,
    rendererFolder: builtWindow,
    texts,
    log,
    onChange: () => faces?.refresh(),
  });
  closings.unshift(() => webConsole.close());
  const run = actionsOf(askFor(host, log), window, quit, log);
  const openConsole = webConsole.opener;
  faces = showHost({ host, window, store, icons, log, run, openConsole });
  connectivity = watchConnectivity(
    () => {
      host.wake();
    },
    () => {
      host.networkLost();
    },
  );
  closings.unshift(() => {
    connectivity?.close();
    faces?.close();
    return Promise.resolve();
  });
  if (demo) {
    const answer = await host.call({ role: 'manager', surface: 'desktop' }, 'startDemo', {});
    if (!answer.ok) throw new PayflowError(answer.error.code, answer.error.params);
  }
  ready.resolve(host);

  async function closeAll(): Promise<void> {
    for (const close of closings) await close();
  }
}
