import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../electron/host/messages.ts';
import { renderStatus } from './messages.ts';
import {
  LONG_OFFLINE_MS,
  nextNotice,
  nothingSaid,
  screenOf,
  type Notice,
  type NoticeContext,
} from './notices.ts';
import { statusOf, type Facts } from './status.ts';
import { anyFacts, calmFacts, viewOf } from '../e2e/support/any-facts.ts';

const minute = 60_000;
const hour = 60 * minute;
const wanted = { attention: true, error: true, offline: true };

interface Step {
  readonly facts: Partial<Facts>;
  /** Since the step before. */
  readonly after?: number;
  readonly context?: Partial<NoticeContext>;
}

/** What is said at each step of a story. */
function told(steps: readonly Step[]): (Notice | null)[] {
  let memory = nothingSaid;
  let { now } = calmFacts;
  return steps.map(({ facts, after = minute, context }) => {
    now += after;
    const view = viewOf({ ...calmFacts, now, ...facts });
    const step = nextNotice(memory, view, { now, focused: false, wanted, ...context });
    memory = step.memory;
    return step.notice;
  });
}
const kinds = (steps: readonly Step[]) => told(steps).map((notice) => notice?.kind ?? null);

const refused: Partial<Facts> = {
  error: { code: 'HQ_LOGIN_REFUSED', params: { user: 'till' }, since: calmFacts.now },
};
const held: Partial<Facts> = { held: 3 };
const away: Partial<Facts> = { hq: 'unreachable', waiting: 4 };
const busy: Partial<Facts> = { running: { phase: 'check', table: null, done: 0, total: null } };

test('a calm terminal says nothing', () => {
  expect(kinds([{ facts: {} }, { facts: busy }, { facts: {} }])).toEqual([null, null, null]);
});

test('an error speaks once, and once more when it is over', () => {
  const story = [
    { facts: {} },
    { facts: refused },
    { facts: refused },
    { facts: {} },
    { facts: {} },
  ];
  expect(kinds(story)).toEqual([null, 'error', null, 'recovered', null]);
});

test('attention speaks once while it lasts, however many runs come and go meanwhile', () => {
  const story = [
    { facts: held },
    { facts: { ...held, ...busy } },
    { facts: held, after: 2 * hour },
    { facts: { held: 40 }, after: 2 * hour },
  ];
  expect(kinds(story)).toEqual(['attention', null, null, null]);
});

test('attention that went and came back speaks again, but not within the hour', () => {
  const story = [
    { facts: held },
    { facts: {} },
    { facts: held },
    { facts: held, after: hour },
    { facts: held, after: hour },
  ];
  expect(kinds(story)).toEqual(['attention', null, null, 'attention', null]);
});

test('offline is silent until it has lasted long, and then speaks once', () => {
  const story = [
    { facts: away },
    { facts: away, after: hour },
    { facts: away, after: LONG_OFFLINE_MS },
    { facts: away, after: LONG_OFFLINE_MS },
    { facts: {} },
  ];
  expect(kinds(story)).toEqual([null, null, 'offline', null, null]);
});

test('what a person sees in the window is not told again when they leave it', () => {
  const story = [{ facts: refused, context: { focused: true } }, { facts: refused }];
  expect(kinds(story)).toEqual([null, null]);
});

describe('a switch', () => {
  const off = (kind: keyof typeof wanted): Partial<NoticeContext> => ({
    wanted: { ...wanted, [kind]: false },
  });
  test('silences its kind and no other', () => {
    const story = (context: Partial<NoticeContext>) =>
      kinds([
        { facts: held, context },
        { facts: refused, context },
        { facts: {}, context },
      ]);
    expect(story({})).toEqual(['attention', 'error', 'recovered']);
    expect(story(off('attention'))).toEqual([null, 'error', 'recovered']);
    expect(story(off('error'))).toEqual(['attention', null, null]);
    expect(story(off('offline'))).toEqual(['attention', 'error', 'recovered']);
  });
});

test('a click shows where the next step is taken', () => {
  const at = (code: string) => screenOf({ code, params: {} });
  expect(at('STATUS_ROWS_SKIPPED')).toBe('held');
  expect(at('HQ_LOGIN_REFUSED')).toBe('settings');
  expect(at('LOCAL_SCHEMA_BLOCKED')).toBe('schema');
  expect(at('LOCAL_FULL')).toBe('status');
});

test('every notice has words of its own', () => {
  const catalogue = loadCatalogue();
  const notices = told([{ facts: held }, { facts: refused }, { facts: {} }]);
  for (const notice of notices) {
    const text = renderStatus(catalogue, notice?.message ?? { code: '', params: {} });
    expect(text.headline).toMatch(/^[A-Z0-9].{5,60}$/);
    expect(text.reason).not.toBe(text.headline);
  }
});

const anyStory = fc.array(
  fc.record({
    facts: fc.oneof(fc.constant({}), anyFacts),
    after: fc.integer({ min: 0, max: 3 * hour }),
    focused: fc.boolean(),
  }),
  { maxLength: 40 },
);

test('in any story: none while the window is focused, and a cause speaks at most once an hour', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      let memory = nothingSaid;
      let { now } = calmFacts;
      const last = new Map<string, number>();
      for (const { facts, after, focused } of story) {
        now += after;
        const view = viewOf({ ...calmFacts, ...facts, now });
        const step = nextNotice(memory, view, { now, focused, wanted });
        const again = nextNotice(step.memory, view, { now, focused, wanted });
        expect(again.notice).toBeNull();
        memory = step.memory;
        if (step.notice === null) continue;
        expect(focused).toBe(false);
        const cause = `${step.notice.kind} ${step.notice.message.code}`;
        expect(now - (last.get(cause) ?? -Infinity)).toBeGreaterThanOrEqual(hour);
        last.set(cause, now);
      }
    }),
  );
});

test('in any story: an error that stands for an hour unseen has been told', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      const facts = { ...calmFacts, ...refused };
      fc.pre(statusOf(facts).state === 'error');
      const steps = [
        ...story.map(({ facts: past, after, focused }) => ({
          facts: past,
          after,
          context: { focused },
        })),
        { facts: {} },
        { facts: refused },
        { facts: refused, after: hour },
      ];
      expect(kinds(steps).slice(-2)).toContain('error');
    }),
  );
});
