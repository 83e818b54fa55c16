import { expect, test } from 'vitest';
import { parentsFirst } from './table-order.ts';

/** `a: 'b c?'` = a refers to b, and nullably to c. */
const order = (tables: Record<string, string>) =>
  parentsFirst(
    new Map(
      Object.entries(tables).map(([name, refs]) => [
        name,
        refs
          .split(' ')
          .filter(Boolean)
          .map((ref) => ({
            column: `${ref}_id`,
            refTable: ref.replace('?', ''),
            nullable: ref.endsWith('?'),
          })),
      ]),
    ),
  ).join(' ');

test.each([
  ['names decide where parents do not', { b: '', a: '', c: '' }, 'a b c'],
  ['a parent comes first', { a: 'c', b: '', c: 'b' }, 'b c a'],
  ['a reference to itself says nothing', { b: 'b', a: 'b' }, 'b a'],
  ['a nullable reference counts like any other', { a: 'b?', b: '' }, 'b a'],
  ['a cycle is entered where it is nullable', { a: 'b', b: 'a?' }, 'b a'],
  ['what hangs below a cycle waits for it', { a: 'y?', y: 'z', z: 'y?' }, 'z y a'],
])('%s', (_name, tables, expected) => {
  expect(order(tables)).toBe(expected);
});

test('a cycle of required references is refused', () => {
  expect(() => order({ a: 'b', b: 'a', c: '' })).toThrowError(
    expect.objectContaining({ code: 'MANIFEST_CYCLE', params: { table: 'a', column: 'b_id' } }),
  );
});
