/** Composition root of `payflow serve`: engine, HTTP API and web console without Electron. */
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PayflowError } from '../shared/errors.ts';
import type { Catalogue } from '../shared/messages.ts';
import { isLoopback } from './api/guards.ts';
import { tokenSecret } from './api/secret.ts';
import { isEngineThere } from './host/engine-client.ts';
import { fileSecrets } from './host/file-secrets.ts';
import type { Host } from './host/host-types.ts';
import { createHost } from './host/host.ts';
import { createLog } from './host/log.ts';
import { homeFolder } from './host/resources.ts';
import { openSettingsStore, type SettingsStore } from './host/settings-store.ts';
import type { Settings } from './host/settings.ts';
import { userDataFolder } from './host/user-data.ts';
import { appVersion } from './host/version.ts';
import { acquireLock, wasLocked } from './local/lock.ts';

export interface HeadlessOptions {
  /** Name or address to listen at. */
  readonly listenHost: string;
  /** Null: as the settings say. 0: any free one. */
  readonly port: number | null;
  /** The built-in demo shop instead of this user's own: reads no settings and leaves nothing. */
  readonly demo: boolean;
  readonly catalogue: Catalogue;
}

export interface Headless {
  readonly url: string;
  /** Signs its reader in as manager, once and soon. */
  readonly loginUrl: string;
  readonly isConsoleBuilt: boolean;
  /** False: other machines can reach it, and the traffic is not encrypted. */
  readonly isLocal: boolean;
  /** Ends the cycle under way at its next safe point, then everything else. */
  close(): Promise<void>;
}

const rendererFolder = join(homeFolder, 'dist', 'renderer');
/** Beside this file, from the checkout's sources as from the build. */
const workerFile = import.meta.filename.endsWith('.ts')
  ? join('host', 'engine-worker.ts')
  : 'engine-worker.js';

/** One engine per file: who starts a second one is told now, not by a status that never gets green. */
async function refuseSecondEngine({
  databasePath,
  stateFolder,
}: Pick<Settings, 'databasePath' | 'stateFolder'>): Promise<void> {
  // Where no engine ever was there is no lock file, and none is left beside a file that may be somebody's document.
  if (!existsSync(databasePath) || !wasLocked(databasePath, stateFolder)) return;
  if (await isEngineThere(databasePath))
    throw new PayflowError('ENGINE_RUNNING', { file: realpathSync(databasePath) });
  acquireLock(databasePath, stateFolder).release();
}

/** Where settings, key and log stand: this user's folder, or for the demo one that goes with it. */
interface Place extends Disposable {
  readonly folder: string;
  readonly store: SettingsStore;
}

function place(demo: boolean): Place {
  const folder = demo ? mkdtempSync(join(tmpdir(), 'payflow-demo-')) : userDataFolder();
  const own = demo ? { env: {}, envFolder: folder } : {};
  return {
    folder,
    store: openSettingsStore({ folder, secrets: fileSecrets(join(folder, 'hq-password')), ...own }),
    [Symbol.dispose]() {
      if (demo) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startDemo(host: Host): Promise<void> {
  const answer = await host.call({ role: 'manager', surface: 'console' }, 'startDemo', {});
  if (!answer.ok) throw new PayflowError(answer.error.code, answer.error.params);
}

/** Throws where nothing can run: settings that are wrong, a second engine, a port that is taken. */
export async function startHeadless({
  listenHost,
  port,
  demo,
  catalogue,
}: HeadlessOptions): Promise<Headless> {
  await using undo = new AsyncDisposableStack();
  const { folder, store } = undo.use(place(demo));
  const settings = store.settings();
  const secret = tokenSecret(settings.jwtSecret, folder);
  await refuseSecondEngine(settings);
  const hidden = [settings.hq?.password, settings.jwtSecret, secret];
  const log = createLog(
    settings.logFolder,
    hidden.filter((text) => typeof text === 'string'),
  );
  const starting = createHost({
    settingsStore: store,
    log,
    catalogue,
    workerUrl: pathToFileURL(join(import.meta.dirname, workerFile)),
    demoAllowed: true,
  });
  // The API's code is read while the host's thread starts on another core.
  const reading = Promise.all([import('./api/start.ts'), import('./api/console.ts')]);
  const host = await starting;
  undo.defer(() => host.close());
  const [{ startApi }, { isConsoleBuilt }] = await reading;
  if (demo) await startDemo(host);
  const api = await startApi({
    host,
    publicApi: host.publicApi,
    catalogue,
    log,
    secret,
    listenHost,
    port: port ?? settings.port,
    rendererFolder,
    version: appVersion(),
  });
  undo.defer(() => api.close());
  const running = undo.move();
  return {
    url: api.url,
    loginUrl: api.loginUrl('manager'),
    isConsoleBuilt: isConsoleBuilt(rendererFolder),
    isLocal: isLoopback(listenHost),
    close: () => running.disposeAsync(),
  };
}
