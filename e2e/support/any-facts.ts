import fc from 'fast-check';
import { statusOf, type Facts } from '../../shared/status.ts';
import type { StatusView } from '../../shared/views.ts';

const now = Date.UTC(2026, 10, 22, 14, 32);
const minute = 60_000;
const day = 24 * 60 * minute;

/** A terminal with nothing to tell. */
export const calmFacts: Facts = {
  now,
  configured: true,
  loaded: true,
  running: null,
  aliveAt: null,
  hq: 'reachable',
  error: null,
  paused: null,
  waiting: 0,
  oldestUnsentAt: null,
  held: 0,
  rejected: 0,
  conflicts: 0,
  lastRun: { at: now, status: 'completed' },
  nextRunAt: null,
  mode: 'live',
  intervalMs: 5 * minute,
  clockSkewMs: 0,
  diskLow: false,
};

const amount = fc.oneof(fc.constant(0), fc.nat(1_000_000));
const moment = fc.integer({ min: now - 3 * day, max: now + day });

/** Facts in every mixture, quiet ones often enough that each state is met. */
export const anyFacts: fc.Arbitrary<Facts> = fc.record({
  now: fc.constant(now),
  configured: fc.oneof(fc.constant(true), fc.boolean()),
  loaded: fc.oneof(fc.constant(true), fc.boolean()),
  running: fc.option(
    fc.record({
      phase: fc.constantFrom('settle', 'load', 'compare', 'download', 'upload', 'check'),
      table: fc.option(fc.string({ maxLength: 63 })),
      done: amount,
      total: fc.option(amount),
    }),
    { freq: 1 },
  ),
  aliveAt: fc.option(moment),
  hq: fc.constantFrom('unknown', 'reachable', 'reachable', 'unreachable'),
  error: fc.option(
    fc.record({
      code: fc.constantFrom('HQ_LOGIN_REFUSED', 'LOCAL_FULL', 'HQ_TIMEOUT', 'HQ_BUSY', 'INTERNAL'),
      params: fc.constant({}),
      since: moment,
    }),
    { freq: 1 },
  ),
  paused: fc.option(fc.record({ since: moment, until: fc.option(moment) }), { freq: 1 }),
  waiting: amount,
  oldestUnsentAt: fc.option(moment, { freq: 1 }),
  held: amount,
  rejected: amount,
  conflicts: amount,
  lastRun: fc.option(
    fc.record({
      at: moment,
      status: fc.constantFrom('completed', 'completed', 'partial', 'failed'),
    }),
  ),
  nextRunAt: fc.option(moment),
  mode: fc.constantFrom('live', 'cron', 'manual'),
  intervalMs: fc.integer({ min: 1_000, max: day }),
  clockSkewMs: fc.option(fc.integer({ min: -2 * day, max: 2 * day })),
  diskLow: fc.boolean(),
});

/** The view of a host that knows these facts and nothing else. */
export function viewOf(facts: Facts): StatusView {
  return {
    status: statusOf(facts),
    facts,
    terminal: 'T1',
    store: 'Main street',
    waitingAtHq: null,
    lastRun: null,
    lastCompleteAt: null,
    pricesAt: null,
    nextRunAt: facts.nextRunAt,
    progress: [],
    queued: false,
  };
}
