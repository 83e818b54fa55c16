/**
 * What the first run, the data check and the settings look like beside the everyday: a first run at each of its steps,
 * a check that found nothing and one that was stopped, a terminal whose environment decides. For tests and pictures.
 */
import type { CheckResult, ConnectionTest, SettingsShown, SetupShown } from '../../shared/views.ts';

const steps = ['language', 'server', 'terminal', 'load', 'done'] as const;

/** A first run at a step; `running`: its first load; `error`: it was stopped. Null: no such step. */
export function setupAt(name: string | null): SetupShown | null {
  if (name === 'running') return { step: 'load', running: true, error: null };
  if (name === 'error') {
    return { step: 'load', running: false, error: { code: 'HQ_CONNECTION_LOST', params: {} } };
  }
  const step = steps.find((one) => one === name);
  return step === undefined ? null : { step, running: false, error: null };
}

/** The settings as far as a first run at this step has saved them. */
export function settingsAt({ step }: SetupShown, settings: SettingsShown): SettingsShown {
  const early = step === 'language' || step === 'server';
  return {
    ...settings,
    hq: early ? null : settings.hq,
    terminal: early || step === 'terminal' ? null : settings.terminal,
    locked: [],
  };
}

/** A company with more tills than fit on a screen. */
export const manyTerminals: ConnectionTest['terminals'] = Array.from({ length: 24 }, (_, place) => {
  const number = String(place + 1).padStart(3, '0');
  const store = ['Harbour Street', 'Old Market', 'Station <b>North</b>'][place % 3] ?? '';
  return { code: `T-${number}`, name: place % 2 === 0 ? 'Front till' : 'Terrace', store };
});

/** Both sides equal, with rows that wait; `stopped`: someone ended it before it was through. */
export function quietCheck(at: number, stopped: boolean): CheckResult {
  return {
    at,
    repaired: null,
    durationMs: 8_400,
    equal: !stopped,
    explained: stopped ? 0 : 3,
    error: stopped ? { code: 'CANCELLED', params: {} } : null,
    tables: stopped
      ? []
      : [
          {
            ref: 'check-0',
            table: 'products',
            hq: 4_034,
            terminal: 4_034,
            same: 4_034,
            differing: 0,
          },
          {
            ref: 'check-1',
            table: 'orders',
            hq: 8_311,
            terminal: 8_314,
            same: 8_311,
            differing: 0,
          },
        ],
  };
}

/** Everything that the environment can decide is decided, and the system cannot keep a secret. */
export function lockedSettings(settings: SettingsShown): SettingsShown {
  return {
    ...settings,
    locked: ['hq', 'terminal', 'mode', 'cron', 'batchSize', 'backupKeep', 'apiPort'],
    secretsAreSafe: false,
    mode: 'cron',
    cron: '*/10 8-20 * * 1-6',
    backups: [],
  };
}
