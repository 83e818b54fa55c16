import { getHeapStatistics } from 'node:v8';
import { expect, test, vi } from 'vitest';
import { collectGarbage, memoryAtRest } from './memory-at-rest.ts';
import { systemTimers } from './scheduler-shell.ts';

const MB = 1024 * 1024;

/** A thread with a heap of `held` MB that shrinks to 20 when it is cleaned. */
function thread() {
  vi.useFakeTimers();
  const state = { held: 60, busy: false, cleaned: 0, fails: false, errors: 0 };
  const memory = memoryAtRest({
    timers: systemTimers,
    isBusy: () => state.busy,
    held: () => state.held * MB,
    giveBack() {
      if (state.fails) return Promise.reject(new Error('no'));
      state.cleaned += 1;
      state.held = 20;
      return Promise.resolve();
    },
    onError: () => (state.errors += 1),
  });
  return {
    state,
    memory,
    [Symbol.dispose]() {
      memory.close();
      vi.useRealTimers();
    },
  };
}

test('memory is given back once, when nothing was done for a while', async () => {
  using one = thread();
  one.memory.stir();
  await vi.advanceTimersByTimeAsync(7_000);
  one.memory.stir();
  await vi.advanceTimersByTimeAsync(7_000);
  expect(one.state.cleaned).toBe(0);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(one.state.cleaned).toBe(1);
});

test('work under way is not disturbed, and is followed by a rest of its own', async () => {
  using one = thread();
  one.state.busy = true;
  one.memory.stir();
  await vi.advanceTimersByTimeAsync(300_000);
  expect(one.state.cleaned).toBe(0);
  one.state.busy = false;
  await vi.advanceTimersByTimeAsync(8_000);
  expect(one.state.cleaned).toBe(1);
});

test('a thread that has hardly grown since is left alone', async () => {
  using one = thread();
  one.memory.stir();
  await vi.advanceTimersByTimeAsync(8_000);
  one.state.held = 31;
  one.memory.stir();
  await vi.advanceTimersByTimeAsync(8_000);
  expect(one.state.cleaned).toBe(1);
  one.state.held = 33;
  one.memory.stir();
  await vi.advanceTimersByTimeAsync(8_000);
  expect(one.state.cleaned).toBe(2);
});

test('a failure is told, and the next rest tries again', async () => {
  using one = thread();
  one.state.fails = true;
  one.memory.stir();
  await vi.advanceTimersByTimeAsync(8_000);
  one.state.fails = false;
  one.memory.stir();
  await vi.advanceTimersByTimeAsync(8_000);
  expect([one.state.errors, one.state.cleaned]).toEqual([1, 1]);
});

test('nothing happens after the end', async () => {
  using one = thread();
  one.memory.stir();
  one.memory.close();
  one.memory.stir();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([one.state.cleaned, vi.getTimerCount()]).toEqual([0, 0]);
});

test('a collection takes what nobody holds any more', async () => {
  let big: number[][] | null = Array.from({ length: 100 }, () => new Array<number>(50_000).fill(1));
  const before = getHeapStatistics().used_heap_size;
  expect(big.length).toBe(100);
  big = null;
  await collectGarbage();
  expect(getHeapStatistics().used_heap_size).toBeLessThan(before - 20 * MB);
});
