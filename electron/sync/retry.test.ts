import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoff, decide } from './retry.ts';

test.each([
  ['40001', 'retry'],
  ['40P01', 'retry'],
  ['53300', 'retry'],
  ['08006', 'retry'],
  ['57P01', 'retry'],
  ['HQ_REFUSED', 'retry'],
  ['23505', 'reject'],
  ['22P02', 'reject'],
  ['22001', 'reject'],
  ['23514', 'reject'],
  ['P0001', 'reject'],
  ['42501', 'reject'],
  ['42P01', 'stop'],
  ['PF002', 'stop'],
  ['HQ_LOGIN_REFUSED', 'stop'],
  ['INTERNAL', 'stop'],
  ['toString', 'stop'],
  ['', 'stop'],
])('%s -> %s', (code, action) => {
  expect(decide(code).action).toBe(action);
});

test('waits grow, keep their limits and are spread', () => {
  const attempts = fc.integer({ min: -1, max: 10_000 });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(
      fc.constantFrom('40001', 'HQ_DNS', 'HQ_BUSY', 'INTERNAL'),
      attempts,
      random,
      (code, attempt, dice) => {
        const decision = decide(code);
        const wait = backoff(decision, attempt, dice);
        expect(wait).toBeGreaterThanOrEqual(decision.minMs / 2);
        expect(wait).toBeLessThanOrEqual(decision.maxMs);
        expect(backoff(decision, attempt + 1, dice)).toBeGreaterThanOrEqual(wait);
      },
    ),
  );
  expect(backoff(decide('HQ_DNS'), 1, 0)).toBe(500);
  expect(backoff(decide('HQ_DNS'), 100, 0.999_99)).toBe(60_000);
});
