/** Composition root of `payflow serve`: engine, HTTP API and web console without Electron. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue } from '../shared/messages.ts';
import { isConsoleBuilt } from './api/console.ts';
import { isLoopback } from './api/guards.ts';
import { tokenSecret } from './api/secret.ts';
import { startApi } from './api/start.ts';
import { fileSecrets } from './host/file-secrets.ts';
import { createHost } from './host/host.ts';
import { createLog } from './host/log.ts';
import { openSettingsStore } from './host/settings-store.ts';
import { userDataFolder } from './host/user-data.ts';
import { appVersion } from './host/version.ts';
import { acquireLock } from './local/lock.ts';

export interface HeadlessOptions {
  /** Name or address to listen at. */
  readonly listenHost: string;
  /** Null: as the settings say. 0: any free one. */
  readonly port: number | null;
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

const rendererFolder = join(import.meta.dirname, '..', 'dist', 'renderer');

/** One engine per file: who starts a second one is told now, not by a status that never gets green. */
function refuseSecondEngine(databasePath: string): void {
  if (existsSync(databasePath)) acquireLock(databasePath).release();
}

/** Throws where nothing can run: settings that are wrong, a second engine, a port that is taken. */
export async function startHeadless({
  listenHost,
  port,
  catalogue,
}: HeadlessOptions): Promise<Headless> {
  const folder = userDataFolder();
  const settingsStore = openSettingsStore({
    folder,
    secrets: fileSecrets(join(folder, 'hq-password')),
  });
  const settings = settingsStore.settings();
  const secret = tokenSecret(settings.jwtSecret, folder);
  refuseSecondEngine(settings.databasePath);
  const hidden = [settings.hq?.password, settings.jwtSecret, secret];
  const log = createLog(
    settings.logFolder,
    hidden.filter((text) => typeof text === 'string'),
  );
  const host = await createHost({
    settingsStore,
    log,
    catalogue,
    workerUrl: new URL('./host/engine-worker.ts', import.meta.url),
    demoAllowed: true,
  });
  try {
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
    return {
      url: api.url,
      loginUrl: api.loginUrl('manager'),
      isConsoleBuilt: isConsoleBuilt(rendererFolder),
      isLocal: isLoopback(listenHost),
      async close() {
        await api.close();
        await host.close();
      },
    };
  } catch (error) {
    await host.close();
    throw error;
  }
}
