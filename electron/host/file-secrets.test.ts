import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../local/testing.ts';
import { fileSecrets } from './file-secrets.ts';

test('what is written is read by the next start, and what is taken back is gone', () => {
  using folder = tempFolder();
  const path = join(folder.path, 'inner', 'hq-password');
  fileSecrets(path).write('tea4two');
  expect(fileSecrets(path).read()).toBe('tea4two');
  expect(readFileSync(path, 'utf8')).toBe('tea4two');
  fileSecrets(path).write(null);
  expect(fileSecrets(path).read()).toBeNull();
  expect(readdirSync(join(folder.path, 'inner'))).toEqual([]);
});

test.runIf(process.platform !== 'win32')('only its owner may read it', () => {
  using folder = tempFolder();
  const path = join(folder.path, 'hq-password');
  fileSecrets(path).write('tea4two');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('an empty file is no password', () => {
  using folder = tempFolder();
  const path = join(folder.path, 'hq-password');
  writeFileSync(path, '');
  expect(fileSecrets(path).read()).toBeNull();
});
