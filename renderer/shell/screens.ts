import type { ComponentType } from 'react';
import type { Screen } from '../../shared/contract.ts';
import { whenIdle } from '../components/when-idle.ts';
import { StatusScreen } from '../status/status-screen.tsx';

/** Each is a file of its own: the state, which everybody comes for, waits for none of them. */
const files: Readonly<Record<Exclude<Screen, 'status'>, () => Promise<ComponentType>>> = {
  held: async () => (await import('../held/held-screen.tsx')).HeldScreen,
  conflicts: async () => (await import('../conflicts/conflicts-screen.tsx')).ConflictsScreen,
  receipt: async () => (await import('../receipt/receipt-screen.tsx')).ReceiptScreen,
  history: async () => (await import('../history/history-screen.tsx')).HistoryScreen,
  check: async () => (await import('../check/check-screen.tsx')).CheckScreen,
  schema: async () => (await import('../schema/schema-screen.tsx')).SchemaScreen,
  settings: async () => (await import('../settings/settings-screen.tsx')).SettingsScreen,
  setup: async () => (await import('../setup/setup-screen.tsx')).SetupScreen,
};

const atHand: Partial<Record<Screen, ComponentType>> = { status: StatusScreen };

/** Those that are here already. */
export const screensAtHand: Readonly<typeof atHand> = atHand;

/** Resolves when `screensAtHand` has it; rejects where its file cannot be had. */
export async function fetchScreen(screen: Screen): Promise<void> {
  if (screen !== 'status') atHand[screen] ??= await files[screen]();
}

/** Fetches all that are not here while nothing else is to be done, so that no click waits for one. */
export async function fetchScreens(): Promise<void> {
  for (const screen of Object.keys(files) as (keyof typeof files)[]) {
    await whenIdle();
    // What cannot be had now is asked for again by the click.
    await fetchScreen(screen).catch(() => undefined);
  }
}
