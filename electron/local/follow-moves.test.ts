import fc from 'fast-check';
import { expect, test } from 'vitest';
import { followMoves, type KeyMove } from './follow-moves.ts';

/** Keys change in statements: what one statement hands around has no order, one statement follows the other. */
test('3.2: a row is followed through all keys that HQ gave it, swaps and keys that others had before included', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__');
  const statement = fc.uniqueArray(fc.tuple(key, key), {
    maxLength: 4,
    comparator: ([was, to], [otherWas, otherTo]) => was === otherWas || to === otherTo,
  });
  fc.assert(
    fc.property(fc.subarray(['a', 'b', 'c']), fc.array(statement), (here, statements) => {
      const moves: KeyMove[] = [];
      const rows = new Map<string, string>(here.map((name) => [name, `row ${name}`]));
      const known = new Set(rows.values());
      let atHq = new Map<string, string>(['a', 'b', 'c', 'd'].map((name) => [name, `row ${name}`]));
      for (const wanted of statements) {
        const changed = wanted.filter(([was, to]) => atHq.has(was) && was !== to);
        const leaving = new Set<string>(changed.map(([was]) => was));
        // HQ's key is unique.
        if (changed.some(([, to]) => atHq.has(to) && !leaving.has(to))) continue;
        // A swap with a row that is not here reads like two moves of the one that is.
        if (changed.length > 1 && changed.some(([was]) => !known.has(atHq.get(was) ?? '')))
          continue;
        const after = new Map([...atHq].filter(([name]) => !leaving.has(name)));
        for (const [was, to] of changed) {
          moves.push({ was, key: to });
          after.set(to, atHq.get(was) ?? '');
        }
        atHq = after;
      }

      const moved = followMoves(rows, moves);

      const elsewhere = [...atHq].filter(([name, row]) => known.has(row) && rows.get(name) !== row);
      expect(moved).toEqual(new Map(elsewhere.map(([name, row]) => [row, name])));
    }),
    { numRuns: 2_000 },
  );
});

test('3.2: moves that were read before a row had gone through them all do it no harm', () => {
  const moves = [
    { was: 'k1', key: 'k2' },
    { was: 'k2', key: 'k3' },
  ];
  expect(followMoves(new Map([['k2', 'row']]), moves)).toEqual(new Map([['row', 'k3']]));
  expect(followMoves(new Map([['k3', 'row']]), moves)).toEqual(new Map());
});

test('3.2: a key that another row has here, and never gave up, is given to nobody', () => {
  const rows = new Map([
    ['k1', 'row'],
    ['k2', 'another'],
  ]);
  expect(followMoves(rows, [{ was: 'k1', key: 'k2' }])).toBeNull();
});
