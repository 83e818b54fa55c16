import { expect, test } from 'vitest';
import { noCounts } from '../../shared/report.ts';
import { COLUMNS, FILTERS, lineOf, removedIn, tableLines } from './history-words.ts';
import english from './text.en.yaml';
import spanish from './text.es.yaml';

test('a line counts what came and what went apart, and what was left over together', () => {
  const line = lineOf({
    download: { applied: 100, deleted: 1, held: 2, conflicts: 3, rejected: 4 },
    upload: { applied: 50, deleted: 5, held: 10, conflicts: 20, rejected: 30 },
  });

  expect(line).toEqual({ received: 101, sent: 55, held: 12, rejected: 34, conflicts: 23 });
});

test('the tables of a run stand by the rows they moved, then by name', () => {
  const moved = (applied: number) => ({
    download: { ...noCounts, applied },
    upload: noCounts,
  });

  const lines = tableLines({ taxes: moved(2), orders: moved(9), customers: moved(2) });

  expect(lines.map(({ table }) => table)).toEqual(['orders', 'customers', 'taxes']);
});

test('removals of both directions are counted', () => {
  expect(
    removedIn({ download: { ...noCounts, deleted: 2 }, upload: { ...noCounts, deleted: 3 } }),
  ).toBe(5);
});

test('every column, result and direction has its words in both languages', () => {
  const keys = [
    ...COLUMNS.map((column) => `history.${column}`),
    'history.filter.all',
    ...FILTERS.filter((filter) => filter !== 'all').flatMap((status) => [
      `history.status.${status}`,
      `history.status.${status}.more`,
    ]),
    ...['both', 'push', 'pull'].map((direction) => `history.direction.${direction}`),
  ];

  for (const key of keys) {
    expect(english[key], key).toBeTypeOf('string');
    expect(spanish[key], key).toBeTypeOf('string');
  }
});
