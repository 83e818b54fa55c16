import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SchemaFinding } from '../../shared/views.ts';
import { screenTexts } from '../i18n/sources.ts';
import { bySeverity, findingText, fixStatements, statementsText } from './schema-words.ts';

const finding = (over: Partial<SchemaFinding>): SchemaFinding => ({
  code: 'column-missing',
  severity: 'fixable',
  table: 'orders',
  column: null,
  detail: null,
  statements: [],
  ...over,
});

test('every difference that the comparison knows has a sentence of its own', () => {
  const source = readFileSync(new URL('../../electron/schema/compare.ts', import.meta.url), 'utf8');
  const [, union = ''] = /type DifferenceCode =([^;]*);/.exec(source) ?? [];
  const codes = [...union.matchAll(/'([a-z-]+)'/g)].map(([, code = '']) => code);
  expect(codes).toContain('table-missing');
  const texts = screenTexts('en');
  for (const code of codes) {
    const { key } = findingText(finding({ code }));
    expect(key).toBe(`schema.finding.${code}`);
    expect([...texts.keys()]).toContain(key);
  }
});

test('a difference that is not known is told by its code', () => {
  expect(findingText(finding({ code: 'column-colour', column: 'c' }))).toEqual({
    key: 'schema.finding.other',
    params: { code: 'column-colour', table: 'orders', column: 'c' },
  });
});

test('a severity that is not known asks for a person', () => {
  const odd = finding({ severity: 'strange' });
  expect(bySeverity([odd, finding({})])).toEqual({
    blocking: [],
    manual: [odd],
    fixable: [finding({})],
    information: [],
  });
});

test('the statements shown are all that the findings bring, in their order, each ended once', () => {
  const findings = [
    finding({ statements: ['CREATE TABLE a (x TEXT)', 'CREATE INDEX i ON a (x);'] }),
    finding({ statements: [] }),
    finding({ statements: [' ALTER TABLE b ADD COLUMN y TEXT '] }),
  ];
  expect(statementsText(fixStatements(findings))).toBe(
    'CREATE TABLE a (x TEXT);\nCREATE INDEX i ON a (x);\nALTER TABLE b ADD COLUMN y TEXT;',
  );
});
