import { expect, test } from 'vitest';
import { activeStep, findTerminals, reachedStep } from './setup-steps.ts';

const setup = (step: Parameters<typeof activeStep>[0]['step'], running = false) => ({
  step,
  running,
  error: null,
});

test('the first run goes on where it was left', () => {
  expect(
    (['language', 'server', 'terminal', 'load', 'done'] as const).map((step) =>
      activeStep(setup(step), null),
    ),
  ).toEqual([0, 1, 2, 3, 4]);
});

test('each step can be gone back to, and none is reached before its turn', () => {
  expect(activeStep(setup('load'), 1)).toBe(1);
  expect(activeStep(setup('server'), 3)).toBe(1);
});

test('the end of the first sync shows by itself', () => {
  expect(activeStep(setup('load'), 3)).toBe(3);
  expect(activeStep(setup('done'), 3)).toBe(4);
  expect(activeStep(setup('done'), 1)).toBe(1);
});

test('while the first sync runs it is what is seen', () => {
  expect(activeStep(setup('load', true), 0)).toBe(3);
  expect(reachedStep({ step: 'done' })).toBe(4);
});

test('terminals are found by code, name and store together', () => {
  const terminals = [
    { code: 'T-01', name: 'Front till', store: 'Harbour Street' },
    { code: 'T-02', name: 'Back till', store: 'Harbour Street' },
    { code: 'T-03', name: 'Front till', store: 'Market' },
  ];
  const codes = (search: string) => findTerminals(terminals, search).map(({ code }) => code);
  expect(codes('')).toEqual(['T-01', 'T-02', 'T-03']);
  expect(codes('front HARBOUR')).toEqual(['T-01']);
  expect(codes('t-02')).toEqual(['T-02']);
  expect(codes('none')).toEqual([]);
});
