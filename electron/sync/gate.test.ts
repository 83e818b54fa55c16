import { expect, test } from 'vitest';
import { isMassRemoval, slotsOf } from './gate.ts';

test.each([
  [100, 100, false],
  [101, 505, false],
  [101, 504, true],
  [101, 101, true],
  [200_000, 1_000_000, false],
  [200_001, 1_000_000, true],
])('5.3: %i of %i rows: it takes more than 100 and more than a fifth', (removed, size, asks) => {
  expect(isMassRemoval(removed, size)).toBe(asks);
});

test('5.3: a removal counts for 24 hours, and for less than a quarter of an hour more', () => {
  const { slot } = slotsOf('2026-11-22T08:05:00.000Z');
  const counts = (now: string): boolean => slotsOf(now).oldest <= slot;
  expect(counts('2026-11-23T08:05:00.000Z')).toBe(true);
  expect(counts('2026-11-23T08:14:59.999Z')).toBe(true);
  expect(counts('2026-11-23T08:15:00.000Z')).toBe(false);
});
