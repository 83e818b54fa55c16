import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flagsOf, knownMigrations, readMigrations, statementsOf } from './migrations.ts';

const shipped = readMigrations(join(import.meta.dirname, '../../resources/hq'));

test('a migration says of itself what it is, in words that are known', () => {
  expect([...flagsOf('x', '-- Why.\n-- payflow: concurrent optional\nSELECT 1;')]).toEqual([
    'concurrent',
    'optional',
  ]);
  expect([...flagsOf('x', '-- Why.\nSELECT 1;')]).toEqual([]);
  expect(() => flagsOf('x', '-- payflow: optonal')).toThrow('unknown word');
  expect(() => flagsOf('x', '-- payflow: concurrent')).toThrow('has to be optional');
});

test('a concurrent migration is one statement after the other', () => {
  expect(statementsOf('-- a; b\nCREATE x\n  (y);\n-- c\nDROP z;\n')).toEqual([
    'CREATE x\n  (y)',
    'DROP z',
  ]);
});

test('the numbers of the migrations have no gap, and only concurrent ones say CONCURRENTLY', () => {
  expect(shipped.map(({ number }) => number)).toEqual(shipped.map((_, index) => index + 1));
  for (const { name, sql, flags } of shipped)
    expect([name, flags.has('concurrent')]).toEqual([name, sql.includes(' CONCURRENTLY')]);
});

test('what a terminal needs is the newest that some terminal needs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'payflow-hq-'));
  const add = (name: string, flags: string): void =>
    writeFileSync(join(folder, name), `${flags}\nSELECT 1;`);
  add('001_a.sql', '');
  add('002_b.sql', '-- payflow: optional');
  add('payflow-schema.sql', '');
  expect(knownMigrations(folder)).toEqual({ newest: 2, needed: 1 });
  add('003_c.sql', '-- payflow: closing');
  add('004_d.sql', '-- payflow: optional closing');
  expect(knownMigrations(folder)).toEqual({ newest: 4, needed: 3 });
  rmSync(folder, { recursive: true });
});
