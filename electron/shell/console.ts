import { shell } from 'electron';
import { HANDED_CODE_MS } from '../api/login-codes.ts';
import type { RunningApi } from '../api/start.ts';
import { tokenSecret } from '../api/secret.ts';
import { apiProblem } from '../desktop/api-problem.ts';
import { createApiSwitch } from '../desktop/api-switch.ts';
import type { FullHost } from '../host/host.ts';
import type { Log } from '../host/log.ts';
import type { SettingsStore } from '../host/settings-store.ts';
import { appVersion } from '../host/version.ts';
import type { Texts } from './texts.ts';

export interface ConsoleOptions {
  readonly host: FullHost;
  readonly store: SettingsStore;
  /** Where the key that signs tokens is kept. */
  readonly folder: string;
  readonly rendererFolder: string;
  readonly texts: () => Texts;
  readonly log: Log;
  /** It is up, or it is gone. */
  readonly onChange: () => void;
}

export interface WebConsole {
  /** Opens it in the browser, signed in; null while it is off. */
  readonly opener: () => (() => void) | null;
  close(): Promise<void>;
}

/** This machine only: who wants it from elsewhere runs `payflow serve`. */
const listenHost = '127.0.0.1';

/** The HTTP API with the web console, on and off as Settings say. */
export function createConsole(options: ConsoleOptions): WebConsole {
  const { host, store, folder, rendererFolder, texts, log, onChange } = options;
  const api = createApiSwitch<RunningApi>({
    async start(port) {
      // Most tills never switch it on: the server's code is read when it is.
      const { startApi } = await import('../api/start.ts');
      return startApi({
        host,
        publicApi: host.publicApi,
        catalogue: texts().catalogue,
        log,
        secret: tokenSecret(store.settings().jwtSecret, folder),
        listenHost,
        rendererFolder,
        version: appVersion(),
        port,
      });
    },
    onProblem: (error) => {
      log.error('the HTTP API could not start', error);
      host.apiProblem(apiProblem(error));
    },
    onChange() {
      if (api.running() !== null) host.apiProblem(null);
      onChange();
    },
  });
  const apply = (): void => {
    const { apiEnabled, apiPort } = store.preferences();
    if (!apiEnabled) host.apiProblem(null);
    void api.apply({ enabled: apiEnabled, port: apiPort });
  };
  const unsubscribe = host.subscribe((event) => {
    if (event.type === 'changed' && event.topics.includes('settings')) apply();
  });
  apply();
  return {
    opener() {
      const running = api.running();
      if (running === null) return null;
      return () => {
        // Not by way of a file that only this user reads: browsers in a sandbox of their own cannot open one of ours.
        shell.openExternal(running.loginUrl('manager', HANDED_CODE_MS)).catch((error: unknown) => {
          log.error('the browser could not be opened', error);
        });
      };
    },
    close() {
      unsubscribe();
      return api.close();
    },
  };
}
