import { expect, test } from 'vitest';
import { HqClock } from './hq-clock.ts';

test("7.4: HQ's time is told by the fastest answer, with half its way there and back", () => {
  let ticks = 0;
  const clock = new HqClock(() => ticks);
  const iso = (ms: number): string => new Date(ms).toISOString();
  // HQ is at 50 000 when this process counts 0; one way takes 20, the other 380.
  let askedAt = clock.ticks;
  ticks = 400;
  clock.heard(iso(50_020), askedAt);
  expect(clock.now()).toBe(iso(50_220));
  askedAt = clock.ticks;
  ticks = 410;
  clock.heard(iso(50_405), askedAt);
  expect(clock.now()).toBe(iso(50_410));
  // A slower answer changes nothing.
  askedAt = clock.ticks;
  ticks = 1_000;
  clock.heard(iso(50_999), askedAt);
  expect(clock.now()).toBe(iso(51_000));
});
