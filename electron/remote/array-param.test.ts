import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textArray } from './array-param.ts';

/** PostgreSQL's manual, 8.15.6: quoted elements with backslash escapes, unquoted NULL in any case. Nothing else may occur. */
function parseArray(literal: string): (string | null)[] {
  const elements: (string | null)[] = [];
  const body = /^\{(.*)\}$/su.exec(literal)?.[1];
  if (body === undefined) throw new Error('no array literal');
  for (let rest = body; rest !== '';) {
    const [matched, quoted] = /^(?:"((?:[^"\\]|\\.)*)"|NULL|null)(?:,(?=.)|$)/su.exec(rest) ?? [];
    if (matched === undefined) throw new Error(`cannot read ${rest}`);
    elements.push(quoted === undefined ? null : quoted.replaceAll(/\\(.)/gsu, '$1'));
    rest = rest.slice(matched.length);
  }
  return elements;
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'NULL',
    'null',
    '',
    '{',
    '}',
    ',',
    '"',
    '\\',
    '\\"',
    '{a,b}',
    '\n',
    ' ',
    '\t',
    '😀',
  ),
);

test('any texts and nulls come out of the array literal as they went in', () => {
  fc.assert(
    fc.property(fc.array(fc.option(text, { nil: null }), { maxLength: 20 }), (values) => {
      expect(parseArray(textArray(values))).toEqual(values);
    }),
    { numRuns: 1500 },
  );
});

test('an array of nothing, of null and of the word NULL are three things', () => {
  expect([[], [null], ['NULL'], ['']].map(textArray)).toEqual(['{}', '{null}', '{"NULL"}', '{""}']);
});
