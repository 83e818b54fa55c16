import type { HostEvent, Method } from '../../shared/contract.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { Message } from '../../shared/report.ts';
import { deskOverThreads } from './desk-over-threads.ts';
import { deskService } from './desk-service.ts';
import type { DeskService, DeskServiceDeps } from './desk-types.ts';
import { dispatch, type Served } from './dispatch.ts';
import type { HostOptions } from './host-options.ts';
import type { Host } from './host-types.ts';
import { collectGarbage, memoryAtRest } from './memory-at-rest.ts';
import { ownService, type ServiceOf } from './own-service.ts';
import { publicApi, type PublicApi } from './public-api.ts';
import { Runtime } from './runtime.ts';
import { systemTimers } from './scheduler-shell.ts';

/** The host with what the published HTTP endpoints need beside its contract. */
export interface FullHost extends Host {
  readonly publicApi: PublicApi;
  /** The web console could not start, and why: three texts, as a state's; null: it is not in trouble. */
  apiProblem(problem: Message | null): void;
  /** It works on the built-in demo shop at the moment. */
  isDemo(): boolean;
  /** For tests: the engine thread ends as by a crash. */
  crashEngine(): Promise<void>;
}

/** Starts the product without a face. In live mode, on a terminal that is set up, a cycle begins at once. */
export async function createHost(options: HostOptions): Promise<FullHost> {
  const { settingsStore, log, workerUrl, resources } = options;
  const listeners = new Set<(event: HostEvent) => void>();
  const timers = options.timers ?? systemTimers;
  const memory = memoryAtRest({
    timers,
    isBusy: () => false,
    giveBack: collectGarbage,
    onError: (error) => {
      log.error('memory could not be given back', error);
    },
  });
  const tell = (event: HostEvent): void => {
    memory.stir();
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        // Neither the others nor the cycle that is being told of are to end with a window.
        log.error('a listener of the host', error);
      }
    }
  };
  const runtime = await Runtime.open(
    {
      log,
      workerUrl,
      ...(resources === undefined ? {} : { resources }),
      timers,
      automatic: options.automatic ?? process.env['PAYFLOW_NO_TIMER'] !== '1',
      // Whoever sets both in the environment has decided; in the window they are two steps before the load.
      beginsByItself: () => {
        const { locked } = settingsStore.shown();
        return locked.includes('hq') && locked.includes('terminal');
      },
      tell,
    },
    settingsStore.settings(),
  );
  const desk = deskService(deskDeps(options, runtime));
  const service: ServiceOf<Method> = {
    ...desk.calls,
    ...ownService(options, runtime, () => desk.isDemo()),
    openLog(args, { surface }) {
      if (surface !== 'desktop') throw new PayflowError('NOT_ON_THIS_SURFACE');
      return desk.calls.openLog(args);
    },
  };
  let closing: Promise<void> | null = null;
  return {
    call(caller, method, args) {
      memory.stir();
      const served = service as unknown as Readonly<Record<Method, Served>>;
      return dispatch(served, log, caller, method, args);
    },
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
    close() {
      memory.close();
      closing ??= closeBoth(runtime, desk);
      return closing;
    },
    apiProblem: (problem) => {
      runtime.trouble('api', problem);
    },
    isDemo: () => desk.isDemo(),
    crashEngine: () => runtime.engine.crash(),
    publicApi: publicApi({
      reader: () => runtime.reader,
      engine: () => runtime.engine,
      requestCycle: (asked) => runtime.request(asked),
    }),
  };
}

async function closeBoth(runtime: Runtime, desk: Pick<DeskService, 'close'>): Promise<void> {
  try {
    await runtime.close();
  } finally {
    await desk.close();
  }
}

function deskDeps(options: HostOptions, runtime: Runtime): DeskServiceDeps {
  const { settingsStore, log, catalogue, desktop, demo, demoAllowed } = options;
  return {
    desk: deskOverThreads(
      async () => (await runtime.session()).reader,
      async () => (await runtime.session()).engine,
    ),
    store: settingsStore,
    logPath: () => log.path,
    requestCycle: (asked) => runtime.request(asked),
    nextRunAt: () => runtime.status.nextRunAt,
    lastCheck: () => runtime.lastCheck,
    lastBooks: () => runtime.lastBooks,
    load: () => runtime.load,
    async startLoad() {
      await runtime.session();
      const { loaded, running } = runtime.load;
      if (!loaded && !running) runtime.request({ direction: 'both', retry: [], fetch: [] });
    },
    restart: (settings) => runtime.restart(settings),
    apiProblem: () => runtime.troubleOf('api'),
    demoProblem: (problem) => {
      runtime.trouble('demo', problem);
    },
    changed: (topics) => {
      runtime.changed(topics);
    },
    ...(desktop === undefined ? {} : { desktop }),
    demoAllowed: demoAllowed === true && demo !== true,
    catalogue,
  };
}
