import { existsSync, readdirSync, readFileSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../local/testing.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { SecretStore } from './host-types.ts';
import {
  openSettingsStore,
  type SettingsStore,
  type SettingsStoreOptions,
} from './settings-store.ts';

function memorySecrets(secret: string | null = null): SecretStore {
  return {
    isSafe: true,
    read: () => secret,
    write: (given) => {
      secret = given;
    },
  };
}

const open = (folder: string, more: Partial<SettingsStoreOptions> = {}) =>
  openSettingsStore({ folder, envFolder: folder, env: {}, secrets: memorySecrets(), ...more });

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PayflowError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

const hq = {
  host: 'hq.example',
  port: 5432,
  database: 'shop',
  user: 'till',
  tls: 'verify',
} as const;

test('without a file the app has defaults, and asks for no setting it has', () => {
  using folder = tempFolder();
  const store = open(folder.path);
  expect(store.problem).toBeNull();
  expect(store.languageChosen()).toBe(false);
  expect(store.shown()).toMatchObject({
    hq: null,
    terminal: null,
    mode: 'live',
    apiEnabled: false,
    apiPort: 4_000,
    locked: [],
    backups: [],
  });
  expect(readdirSync(folder.path)).toEqual([]);
});

test('what is saved is there after the next start, the password nowhere but in the secret store', () => {
  using folder = tempFolder();
  const secrets = memorySecrets();
  const store = open(folder.path, { secrets });
  store.save({ hq: { ...hq, password: 'tea4two' }, terminal: 'T1', language: 'es' });
  store.save({ mode: 'cron', cron: '*/2 * * * *', batchSize: 100, apiPort: 4100 });

  expect(secrets.read()).toContain('tea4two');
  for (const name of readdirSync(folder.path))
    expect(readFileSync(join(folder.path, name), 'utf8')).not.toContain('tea4two');
  const next = open(folder.path, { secrets });
  expect(next.settings()).toMatchObject({
    hq: {
      host: 'hq.example',
      port: 5432,
      password: 'tea4two',
      ssl: { rejectUnauthorized: true },
    },
    terminal: 'T1',
    mode: 'cron',
    cron: '*/2 * * * *',
    batchSize: 100,
    port: 4100,
    databasePath: join(folder.path, 'payflow.db'),
  });
  expect(JSON.stringify(next.shown())).not.toContain('tea4two');
  expect(next.shown()).toMatchObject({ hq: { hasPassword: true, tls: 'verify' }, language: 'es' });
  expect(next.languageChosen()).toBe(true);
});

test.runIf(process.platform !== 'win32')(
  'only its owner may read the file, and no part of a write stays',
  () => {
    using folder = tempFolder();
    const inner = join(folder.path, 'PayFlow');
    const store = open(inner);
    store.save({ large: true });
    expect(readdirSync(inner)).toEqual(['settings.json']);
    expect(statSync(join(inner, 'settings.json')).mode & 0o777).toBe(0o600);
  },
);

test.each([
  ['half a file', '{"version": 1, "mode": "li'],
  ['a value that cannot be', '{"version": 1, "apiPort": "many"}'],
  ['a file of a later kind', '{"version": 2}'],
  ['an empty file', ''],
])('%s is set aside with a message, and the app starts with defaults', (_, text) => {
  using folder = tempFolder();
  writeFileSync(join(folder.path, 'settings.json'), text);
  const store = open(folder.path);
  expect(store.problem).toMatchObject({ code: 'SETTINGS_SET_ASIDE' });
  const aside = String(store.problem?.params['file']);
  expect(readFileSync(aside, 'utf8')).toBe(text);
  expect(existsSync(join(folder.path, 'settings.json'))).toBe(false);
  expect(store.settings()).toMatchObject({ hq: null, mode: 'live' });

  store.save({ mode: 'manual' });
  expect(open(folder.path)).toMatchObject({ problem: null });
  expect(readFileSync(aside, 'utf8')).toBe(text);
});

test('what a newer PayFlow has saved besides survives a save of this one', () => {
  using folder = tempFolder();
  const path = join(folder.path, 'settings.json');
  writeFileSync(path, '{"version": 1, "sound": "quiet", "large": true}');
  open(folder.path).save({ large: false });
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
    version: 1,
    sound: 'quiet',
    large: false,
  });
});

test('the environment and .env win, in this order, and lock what they decide', () => {
  using folder = tempFolder();
  const first = open(folder.path);
  first.save({ hq, terminal: 'T1', mode: 'manual', batchSize: 7 });
  writeFileSync(join(folder.path, '.env'), 'PAYFLOW_TERMINAL=T2\nSYNC_BATCH_SIZE=50\n');
  const store = open(folder.path, {
    env: { PAYFLOW_TERMINAL: 'T3', DATABASE_URL: 'postgresql://env:secret@envhost/envdb' },
  });
  expect(store.settings()).toMatchObject({
    hq: { host: 'envhost', user: 'env', password: 'secret' },
    terminal: 'T3',
    mode: 'manual',
    batchSize: 50,
  });
  expect(store.shown().locked).toEqual(['hq', 'terminal', 'batchSize']);

  expect(codeOf(() => store.save({ terminal: 'T9' }))).toBe('SETTINGS_LOCKED');
  expect(codeOf(() => store.save({ hq: { ...hq, password: 'x' } }))).toBe('SETTINGS_LOCKED');
  // A form sends everything it shows.
  store.save({ terminal: 'T3', mode: 'live' });
  expect(open(folder.path).settings()).toMatchObject({
    terminal: 'T2',
    mode: 'live',
    batchSize: 50,
  });
});

test('the stored password goes to the server it was given for and to no other', () => {
  using folder = tempFolder();
  const secrets = memorySecrets();
  const store = open(folder.path, { secrets });
  store.save({ hq: { ...hq, password: 'tea4two' } });
  expect(store.addressOf(hq).password).toBe('tea4two');
  expect(store.addressOf({ ...hq, database: 'other' }).password).toBe('tea4two');
  expect(store.addressOf({ ...hq, host: 'evil.example' }).password).toBeUndefined();
  expect(store.addressOf({ ...hq, user: 'boss' }).password).toBeUndefined();

  expect(codeOf(() => store.save({ hq: { ...hq, host: 'evil.example' } }))).toBe(
    'SETTINGS_PASSWORD_NEEDED',
  );
  expect(store.settings().hq).toMatchObject({ host: 'hq.example', password: 'tea4two' });
  store.save({ hq: { ...hq, host: 'new.example', password: 'coffee' } });
  expect(store.settings().hq).toMatchObject({ host: 'new.example', password: 'coffee' });
});

/** The same store behind a key ring that can be locked. */
function behindKeyRing(secrets: SecretStore): SecretStore & { locked: boolean } {
  return {
    locked: false,
    isSafe: true,
    read() {
      return this.locked ? null : secrets.read();
    },
    write: (given) => {
      secrets.write(given);
    },
  };
}
const evil = { ...hq, host: 'hq.evil', tls: 'off' } as const;

test.each([
  [
    'saved by this PayFlow',
    (store: SettingsStore) => store.save({ hq: { ...hq, password: 'tea4two' } }),
  ],
  ['of an earlier PayFlow, without its address', null],
])('a password %s that could not be read goes to no address given meanwhile', (_, save) => {
  using folder = tempFolder();
  const secrets = behindKeyRing(memorySecrets('tea4two'));
  open(folder.path).save({ hq });
  save?.(open(folder.path, { secrets }));
  expect(open(folder.path, { secrets }).settings().hq?.password).toBe('tea4two');

  secrets.locked = true;
  open(folder.path, { secrets }).save({ hq: evil });
  secrets.locked = false;
  expect(open(folder.path, { secrets }).settings().hq).toMatchObject({
    host: 'hq.evil',
    password: undefined,
  });
});

test('a password whose address was not saved goes to nobody', () => {
  using folder = tempFolder();
  const secrets = memorySecrets();
  const store = open(folder.path, { secrets });
  store.save({ hq: { ...hq, password: 'tea4two' } });
  const path = join(folder.path, 'settings.json');
  const before = readFileSync(path);
  store.save({ hq: { ...hq, host: 'new.example', password: 'coffee' } });
  // As where the disk was full for the second of the two files.
  writeFileSync(path, before);
  const next = open(folder.path, { secrets });
  expect(next.settings().hq).toMatchObject({ host: 'hq.example', password: undefined });
  expect(next.shown().hq?.hasPassword).toBe(false);
});

test('a password of an earlier PayFlow, kept without its address, goes on for the one it was saved with', () => {
  using folder = tempFolder();
  const secrets = memorySecrets('tea4two');
  open(folder.path).save({ hq });
  const store = open(folder.path, { secrets });
  store.save({ hq: { ...hq, database: 'other', tls: 'off' }, language: 'es' });
  expect(open(folder.path, { secrets }).settings().hq?.password).toBe('tea4two');
  expect(codeOf(() => store.save({ hq: evil }))).toBe('SETTINGS_PASSWORD_NEEDED');
});

test('who enters an address anew after a damaged file brings no other password along', () => {
  using folder = tempFolder();
  const secrets = memorySecrets('tea4two');
  open(folder.path, { secrets }).save({ hq: evil });
  expect(open(folder.path, { secrets }).settings().hq?.password).toBeUndefined();
});

test('each way of encryption is what its name says', () => {
  using folder = tempFolder();
  const store = open(folder.path);
  expect(store.addressOf({ ...hq, tls: 'verify' }).ssl).toEqual({ rejectUnauthorized: true });
  expect(store.addressOf({ ...hq, tls: 'off' }).ssl).toBe(false);
});

test('an address that was saved with its certificate unchecked has it checked from now on', () => {
  using folder = tempFolder();
  const saved = { version: 1, hq: { ...hq, tls: 'require' }, terminal: 'T1' };
  writeFileSync(join(folder.path, 'settings.json'), JSON.stringify(saved));
  const store = open(folder.path);
  expect(store.problem).toBeNull();
  expect(store.settings()).toMatchObject({
    hq: { host: 'hq.example', ssl: { rejectUnauthorized: true } },
    terminal: 'T1',
  });
  expect(store.shown().hq?.tls).toBe('verify');
});

test('a schedule that never comes is refused, and nothing of the form is saved', () => {
  using folder = tempFolder();
  const store = open(folder.path);
  expect(codeOf(() => store.save({ mode: 'cron', cron: '61 * * * *' }))).toBe(
    'SETTINGS_CRON_INVALID',
  );
  expect(store.settings().mode).toBe('live');
  expect(existsSync(join(folder.path, 'settings.json'))).toBe(false);
});

test.runIf(process.platform !== 'win32' && process.getuid?.() !== 0)(
  'a folder that cannot be written leaves the settings as they were',
  () => {
    using folder = tempFolder();
    const locked = join(folder.path, 'locked');
    mkdirSync(locked, { mode: 0o500 });
    const store = open(locked);
    expect(codeOf(() => store.save({ mode: 'manual' }))).toBe('SETTINGS_NOT_SAVED');
    expect(store.settings().mode).toBe('live');
  },
);

test('backups are listed newest first, other files are none', () => {
  using folder = tempFolder();
  const backups = join(folder.path, 'backups');
  mkdirSync(backups);
  for (const name of ['payflow-20260101T000000.db', 'payflow-20260301T000000.db', 'notes.txt'])
    writeFileSync(join(backups, name), 'xx');
  expect(
    open(folder.path)
      .shown()
      .backups.map(({ name, bytes }) => [name, bytes]),
  ).toEqual([
    ['payflow-20260301T000000.db', 2],
    ['payflow-20260101T000000.db', 2],
  ]);
});
