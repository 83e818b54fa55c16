import type { SettingsPatch } from '../../shared/contract.ts';
import type { Message } from '../../shared/report.ts';
import type { SettingsShown } from '../../shared/views.ts';
import type { Settings } from './settings.ts';

/** Settings that only the app has; the command line does without them. */
export type Preferences = Pick<
  SettingsShown,
  'apiEnabled' | 'apiPort' | 'notifications' | 'language' | 'appearance' | 'large' | 'launchAtLogin'
>;

/**
 * The settings of the desktop app: `settings.json` in the user-data folder, below the environment and `.env`, which win
 * and lock what they decide. HQ's password is never in the file: it goes through the SecretStore.
 */
export interface SettingsStore {
  /** What engine, scheduler and command line call settings. */
  settings(): Settings;
  preferences(): Preferences;
  /** For the form: without secrets, with the backups. */
  shown(): SettingsShown;
  /** A person has chosen a language, so the first run need not ask for it again. */
  languageChosen(): boolean;
  /** Saves what the patch names. Throws SETTINGS_LOCKED, SETTINGS_INVALID, SETTINGS_NOT_SAVED. */
  save(patch: SettingsPatch): void;
  /** The file could not be used when it was opened: it was set aside, and defaults hold. */
  readonly problem: Message | null;
}
