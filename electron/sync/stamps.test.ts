/** Times of local edits: DESIGN 7.4. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OutboxEntry } from './local-port.ts';
import { joinOldest, nextRanges, Stamps, stampsOf, type SavedStamps } from './stamps.ts';

const time = fc.integer({ min: -100_000, max: 100_000 });
const times = fc.array(fc.oneof(time, fc.constant(Number.NaN)), { maxLength: 30 });
const bounds = fc.tuple(time, time).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

test('7.4: stamps stay within the bounds and never decrease, whatever the clock did', () => {
  fc.assert(
    fc.property(times, bounds, (corrected, [from, until]) => {
      const stamps = stampsOf(corrected, from, until);
      expect(stamps).toHaveLength(corrected.length);
      let last = from;
      for (const stamp of stamps) {
        expect(stamp).toBeGreaterThanOrEqual(last);
        expect(stamp).toBeLessThanOrEqual(until);
        last = stamp;
      }
    }),
  );
});

test('7.4: times that are in order and within the bounds are the stamps themselves', () => {
  fc.assert(
    fc.property(fc.array(time), bounds, (list, [from, until]) => {
      const right = list.filter((at) => at >= from && at <= until).sort((a, b) => a - b);
      expect(stampsOf(right, from, until)).toEqual(right);
    }),
  );
});

test('7.4: a clock that is off by any amount all the time changes no stamp once it is corrected', () => {
  const entries = fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 20 });
  fc.assert(
    fc.property(entries, fc.integer({ min: -1e9, max: 1e9 }), (list, skew) => {
      const right = [...list].sort((a, b) => a - b);
      const at = (off: number): readonly string[] => {
        const wall = (true_: number): string => new Date(true_ + off).toISOString();
        const rows = right.map((moment, place) => [place + 11, wall(moment)] as const);
        const stamps = stampsAt(rows, { seq: 10, at: 0, ranges: [] }, 100_000, 100_000 + off);
        return rows.map(([seq]) => stamps.of({ seq }));
      };
      expect(at(skew)).toEqual(at(0));
    }),
  );
});

test('7.4: a clock that is set back between two entries turns no order around, and one that was ahead wins nothing', () => {
  // Ahead by 26 hours at first, then right: the first two are taken to the third, not the third to the end.
  const day = 26 * 3_600_000;
  expect(stampsOf([day + 10, day + 20, 30, 40], 0, 100)).toEqual([30, 30, 30, 40]);
  // An empty battery: 1970 for a while. The entries before it keep their times.
  expect(stampsOf([10, 20, -1e12, -1e12 + 5, 50], 0, 100)).toEqual([10, 20, 20, 20, 50]);
  // A little back: the later entry is not before the earlier one.
  expect(stampsOf([50, 40, 60], 0, 100)).toEqual([50, 50, 60]);
  // HQ's own clock was set back: nothing is after its now.
  expect(stampsOf([50], 90, 60)).toEqual([60]);
});

type Row = readonly [seq: number, at: string];

function stampsAt(
  rows: readonly Row[],
  saved: SavedStamps | null,
  hq: number,
  own = hq,
  now = hq,
): Stamps {
  const local = {
    entryTimes: (after: number, upto: number, limit = rows.length) =>
      rows.filter(([seq]) => seq > after && seq <= upto).slice(0, limit),
  };
  const last = Math.max(0, ...rows.filter(([, at]) => Date.parse(at) <= own).map(([seq]) => seq));
  return new Stamps(local, saved, last, { hq, own }, () => now);
}

const iso = (at: number): string => new Date(at).toISOString();

test('7.4: an entry is not before the last time HQ was heard without it, and not after the first time with it', () => {
  const rows: Row[] = [
    [5, iso(1_000)],
    [6, iso(99_000)],
  ];
  const saved: SavedStamps = { seq: 4, at: 40_000, ranges: [] };
  const stamps = stampsAt(rows, saved, 60_000, 100_000);
  // The clock is 40 s fast: 1 s is before all, 59 s is right.
  expect([5, 6].map((seq) => stamps.of({ seq }))).toEqual([iso(40_000), iso(59_000)]);
});

test('7.4: what waits longer keeps the stamp of the cycle that saw it first', () => {
  const rows: Row[] = [[5, iso(50_000)]];
  const first = stampsAt(rows, { seq: 4, at: 40_000, ranges: [] }, 60_000);
  expect(first.of({ seq: 5 })).toBe(iso(50_000));
  const saved = first.save();
  expect(saved).toMatchObject({ seq: 5, at: 60_000, ranges: [{ after: 4, upto: 5 }] });
  // Hours later, with a clock that was set meanwhile.
  const later = stampsAt(rows, saved, 9_000_000, 1_000_000);
  expect(later.of({ seq: 5 })).toBe(iso(50_000));
  // Once it is sent, nothing is left of its range.
  expect(stampsAt([], saved, 9_000_000).save().ranges).toEqual([]);
});

test('7.4: an entry of this very run is between the hello and now', () => {
  const rows: Row[] = [[5, iso(10)]];
  const stamps = stampsAt(rows, { seq: 4, at: 0, ranges: [] }, 5, 5, 70);
  expect(stamps.of({ seq: 5 })).toBe(iso(10));
  const early = stampsAt([[5, iso(90)]], { seq: 4, at: 0, ranges: [] }, 5, 5, 70);
  expect(early.of({ seq: 5 })).toBe(iso(70));
});

test('a new row alone is sent with the time as it was captured: it is compared with nothing', () => {
  const entry: OutboxEntry = {
    seq: 5,
    table: 't',
    localId: 'a',
    oldLocalId: null,
    op: 'I',
    changes: {},
    at: iso(1),
    id: 'x',
  };
  const stamps = stampsAt([[5, iso(1)]], { seq: 4, at: 500, ranges: [] }, 600);
  expect(stamps.stamped([entry])[0]?.at).toBe(iso(1));
  expect(stamps.stamped([{ ...entry, op: 'D' }])[0]?.at).toBe(iso(500));
});

test('ranges cover all numbers once, and old ones are joined without a gap', () => {
  let saved: SavedStamps | null = null;
  for (let cycle = 1; cycle <= 80; cycle += 1) {
    const ranges = nextRanges(saved, cycle * 10, { hq: cycle * 1_000, own: 0 });
    const closed = joinOldest(ranges.filter(({ upto }) => upto !== null));
    saved = { seq: cycle * 10, at: cycle * 1_000, ranges: closed };
    expect(closed.length).toBeLessThanOrEqual(50);
    expect(closed.map(({ after }) => after)).toEqual([
      0,
      ...closed.slice(0, -1).map(({ upto }) => upto),
    ]);
  }
  expect(saved?.ranges[0]).toMatchObject({ after: 0, from: null, upto: 310, until: 31_000 });
});
