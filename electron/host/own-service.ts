import type { Args, Method, Result } from '../../shared/contract.ts';
import { PayflowError } from '../../shared/errors.ts';
import { isCloneRefused } from '../../shared/failures.ts';
import type { AppInfo } from '../../shared/views.ts';
import { diagnosticsText } from './diagnostics.ts';
import type { HostOptions } from './host-options.ts';
import type { Caller } from './host-types.ts';
import { pauseFrom } from './pause.ts';
import type { Runtime } from './runtime.ts';
import { systemTimers } from './scheduler-shell.ts';
import { appVersion } from './version.ts';

/** Methods of the contract, each given its parsed arguments and who calls. */
export type ServiceOf<M extends Method> = {
  readonly [N in M]: (args: Args<N>, caller: Caller) => Promise<Result<N>>;
};

type Own =
  | 'appInfo'
  | 'status'
  | 'startSync'
  | 'cancelSync'
  | 'pause'
  | 'resume'
  | 'takeOver'
  | 'unsentRows'
  | 'diagnostics'
  | 'startCheck'
  | 'startRepair'
  | 'startBooks';

const diagnosticRuns = 20;
const diagnosticGroups = 50;

/** The contract's methods about state: what runs, what is to run, and what this host is. */
export function ownService(
  options: HostOptions,
  runtime: Runtime,
  isDemo: () => boolean,
): ServiceOf<Own> {
  const { settingsStore, catalogue, log, timers = systemTimers } = options;
  const refuseBeforeSetup = (): void => {
    if (!runtime.scheduler.configured) throw new PayflowError('SETUP_UNFINISHED');
  };
  return {
    appInfo: (_args, caller) => Promise.resolve(appInfo(options, caller, isDemo())),
    status: () => Promise.resolve(runtime.status),
    startSync({ direction }) {
      refuseBeforeSetup();
      return Promise.resolve(runtime.request({ direction, retry: [], fetch: [] }));
    },
    cancelSync() {
      runtime.send({ type: 'cancel' });
      return Promise.resolve(null);
    },
    pause({ how }) {
      runtime.send({ type: 'pause', pause: pauseFrom(how, timers.now()) });
      return Promise.resolve(null);
    },
    resume() {
      runtime.send({ type: 'resume' });
      return Promise.resolve(null);
    },
    takeOver() {
      refuseBeforeSetup();
      const { error } = runtime.status.facts;
      if (error === null || !isCloneRefused(error.code))
        return Promise.reject(new PayflowError('TAKE_OVER_NOT_ASKED'));
      const asked = { direction: 'both', retry: [], fetch: [], takeOver: true } as const;
      return Promise.resolve(runtime.request(asked));
    },
    async unsentRows() {
      const { reader } = await runtime.session();
      // A machine that is to take over a terminal has no file of it yet.
      const { tables } = runtime.local.initialised ? await reader.call('stats') : { tables: {} };
      return Object.entries(tables)
        .map(([table, { pending }]) => ({ table, rows: pending }))
        .filter(({ rows }) => rows > 0);
    },
    startCheck() {
      refuseBeforeSetup();
      runtime.check('verify');
      return Promise.resolve(null);
    },
    startRepair() {
      refuseBeforeSetup();
      runtime.check('repair');
      return Promise.resolve(null);
    },
    startBooks() {
      refuseBeforeSetup();
      runtime.check('books');
      return Promise.resolve(null);
    },
    async diagnostics() {
      const { reader } = await runtime.session();
      const groups = await reader
        .call('heldGroups', { offset: 0, limit: diagnosticGroups })
        // Without a file there is nothing held; and what is broken must not keep its own description back.
        .catch(() => ({ rows: [], total: 0 }));
      const runs = await reader.call('logs', { limit: diagnosticRuns }).catch(() => []);
      return {
        text: diagnosticsText(catalogue, {
          version: appVersion(),
          status: runtime.status,
          runs,
          groups: groups.rows,
          groupsTotal: groups.total,
          settings: { ...settingsStore.shown(), apiProblem: runtime.troubleOf('api') },
          logPath: log.path,
        }),
      };
    },
  };
}

function appInfo(
  { settingsStore, desktop, demo, demoAllowed }: HostOptions,
  { role, surface }: Caller,
  demoInside: boolean,
): AppInfo {
  const { language, appearance, large } = settingsStore.preferences();
  const isDesktop = desktop !== undefined && surface === 'desktop';
  return {
    version: appVersion(),
    surface,
    role,
    capabilities: {
      openLog: isDesktop,
      launchAtLogin: isDesktop,
      notifications: isDesktop,
      demo: demoAllowed === true && demo !== true && role === 'manager',
    },
    demo: demo === true || demoInside,
    language,
    appearance,
    large,
  };
}
