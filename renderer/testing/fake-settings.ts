import type { AppInfo, SettingsShown } from '../../shared/views.ts';

export const fakeAppInfo: AppInfo = {
  version: '0.1.0',
  surface: 'desktop',
  role: 'manager',
  capabilities: { openLog: true, launchAtLogin: true, notifications: true, demo: true },
  demo: false,
  language: 'auto',
  appearance: 'auto',
  large: false,
};

export function fakeSettings(now: number): SettingsShown {
  return {
    hq: {
      host: 'hq.example',
      port: 5432,
      database: 'payflow',
      user: 'till_042',
      hasPassword: true,
      tls: 'verify',
    },
    terminal: 'T-042',
    mode: 'live',
    cron: '*/5 * * * *',
    batchSize: 1_000,
    backupKeep: 5,
    apiEnabled: false,
    apiPort: 4_000,
    notifications: { attention: true, error: true, offline: true },
    language: 'auto',
    appearance: 'auto',
    large: false,
    launchAtLogin: true,
    stillHereHint: true,
    databasePath: '/home/till/.local/share/PayFlow/payflow.db',
    backups: [
      { name: 'payflow-2026-11-21-220000.db', at: now - 86_400_000, bytes: 48_230_400 },
      { name: 'payflow-2026-11-20-220000.db', at: now - 172_800_000, bytes: 47_104_000 },
    ],
    locked: ['batchSize'],
    secretsAreSafe: true,
    apiProblem: null,
  };
}
