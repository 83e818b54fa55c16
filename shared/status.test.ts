import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyFacts, calmFacts as calm } from '../e2e/support/any-facts.ts';
import { loadCatalogue } from '../electron/host/messages.ts';
import { failureKind } from './failures.ts';
import { renderStatus, TOOLTIP_LIMIT } from './messages.ts';
import { STATES, statusOf, type Facts, type State } from './status.ts';

const catalogue = loadCatalogue();
const now = Date.UTC(2026, 10, 22, 14, 32);
const minute = 60_000;
const day = 24 * 60 * minute;

/** Nothing has run since. */
const unsent = (ageMs: number): Partial<Facts> => ({
  waiting: 3,
  oldestUnsentAt: now - ageMs,
  lastRun: { at: now - ageMs, status: 'completed' },
});
const failing = (code: string, ageMs = 0): Partial<Facts> => ({
  error: { code, params: {}, since: now - ageMs },
});

describe('each state has its facts', () => {
  const cases: [name: string, facts: Partial<Facts>, state: State, code: string][] = [
    ['nothing configured', { configured: false }, 'setup', 'STATUS_SETUP'],
    ['sign-in refused', failing('HQ_LOGIN_REFUSED'), 'error', 'HQ_LOGIN_REFUSED'],
    ['paused', { paused: { since: now, until: null } }, 'paused', 'STATUS_PAUSED'],
    [
      'a pause that has ended',
      { paused: { since: now - 9, until: now - 1 } },
      'idle',
      'STATUS_UP_TO_DATE',
    ],
    ['HQ out of reach', { hq: 'unreachable' }, 'offline', 'STATUS_OFFLINE'],
    ['a connection lost', failing('HQ_CONNECTION_LOST'), 'offline', 'STATUS_OFFLINE'],
    [
      'checking',
      { running: { phase: 'check', table: null, done: 0, total: null } },
      'syncing',
      'STATUS_CHECKING',
    ],
    ['live, 59 s unsent', unsent(59_000), 'syncing', 'STATUS_WAITING'],
    ['live, 60 s unsent', unsent(60_000), 'attention', 'STATUS_UNSENT_OLD'],
    [
      'cron, 9 min unsent',
      { mode: 'cron', nextRunAt: now + minute, ...unsent(9 * minute) },
      'syncing',
      'STATUS_WAITING_AT',
    ],
    [
      'cron, two intervals unsent',
      { mode: 'cron', ...unsent(10 * minute) },
      'attention',
      'STATUS_UNSENT_OLD',
    ],
    [
      'manual, 23 h unsent',
      { mode: 'manual', ...unsent(day - minute) },
      'syncing',
      'STATUS_WAITING_MANUAL',
    ],
    ['manual, 24 h unsent', { mode: 'manual', ...unsent(day) }, 'attention', 'STATUS_UNSENT_OLD'],
    ['unsent since tomorrow', unsent(-day), 'attention', 'STATUS_UNSENT_OLD'],
    ['HQ busy', failing('HQ_BUSY'), 'syncing', 'STATUS_RETRYING'],
    ['HQ busy for long', failing('HQ_BUSY', minute), 'attention', 'HQ_BUSY'],
    ['a bug of ours', failing('INTERNAL'), 'attention', 'INTERNAL'],
    ['held rows', { held: 2 }, 'attention', 'STATUS_ROWS_SKIPPED'],
    ['a question about removals', { held: 200, confirm: 1 }, 'attention', 'STATUS_CONFIRM'],
    ['first load open', { loaded: false }, 'attention', 'STATUS_FIRST_LOAD'],
    ['never run', { lastRun: null }, 'attention', 'STATUS_NEVER_RUN'],
    ['settled conflicts only', { conflicts: 5 }, 'idle', 'STATUS_UP_TO_DATE'],
  ];
  test.each(cases)('%s', (_, facts, state, code) => {
    const status = statusOf({ ...calm, ...facts });
    expect([status.state, status.reason.code]).toEqual([state, code]);
  });
});

describe('9: an outbox that does not drain asks for attention and says why', () => {
  const old = unsent(2 * minute);
  const uploading: Partial<Facts> = {
    ...old,
    running: { phase: 'upload', table: 'orders', done: 1, total: null },
  };
  const cases: [name: string, facts: Partial<Facts>, codes: string[]][] = [
    ['a sync that hangs', { ...uploading, aliveAt: now - minute }, ['STATUS_UNSENT_HANGS']],
    ['a sync that moves', { ...uploading, aliveAt: now - 1_000 }, ['STATUS_UNSENT_OLD']],
    [
      'syncs that pass it over',
      { ...old, lastRun: { at: now, status: 'completed' } },
      ['STATUS_UNSENT_PASSED_OVER'],
    ],
    ['no sync since then', old, ['STATUS_UNSENT_OLD']],
    [
      'one failure after the other, none of them old',
      { ...old, ...failing('HQ_BUSY'), lastRun: { at: now, status: 'failed' } },
      ['HQ_BUSY', 'STATUS_UNSENT_OLD'],
    ],
    [
      'a bug of ours',
      { ...old, ...failing('INTERNAL'), lastRun: { at: now, status: 'failed' } },
      ['INTERNAL', 'STATUS_UNSENT_OLD', 'STATUS_LAST_RUN_OPEN'],
    ],
  ];
  test.each(cases)('%s', (_, facts, codes) => {
    const { causes, attention } = statusOf({ ...calm, ...facts });
    expect(causes.map(({ code }) => code)).toEqual(codes);
    expect(attention).toBe(true);
  });

  test('whatever else is true, old unsent changes are among the causes', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const limit = 2 * day;
        const old = facts.oldestUnsentAt !== null && now - facts.oldestUnsentAt >= limit;
        const named = statusOf(facts).causes.some(({ code }) => code.startsWith('STATUS_UNSENT'));
        expect(named || !old).toBe(true);
      }),
    );
  });
});

test('offline for a day shows the dot, for an hour it does not', () => {
  const offline = (age: number) =>
    statusOf({ ...calm, hq: 'unreachable', ...unsent(age) }).attention;
  expect([offline(60 * minute), offline(day)]).toEqual([false, true]);
});

test('a pause of more than a day shows the dot', () => {
  const paused = (age: number) =>
    statusOf({ ...calm, paused: { since: now - age, until: null } }).attention;
  expect([paused(minute), paused(day)]).toEqual([false, true]);
});

test('a higher state hides every lower one', () => {
  const layers: Partial<Facts>[] = [
    { configured: false },
    failing('LOCAL_DAMAGED'),
    { paused: { since: now, until: null } },
    { hq: 'unreachable' },
    { running: { phase: 'upload', table: 'orders', done: 1, total: 2 } },
    { held: 1 },
    {},
  ];
  for (const [index, state] of STATES.entries()) {
    const facts = layers.slice(index).reduceRight<Facts>((all, one) => ({ ...all, ...one }), calm);
    expect(statusOf(facts).state).toBe(state);
  }
});

test('never idle while a row is held, rejected or unsent, a failure stands or the load is open', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const status = statusOf(facts);
      if (status.state !== 'idle') return;
      expect(facts).toMatchObject({
        configured: true,
        loaded: true,
        running: null,
        error: null,
        waiting: 0,
        oldestUnsentAt: null,
        held: 0,
        rejected: 0,
        diskLow: false,
        troubles: [],
        notices: [],
        differing: null,
        lastRun: { status: 'completed' },
      });
      expect(facts.hq).not.toBe('unreachable');
      expect(status.attention).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});

test('every answer is a sentence of the catalogue, with a tooltip that fits', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const { reason, causes } = statusOf(facts);
      for (const message of [reason, ...causes]) {
        expect(catalogue.entries.has(message.code), message.code).toBe(true);
        const text = renderStatus(catalogue, message);
        expect([...text.tooltip].length).toBeLessThanOrEqual(TOOLTIP_LIMIT);
        expect(text.tooltip.endsWith('…'), text.tooltip).toBe(false);
        expect(text.headline).not.toMatch(/[A-Z]+_[A-Z]+|\{/);
        expect(text.headline.length * text.reason.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 3_000 },
  );
});

test('the same facts give the same answer, and the facts stay as they were', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const copy = structuredClone(facts);
      expect(statusOf(facts)).toEqual(statusOf(copy));
      expect(facts).toEqual(copy);
    }),
  );
});

test('what needs attention is never hidden: held and rejected rows always light the dot', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const skipped = facts.held + facts.rejected > 0;
      expect(statusOf(facts).attention || !skipped).toBe(true);
    }),
  );
});

test('an outage alone asks nobody for anything: the run it ended is no cause of its own', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const { error, lastRun, loaded, configured, held, rejected, running, paused } = facts;
      const outage = error !== null && failureKind(error.code) === 'connection';
      const { state, causes } = statusOf(facts);
      const open = causes.some(({ code }) => code === 'STATUS_LAST_RUN_OPEN');
      const listed = lastRun?.status === 'partial' && held + rejected > 0;
      const left = lastRun !== null && lastRun.status !== 'completed' && !listed;
      expect(open && outage && lastRun?.status === 'failed').toBe(false);
      // Nothing else that a run left open is kept back, but what the run at work or a resume takes up.
      const takenUp = lastRun?.status === 'cancelled' && (running !== null || paused !== null);
      expect(open || takenUp || !(configured && loaded && error === null && left)).toBe(true);
      expect(outage && state === 'idle').toBe(false);
    }),
    { numRuns: 5_000 },
  );
  const outage: Facts = {
    ...calm,
    ...failing('HQ_REFUSED'),
    hq: 'unreachable',
    lastRun: { at: now, status: 'failed' },
  };
  expect(statusOf(outage)).toMatchObject({ state: 'offline', attention: false });
});

test('every failure that stops sync has its few words for the tooltip', () => {
  const missing = [...catalogue.entries]
    .filter(
      ([code, entry]) =>
        typeof entry === 'object' && 'safe' in entry && failureKind(code) === 'stopped',
    )
    .filter(([, entry]) => typeof entry === 'object' && !('short' in entry));
  expect(missing.map(([code]) => code)).toEqual([]);
});

test('an absence of HQ stays calm: the run that it ended is no second thing to look at', () => {
  const away = statusOf({
    ...calm,
    ...failing('HQ_CONNECTION_LOST'),
    lastRun: { at: now - minute, status: 'failed' },
  });
  expect(away).toMatchObject({ state: 'offline', attention: false, causes: [] });

  const healed = statusOf({ ...calm, lastRun: { at: now - minute, status: 'failed' } });
  expect(healed).toMatchObject({ state: 'attention', reason: { code: 'STATUS_LAST_RUN_OPEN' } });
});

test('rows that a run left over are said once, as the rows they are', () => {
  const left = statusOf({ ...calm, held: 2, lastRun: { at: now - minute, status: 'partial' } });
  expect(left.causes.map(({ code }) => code)).toEqual(['STATUS_ROWS_SKIPPED']);

  const gone = statusOf({ ...calm, lastRun: { at: now - minute, status: 'partial' } });
  expect(gone.causes.map(({ code }) => code)).toEqual(['STATUS_LAST_RUN_OPEN']);
});

test('a run that closing or a pause cut short is no alarm while the next one takes it up, and never up to date', () => {
  const cut: Facts = { ...calm, lastRun: { at: now - minute, status: 'cancelled' } };
  const running = { phase: 'settle', table: null, done: 0, total: null } as const;
  expect(statusOf({ ...cut, running })).toMatchObject({ state: 'syncing', causes: [] });
  const paused = { since: now, until: null };
  expect(statusOf({ ...cut, paused })).toMatchObject({ state: 'paused', causes: [] });
  expect(statusOf(cut)).toMatchObject({
    state: 'attention',
    reason: { code: 'STATUS_LAST_RUN_OPEN' },
  });
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const cancelled = facts.lastRun?.status === 'cancelled';
      expect(cancelled && statusOf(facts).state === 'idle').toBe(false);
    }),
  );
});

test('trouble beside the sync asks for attention, after everything that is about rows', () => {
  const troubles = [{ code: 'STATUS_API_PORT_TAKEN', params: { port: 4_000 } }];
  expect(statusOf({ ...calm, troubles })).toMatchObject({
    state: 'attention',
    reason: { code: 'STATUS_API_PORT_TAKEN' },
  });
  expect(statusOf({ ...calm, held: 1, troubles }).causes.map(({ code }) => code)).toEqual([
    'STATUS_ROWS_SKIPPED',
    'STATUS_API_PORT_TAKEN',
  ]);
});

test('the first load at work asks for nothing; left half done, it does', () => {
  const unloaded: Facts = { ...calm, loaded: false, lastRun: null };
  const running = { phase: 'load', table: 'products', done: 1, total: 2 } as const;
  expect(statusOf({ ...unloaded, running })).toMatchObject({ state: 'syncing', attention: false });
  expect(statusOf(unloaded)).toMatchObject({ reason: { code: 'STATUS_FIRST_LOAD' } });
});
