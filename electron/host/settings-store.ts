import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { HqAddressForm, SettingsPatch } from '../../shared/contract.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { Message } from '../../shared/report.ts';
import type { SettingsShown } from '../../shared/views.ts';
import { listBackups } from '../local/backup.ts';
import type { HqAddress } from './database-url.ts';
import type { SecretStore } from './host-types.ts';
import { isSameServer, KeptPassword, type PasswordFor } from './kept-password.ts';
import {
  notSaved,
  readSettingsFile,
  writeSettingsFile,
  type SettingsFile,
} from './settings-file.ts';
import {
  isCron,
  parseSettings,
  readEnvironment,
  type Environment,
  type Settings,
} from './settings.ts';

/** Settings that only the app has; the command line does without them. */
export type Preferences = Pick<
  SettingsShown,
  | 'apiEnabled'
  | 'apiPort'
  | 'notifications'
  | 'language'
  | 'appearance'
  | 'large'
  | 'launchAtLogin'
  | 'stillHereHint'
>;

/** What the settings alone know of the form. */
export type StoredSettings = Omit<SettingsShown, 'apiProblem'>;

/**
 * The settings of the desktop app: `settings.json` in the user-data folder, below the environment and `.env`, which win
 * and lock what they decide. HQ's password is never in the file: it goes through the SecretStore.
 */
export interface SettingsStore {
  /** What engine, scheduler and command line call settings. */
  settings(): Settings;
  preferences(): Preferences;
  /** For the form: without secrets, with the backups. */
  shown(): StoredSettings;
  /** A person has chosen a language, so the first run need not ask for it again. */
  languageChosen(): boolean;
  /**
   * The address that a form describes, for a connection test: a password that the form leaves out is the stored one,
   * which is only ever used for the server and user that it was given for.
   */
  addressOf(form: HqAddressForm): HqAddress;
  /** Saves what the patch names. Throws SETTINGS_LOCKED, SETTINGS_CRON_INVALID, SETTINGS_PASSWORD_NEEDED, SETTINGS_NOT_SAVED. */
  save(patch: SettingsPatch): void;
  /** The file could not be used when it was opened: it was set aside, and defaults hold until something is saved. */
  readonly problem: Message | null;
}

export interface SettingsStoreOptions {
  /** The user-data folder. */
  readonly folder: string;
  readonly secrets: SecretStore;
  readonly env?: Environment;
  /** Where `.env` is looked for. */
  readonly envFolder?: string;
}

/** Which environment setting decides which key of the form. */
const decidedBy = {
  hq: 'DATABASE_URL',
  terminal: 'PAYFLOW_TERMINAL',
  mode: 'SYNC_MODE',
  cron: 'SYNC_CRON',
  batchSize: 'SYNC_BATCH_SIZE',
  backupKeep: 'SYNC_BACKUP_KEEP',
  apiPort: 'PORT',
} as const;

type Lockable = keyof typeof decidedBy;

/** Opens the app's settings. Throws where the environment or `.env` is wrong: nobody in the window could mend that. */
export function openSettingsStore(options: SettingsStoreOptions): SettingsStore {
  return new FileSettings(options);
}

class FileSettings implements SettingsStore {
  #problem: Message | null;
  readonly #folder: string;
  readonly #password: KeptPassword;
  readonly #secretsAreSafe: boolean;
  readonly #env: Environment;
  readonly #envFolder: string;
  readonly #environment: Environment;
  #file: SettingsFile;
  #settings: Settings;

  constructor({
    folder,
    secrets,
    env = process.env,
    envFolder = process.cwd(),
  }: SettingsStoreOptions) {
    this.#folder = folder;
    this.#password = new KeptPassword(secrets);
    this.#secretsAreSafe = secrets.isSafe;
    this.#env = env;
    this.#envFolder = envFolder;
    this.#environment = readEnvironment(env, envFolder);
    const { file, problem } = readSettingsFile(folder);
    this.#file = file;
    this.#problem = problem;
    this.#settings = this.#compose(file);
  }

  get problem(): Message | null {
    return this.#problem;
  }

  settings(): Settings {
    return this.#settings;
  }

  preferences(): Preferences {
    const { apiEnabled, notifications, language, appearance, large } = this.#file;
    const { launchAtLogin, stillHereHint } = this.#file;
    return {
      apiEnabled: apiEnabled ?? false,
      apiPort: this.#settings.port,
      notifications: notifications ?? { attention: true, error: true, offline: true },
      language: language ?? 'auto',
      appearance: appearance ?? 'auto',
      large: large ?? false,
      launchAtLogin: launchAtLogin ?? true,
      stillHereHint: stillHereHint ?? true,
    };
  }

  shown(): StoredSettings {
    const { hq, terminal, mode, cron, batchSize, backupKeep, databasePath } = this.#settings;
    return {
      hq: hq === null ? null : shownAddress(hq),
      terminal,
      mode,
      cron,
      batchSize,
      backupKeep,
      ...this.preferences(),
      databasePath,
      backups: shownBackups(join(dirname(databasePath), 'backups')),
      locked: Object.keys(decidedBy).filter((key) => this.#isLocked(key as Lockable)),
      secretsAreSafe: this.#secretsAreSafe,
    };
  }

  languageChosen(): boolean {
    return this.#file.language !== undefined;
  }

  addressOf(form: HqAddressForm): HqAddress {
    const { host, port, user, database, tls, password } = form;
    const kept = this.#settings.hq;
    const same = kept !== null && isSameServer(kept, form);
    return {
      host,
      port,
      user,
      database,
      password: password === undefined ? (same ? kept.password : undefined) : password || undefined,
      ssl: sslOf(tls, same ? kept : null),
    };
  }

  save(patch: SettingsPatch): void {
    const wanted = this.#withoutLocked(patch);
    if (wanted.cron !== undefined && !isCron(wanted.cron))
      throw new PayflowError('SETTINGS_CRON_INVALID', { cron: wanted.cron });
    const { hq: form, ...others } = wanted;
    const given = Object.fromEntries(
      Object.entries(others).filter(([, value]) => value !== undefined),
    );
    const file: SettingsFile = { ...this.#file, ...given };
    if (form !== undefined) {
      const { password, ...address } = form;
      const lost = password === undefined && this.addressOf(form).password === undefined;
      if (lost && this.#settings.hq?.password !== undefined)
        throw new PayflowError('SETTINGS_PASSWORD_NEEDED', { host: address.host });
      file.hq = address;
      this.#keep(address, password);
    }
    const settings = this.#compose(file);
    writeSettingsFile(this.#folder, file);
    this.#file = file;
    this.#settings = settings;
    this.#problem = null;
  }

  /** Before the address itself is written: no password may stand beside an address that it was not given for. */
  #keep(address: PasswordFor, password: string | undefined): void {
    const filed = this.#file.hq;
    try {
      if (password !== undefined && password !== '') this.#password.keepFor(address, password);
      else if (password === '') this.#password.forget();
      else if (isSameServer(filed, address)) return;
      else if (this.#password.read(address, filed) === undefined) this.#password.forget();
    } catch (error) {
      throw notSaved(this.#folder, error);
    }
  }

  /** A form sends all that it shows; what is locked and unchanged is none of its business. */
  #withoutLocked(patch: SettingsPatch): SettingsPatch {
    const shown = this.shown();
    const rest: SettingsPatch = { ...patch };
    for (const key of Object.keys(decidedBy) as Lockable[]) {
      if (patch[key] === undefined || !this.#isLocked(key)) continue;
      if (!isSame(patch[key], shown[key]))
        throw new PayflowError('SETTINGS_LOCKED', { name: decidedBy[key] });
      delete rest[key];
    }
    return rest;
  }

  #isLocked(key: Lockable): boolean {
    return this.#environment[decidedBy[key]] !== undefined;
  }

  #compose(file: SettingsFile): Settings {
    const text = (value: string | number | undefined): string | undefined =>
      value === undefined ? undefined : String(value);
    const filed: Environment = {
      PAYFLOW_TERMINAL: file.terminal,
      SYNC_MODE: file.mode,
      SYNC_CRON: file.cron,
      SYNC_BATCH_SIZE: text(file.batchSize),
      SYNC_BACKUP_KEEP: text(file.backupKeep),
      PORT: text(file.apiPort),
      PAYFLOW_DB: join(this.#folder, 'payflow.db'),
      PAYFLOW_LOG_DIR: join(this.#folder, 'logs'),
    };
    const settings = parseSettings({ ...filed, ...this.#environment }, this.#env, this.#envFolder);
    if (settings.hq !== null || file.hq === undefined) return settings;
    const { host, port, user, database, tls } = file.hq;
    const password = this.#password.read(file.hq, this.#file.hq);
    return {
      ...settings,
      hq: { host, port, user, database, password, ssl: sslOf(tls, null) },
    };
  }
}

/** `kept`: an address of the environment may bring its own certificate along. */
function sslOf(tls: HqAddressForm['tls'], kept: HqAddress | null): HqAddress['ssl'] {
  if (tls === 'off') return false;
  return kept === null || kept.ssl === false ? { rejectUnauthorized: true } : kept.ssl;
}

function shownAddress({
  host,
  port,
  user,
  database,
  password,
  ssl,
}: HqAddress): NonNullable<SettingsShown['hq']> {
  const tls = ssl === false ? 'off' : 'verify';
  return { host, port, database, user, hasPassword: password !== undefined, tls };
}

/** Newest first; a folder that is not there has none. */
function shownBackups(folder: string): SettingsShown['backups'] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return listBackups(folder)
    .toReversed()
    .flatMap((path) => {
      const facts = statSync(path, { throwIfNoEntry: false });
      return facts === undefined
        ? []
        : [{ name: basename(path), at: Math.round(facts.mtimeMs), bytes: facts.size }];
    });
}

/** Is what the form says what holds already? A password that is given is always a change. */
function isSame(wanted: unknown, holds: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === holds;
  if (typeof holds !== 'object' || holds === null) return false;
  const now = new Map(Object.entries(holds));
  return Object.entries(wanted).every(
    ([key, value]) => value === undefined || now.get(key) === value,
  );
}
