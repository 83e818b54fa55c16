import { lazy, type ComponentType } from 'react';
import type { Screen } from '../../shared/contract.ts';

/** Each screen is loaded when it is first opened: the state, which everybody comes for, waits for none of them. */
export const screens: Readonly<Record<Screen, ComponentType>> = {
  status: lazy(async () => ({
    default: (await import('../status/status-screen.tsx')).StatusScreen,
  })),
  held: lazy(async () => ({ default: (await import('../held/held-screen.tsx')).HeldScreen })),
  conflicts: lazy(async () => ({
    default: (await import('../conflicts/conflicts-screen.tsx')).ConflictsScreen,
  })),
  receipt: lazy(async () => ({
    default: (await import('../receipt/receipt-screen.tsx')).ReceiptScreen,
  })),
  history: lazy(async () => ({
    default: (await import('../history/history-screen.tsx')).HistoryScreen,
  })),
  check: lazy(async () => ({ default: (await import('../check/check-screen.tsx')).CheckScreen })),
  schema: lazy(async () => ({
    default: (await import('../schema/schema-screen.tsx')).SchemaScreen,
  })),
  settings: lazy(async () => ({
    default: (await import('../settings/settings-screen.tsx')).SettingsScreen,
  })),
  setup: lazy(async () => ({ default: (await import('../setup/setup-screen.tsx')).SetupScreen })),
};
