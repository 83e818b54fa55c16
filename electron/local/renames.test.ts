import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Renames } from './renames.ts';

test('references follow any moves as if each were followed by itself', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', '__proto__');
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name), { maxLength: 12 }), (moves) => {
      const renames = new Renames();
      for (const [from, to] of moves) renames.add(from, to);

      for (const reference of ['a', 'b', 'c', 'd', '__proto__', 'stays']) {
        const oneByOne = moves.reduce((now, [from, to]) => (now === from ? to : now), reference);
        expect(renames.of(reference)).toBe(oneByOne);
        expect(renames.names().includes(reference)).toBe(oneByOne !== reference);
      }
    }),
    { numRuns: 2_000 },
  );
});
