import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../shared/plan.ts';
import { addDecimals, subtractDecimals, type Canonical } from './codec.ts';
import { deleteRefusedBy, merge, undoesDelete, type EditTimes } from './merge.ts';

const EARLY = '2026-11-22T10:00:00.000Z';
const LATE = '2026-11-22T10:00:01.000Z';

const times = (
  hq: string | null,
  local: string | null,
  by: string | null = null,
  self = 'T1',
): EditTimes => ({ hq, by, self, local: () => local });

describe('one column', () => {
  const one = (
    base: Canonical | undefined,
    local: Canonical,
    hq: Canonical,
    when: EditTimes = times(EARLY, LATE),
    strategy: Strategy = 'newest',
  ) => merge(base === undefined ? null : [base], [local], [hq], [strategy], when);

  test.each<[string, Parameters<typeof one>, Canonical, number]>([
    ['only HQ changed it: HQ', ['a', 'a', 'b'], 'b', 0],
    ['only the terminal changed it: the terminal', ['a', 'b', 'a'], 'b', 0],
    ['both made the same of it: nobody lost', ['a', 'b', 'b'], 'b', 0],
    ['both, the terminal later: the terminal', ['a', 'l', 'h', times(EARLY, LATE)], 'l', 1],
    ['both, HQ later: HQ', ['a', 'l', 'h', times(LATE, EARLY)], 'h', 1],
    ['at once, HQ by nobody known: HQ', ['a', 'l', 'h', times(EARLY, EARLY)], 'h', 1],
    ['at once: the greater name, here ours', ['a', 'l', 'h', times(EARLY, EARLY, 'T0')], 'l', 1],
    ['at once: the greater name, here theirs', ['a', 'l', 'h', times(EARLY, EARLY, 'T2')], 'h', 1],
    ['at once, our own edit seen again: HQ', ['a', 'l', 'h', times(EARLY, EARLY, 'T1')], 'h', 1],
    ["HQ's time unknown: the terminal", ['a', 'l', 'h', times(null, EARLY)], 'l', 1],
    ['both times unknown: HQ', ['a', 'l', 'h', times(null, null)], 'h', 1],
    ['null is a value: cleared here, untouched there', ['a', null, 'a'], null, 0],
    ['null is a value: cleared on both', ['a', null, null], null, 0],
    ['an unknown base counts as changed on both sides', [undefined, 'l', 'h'], 'l', 1],
    ['an unknown base, equal values: nobody lost', [undefined, 'x', 'x'], 'x', 0],
    ['hq: put back although HQ stands still', ['a', 'l', 'a', times(EARLY, LATE), 'hq'], 'a', 1],
    ['hq: HQ, however late the till', ['a', 'l', 'h', times(EARLY, LATE), 'hq'], 'h', 1],
    ['hq: equal values lose nothing', ['a', 'x', 'x', times(EARLY, LATE), 'hq'], 'x', 0],
    ['hq, base unknown: HQ', [undefined, 'l', 'h', times(EARLY, LATE), 'hq'], 'h', 1],
    ['append: put back', ['a', 'l', 'a', times(EARLY, LATE), 'append'], 'a', 1],
    ['append: HQ may mend it', ['a', 'a', 'h', times(LATE, EARLY), 'append'], 'h', 0],
    [
      'terminal: the till, however late HQ',
      ['a', 'l', 'h', times(LATE, EARLY), 'terminal'],
      'l',
      1,
    ],
    [
      'terminal: HQ where the till did nothing',
      ['a', 'a', 'h', times(EARLY, LATE), 'terminal'],
      'h',
      0,
    ],
    ['add: both deltas count', ['10', '9', '9', times(EARLY, LATE), 'add'], '8', 0],
    ['add: a null base counts as nothing', [null, '2', '5', times(LATE, EARLY), 'add'], '7', 0],
    [
      'add without a base: the values clash',
      [undefined, '9', '8', times(LATE, EARLY), 'add'],
      '8',
      1,
    ],
  ])('%s', (_, args, expected, losers) => {
    const merged = one(...args);
    expect(merged.values).toEqual([expected]);
    expect(merged.losers).toHaveLength(losers);
  });

  test('microseconds of HQ count against milliseconds of the terminal as times, not as text', () => {
    const hq = '2026-11-22T10:00:00.500000Z';
    expect(one('a', 'l', 'h', times(hq, '2026-11-22T10:00:00.501Z')).values).toEqual(['l']);
    expect(one('a', 'l', 'h', times(hq, '2026-11-22T10:00:00.499Z')).values).toEqual(['h']);
  });
});

const value = fc.option(fc.constantFrom('a', 'b', 'c', ''), { nil: null });
const when = fc.option(
  fc.integer({ min: 0, max: 5 }).map((n) => `2026-11-22T10:00:0${String(n)}.000Z`),
  { nil: null },
);
const row = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 6 });
const column = (rows: readonly (readonly Canonical[])[], place: number) =>
  rows.map((cells) => cells[place] ?? null);
const newest = (length: number): Strategy[] => Array.from({ length }, () => 'newest');

test('7.6: every merged value is the base-free choice of one side, and what is overwritten stands in the log', () => {
  fc.assert(
    fc.property(row, when, when, fc.boolean(), (cells, hqAt, localAt, baseKnown) => {
      const [base, local, hq] = [column(cells, 0), column(cells, 1), column(cells, 2)];
      const { values, losers } = merge(
        baseKnown ? base : null,
        local,
        hq,
        newest(cells.length),
        times(hqAt, localAt),
      );
      for (const [index, kept] of values.entries()) {
        expect([local[index], hq[index]]).toContain(kept);
        const loser = losers.filter((entry) => entry.column === index);
        const ours = local[index] ?? null;
        const theirs = hq[index] ?? null;
        const changedHere = !baseKnown || base[index] !== ours;
        const changedThere = !baseKnown || base[index] !== theirs;
        // Nothing that somebody typed disappears without an entry, and nothing else makes one.
        expect(loser).toHaveLength(changedHere && changedThere && ours !== theirs ? 1 : 0);
        for (const entry of loser) {
          expect(new Set([entry.kept, entry.lost])).toEqual(new Set([ours, theirs]));
          expect(entry.kept).toBe(kept);
          expect(entry.winner).toBe(kept === ours ? 'terminal' : 'hq');
        }
      }
    }),
  );
});

test('a row nobody edited here becomes HQ’s, and one nobody edited there stays', () => {
  fc.assert(
    fc.property(row, when, when, (cells, hqAt, localAt) => {
      const [base, other] = [column(cells, 0), column(cells, 1)];
      const strategies = newest(cells.length);
      expect(merge(base, base, other, strategies, times(hqAt, localAt))).toEqual({
        values: other,
        losers: [],
      });
      expect(merge(base, other, base, strategies, times(hqAt, localAt))).toEqual({
        values: other,
        losers: [],
      });
    }),
  );
});

test('merging the result again with the same HQ row changes nothing and logs nothing', () => {
  fc.assert(
    fc.property(row, when, when, (cells, hqAt, localAt) => {
      const [base, local, hq] = [column(cells, 0), column(cells, 1), column(cells, 2)];
      const strategies = newest(cells.length);
      const { values } = merge(base, local, hq, strategies, times(hqAt, localAt));
      expect(merge(hq, values, hq, strategies, times(hqAt, localAt))).toEqual({
        values,
        losers: [],
      });
    }),
  );
});

const decimal = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
    fc.constantFrom('', '.5', '.0001', '.25'),
  )
  .map(([whole, fraction]) => `${String(whole)}${fraction}`)
  .filter((text) => !/^-?0+$/.test(text) || text === '0');

test('7.3: add columns conserve: whatever the order in which sides are merged, all deltas count once', () => {
  fc.assert(
    fc.property(decimal, decimal, decimal, (base, local, hq) => {
      const { values, losers } = merge([base], [local], [hq], ['add'], times(LATE, EARLY));
      const mirrored = merge([base], [hq], [local], ['add'], times(EARLY, LATE));
      const expected = addDecimals(hq, subtractDecimals(local, base));
      expect(losers).toEqual([]);
      // merge() answers an equal or untouched side without arithmetic, hence equal numbers, not equal texts.
      expect(addDecimals(values[0] ?? '', '0')).toBe(expected);
      expect(addDecimals(mirrored.values[0] ?? '', '0')).toBe(addDecimals(values[0] ?? '', '0'));
    }),
  );
});

const strategy = fc.constantFrom<Strategy>('newest', 'hq', 'terminal', 'append');
const mixed = fc.array(fc.tuple(value, value, value, strategy), { minLength: 1, maxLength: 6 });

test('7.6: under every strategy a value that somebody typed is kept or stands in the log, and merging again changes nothing', () => {
  fc.assert(
    fc.property(mixed, when, when, fc.boolean(), (cells, hqAt, localAt, baseKnown) => {
      const rows = cells.map(([base, local, hq]): [Canonical, Canonical, Canonical] => [
        base,
        local,
        hq,
      ]);
      const [base, local, hq] = [column(rows, 0), column(rows, 1), column(rows, 2)];
      const strategies = cells.map(([, , , one]) => one);
      const { values, losers } = merge(
        baseKnown ? base : null,
        local,
        hq,
        strategies,
        times(hqAt, localAt),
      );
      const lost = (index: number): Canonical | undefined =>
        losers.find((loser) => loser.column === index)?.lost;
      const changed = (side: readonly Canonical[], index: number): boolean =>
        !baseKnown || base[index] !== side[index];
      const isHqs = (index: number): boolean =>
        strategies[index] === 'hq' || strategies[index] === 'append';
      const indexes = [...values.keys()];
      // Whose change is not kept stands in the log.
      const silent = indexes.filter(
        (index) =>
          (changed(local, index) &&
            values[index] !== local[index] &&
            lost(index) !== local[index]) ||
          (changed(hq, index) && values[index] !== hq[index] && lost(index) !== hq[index]),
      );
      expect(silent).toEqual([]);
      expect(indexes.filter((index) => isHqs(index) && values[index] !== hq[index])).toEqual([]);
      expect(merge(hq, values, hq, strategies, times(hqAt, localAt))).toEqual({
        values,
        losers: [],
      });
    }),
  );
});

test('7.3: where HQ stands still the till keeps what it typed, but for what HQ decides', () => {
  fc.assert(
    fc.property(value, value, strategy, when, when, (base, local, rule, hqAt, localAt) => {
      const { values } = merge([base], [local], [base], [rule], times(hqAt, localAt));
      expect(values).toEqual([rule === 'hq' || rule === 'append' ? base : local]);
    }),
  );
});

test('7.4: whichever of two terminals comes first, the same edit wins', () => {
  const edit = fc.record({ value: fc.constantFrom('x', 'y'), at: fc.constantFrom(EARLY, LATE) });
  fc.assert(
    fc.property(edit, edit, (one, two) => {
      // The first to come has HQ's row as its base; the other meets it there.
      const meets = (
        mine: typeof one,
        self: string,
        theirs: typeof one,
        by: string,
      ): Canonical | undefined =>
        merge(['b'], [mine.value], [theirs.value], ['newest'], times(theirs.at, mine.at, by, self))
          .values[0];
      expect(meets(two, 'T2', one, 'T1')).toBe(meets(one, 'T1', two, 'T2'));
    }),
  );
});

test('7.3: increments are outside every comparison: no strategy beside them changes their sum', () => {
  fc.assert(
    fc.property(decimal, decimal, decimal, strategy, (base, local, hq, beside) => {
      const alone = merge([base], [local], [hq], ['add'], times(EARLY, LATE)).values[0];
      const both = merge([base, 'a'], [local, 'l'], [hq, 'h'], ['add', beside], times(EARLY, LATE))
        .values[0];
      expect(both).toBe(alone);
    }),
  );
});

describe('7.5: does an edit undo a delete?', () => {
  type Side = Parameters<typeof undoesDelete>[3]['side'];
  const undoing = (
    rule: Strategy | null,
    side: Side = 'terminal',
    { editedAt = LATE, deletedAt = EARLY, editor = 'T1', deleter = 'T2', base = 'a' } = {},
  ) =>
    undoesDelete([base], ['l'], [rule], {
      side,
      editedAt: () => editedAt,
      deletedAt,
      editor,
      deleter,
    });

  test.each<[string, readonly number[], number]>([
    ['newest, later', undoing('newest'), 1],
    ['newest, later, at HQ', undoing('newest', 'hq'), 1],
    ['newest, earlier', undoing('newest', 'terminal', { editedAt: EARLY, deletedAt: LATE }), 0],
    ['at once: the lesser name', undoing('newest', 'terminal', { editedAt: EARLY }), 0],
    ['at once: the greater', undoing('newest', 'hq', { editedAt: EARLY, editor: 'T3' }), 1],
    ['a copy that says nothing new', undoing('newest', 'terminal', { base: 'l' }), 0],
    ['terminal, earlier', undoing('terminal', 'terminal', { editedAt: EARLY, deletedAt: LATE }), 1],
    ["terminal, HQ's edit", undoing('terminal', 'hq'), 0],
    ['increments', undoing('add'), 0],
    ['what HQ decides', undoing('hq'), 0],
    ['what is only ever added', undoing('append'), 0],
    ['the time of last change', undoing(null), 0],
  ])('%s', (_, columns, expected) => {
    expect(columns).toHaveLength(expected);
  });

  test('of an edit and a delete only one wins, whichever side each was made on', () => {
    fc.assert(
      fc.property(when, when, fc.constantFrom('T1', 'T2'), (editedAt, deletedAt, editor) => {
        const deleter = editor === 'T1' ? 'T2' : 'T1';
        const onSide = (side: Side) =>
          undoesDelete(['a'], ['l'], ['newest'], {
            side,
            editedAt: () => editedAt,
            deletedAt,
            editor,
            deleter,
          });
        expect(onSide('hq')).toEqual(onSide('terminal'));
      }),
    );
  });
});

test.each<[Strategy[], 'append' | 'hq' | null]>([
  [['append', 'add'], 'append'],
  [['hq', 'add'], 'hq'],
  [['hq', 'newest'], null],
  [['terminal'], null],
  [[], null],
])('6.6: a delete of a row with %j is refused by %s', (strategies, rule) => {
  expect(deleteRefusedBy(strategies)).toBe(rule);
});
