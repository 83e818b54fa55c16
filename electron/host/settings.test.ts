import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { createLog } from './log.ts';
import { readSettings, requireHq } from './settings.ts';
import { userDataFolder } from './user-data.ts';

const folders: string[] = [];
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'payflow-settings-'));
  folders.push(made);
  return made;
};
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

function failureOf(work: () => unknown): PayflowError {
  try {
    work();
  } catch (error) {
    if (error instanceof PayflowError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

test('without anything the settings are the defaults', () => {
  expect(readSettings({ HOME: '/x' }, folder())).toMatchObject({
    hq: null,
    terminal: null,
    mode: 'live',
    cron: '*/5 * * * *',
    port: 4_000,
  });
});

test('the environment wins over .env, and an empty setting is none', () => {
  const place = folder();
  writeFileSync(
    join(place, '.env'),
    'SYNC_MODE=manual\nPORT=5000\nPAYFLOW_DB=data/p.db\nSYNC_CRON=\n',
  );
  const settings = readSettings({ PORT: '6000', PAYFLOW_TERMINAL: '' }, place);
  expect(settings).toMatchObject({ mode: 'manual', port: 6_000, terminal: null });
  expect(settings.databasePath).toBe(join(place, 'data/p.db'));
});

describe('a wrong setting is named and its value is not', () => {
  test.each([
    ['SYNC_MODE', 'sometimes'],
    ['SYNC_CRON', 'every secret'],
    ['PORT', '70000'],
    ['SYNC_BATCH_SIZE', '0'],
    ['SYNC_BATCH_SIZE', 'secret'],
    ['DATABASE_URL', 'mysql://u:secret@h/d'],
    ['DATABASE_URL', 'postgres://u:secret@/d'],
    ['DATABASE_URL', 'postgres://u:secret@h/'],
    ['DATABASE_URL', 'postgres://u:secret#1@h/d'],
    ['DATABASE_URL', 'postgres://u:secret@h:99999/d'],
    ['DATABASE_URL', 'postgres://u:%secret@h/d'],
    ['DATABASE_URL', 'postgres://u:secret@h/d?sslmode=prefer'],
    ['DATABASE_URL', 'postgres://u:secret@h/d?ssl=0'],
    ['DATABASE_URL', 'postgres://h/d'],
  ])('%s=%s', (name, value) => {
    const failure = failureOf(() => readSettings({ [name]: value }, folder()));
    expect([failure.code, failure.params['name']]).toEqual(['SETTINGS_INVALID', name]);
    expect(JSON.stringify(failure.params)).not.toMatch(/secret|sometimes/);
  });
});

test('what a command needs is asked for by name', () => {
  const failure = failureOf(() => requireHq(readSettings({}, folder())));
  expect([failure.code, failure.params]).toEqual(['SETTINGS_MISSING', { name: 'DATABASE_URL' }]);
});

test('an address is taken apart', () => {
  expect(parseDatabaseUrl('postgresql://till:p%40ss%2F@127.0.0.1:5433/shop%20one')).toEqual({
    host: '127.0.0.1',
    port: 5_433,
    user: 'till',
    password: 'p@ss/',
    database: 'shop one',
    ssl: false,
  });
  expect(parseDatabaseUrl('postgres://u@[::1]/d')).toMatchObject({
    host: '::1',
    password: undefined,
    ssl: false,
  });
  expect(parseDatabaseUrl('postgres://u@localhost/d?host=/run/pg')).toMatchObject({
    host: '/run/pg',
    ssl: false,
  });
});

test('a connection that leaves the machine is verified unless someone says otherwise', () => {
  const ssl = (url: string) => parseDatabaseUrl(url).ssl;
  expect(ssl('postgres://u:p@hq.example/d')).toEqual({ rejectUnauthorized: true });
  expect(ssl('postgres://u:p@hq.example/d?sslmode=require')).toEqual({ rejectUnauthorized: true });
  expect(ssl('postgres://u:p@localhost/d?sslmode=verify-full')).toEqual({
    rejectUnauthorized: true,
  });
  expect(ssl('postgres://u:p@hq.example/d?sslmode=disable')).toBe(false);
  for (const weaker of ['no-verify', 'prefer', 'allow', 'verify-ca'])
    expect(() => ssl(`postgres://u:p@hq.example/d?sslmode=${weaker}`), weaker).toThrow(
      'sslmode must be verify-full, require (the same here) or disable',
    );
});

test("the folder is Electron's on every system", () => {
  expect(userDataFolder('linux', {}, '/home/a')).toBe('/home/a/.config/PayFlow');
  expect(userDataFolder('linux', { XDG_CONFIG_HOME: '/c' }, '/home/a')).toBe('/c/PayFlow');
  expect(userDataFolder('darwin', {}, '/Users/a')).toBe(
    '/Users/a/Library/Application Support/PayFlow',
  );
  expect(userDataFolder('win32', { APPDATA: 'C:\\A' }, 'C:\\U')).toBe('C:\\A\\PayFlow');
});

test('the log has traces and causes but no secret', () => {
  const log = createLog(folder(), ['hush hush']);
  log.info('connect', { url: 'postgres://u:hush%20hush@h/d' });
  log.error('sync', new Error('outer', { cause: new Error('password hush hush is wrong') }));
  const text = readFileSync(log.path, 'utf8');
  expect(text).toContain('caused by Error: password *** is wrong');
  expect(text).toContain('settings.test.ts');
  expect(text).not.toMatch(/hush/);
});

test('a log folder that cannot be made ends nothing', () => {
  const place = folder();
  writeFileSync(join(place, 'file'), '');
  expect(() => createLog(join(place, 'file', 'logs')).info('x')).not.toThrow();
});
