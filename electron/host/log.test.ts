import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog, logPath } from './log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'payflow-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const logged = (): string => readFileSync(logPath(folder), 'utf8');

test('an error stands there with its trace and its causes', () => {
  createLog(folder).error('sync', new Error('outer', { cause: new Error('inner') }));
  expect(logged()).toMatch(
    /sync: Error: outer\n\s+at .*log\.test\.ts[\s\S]*caused by Error: inner/,
  );
});

test('an error among the facts keeps its trace too', () => {
  createLog(folder).warn('run failed', { code: 'HQ_REFUSED', error: new Error('refused') });
  expect(logged()).toMatch(/run failed \{"code":"HQ_REFUSED"\} Error: refused\n\s+at /);
});

test('secrets are taken out wherever they stand', () => {
  const log = createLog(folder, ['p@ss']);
  log.error('p@ss', new Error('postgres://u:p%40ss@h/d and p@ss'));
  log.info('x', { url: 'p@ss' });
  expect(logged()).not.toMatch(/p@ss|p%40ss/);
});

test('a log that cannot be written ends nothing and says nothing on the screen', () => {
  const stderr = vi.spyOn(process.stderr, 'write');
  const console = vi.spyOn(globalThis.console, 'error');
  const inTheWay = join(folder, 'file');
  writeFileSync(inTheWay, '');
  expect(() => createLog(join(inTheWay, 'logs')).error('x', new Error('y'))).not.toThrow();
  mkdirSync(logPath(folder));
  expect(() => createLog(folder).error('x', new Error('y'))).not.toThrow();
  expect([stderr.mock.calls, console.mock.calls]).toEqual([[], []]);
});
