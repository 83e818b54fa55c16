import { expect, test } from 'vitest';
import { contract } from '../../shared/contract.ts';
import type { SettingsShown } from '../../shared/views.ts';
import {
  addressIn,
  changedFields,
  draftOf,
  fieldOfRefusal,
  patchOf,
  problemsOf,
  settingOf,
  type Edits,
} from './settings-form.ts';

const shown: SettingsShown = {
  hq: { host: 'hq', port: 5432, database: 'shop', user: 'till', hasPassword: true, tls: 'verify' },
  terminal: 'T-1',
  mode: 'live',
  cron: '*/5 * * * *',
  batchSize: 5_000,
  backupKeep: 5,
  apiEnabled: false,
  apiPort: 4_000,
  notifications: { attention: true, error: true, offline: true },
  language: 'auto',
  appearance: 'auto',
  large: false,
  launchAtLogin: true,
  stillHereHint: true,
  databasePath: '/x/payflow.db',
  backups: [],
  locked: [],
  secretsAreSafe: true,
  apiProblem: null,
};

const patch = (edits: Edits, saved = shown) => patchOf(saved, { ...draftOf(saved), ...edits });
const problems = (edits: Edits, saved = shown) =>
  Object.keys(problemsOf(saved, { ...draftOf(saved), ...edits }));

test('an untouched form changes nothing', () => {
  expect(patch({})).toEqual({});
  expect(problems({})).toEqual([]);
  expect(
    changedFields(
      { ...shown, hq: null, terminal: null },
      draftOf({ ...shown, hq: null, terminal: null }),
    ),
  ).toEqual([]);
});

test('what was changed and changed back is not saved', () => {
  expect(patch({ mode: 'live', terminal: ' T-1 ', large: false })).toEqual({});
});

test('only what changed is saved', () => {
  expect(patch({ mode: 'cron', cron: ' */15 * * * * ', large: true })).toEqual({
    mode: 'cron',
    cron: '*/15 * * * *',
    large: true,
  });
});

test('the address is saved as a whole, the password only when one was typed', () => {
  const { host, port, database, user, tls } = draftOf(shown);
  expect(patch({ host: 'other' })).toEqual({
    hq: { host: 'other', port, database, user, tls },
  });
  expect(patch({ password: ' p ' })).toEqual({
    hq: { host, port, database, user, tls, password: ' p ' },
  });
});

test('a kept password can be taken away', () => {
  const { host, port, database, user, tls } = draftOf(shown);
  expect(patch({ noPassword: true })).toEqual({
    hq: { host, port, database, user, tls, password: '' },
  });
  // Whatever stood in the field: it goes.
  expect(patch({ noPassword: true, password: 'p' })).toMatchObject({ hq: { password: '' } });
  expect(settingOf('noPassword')).toBe('hq');
});

test('one switch of the notifications brings the others along', () => {
  expect(patch({ offline: false })).toEqual({
    notifications: { attention: true, error: true, offline: false },
  });
});

test('every patch is one that the contract takes', () => {
  const all = patch({
    host: 'a',
    port: 1,
    database: 'b',
    user: 'c',
    password: 'd',
    tls: 'off',
    terminal: 'T',
    mode: 'cron',
    cron: '0 * * * *',
    batchSize: 1,
    backupKeep: 1,
    apiEnabled: true,
    apiPort: 1,
    attention: false,
    error: false,
    offline: false,
    language: 'es',
    appearance: 'dark',
    large: true,
    launchAtLogin: false,
    stillHereHint: false,
  });
  expect(contract.saveSettings.args.parse(all)).toEqual(all);
});

test('a changed field that cannot be saved is named', () => {
  expect(problems({ terminal: ' ', cron: '' })).toEqual(['terminal', 'cron']);
  expect(problems({ batchSize: '', backupKeep: 0, apiPort: 70_000 })).toEqual([
    'batchSize',
    'backupKeep',
    'apiPort',
  ]);
  expect(problems({ port: 1.5 })).toEqual(['port']);
});

test('a new address needs all of its parts, also those nobody touched', () => {
  expect(problems({ host: 'hq' }, { ...shown, hq: null })).toEqual(['database', 'user']);
});

test('a test of the connection needs an address although nobody touched it', () => {
  const empty = { ...shown, hq: null };
  expect(Object.keys(problemsOf(empty, draftOf(empty), true))).toEqual([
    'host',
    'database',
    'user',
  ]);
});

test('an address is one once nothing is missing', () => {
  const empty = draftOf({ ...shown, hq: null });
  expect(addressIn({ ...empty, host: 'hq', user: 'u' })).toBe(null);
  expect(addressIn({ ...empty, host: ' hq ', user: 'u', database: 'd' })).toEqual({
    host: 'hq',
    port: 5_432,
    database: 'd',
    user: 'u',
    tls: 'verify',
  });
});

test.each([
  ['SETTINGS_CRON_INVALID', { cron: 'x' }, 'cron'],
  ['SETTINGS_PASSWORD_NEEDED', { host: 'x' }, 'password'],
  ['SETTINGS_LOCKED', { name: 'PAYFLOW_TERMINAL' }, 'terminal'],
  ['API_PORT_TAKEN', { port: 4_000 }, 'apiPort'],
  ['SETTINGS_NOT_SAVED', { path: 'x', problem: 'y' }, null],
] as const)('%s stands beside its field', (code, params, field) => {
  expect(fieldOfRefusal({ code, params })).toBe(field);
});

test('a field is locked with the setting it belongs to', () => {
  expect((['host', 'password', 'offline', 'cron', 'large'] as const).map(settingOf)).toEqual([
    'hq',
    'hq',
    'notifications',
    'cron',
    'large',
  ]);
});
