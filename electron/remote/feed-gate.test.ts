import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lookAtFeed, type FeedPosition, type FeedSeen } from './feed-gate.ts';

/** Looks in a row; which of them start a cycle. */
function looks(...positions: [last: string, xmin: number, xmax: number][]): boolean[] {
  let seen: FeedSeen | null = null;
  return positions.map(([last, xmin, xmax]) => {
    const look = lookAtFeed(seen, { last, xmin: BigInt(xmin), xmax: BigInt(xmax) });
    seen = look.seen;
    return look.moved;
  });
}

test('the first look starts a cycle, an idle HQ none', () => {
  expect(looks(['7', 10, 10], ['7', 10, 10], ['7', 15, 15])).toEqual([true, false, false]);
});

test('a committed change starts one cycle', () => {
  expect(looks(['7', 10, 10], ['8', 12, 12], ['8', 12, 12], ['8', 20, 20])).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('a change that is not final yet: further cycles as transactions end, none while nothing does', () => {
  expect(
    looks(
      ['7', 10, 10],
      ['8', 10, 14], // written by 12, and 10 holds everything back
      ['8', 10, 15],
      ['8', 12, 16], // 10 has ended
      ['8', 12, 17],
      ['8', 17, 17], // so has 12
      ['8', 18, 18],
    ),
  ).toEqual([true, true, false, true, false, true, false]);
});

/** A little HQ: transactions begin, draw a number of the feed, end; what is below the oldest open one is final. */
const anyHq = fc.array(fc.constantFrom('begin', 'write', 'commit', 'look'), { maxLength: 80 });

test('every entry is read by a cycle that starts once it is final, with no look in vain for ever', () => {
  fc.assert(
    fc.property(anyHq, fc.infiniteStream(fc.nat(20)), (steps, choice) => {
      let nextXid = 1;
      let last = 0;
      const open: number[] = [];
      let entries: number[] = [];
      let seen: FeedSeen | null = null;
      const position = (): FeedPosition => ({
        last: String(last),
        xmin: BigInt(Math.min(nextXid, ...open)),
        xmax: BigInt(nextXid),
      });
      const look = (): boolean => {
        const found = lookAtFeed(seen, position());
        seen = found.seen;
        if (found.moved) entries = entries.filter((xid) => open.some((other) => other <= xid));
        return found.moved;
      };
      for (const step of steps) {
        const some: number = choice.next().value as number;
        if (step === 'begin') open.push(nextXid++);
        if (step === 'look') look();
        const xid = open[some % Math.max(open.length, 1)];
        if (xid === undefined) continue;
        if (step === 'write') {
          last += 1;
          entries.push(xid);
        }
        if (step === 'commit') open.splice(open.indexOf(xid), 1);
      }
      open.length = 0;
      look();
      expect(entries).toEqual([]);
      expect([look(), look()]).toEqual([false, false]);
    }),
    { numRuns: 2_000 },
  );
});
