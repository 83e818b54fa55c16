import fc from 'fast-check';
import { loadCatalogue } from '../../electron/host/messages.ts';
import { quietFacts } from '../../renderer/testing/fake-states.ts';
import { statusOf, type Facts } from '../../shared/status.ts';
import type { StatusView } from '../../shared/views.ts';

const now = Date.UTC(2026, 10, 22, 14, 32);
const day = 86_400_000;

/** A terminal with nothing to tell: the quiet afternoon of the fake window, in live mode. */
export const calmFacts: Facts = {
  ...quietFacts(now),
  conflicts: 0,
  oversold: 0,
  lastRun: { at: now, status: 'completed' },
  nextRunAt: null,
  mode: 'live',
  clockSkewMs: 0,
  notices: [],
  differing: null,
};

const amount = fc.oneof(fc.constant(0), fc.nat(1_000_000_000));
const moment = fc.integer({ min: now - 3 * day, max: now + day });
/** Every code that a run can end with, those that mean something of their own often enough. */
const codes = [...loadCatalogue().entries.keys()].filter((code) => !code.startsWith('STATUS_'));
const code = fc.oneof(
  fc.constantFrom(...codes),
  fc.constantFrom('HQ_LOGIN_REFUSED', 'LOCAL_FULL', 'HQ_TIMEOUT', 'HQ_BUSY', 'INTERNAL'),
);

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
  error: fc.option(fc.record({ code, params: fc.constant({}), since: moment }), { freq: 1 }),
  paused: fc.option(fc.record({ since: moment, until: fc.option(moment) }), { freq: 1 }),
  waiting: amount,
  oldestUnsentAt: fc.option(moment, { freq: 1 }),
  held: amount,
  rejected: amount,
  confirm: fc.oneof(fc.constant(0), fc.nat(20)),
  conflicts: amount,
  oversold: fc.oneof(fc.constant(0), fc.nat(20)),
  lastRun: fc.option(
    fc.record({
      at: moment,
      status: fc.constantFrom('completed', 'completed', 'partial', 'failed', 'cancelled'),
    }),
  ),
  nextRunAt: fc.option(moment),
  mode: fc.constantFrom('live', 'cron', 'manual'),
  intervalMs: fc.integer({ min: 1_000, max: day }),
  clockSkewMs: fc.option(fc.integer({ min: -2 * day, max: 2 * day })),
  diskLow: fc.boolean(),
  notices: fc.array(
    fc.constant({ id: 1, code: 'STATUS_HQ_RESTORED', params: { batches: 2, waiting: 0 } }),
    { maxLength: 1 },
  ),
  differing: fc.option(fc.record({ count: fc.integer({ min: 1, max: 1_000 }), at: moment })),
  troubles: fc.oneof(
    fc.constant([]),
    fc.constant([]),
    fc.subarray([
      { code: 'STATUS_API_PORT_TAKEN', params: { port: 4_000 } },
      { code: 'STATUS_API_OFF', params: {} },
      { code: 'STATUS_DEMO_ENDED', params: { program: 'till' } },
    ]),
  ),
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
    keptBack: 0,
  };
}
