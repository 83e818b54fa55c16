import { expect, test } from 'vitest';
import { offsetWithin } from './paging.ts';

test('a page stays where it is while the list reaches it', () => {
  expect(offsetWithin(0, 50, 0)).toBe(0);
  expect(offsetWithin(0, 50, 10)).toBe(0);
  expect(offsetWithin(50, 50, 51)).toBe(50);
});

test('a list that became too short is shown at its last page', () => {
  expect(offsetWithin(150, 50, 101)).toBe(100);
  expect(offsetWithin(150, 50, 100)).toBe(50);
  expect(offsetWithin(50, 50, 50)).toBe(0);
  expect(offsetWithin(50, 50, 0)).toBe(0);
});
