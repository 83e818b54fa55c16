import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import { PayflowError } from '../../shared/errors.ts';
import { openSettingsStore } from '../host/settings-store.ts';
import { tempFolder } from '../local/testing.ts';
import { openSecrets } from './secrets.ts';

vi.mock('electron', () => import('../../e2e/support/electron-standin/small.ts'));

const withoutKeyRing = '--password-store=basic';
afterEach(() => {
  process.argv = process.argv.filter((word) => word !== withoutKeyRing);
});

const hq = { host: 'hq', port: 5432, database: 'shop', user: 'till', tls: 'verify' } as const;
const open = (folder: string) =>
  openSettingsStore({ folder, envFolder: folder, env: {}, secrets: openSecrets(folder, quietLog) });

test('a key ring keeps the password, and no file holds it as it is', () => {
  using folder = tempFolder();
  open(folder.path).save({ hq: { ...hq, password: 'tea4two' } });
  const next = open(folder.path);
  expect(next.shown().secretsAreSafe).toBe(true);
  expect(next.settings().hq?.password).toBe('tea4two');
  expect(readFileSync(join(folder.path, 'secret'), 'utf8')).not.toContain('tea4two');
  expect(existsSync(join(folder.path, 'hq-password'))).toBe(false);
});

test('a till without a key ring keeps it as `payflow serve` does, and says so', () => {
  using folder = tempFolder();
  process.argv.push(withoutKeyRing);
  open(folder.path).save({ hq: { ...hq, password: 'tea4two' } });
  const next = open(folder.path);
  expect(next.shown().secretsAreSafe).toBe(false);
  expect(next.settings().hq?.password).toBe('tea4two');
  expect(readFileSync(join(folder.path, 'hq-password'), 'utf8')).toContain('tea4two');
});

test('what a key ring kept before does not come back when there is one again', () => {
  using folder = tempFolder();
  open(folder.path).save({ hq });
  openSecrets(folder.path, quietLog).write('of an earlier PayFlow');
  process.argv.push(withoutKeyRing);
  open(folder.path).save({ hq: { ...hq, host: 'hq.evil' } });
  process.argv.pop();
  expect(open(folder.path).settings().hq).toMatchObject({ host: 'hq.evil', password: undefined });
});

test('a password that cannot be kept is a sentence, and the settings stay as they were', () => {
  using folder = tempFolder();
  const store = open(folder.path);
  store.save({ hq });
  process.argv.push(withoutKeyRing);
  expect(() => {
    store.save({ hq: { ...hq, host: 'other', password: 'tea4two' } });
  }).toThrow(expect.objectContaining({ code: 'SETTINGS_NOT_SAVED' }) as PayflowError);
  expect(store.settings().hq?.host).toBe('hq');
});
