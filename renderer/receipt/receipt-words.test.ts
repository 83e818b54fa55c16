import { expect, test } from 'vitest';
import { statusOf, type Facts } from '../../shared/status.ts';
import type { ReceiptAnswer, ReceiptState, StatusView } from '../../shared/views.ts';
import { answersTo, headlineOf, isSameDay } from './receipt-words.ts';
import english from './text.en.yaml';
import spanish from './text.es.yaml';

const now = Date.UTC(2026, 10, 22, 14, 32);

const facts: Facts = {
  now,
  configured: true,
  loaded: true,
  running: null,
  aliveAt: null,
  hq: 'reachable',
  error: null,
  paused: null,
  waiting: 1,
  oldestUnsentAt: now - 1_000,
  held: 0,
  rejected: 0,
  confirm: 0,
  conflicts: 0,
  oversold: 0,
  lastRun: { at: now - 60_000, status: 'completed' },
  nextRunAt: null,
  mode: 'cron',
  intervalMs: 300_000,
  clockSkewMs: null,
  diskLow: false,
  troubles: [],
  notices: [],
  differing: null,
};

function statusWith(changed: Partial<Facts>): StatusView {
  const all = { ...facts, ...changed };
  return {
    status: statusOf(all),
    facts: all,
    terminal: 'TILL-1',
    store: 'RIV',
    waitingAtHq: null,
    lastRun: null,
    lastCompleteAt: null,
    pricesAt: null,
    nextRunAt: all.nextRunAt,
    progress: [],
    queued: false,
    keptBack: 0,
  };
}

const queued = { state: 'queued', atHqSince: null } as const;

test('a saved sale says when it will be sent, as the state of the moment allows', () => {
  const next = now + 300_000;
  const said = [
    {},
    { nextRunAt: next },
    { nextRunAt: now - 1 },
    { mode: 'manual' as const },
    { hq: 'unreachable' as const },
    { paused: { since: now, until: null } },
    { error: { code: 'HQ_LOGIN_REFUSED', params: {}, since: now } },
    { running: { phase: 'upload' as const, table: null, done: 0, total: null }, nextRunAt: next },
  ].map((changed) => headlineOf(queued, statusWith(changed)));

  expect(said).toEqual([
    { key: 'receipt.sent.soon', at: null },
    { key: 'receipt.sent.at', at: next },
    { key: 'receipt.sent.soon', at: null },
    { key: 'receipt.sent.manual', at: null },
    { key: 'receipt.sent.offline', at: null },
    { key: 'receipt.sent.paused', at: null },
    { key: 'receipt.sent.stopped', at: null },
    { key: 'receipt.sent.soon', at: null },
  ]);
  for (const { key } of said) {
    expect(english[key], key).toBeTypeOf('string');
    expect(spanish[key], key).toBeTypeOf('string');
  }
});

test('every state has its sentence, and "since" stands only where the time is known', () => {
  const states: ReceiptState[] = ['at-hq', 'held', 'rejected', 'unknown'];
  const keys = states.map((state) => headlineOf({ state, atHqSince: null }, null).key);
  const since = headlineOf({ state: 'at-hq', atHqSince: now }, null);

  expect(keys).toEqual(['receipt.at-hq', 'receipt.held', 'receipt.rejected', 'receipt.unknown']);
  expect(since).toEqual({ key: 'receipt.at-hq.since', at: now });
  for (const key of [...keys, ...[...states, 'queued'].map((state) => `receipt.${state}.more`)]) {
    expect(english[key], key).toBeTypeOf('string');
    expect(spanish[key], key).toBeTypeOf('string');
  }
});

test('a number that nothing has is answered as not on this terminal', () => {
  const found: ReceiptAnswer = {
    number: '1001',
    table: 'orders',
    state: 'at-hq',
    here: true,
    madeAt: now,
    atHqSince: now,
    hqId: '9',
    message: null,
  };

  expect(answersTo('1001', [found])).toEqual([found]);
  expect(answersTo('7', []).map(({ number, state }) => [number, state])).toEqual([
    ['7', 'unknown'],
  ]);
});

test('a day is the day of this place', () => {
  const morning = new Date(2026, 10, 22, 0, 5).getTime();
  const evening = new Date(2026, 10, 22, 23, 55).getTime();

  expect(isSameDay(morning, evening)).toBe(true);
  expect(isSameDay(evening, evening + 600_000)).toBe(false);
});
