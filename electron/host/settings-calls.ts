/** Settings, the first run and the demo, as the contract has them. */
import type { SettingsPatch } from '../../shared/contract.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { SetupShown } from '../../shared/views.ts';
import type { DeskCalls, DeskService, DeskServiceDeps } from './desk-types.ts';
import type { DemoShop } from './demo/inside.ts';

type SettingsCalls = Pick<
  DeskCalls,
  'settings' | 'saveSettings' | 'testConnection' | 'setup' | 'finishSetup' | 'startDemo'
>;

/** Keys whose change means new threads. */
const engineKeys = ['hq', 'terminal', 'mode', 'cron', 'batchSize', 'backupKeep'] as const;

export function settingsCalls(
  deps: DeskServiceDeps,
): Pick<DeskService, 'isDemo' | 'close'> & { readonly calls: SettingsCalls } {
  const { store } = deps;
  let demo: DemoShop | null = null;
  let starting = false;

  const applyLogin = (): void => deps.desktop?.setLaunchAtLogin(store.preferences().launchAtLogin);
  /** The demo ends once the threads have let go of its files. */
  const toOwnShop = async (): Promise<void> => {
    const ended = demo;
    demo = null;
    deps.demoProblem(null);
    await deps.restart(store.settings());
    await ended?.end();
  };
  const startDemo = async (): Promise<void> => {
    const { startDemoShop } = await import('./demo/inside.ts');
    const shop = await startDemoShop();
    try {
      demo = shop;
      await deps.restart(shop.settings);
      await deps.startLoad();
      await loaded(deps);
      shop.open((program) => {
        deps.demoProblem({ code: 'STATUS_DEMO_ENDED', params: { program } });
      });
    } catch (error) {
      await toOwnShop();
      throw error;
    }
  };

  const shown = () => ({ ...store.shown(), apiProblem: deps.apiProblem() });

  return {
    isDemo: () => demo !== null,
    async close() {
      const ended = demo;
      demo = null;
      await ended?.end();
    },
    calls: {
      settings: () => Promise.resolve(shown()),
      async saveSettings(patch) {
        const before = JSON.stringify(store.settings());
        store.save(patch);
        if (patch.launchAtLogin !== undefined) applyLogin();
        // While the demo runs, and before the setup is done, there is nothing of one's own to start.
        const changed = before !== JSON.stringify(store.settings()) && namesEngine(patch);
        if (changed && demo === null) await deps.restart(store.settings());
        deps.changed(['settings', 'setup']);
        return shown();
      },
      testConnection: ({ hq, terminal }) =>
        deps.desk.testConnection({ address: store.addressOf(hq), terminal }),
      setup: () => Promise.resolve(setupShown(deps, demo !== null)),
      async finishSetup() {
        const { hq, terminal } = store.settings();
        if (hq === null) throw new PayflowError('SETTINGS_MISSING', { name: 'DATABASE_URL' });
        if (terminal === null)
          throw new PayflowError('SETTINGS_MISSING', { name: 'PAYFLOW_TERMINAL' });
        if (demo !== null) await toOwnShop();
        applyLogin();
        await deps.startLoad();
        deps.changed(['setup', 'settings']);
        return null;
      },
      async startDemo() {
        if (!deps.demoAllowed) throw new PayflowError('NOT_ON_THIS_SURFACE');
        if (demo !== null || starting) return null;
        starting = true;
        try {
          await startDemo();
        } finally {
          starting = false;
        }
        deps.changed([
          'setup',
          'settings',
          'held',
          'rejected',
          'conflicts',
          'runs',
          'check',
          'schema',
        ]);
        return null;
      },
    },
  };
}

function namesEngine(patch: SettingsPatch): boolean {
  return engineKeys.some((key) => patch[key] !== undefined);
}

/** In the demo the first run is as far as it was: the demo's shop is not one's own. */
function setupShown(deps: DeskServiceDeps, demo: boolean): SetupShown {
  const { store } = deps;
  const { hq, terminal } = store.settings();
  const state = demo ? { loaded: false, running: false, error: null } : deps.load();
  const { running } = state;
  // Whoever has set this terminal up before is told why it asks again.
  const error = state.error ?? store.problem;
  if (hq === null) return { step: store.languageChosen() ? 'server' : 'language', running, error };
  if (terminal === null) return { step: 'terminal', running, error };
  return { step: state.loaded ? 'done' : 'load', running, error };
}

const loadDeadlineMs = 120_000;
const lookEveryMs = 100;

/** Waits for the first load; it is small. Throws what ended it. */
async function loaded(deps: DeskServiceDeps): Promise<void> {
  for (let waited = 0; !deps.load().loaded; waited += lookEveryMs) {
    const { running, error } = deps.load();
    if (!running && error !== null) throw new PayflowError(error.code, error.params);
    if (waited > loadDeadlineMs) throw new PayflowError('DEMO_NOT_LOADED');
    await new Promise((done) => {
      setTimeout(done, lookEveryMs);
    });
  }
}
