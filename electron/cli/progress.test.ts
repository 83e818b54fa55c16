import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createProgress, type ProgressBar } from './progress.ts';
import { testTerminal, WIPED } from './testing.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const word = (done: number, total: number | null = 100) =>
  ({ phase: 'upload', table: 'orders', done, total }) as const;

/** A bar that has begun, and what stands on its terminal. */
function begun({ isTTY = true } = {}): { bar: ProgressBar; written: () => string } {
  const terminal = testTerminal(isTTY);
  const bar = createProgress(terminal, () => Date.now());
  bar.begin();
  return { bar, written: terminal.written };
}

test('10: where there is no terminal nothing is ever written', () => {
  const { bar, written } = begun({ isTTY: false });
  vi.advanceTimersByTime(5_000);
  bar.show(word(1));
  vi.advanceTimersByTime(5_000);
  bar.stop();
  expect(written()).toBe('');
  expect(vi.getTimerCount()).toBe(0);
});

test('10: what is over within a second shows no bar', () => {
  const { bar, written } = begun();
  bar.show(word(1));
  vi.advanceTimersByTime(999);
  bar.show(word(2));
  bar.stop();
  vi.advanceTimersByTime(5_000);
  expect(written()).toBe('');
});

test('10: after a second the latest word stands there, and each that follows', () => {
  const { bar, written } = begun();
  bar.show(word(25));
  vi.advanceTimersByTime(1_000);
  expect(written()).toContain(`upload orders [${'█'.repeat(10)}${'░'.repeat(30)}] 25 of 100`);
  bar.show(word(50));
  vi.advanceTimersByTime(1_000);
  expect(written()).toContain('50 of 100');
  bar.show(word(7, null));
  vi.advanceTimersByTime(1_000);
  expect(written()).toMatch(/upload orders \[[█░]{40}\] 7/);
  bar.stop();
});

test('10: work that lets no timer fire shows its bar with the first word after a second', () => {
  const { bar, written } = begun();
  vi.setSystemTime(Date.now() + 1_500);
  bar.show(word(25));
  expect(written()).toContain('25 of 100');
  bar.stop();
});

test('10: where nothing reports, a bar moves from the first second on', () => {
  const { bar, written } = begun();
  vi.advanceTimersByTime(999);
  expect(written()).toBe('');
  vi.advanceTimersByTime(1);
  const first = written();
  expect(first).toMatch(/working \[[█░]{40}\]/);
  vi.advanceTimersByTime(1_000);
  expect(written().length).toBeGreaterThan(first.length);
  bar.stop();
});

test('10: the end wipes the line, and no later word brings the bar back', () => {
  const { bar, written } = begun();
  bar.show(word(1));
  vi.advanceTimersByTime(2_000);
  bar.stop();
  const end = written();
  expect(end).toMatch(WIPED);
  bar.show(word(2));
  vi.advanceTimersByTime(5_000);
  bar.stop();
  expect(written()).toBe(end);
  expect(vi.getTimerCount()).toBe(0);
});

test('10: begun again, it waits for a second again and has forgotten what was said before', () => {
  const { bar, written } = begun();
  bar.show(word(25));
  vi.advanceTimersByTime(2_000);
  bar.stop();
  const before = written().length;
  bar.begin();
  vi.advanceTimersByTime(999);
  expect(written().length).toBe(before);
  vi.advanceTimersByTime(1);
  expect(written().slice(before)).toContain('working');
  bar.stop();
});

test('no setting of the terminal is left changed by who is killed meanwhile: none is made', () => {
  const { bar, written } = begun();
  vi.advanceTimersByTime(2_000);
  bar.stop();
  expect(written()).not.toContain('\u001b[?');
});

test('control characters of a database never reach the bar', () => {
  const { bar, written } = begun();
  bar.show({ phase: 'load', table: 'a\u0007b', done: 1, total: 2 });
  vi.advanceTimersByTime(1_000);
  bar.stop();
  expect(written()).toContain('load a b [');
});
