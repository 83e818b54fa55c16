import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setAutostart } from './autostart.ts';
import { openMemory } from './memory.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'payflow-desktop-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('start at login is an entry in the autostart folder, and taken back it is gone', () => {
  const path = join(folder, 'autostart', 'payflow.desktop');
  setAutostart(folder, ['/opt/Pay Flow/payflow', '--hidden'], true);
  expect(readFileSync(path, 'utf8')).toContain('Exec="/opt/Pay Flow/payflow" "--hidden"\n');
  setAutostart(folder, [], false);
  expect(existsSync(path)).toBe(false);
  setAutostart(folder, [], false);
});

test('the window remembers from one start to the next', () => {
  const place = { x: 1, y: 2, width: 800, height: 600, maximized: false };
  const memory = openMemory(folder);
  expect(memory.read()).toEqual({ place: null });
  memory.write({ place });
  expect(openMemory(folder).read()).toEqual({ place });
});

test('a damaged memory is an empty one', () => {
  writeFileSync(join(folder, 'window.json'), '{"place":{"x":"left"}}');
  expect(openMemory(folder).read().place).toBeNull();
  writeFileSync(join(folder, 'window.json'), '{"pla');
  expect(openMemory(folder).read().place).toBeNull();
});
