import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../local/testing.ts';
import { tokenSecret } from './secret.ts';

test('the key is made once, and nothing else stays', () => {
  using folder = tempFolder();
  const inner = join(folder.path, 'PayFlow');
  const key = tokenSecret(null, inner);
  expect(key).toMatch(/^[\w-]{64}$/);
  expect(tokenSecret(null, inner)).toBe(key);
  expect(readdirSync(inner)).toEqual(['api-secret']);
});

test.runIf(process.platform !== 'win32')('only its owner may read it', () => {
  using folder = tempFolder();
  tokenSecret(null, folder.path);
  expect(statSync(join(folder.path, 'api-secret')).mode & 0o777).toBe(0o600);
});

test.each([
  ['nothing, as a full disk left it', ''],
  ['half a key', 'half a key'],
  ['zeros, as a loss of power leaves them', '\0'.repeat(64)],
])('a file with %s is made anew, and the server starts', (_, text) => {
  using folder = tempFolder();
  const path = join(folder.path, 'api-secret');
  writeFileSync(path, text);
  const key = tokenSecret(null, folder.path);
  expect(key).toMatch(/^[\w-]{64}$/);
  expect(readFileSync(path, 'utf8').trim()).toBe(key);
  expect(readdirSync(folder.path)).toEqual(['api-secret']);
});

test('a key that somebody has put there stays', () => {
  using folder = tempFolder();
  const own = 'forty characters of somebody who has own';
  writeFileSync(join(folder.path, 'api-secret'), `${own}\n`);
  expect(tokenSecret(null, folder.path)).toBe(own);
});

test('what is no file is left as it is, and said', () => {
  using folder = tempFolder();
  mkdirSync(join(folder.path, 'api-secret'));
  expect(() => tokenSecret(null, folder.path)).toThrow(/API_KEY_NOT_KEPT/);
});
