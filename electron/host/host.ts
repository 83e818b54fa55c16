import type { HostEvent, Method } from '../../shared/contract.ts';
import { dispatch, type Served } from './dispatch.ts';
import type { HostOptions } from './host-options.ts';
import type { Host } from './host-types.ts';
import { ownService } from './own-service.ts';
import { publicApi, type PublicApi } from './public-api.ts';
import { Runtime } from './runtime.ts';
import { systemTimers } from './scheduler-shell.ts';

/** The host with what the published HTTP endpoints need beside its contract. */
export interface FullHost extends Host {
  readonly publicApi: PublicApi;
}

/** Starts the product without a face. In live mode, on a terminal that is set up, a cycle begins at once. */
export async function createHost(options: HostOptions): Promise<FullHost> {
  const { settingsStore, log, workerUrl, resources } = options;
  const listeners = new Set<(event: HostEvent) => void>();
  const tell = (event: HostEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const runtime = await Runtime.open(
    {
      log,
      workerUrl,
      ...(resources === undefined ? {} : { resources }),
      timers: options.timers ?? systemTimers,
      automatic: options.automatic ?? process.env['PAYFLOW_NO_TIMER'] !== '1',
      tell,
    },
    settingsStore.settings(),
  );
  const service = ownService(options, runtime) as unknown as Readonly<Record<Method, Served>>;
  return {
    call: (caller, method, args) => dispatch(service, log, caller, method, args),
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    current: () => runtime.status,
    wake: () => {
      runtime.send({ type: 'wake' });
    },
    networkLost: () => {
      runtime.send({ type: 'network-lost' });
    },
    close: () => runtime.close(),
    publicApi: publicApi({
      reader: () => runtime.reader,
      engine: () => runtime.engine,
      requestCycle: (asked) => runtime.request(asked),
    }),
  };
}
