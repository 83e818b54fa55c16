import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { printManifest } from './print-manifest.ts';
import { readManifest } from './read-manifest.ts';

const file = join(import.meta.dirname, '../../resources/manifest.yaml');
const head = 'version: 1\nterminals: { table: t, code: c, store: s }\n';
const good = 'tables:\n  t: { scope: everyone, direction: both, strategy: newest }\n';

test('the manifest that ships is accepted', () => {
  expect(Object.keys(readManifest(readFileSync(file, 'utf8'), file).tables)).toHaveLength(24);
});

test('what is printed is accepted again and means the same', () => {
  const manifest = readManifest(readFileSync(file, 'utf8'), file);
  expect(
    readManifest(printManifest(manifest, { schema: 'public', tables: [] }), 'printed'),
  ).toEqual(manifest);
});

const cases: [name: string, text: string, line: number, problem: RegExp][] = [
  ['an empty file', '', 0, /object/],
  ['broken YAML', `${head}tables: [`, 3, /./],
  ['a key given twice', `${head}${good}version: 1\n`, 5, /unique/],
  ['an unknown key', `${head}${good}    colour: red\n`, 5, /./],
  [
    'an unknown key of a table',
    `${head}tables:\n  t:\n    scope: everyone\n    direction: both\n    strategy: newest\n    colour: red\n`,
    8,
    /colour/,
  ],
  [
    'a direction that is none',
    `${head}tables:\n  t:\n    scope: everyone\n    direction: sideways\n    strategy: newest\n`,
    6,
    /tables\.t\.direction/,
  ],
  [
    'a name that is no identifier',
    `${head}tables:\n  t: { scope: everyone, direction: both, strategy: newest, quiet: ['a b'] }\n`,
    4,
    /quiet\.0.*identifier/,
  ],
  [
    'a table name that is none',
    `${head}tables:\n  'x"; drop table y;--': { scope: everyone, direction: both, strategy: newest }\n`,
    4,
    /drop table.*: not a plain identifier/,
  ],
  ['no table', `${head}tables: {}\n`, 3, /names no table/],
  ['a missing part', `version: 1\n${good}`, 0, /terminals/],
];

test.each(cases)('%s is one clear problem at its line', (_name, text, line, problem) => {
  expect(() => readManifest(text, 'my.yaml')).toThrowError(
    expect.objectContaining({
      code: 'MANIFEST_INVALID',
      params: { file: 'my.yaml', line, problem: expect.stringMatching(problem) as string },
    }),
  );
});
