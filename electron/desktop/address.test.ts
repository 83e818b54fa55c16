import fc from 'fast-check';
import { join, resolve, sep } from 'node:path';
import { expect, test } from 'vitest';
import { APP_ORIGIN, appFile, isOwnAddress, isOwnPage } from './address.ts';

const folder = resolve('/srv/window');

test('an address means the file of the built window, with its type', () => {
  expect(appFile(folder, `${APP_ORIGIN}/index.html`)).toEqual({
    path: join(folder, 'index.html'),
    type: 'text/html; charset=utf-8',
  });
  expect(appFile(folder, `${APP_ORIGIN}/`)?.path).toBe(join(folder, 'index.html'));
  expect(appFile(folder, `${APP_ORIGIN}/assets/a%20b.js?x#y`)?.path).toBe(
    join(folder, 'assets', 'a b.js'),
  );
});

test.each([
  '/../main.js',
  '/..%2fmain.js',
  '/assets/../../main.js',
  '/%2e%2e/%2e%2e/etc/passwd.js',
  '/..%5cmain.js',
  '/%00.js',
  '/%',
  '/C:/a.js',
  '/settings.db',
  '/index',
])('%s means no file', (path) => {
  expect(appFile(folder, `${APP_ORIGIN}${path}`)).toBeNull();
});

test('no address, however spelled, means a file outside the folder', () => {
  const piece = fc.oneof(
    fc.constantFrom('..', '.', '/', '%2e%2e', '%2f', '%5c', '\\', 'a', '.js', '%25', '//', '.html'),
    fc.string({ maxLength: 5 }),
  );
  const outside = fc.check(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const found = appFile(folder, `${APP_ORIGIN}/${pieces.join('')}`);
      return found === null || resolve(found.path).startsWith(`${folder}${sep}`);
    }),
    { numRuns: 2_000 },
  );
  expect(outside.counterexample).toBeNull();
});

test('what only looks like our address is not ours', () => {
  expect(isOwnAddress(`${APP_ORIGIN}/index.html`)).toBe(true);
  for (const url of [
    'app://payflow.evil/index.html',
    'app://evil/index.html',
    'https://payflow/index.html',
    'file:///index.html',
    'app://payflow@evil/index.html',
    '',
  ]) {
    expect(isOwnAddress(url), url).toBe(false);
    expect(appFile(folder, url), url).toBeNull();
  }
});

test('the window shows its own two pages and no other', () => {
  expect(isOwnPage(`${APP_ORIGIN}/index.html#/held`)).toBe(true);
  expect(isOwnPage(`${APP_ORIGIN}/stopped`)).toBe(true);
  expect(isOwnPage(`${APP_ORIGIN}/assets/x.svg`)).toBe(false);
  expect(isOwnPage('https://example.com/')).toBe(false);
});
