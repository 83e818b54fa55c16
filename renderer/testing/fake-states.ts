/** A status for every state, made by the product's own `statusOf` from believable facts. */
import { statusOf, type Facts } from '../../shared/status.ts';
import type { StatusView } from '../../shared/views.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** A quiet afternoon: all in step. */
export function quietFacts(now: number): Facts {
  return {
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
    confirm: 0,
    conflicts: 3,
    oversold: 0,
    lastRun: { at: now - 3 * minute, status: 'completed' },
    nextRunAt: now + 2 * minute,
    mode: 'cron',
    intervalMs: 5 * minute,
    clockSkewMs: 400,
    diskLow: false,
    troubles: [],
    notices: [],
    differing: null,
  };
}

const waitingSales = (now: number): Partial<Facts> => ({
  waiting: 14,
  oldestUnsentAt: now - 40 * minute,
});

const failed = (now: number, code: string, params = {}): Partial<Facts> => ({
  error: { code, params, since: now - 40 * minute },
  lastRun: { at: now - 40 * minute, status: 'failed' },
  nextRunAt: null,
});

const skipped: Partial<Facts> = { held: 10, rejected: 2 };

/** What each name changes of the quiet afternoon. */
const changes: Readonly<Record<string, (now: number) => Partial<Facts>>> = {
  idle: () => ({}),
  'idle-live': () => ({ mode: 'live', nextRunAt: null }),
  setup: () => ({ configured: false, loaded: false, hq: 'unknown', lastRun: null }),
  syncing: (now) => ({
    waiting: 860,
    oldestUnsentAt: now - 2 * minute,
    running: { phase: 'upload', table: 'orders', done: 340, total: 1_200 },
  }),
  checking: () => ({ running: { phase: 'settle', table: null, done: 0, total: null } }),
  loading: () => ({
    loaded: false,
    lastRun: null,
    running: { phase: 'load', table: 'products', done: 81_234, total: 200_000 },
  }),
  waiting: (now) => ({ waiting: 3, oldestUnsentAt: now - minute }),
  'waiting-manual': (now) => ({
    waiting: 3,
    oldestUnsentAt: now - minute,
    mode: 'manual',
    nextRunAt: null,
  }),
  retrying: (now) => ({
    waiting: 3,
    oldestUnsentAt: now - minute,
    error: { code: 'HQ_BUSY', params: { table: 'orders' }, since: now - minute },
  }),
  'read-only': (now) => ({
    waiting: 3,
    oldestUnsentAt: now - minute,
    error: { code: 'HQ_READ_ONLY', params: {}, since: now - minute },
  }),
  'syncing-attention': (now) => ({
    ...skipped,
    running: { phase: 'download', table: 'products', done: 1_200, total: null },
    waiting: 2,
    oldestUnsentAt: now - minute,
  }),
  offline: (now) => ({
    ...waitingSales(now),
    ...failed(now, 'HQ_REFUSED', { where: 'hq.example:5432' }),
    hq: 'unreachable',
  }),
  'offline-attention': (now) => ({
    ...waitingSales(now),
    ...skipped,
    hq: 'unreachable',
    oldestUnsentAt: now - 26 * hour,
  }),
  attention: () => ({ ...skipped, lastRun: { at: Date.now() - 3 * minute, status: 'partial' } }),
  trouble: () => ({ troubles: [{ code: 'STATUS_API_PORT_TAKEN', params: { port: 4_000 } }] }),
  'attention-many': (now) => ({
    ...skipped,
    ...waitingSales(now),
    diskLow: true,
    clockSkewMs: 9 * minute,
    lastRun: { at: now - 3 * minute, status: 'partial' },
  }),
  restored: () => ({
    notices: [{ id: 1, code: 'STATUS_FILE_RESTORED', params: { batches: 0, waiting: 4 } }],
  }),
  'hq-restored': () => ({
    clockSkewMs: -7 * minute,
    notices: [{ id: 2, code: 'STATUS_HQ_RESTORED', params: { batches: 3, waiting: 0 } }],
  }),
  'taken-over': () => ({
    notices: [{ id: 3, code: 'STATUS_TAKEN_OVER', params: { holder: 'TILL-7', waiting: 1 } }],
  }),
  clock: () => ({ clockSkewMs: 9 * minute }),
  differs: (now) => ({ differing: { count: 2, at: now - 8 * hour } }),
  unsent: (now) => ({ ...waitingSales(now), oldestUnsentAt: now - 2 * hour }),
  error: (now) => ({
    ...waitingSales(now),
    ...failed(now, 'HQ_LOGIN_REFUSED', { user: 'till_042' }),
  }),
  'error-disk': (now) => ({
    ...waitingSales(now),
    ...failed(now, 'LOCAL_FULL', { file: 'C:\\PayFlow\\payflow.db' }),
  }),
  'error-damaged': (now) => ({
    ...waitingSales(now),
    ...failed(now, 'LOCAL_DAMAGED', { file: '/home/till/.local/share/PayFlow/payflow.db' }),
  }),
  'error-clone': (now) => ({
    ...waitingSales(now),
    ...failed(now, 'CLONE_REFUSED', {
      holder: 'TILL-7',
      since: now - 50 * hour,
      seen: now - 2 * minute,
    }),
  }),
  'error-standby': (now) => ({ ...waitingSales(now), ...failed(now, 'HQ_STANDBY') }),
  'error-schema': (now) => failed(now, 'HQ_COLUMN_MISSING', { table: 'orders', column: 'tip' }),
  paused: (now) => ({
    ...waitingSales(now),
    paused: { since: now - 10 * minute, until: now + hour },
    nextRunAt: null,
  }),
  'paused-forgotten': (now) => ({
    ...waitingSales(now),
    paused: { since: now - 30 * hour, until: null },
    oldestUnsentAt: now - 29 * hour,
    nextRunAt: null,
  }),
};

export const FAKE_STATES = Object.keys(changes);

/** The status called `name`; an unknown name is `idle`. */
export function fakeStatus(name: string, now: number): StatusView {
  const facts: Facts = { ...quietFacts(now), ...changes[name]?.(now) };
  const { lastRun } = facts;
  return {
    status: statusOf(facts),
    facts,
    terminal: facts.configured ? 'T-042' : null,
    store: facts.configured ? 'Harbour Street' : null,
    waitingAtHq: facts.hq === 'reachable' ? (facts.running === null ? 0 : 12) : null,
    lastRun: lastRun === null ? null : { ...lastRun, received: 12, sent: 340 },
    lastCompleteAt: facts.loaded
      ? lastRun?.status === 'completed'
        ? lastRun.at
        : now - 6 * hour
      : null,
    pricesAt: facts.loaded ? now - (facts.hq === 'reachable' ? 3 : 95) * minute : null,
    nextRunAt: facts.nextRunAt,
    progress: progressOf(facts),
    queued: name === 'syncing',
    keptBack: facts.rejected,
  };
}

function progressOf({ running }: Facts): StatusView['progress'] {
  if (running === null || running.table === null) return [];
  const { phase, table, done, total } = running;
  return [
    { table: 'categories', phase: running.phase, done: 48, total: 48 },
    { table: 'customers', phase: running.phase, done: 1_902, total: 1_902 },
    { table, phase, done, total },
  ];
}
