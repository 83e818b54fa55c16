import { expect, test } from 'vitest';
import { nextAsked } from './check-store.ts';
import { checkRunning, fieldPairs, resultSentence } from './check-words.ts';

const table = (hq: number, terminal: number, differing = 0, same = Math.min(hq, terminal)) => ({
  ref: 't',
  table: 'orders',
  hq,
  terminal,
  same,
  differing,
});

test('equal sides: how many rows both hold', () => {
  expect(
    resultSentence({ equal: true, explained: 0, tables: [table(10, 10), table(5, 5)] }),
  ).toEqual({ key: 'check.same', params: { rows: 15, explained: 0 } });
});

test('a row that waits is no row that both hold, on one side or with other values on both', () => {
  expect(
    resultSentence({ equal: true, explained: 3, tables: [table(11, 12, 0, 10), table(6, 5)] }),
  ).toEqual({ key: 'check.same.set-aside', params: { rows: 15, explained: 3 } });
});

test('differences are counted over all tables, what is set aside beside them', () => {
  const tables = [table(10, 10, 2), table(6, 5, 1)];
  expect(resultSentence({ equal: false, explained: 0, tables })).toEqual({
    key: 'check.differ',
    params: { differing: 3, explained: 0 },
  });
  expect(resultSentence({ equal: false, explained: 4, tables }).key).toBe('check.differ.set-aside');
});

test('only the fields that differ are marked; null and empty text are different', () => {
  const pairs = fieldPairs({
    id: '1',
    columns: ['name', 'price', 'note'],
    hq: ['Tea', '2.50', null],
    terminal: ['Tea', '2.75', ''],
  });
  expect(pairs.map(({ differs }) => differs)).toEqual([false, true, true]);
});

test('where one side lacks the row no single field is the difference', () => {
  const pairs = fieldPairs({ id: '1', columns: ['name'], hq: null, terminal: ['Tea'] });
  expect(pairs).toEqual([{ column: 'name', hq: undefined, terminal: 'Tea', differs: false }]);
});

test.each([
  ['check', true],
  ['compare', true],
  ['upload', false],
  ['download', false],
] as const)('phase %s: a check runs = %s', (phase, expected) => {
  const running = { phase, table: 'orders', done: 1, total: null };
  const status = { facts: { running }, progress: [] } as unknown as Parameters<
    typeof checkRunning
  >[0];
  expect(checkRunning(status) !== null).toBe(expected);
});

test('no status and no run: no check', () => {
  expect(checkRunning(null)).toBe(null);
});

test('a check that was asked for is waited for until its result is there or it was seen to end', () => {
  const asked = { last: 5, ran: false };
  expect(nextAsked(asked, false, 5)).toBe(asked);
  expect(nextAsked(asked, true, 5)).toEqual({ last: 5, ran: true });
  expect(nextAsked({ last: 5, ran: true }, true, 5)).toEqual({ last: 5, ran: true });
  expect(nextAsked({ last: 5, ran: true }, false, 5)).toBe(null);
  expect(nextAsked(asked, false, 6)).toBe(null);
  expect(nextAsked({ last: null, ran: false }, false, 1)).toBe(null);
});
