/** The tables of README.md against the tests: what they name is there, and what carries a rule's number is in the list. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');

/** Rules of DESIGN 3 to 9. */
const RULES = [
  '3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 4.1 4.2 4.3 4.4 4.5 5.1 5.2 5.3 5.4 5.5 5.6',
  '6.1 6.2 6.3 6.4 6.5 6.6 6.7 7.1 7.2 7.3 7.4 7.5 7.6 8.1 8.2 8.3 9',
].flatMap((line) => line.split(' '));

/** The cells of the table under a heading, header and rule aside. */
function tableUnder(heading: string): string[][] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const pathsIn = (cell: string): string[] =>
  [...cell.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, path = '']) => path);

/** Every title of a test or a group in a file, as it is written there. */
function titlesOf(path: string): string[] {
  const source = readFileSync(join(root, path), 'utf8');
  const titles = source.matchAll(
    /\b(?:test|describe)(?:\.\w+(?:\([^)]*\))?)*\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs,
  );
  return [...titles].map(([, , title = '']) => title);
}

/** `3.6, 6.6: ...` proves both; `7.3 hq: ...` one strategy of a rule. */
const rulesOf = (title: string): string[] =>
  (/^(\d[\d., ]*)(?: \w+)?:/.exec(title)?.[1] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const invariants = tableUnder('The invariants of DESIGN 11');
const rules = tableUnder('Rules that begin with a history');
const without = (readme.split('None yet, and why:')[1] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('- '))
  .flatMap((line) => rulesOf(line.slice(2)));

test('each of the 12 invariants has a named test', () => {
  const numbers = new Set(invariants.map(([number]) => Number(number)));
  expect([...numbers].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  for (const [number, , cell = ''] of invariants) {
    const [path = ''] = pathsIn(cell);
    const name = /"([^"]+)"/.exec(cell)?.[1] ?? 'a name is missing';
    const titles = titlesOf(path);
    expect(
      titles.some((title) => title.includes(name)),
      `${String(number)}: ${path} "${name}"`,
    ).toBe(true);
  }
});

test.each(rules)('rule %s: %s', (rule, _, cell) => {
  const paths = pathsIn(cell ?? '');
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) expect(titlesOf(path).flatMap(rulesOf), path).toContain(rule);
});

test('every rule of DESIGN 3 to 9 is in the list, with a test or with the reason why it has none', () => {
  const listed = new Set([...rules.map(([rule]) => rule ?? ''), ...without]);
  expect(RULES.filter((rule) => !listed.has(rule))).toEqual([]);
  expect([...listed].filter((rule) => !RULES.includes(rule))).toEqual([]);
  const both = without.filter((rule) => rules.some(([other]) => other === rule));
  expect(both, 'has a test now').toEqual([]);
});

test('no title names a rule that is none', () => {
  const files = ['e2e', 'electron', 'shared'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => join(folder, path)),
  );
  const named = new Set(files.flatMap(titlesOf).flatMap(rulesOf));
  const known = new Set([...RULES, ...Array.from({ length: 12 }, (_, index) => String(index + 1))]);
  expect([...named].filter((rule) => !known.has(rule))).toEqual([]);
});
