import { describe, expect, test } from 'vitest';
import { STATES } from '../../shared/status.ts';
import { textIn } from '../i18n/text.ts';
import { FAKE_STATES, fakeStatus } from '../testing/fake-states.ts';
import { mainAction, placeOf } from './main-action.ts';
import { safetyOf } from './safety.ts';

const now = Date.UTC(2026, 10, 22, 14, 32);
const view = (name: string) => fakeStatus(name, now);

test.each([
  ['idle', { type: 'sync' }],
  ['syncing', { type: 'cancel' }],
  ['waiting', { type: 'sync' }],
  ['offline', { type: 'try' }],
  ['attention', { type: 'review', screen: 'held' }],
  ['unsent', { type: 'sync' }],
  ['error', { type: 'fix', screen: 'settings', place: 'settings-connection' }],
  ['error-schema', { type: 'fix', screen: 'schema' }],
  ['error-disk', { type: 'try' }],
  ['error-clone', { type: 'take-over' }],
  ['restored', { type: 'review', screen: 'check' }],
  ['taken-over', { type: 'review', screen: 'check' }],
  ['differs', { type: 'review', screen: 'check' }],
  ['error-standby', { type: 'fix', screen: 'settings', place: 'settings-connection' }],
  ['paused', { type: 'resume' }],
  ['setup', { type: 'setup' }],
])('%s asks for one step', (name, action) => {
  expect(mainAction(view(name))).toEqual(action);
});

test('a cause that no screen can deal with leads nowhere', () => {
  expect(placeOf('STATUS_DISK_LOW')).toBeNull();
  expect(placeOf('HQ_BUSY')).toBeNull();
  expect(placeOf('TERMINAL_UNKNOWN')).toEqual({ screen: 'settings', place: 'settings-terminal' });
});

describe('are the sales safe?', () => {
  test.each([
    ['idle', 'at-hq'],
    ['syncing', 'here'],
    ['offline', 'here'],
    ['attention', 'here'],
    ['error', 'here'],
    ['paused', 'here'],
    ['error-disk', 'careful'],
    ['error-damaged', 'careful'],
    ['error-clone', 'careful'],
    ['differs', 'here'],
    ['restored', 'at-hq'],
    ['attention-many', 'disk'],
    ['setup', 'none'],
  ])('%s: %s', (name, safety) => {
    expect(safetyOf(view(name))).toBe(safety);
  });

  test('"all at HQ" is never said while a row is unsent, held or rejected', () => {
    const open = FAKE_STATES.filter((name) => {
      const { waiting, held, rejected } = view(name).facts;
      return waiting + held + rejected > 0;
    });
    expect(open.map((name) => safetyOf(view(name)))).not.toContain('at-hq');
  });
});

test('the fixtures show every state, and each has its sentences in both languages', () => {
  const states = new Set(FAKE_STATES.map((name) => view(name).status.state));
  expect([...states].toSorted()).toEqual([...STATES].toSorted());
  for (const t of [textIn('en'), textIn('es')]) {
    for (const name of FAKE_STATES) {
      const { headline, reason, tooltip } = t.status(view(name).status.reason);
      for (const text of [headline, reason, tooltip])
        expect(text).not.toMatch(/[A-Z]+_[A-Z]+[^_A-Z]*\(/);
    }
  }
});
