import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EASY_SCHEDULES, easyScheduleOf, nextTimes, parseCron } from './cron.ts';

const now = new Date(2026, 10, 22, 14, 32, 10).getTime();

/** What the host's scheduler makes of it. */
const byScheduler = (text: string, count: number): number[] =>
  new Cron(text, { paused: true }).nextRuns(count, new Date(now)).map((at) => at.getTime());

function ours(text: string, count = 3): number[] {
  const rule = parseCron(text);
  if (rule === null) throw new Error(`not plain: ${text}`);
  return nextTimes(rule, now, count);
}

describe('the times shown are those at which the scheduler runs', () => {
  test.each([
    ...Object.values(EASY_SCHEDULES),
    '* * * * *',
    '*/10 8-20 * * 1-6',
    '0,30 9 * * 0',
    '0 0 1 * *',
    '15 3 29 2 *',
    '0 12 * 1-6/2 *',
    '5 4 * * 7',
  ])('%s', (text) => {
    expect(ours(text)).toEqual(byScheduler(text, 3));
  });

  test('any plain schedule', () => {
    const field = (from: number, to: number) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: from, max: to }).map(String),
        fc.integer({ min: 1, max: Math.min(to, 20) }).map((step) => `*/${step}`),
        fc
          .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
          .map((ends) => ends.toSorted((a, b) => a - b).join('-')),
        fc
          .uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 4 })
          .map(String),
      );
    const schedule = fc.oneof(
      fc.tuple(field(0, 59), field(0, 23), field(1, 28), fc.constant('*'), fc.constant('*')),
      fc.tuple(field(0, 59), field(0, 23), fc.constant('*'), field(1, 12), field(0, 6)),
    );
    fc.assert(
      fc.property(schedule, (fields) => {
        const text = fields.join(' ');
        expect(ours(text)).toEqual(byScheduler(text, 3));
      }),
      { numRuns: 300 },
    );
  });
});

test.each(['', '* * * *', '* * * * * *', '@daily', '60 * * * *', '5/10 * * * *', '0 0 1 * 1', 'a'])(
  '%j is left to the host',
  (text) => {
    expect(parseCron(text)).toBe(null);
  },
);

test('a date that never comes has no times', () => {
  expect(ours('0 0 31 2 *')).toEqual([]);
});

test('an easy schedule is known by its name, whatever the spaces', () => {
  expect(easyScheduleOf('  */5  * * * * ')).toBe('5');
  expect(easyScheduleOf('*/7 * * * *')).toBe(null);
});
