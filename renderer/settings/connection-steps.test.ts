import { expect, test } from 'vitest';
import { stepStates } from './connection-steps.ts';

const states = (test: Parameters<typeof stepStates>[0]) =>
  stepStates(test).map(({ step, state }) => `${step} ${state}`);

test('the step that ended the test is marked, those after it were not tried', () => {
  expect(
    states({
      ok: false,
      passed: ['name', 'connect'],
      failed: { step: 'login', message: { code: 'HQ_LOGIN_REFUSED', params: {} } },
      terminals: [],
    }),
  ).toEqual([
    'name passed',
    'connect passed',
    'tls skipped',
    'login stopped',
    'tables untried',
    'version untried',
    'terminal untried',
  ]);
});

test('a test that passed has no untried steps', () => {
  expect(
    states({
      ok: true,
      passed: ['name', 'connect', 'tls', 'login', 'tables', 'version'],
      failed: null,
      terminals: [],
    }).at(-1),
  ).toBe('terminal skipped');
});
