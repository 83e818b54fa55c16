import type { Message, RunStatus } from './report.ts';
import { failureKind } from './failures.ts';

/**
 * The one answer to "is everything safe?": a pure function from facts to state and reason, used by window, tray,
 * notifications and command line alike. Sync clients lose their users' trust by being green while something waits:
 * the property tests hold that `idle` needs a complete last run and nothing unsent, held, rejected or failed.
 */

/** In order of precedence, highest first. */
export const STATES = [
  'setup',
  'error',
  'paused',
  'offline',
  'syncing',
  'attention',
  'idle',
] as const;

export type State = (typeof STATES)[number];

/** A run, or its check, at work. `total` is null where it is not known. */
export interface Running {
  readonly phase: 'settle' | 'load' | 'compare' | 'download' | 'upload' | 'check';
  readonly table: string | null;
  readonly done: number;
  readonly total: number | null;
}

/** Times are milliseconds since 1970; nothing here reads a clock. */
export interface Facts {
  readonly now: number;
  /** All settings that a sync needs are there. */
  readonly configured: boolean;
  /** The first load is complete. */
  readonly loaded: boolean;
  readonly running: Running | null;
  /** When the work under way last gave a sign of life; null: nothing runs, or nobody watches (the command line). */
  readonly aliveAt: number | null;
  /** `unknown` before the first try, and where nobody tries (the command line). */
  readonly hq: 'unknown' | 'reachable' | 'unreachable';
  /** The failure that stands: cleared by the next run that succeeds. */
  readonly error: (Message & { readonly since: number }) | null;
  /** `until` null: until a person resumes. */
  readonly paused: { readonly since: number; readonly until: number | null } | null;
  /** Local changes that HQ has not acknowledged, held and rejected ones aside. */
  readonly waiting: number;
  readonly oldestUnsentAt: number | null;
  readonly held: number;
  readonly rejected: number;
  /** Tables whose mass removals wait for a manager's answer (DESIGN 5.3). */
  readonly confirm: number;
  /** Logged losers: settled by their rule and listed, so they ask for no attention. */
  readonly conflicts: number;
  /** Counted things below zero: more was sold than there was. */
  readonly oversold: number;
  readonly lastRun: { readonly at: number; readonly status: RunStatus } | null;
  readonly nextRunAt: number | null;
  readonly mode: 'live' | 'cron' | 'manual';
  /** Time between two runs in cron mode; without meaning in the others. */
  readonly intervalMs: number;
  /** This terminal's clock minus HQ's; null before it was measured. */
  readonly clockSkewMs: number | null;
  readonly diskLow: boolean;
  /** What does not work beside the sync, which goes on: the web console, a program of the demo. */
  readonly troubles: readonly Message[];
  /**
   * What was restored, has moved or was taken over (DESIGN 8.1): stands until a manager dismisses it or a data check passes.
   * Newest first, one of each code.
   */
  readonly notices: readonly (Message & { readonly id: number })[];
  /** Rows that the last data check found to differ, after it had looked twice; null: none, or there was no check. */
  readonly differing: { readonly count: number; readonly at: number } | null;
}

/** `reason` has three texts in the catalogue: headline, reason and tooltip (`renderStatus`). */
export interface Status {
  readonly state: State;
  readonly reason: Message;
  /** The dot on syncing, paused and offline: something needs a look although another state shows. */
  readonly attention: boolean;
  /** Everything that asks for attention, most urgent first. */
  readonly causes: readonly Message[];
}

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** A clock this wrong puts wrong times on receipts. Sync goes on: it corrects its stamps (DESIGN 7.4). */
const skewLimitMs = 5 * minute;

/** How long a change may stay unsent before it asks for attention: also the watchdog's limit (DESIGN 9). */
export function unsentLimitMs(facts: Pick<Facts, 'mode' | 'intervalMs'>, away: boolean): number {
  if (away || facts.mode === 'manual') return day;
  return facts.mode === 'live' ? minute : 2 * facts.intervalMs;
}

function isPaused({ paused, now }: Facts): boolean {
  return paused !== null && (paused.until === null || paused.until > now);
}

function isOffline({ hq, error }: Facts): boolean {
  return hq === 'unreachable' || (error !== null && failureKind(error.code) === 'connection');
}

/**
 * Has `since` lasted for `limit`? A time in the future says nothing about age (the clock was set back), and a
 * missing one neither: both count as old, because an alarm too many is better than a silent stall.
 */
function isOld(since: number | null, now: number, limit: number): boolean {
  return since === null || since > now + minute || now - since >= limit;
}

function hasOldUnsent(facts: Facts): boolean {
  const { waiting, oldestUnsentAt, now } = facts;
  if (waiting === 0 && oldestUnsentAt === null) return false;
  return isOld(oldestUnsentAt, now, unsentLimitMs(facts, isOffline(facts) || isPaused(facts)));
}

/**
 * The watchdog (DESIGN 9): whatever goes wrong, an outbox that does not drain asks for attention, with the reason. A
 * failure that stands is one of its own and named beside this; without one, the sync hangs or passes the changes over.
 */
function unsentCause(facts: Facts): Message[] {
  if (!hasOldUnsent(facts)) return [];
  const { waiting, oldestUnsentAt: since, now, running, aliveAt, error, lastRun } = facts;
  const count = Math.max(waiting, 1);
  if (since === null) return [{ code: 'STATUS_UNSENT', params: { count } }];
  if (running !== null && aliveAt !== null && isOld(aliveAt, now, minute))
    return [{ code: 'STATUS_UNSENT_HANGS', params: { count, since, quiet: aliveAt } }];
  const passedOver =
    running === null &&
    error === null &&
    lastRun?.status === 'completed' &&
    lastRun.at - since >= minute;
  return passedOver
    ? [{ code: 'STATUS_UNSENT_PASSED_OVER', params: { count, since, at: lastRun.at } }]
    : [{ code: 'STATUS_UNSENT_OLD', params: { count, since } }];
}

function failureCause(facts: Facts): Message[] {
  const { error, now } = facts;
  if (error === null) return [];
  const kind = failureKind(error.code);
  if (kind === 'unexpected') return [{ code: error.code, params: error.params }];
  const limit = unsentLimitMs(
    { ...facts, mode: facts.mode === 'manual' ? 'live' : facts.mode },
    false,
  );
  return kind === 'passing' && (isOld(error.since, now, limit) || hasOldUnsent(facts))
    ? [{ code: error.code, params: error.params }]
    : [];
}

/** A run that did not end well leaves something open, also where no row and no error says so. */
function lastRunCause(facts: Facts): Message[] {
  const { lastRun, error, held, rejected, running } = facts;
  if (lastRun === null) return [{ code: 'STATUS_NEVER_RUN', params: {} }];
  if (lastRun.status === 'completed') return [];
  // Closing, pausing and other settings cut a run short; the one that takes it up is at work, or comes with the resume.
  if (lastRun.status === 'cancelled' && (running !== null || isPaused(facts))) return [];
  // What it left over is listed and has its own cause.
  if (lastRun.status === 'partial' && held + rejected > 0) return [];
  // Why it ended is the state itself, offline, error or waiting: said once, and what heals by itself stays calm.
  const kind = error === null ? null : failureKind(error.code);
  if (lastRun.status === 'failed' && kind !== null && kind !== 'unexpected') return [];
  return [{ code: 'STATUS_LAST_RUN_OPEN', params: { at: lastRun.at } }];
}

/** Before the setup is finished there is nothing to have loaded or run; the first load and run are no cause themselves. */
function openCause(facts: Facts): Message[] {
  if (!facts.configured) return [];
  if (facts.running !== null && (!facts.loaded || facts.lastRun === null)) return [];
  return facts.loaded ? lastRunCause(facts) : [{ code: 'STATUS_FIRST_LOAD', params: {} }];
}

/** Sync works and yet the sides differ: only a repair, or a check that finds them equal, answers that. */
function differingCause({ differing }: Facts): Message[] {
  return differing === null ? [] : [{ code: 'STATUS_CHECK_DIFFERS', params: { ...differing } }];
}

function causesOf(facts: Facts): Message[] {
  const { held, rejected, confirm, waiting, paused, now, clockSkewMs } = facts;
  const skipped = held + rejected;
  const forgotten = paused !== null && isPaused(facts) && isOld(paused.since, now, day);
  const skewed = clockSkewMs !== null && Math.abs(clockSkewMs) >= skewLimitMs;
  const minutes = Math.round(Math.abs(clockSkewMs ?? 0) / minute);
  return [
    ...failureCause(facts),
    ...(confirm > 0 ? [{ code: 'STATUS_CONFIRM', params: { count: confirm } }] : []),
    ...(skipped > 0
      ? [{ code: 'STATUS_ROWS_SKIPPED', params: { count: skipped, held, rejected, waiting } }]
      : []),
    ...unsentCause(facts),
    ...(facts.oversold > 0 ? [{ code: 'STATUS_OVERSOLD', params: { count: facts.oversold } }] : []),
    ...differingCause(facts),
    ...(forgotten
      ? [{ code: 'STATUS_PAUSE_FORGOTTEN', params: { since: paused.since, waiting } }]
      : []),
    ...facts.notices.map(({ code, params }) => ({ code, params })),
    ...(facts.diskLow ? [{ code: 'STATUS_DISK_LOW', params: {} }] : []),
    ...(skewed
      ? [{ code: clockSkewMs > 0 ? 'STATUS_CLOCK_FAST' : 'STATUS_CLOCK_SLOW', params: { minutes } }]
      : []),
    ...openCause(facts),
    ...facts.troubles,
  ];
}

function runningReason(running: Running): Message {
  const { phase, table, done, total } = running;
  if (phase !== 'load' && phase !== 'download' && phase !== 'upload') {
    return { code: 'STATUS_CHECKING', params: {} };
  }
  if (table === null) return { code: 'STATUS_SYNCING', params: {} };
  return total === null
    ? { code: 'STATUS_SYNCING_TABLE', params: { phase, table, done } }
    : { code: 'STATUS_SYNCING_COUNT', params: { phase, table, done, total } };
}

/** Young unsent rows, or a failure that passes by itself: work under way, with a still icon. */
function waitingReason({
  waiting,
  oldestUnsentAt,
  error,
  mode,
  nextRunAt,
  now,
}: Facts): Message | null {
  const next = nextRunAt !== null && nextRunAt > now ? nextRunAt : null;
  if (error !== null && failureKind(error.code) === 'passing') {
    return next === null
      ? { code: 'STATUS_RETRYING', params: { waiting } }
      : { code: 'STATUS_RETRYING_AT', params: { waiting, at: next } };
  }
  if (waiting === 0 && oldestUnsentAt === null) return null;
  const count = Math.max(waiting, 1);
  if (mode === 'manual') return { code: 'STATUS_WAITING_MANUAL', params: { count } };
  return next === null
    ? { code: 'STATUS_WAITING', params: { count } }
    : { code: 'STATUS_WAITING_AT', params: { count, at: next } };
}

function idleReason({ lastRun, nextRunAt, now }: Facts): Message {
  const at = lastRun?.at ?? now;
  return nextRunAt !== null && nextRunAt > now
    ? { code: 'STATUS_UP_TO_DATE_NEXT', params: { at, next: nextRunAt } }
    : { code: 'STATUS_UP_TO_DATE', params: { at } };
}

/** Only what the state of this moment says about itself; null where the state does not hold. */
function reasonIn(state: State, facts: Facts, causes: readonly Message[]): Message | null {
  switch (state) {
    case 'setup':
      return facts.configured ? null : { code: 'STATUS_SETUP', params: {} };
    case 'error': {
      const { error } = facts;
      if (error === null || failureKind(error.code) !== 'stopped') return null;
      return { code: error.code, params: error.params };
    }
    case 'paused': {
      const { waiting, paused } = facts;
      if (!isPaused(facts)) return null;
      return paused === null || paused.until === null
        ? { code: 'STATUS_PAUSED', params: { waiting } }
        : { code: 'STATUS_PAUSED_UNTIL', params: { waiting, until: paused.until } };
    }
    case 'offline':
      return isOffline(facts)
        ? { code: 'STATUS_OFFLINE', params: { waiting: facts.waiting } }
        : null;
    case 'syncing': {
      if (facts.running !== null) return runningReason(facts.running);
      const old = unsentCause(facts).length > 0 || failureCause(facts).length > 0;
      return old ? null : waitingReason(facts);
    }
    case 'attention':
      return causes[0] ?? null;
    case 'idle':
      return idleReason(facts);
  }
}

/** Facts to state: the first state, in order of precedence, that has a reason. */
export function statusOf(facts: Facts): Status {
  const causes = causesOf(facts);
  const attention = causes.length > 0;
  for (const state of STATES) {
    const reason = reasonIn(state, facts, causes);
    if (reason !== null) return { state, reason, attention, causes };
  }
  return { state: 'idle', reason: idleReason(facts), attention, causes };
}
