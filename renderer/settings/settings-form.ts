import type { HqAddressForm, SettingsPatch } from '../../shared/contract.ts';
import type { MessageParams } from '../../shared/errors.ts';
import type { Message } from '../../shared/report.ts';
import type { SettingsShown } from '../../shared/views.ts';

/** What stands in the fields. A number field may be empty; the password is empty until someone types one. */
export interface Draft {
  readonly host: string;
  readonly port: number | '';
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** The kept password is to go: HQ asks for none. */
  readonly noPassword: boolean;
  readonly tls: HqAddressForm['tls'];
  readonly terminal: string;
  readonly mode: SettingsShown['mode'];
  readonly cron: string;
  readonly batchSize: number | '';
  readonly backupKeep: number | '';
  readonly apiEnabled: boolean;
  readonly apiPort: number | '';
  readonly attention: boolean;
  readonly error: boolean;
  readonly offline: boolean;
  readonly language: SettingsShown['language'];
  readonly appearance: SettingsShown['appearance'];
  readonly large: boolean;
  readonly launchAtLogin: boolean;
  readonly stillHereHint: boolean;
}

export type Field = keyof Draft;
export type Edits = Partial<Draft>;
/** Why a field cannot be saved as it is: a text's key and parameters. */
export interface Problem {
  readonly key: string;
  readonly params: MessageParams;
}

/** PostgreSQL's own port and the only safe choice, for who starts from nothing. */
const newAddress = { host: '', port: 5_432, database: '', user: '', tls: 'verify' } as const;

export function draftOf(shown: SettingsShown): Draft {
  const { host, port, database, user, tls } = shown.hq ?? newAddress;
  return {
    host,
    port,
    database,
    user,
    tls,
    password: '',
    noPassword: false,
    terminal: shown.terminal ?? '',
    mode: shown.mode,
    cron: shown.cron,
    batchSize: shown.batchSize,
    backupKeep: shown.backupKeep,
    apiEnabled: shown.apiEnabled,
    apiPort: shown.apiPort,
    ...shown.notifications,
    language: shown.language,
    appearance: shown.appearance,
    large: shown.large,
    launchAtLogin: shown.launchAtLogin,
    stillHereHint: shown.stillHereHint,
  };
}

const addressFields = [
  'host',
  'port',
  'database',
  'user',
  'password',
  'noPassword',
  'tls',
] as const;
const noticeFields = ['attention', 'error', 'offline'] as const;
const plainFields = [
  'terminal',
  'mode',
  'cron',
  'batchSize',
  'backupKeep',
  'apiEnabled',
  'apiPort',
  'language',
  'appearance',
  'large',
  'launchAtLogin',
  'stillHereHint',
] as const;

/** The fields whose content is another than what is saved. Spaces around a text are none. */
export function changedFields(shown: SettingsShown, draft: Draft): readonly Field[] {
  const saved = draftOf(shown);
  const bare = (value: unknown): unknown => (typeof value === 'string' ? value.trim() : value);
  return (Object.keys(draft) as Field[]).filter((field) =>
    field === 'password' ? draft.password !== '' : bare(draft[field]) !== bare(saved[field]),
  );
}

/** HQ's address as the form has it; null while a part is missing or no port. */
export function addressIn(draft: Draft): HqAddressForm | null {
  const { port, tls, noPassword } = draft;
  const password = noPassword ? '' : draft.password === '' ? undefined : draft.password;
  const [host, database, user] = [draft.host.trim(), draft.database.trim(), draft.user.trim()];
  if (host === '' || database === '' || user === '' || !isWhole(port, 1, 65_535)) return null;
  return { host, port, database, user, tls, ...(password === undefined ? {} : { password }) };
}

/** Only what changed, for `saveSettings`. Called for a draft without problems. */
export function patchOf(shown: SettingsShown, draft: Draft): SettingsPatch {
  const changed = new Set<Field>(changedFields(shown, draft));
  const address = addressFields.some((field) => changed.has(field)) ? addressIn(draft) : null;
  const plain = plainFields.filter((field) => changed.has(field));
  const { attention, error, offline } = draft;
  return {
    ...(address === null ? {} : { hq: address }),
    ...Object.fromEntries(
      plain.map((field) => {
        const value = draft[field];
        return [field, typeof value === 'string' ? value.trim() : value];
      }),
    ),
    ...(noticeFields.some((field) => changed.has(field))
      ? { notifications: { attention, error, offline } }
      : {}),
  };
}

const isWhole = (value: number | '', from: number, to: number): value is number =>
  value !== '' && Number.isInteger(value) && value >= from && value <= to;

const limits = {
  port: [1, 65_535],
  batchSize: [1, 50_000],
  backupKeep: [1, 1_000],
  apiPort: [1, 65_535],
} as const;

/**
 * What keeps the changed fields from being saved. One part of HQ's address brings the others along: an address is
 * saved as a whole. `testing`: the address is wanted although nobody touched it.
 */
export function problemsOf(
  shown: SettingsShown,
  draft: Draft,
  testing = false,
): Readonly<Partial<Record<Field, Problem>>> {
  const changed = new Set<Field>(changedFields(shown, draft));
  if (testing || addressFields.some((field) => changed.has(field))) {
    for (const field of addressFields) changed.add(field);
  }
  const needed = (['host', 'database', 'user', 'terminal', 'cron'] as const).filter(
    (field) => changed.has(field) && draft[field].trim() === '',
  );
  const outside = (Object.keys(limits) as (keyof typeof limits)[]).filter(
    (field) => changed.has(field) && !isWhole(draft[field], limits[field][0], limits[field][1]),
  );
  const problems: Partial<Record<Field, Problem>> = {};
  for (const field of needed) problems[field] = { key: 'settings.needed', params: {} };
  for (const field of outside) {
    const [from, to] = limits[field];
    problems[field] = { key: 'settings.number', params: { from, to } };
  }
  return problems;
}

/** The key of `SettingsShown` (and of its `locked`) that a field belongs to. */
export function settingOf(field: Field): keyof SettingsShown {
  if (addressFields.some((one) => one === field)) return 'hq';
  if (noticeFields.some((one) => one === field)) return 'notifications';
  return plainFields.find((one) => one === field) ?? 'hq';
}

const byName: Readonly<Record<string, Field>> = {
  DATABASE_URL: 'host',
  PAYFLOW_TERMINAL: 'terminal',
  SYNC_MODE: 'mode',
  SYNC_CRON: 'cron',
  SYNC_BATCH_SIZE: 'batchSize',
  SYNC_BACKUP_KEEP: 'backupKeep',
  PORT: 'apiPort',
};

/** The field that a refusal of `saveSettings` is about; null: none, it stands above the form. */
export function fieldOfRefusal({ code, params }: Message): Field | null {
  if (code === 'SETTINGS_CRON_INVALID') return 'cron';
  if (code === 'SETTINGS_PASSWORD_NEEDED') return 'password';
  if (code === 'API_PORT_TAKEN') return 'apiPort';
  if (code === 'TERMINAL_UNKNOWN' || code === 'TERMINAL_DIFFERS') return 'terminal';
  if (code === 'SETTINGS_LOCKED' || code === 'SETTINGS_INVALID') {
    return byName[String(params['name'])] ?? null;
  }
  return null;
}
