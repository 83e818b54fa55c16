import { expect, test } from 'vitest';
import { createStillHere } from './still-here.ts';

function hint({ hasTray = true, wanted = true, never = false } = {}) {
  const done: string[] = [];
  let isWanted = wanted;
  const ports = {
    hasTray: () => hasTray,
    wanted: () => isWanted,
    ask: () => {
      done.push('ask');
      return Promise.resolve({ never });
    },
    stop: () => {
      done.push('stop');
      isWanted = false;
      return Promise.resolve();
    },
  };
  return { done, start: () => createStillHere(ports) };
}

test('the hint comes at the first close of each start, and not at the second', async () => {
  const { done, start } = hint();
  const [first, next] = [start(), start()];
  await first();
  await first();
  expect(done).toEqual(['ask']);
  await next();
  expect(done).toEqual(['ask', 'ask']);
});

test('"Don\'t show again" holds for every later start', async () => {
  const { done, start } = hint({ never: true });
  await start()();
  await start()();
  expect(done).toEqual(['ask', 'stop']);
});

test('it does not come where it was switched off, or where the window stays in the taskbar', async () => {
  for (const given of [{ wanted: false }, { hasTray: false }]) {
    const { done, start } = hint(given);
    await start()();
    expect(done).toEqual([]);
  }
});
