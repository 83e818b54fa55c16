/**
 * When the engine works (DESIGN 9), as a pure function from state and event to the next state and what is to be done.
 * Nothing here reads a clock or sets a timer: `scheduler-shell.ts` does, and tests own the time.
 */
import { failureKind } from '../../shared/failures.ts';
import type { RunStatus } from '../../shared/report.ts';
import type { Facts } from '../../shared/status.ts';
import { backoff, decide, type Decision } from '../sync/retry.ts';
import type { CycleAsked } from './desk-types.ts';
import type { KeptPause } from './pause.ts';
import { mergeAsked } from './merge-asked.ts';

/** verify: the data check; repair: on a manager's word; books: the money check; night: the nightly compare. */
export type CheckJob = 'verify' | 'repair' | 'books' | 'night';

export interface SchedulerState {
  readonly mode: Facts['mode'];
  /** False: nothing starts by itself (PAYFLOW_NO_TIMER), only what somebody asks for. */
  readonly automatic: boolean;
  /** False before the setup is finished: there is nothing to sync with. */
  readonly configured: boolean;
  /** False until payflow.db is there or somebody has asked for it: a first load under the wrong name cannot be undone. */
  readonly begun: boolean;
  readonly pause: KeptPause | null;
  readonly running: { readonly what: 'cycle' | 'check' | 'command'; readonly since: number } | null;
  /** The one slot: what the next cycle takes with it. Further requests join it. */
  readonly queued: CycleAsked | null;
  /** The command line's, by their numbers: each comes by itself, before what waits in the slot. */
  readonly commands: readonly number[];
  /** Checks that wait for their turn, one of each kind. */
  readonly checks: readonly CheckJob[];
  /** When both sides were last compared without the feed (DESIGN 3.8); null: never, as far as is known. */
  readonly comparedAt: number | null;
  readonly probing: boolean;
  readonly hq: Facts['hq'];
  /** Tries in a row that failed; 0: all is well. */
  readonly attempt: number;
  readonly next: Next | null;
  readonly closed: boolean;
}

/** What comes by itself at a time of the clock on the wall: a wait then also ends for a machine that slept through it. */
interface Next {
  readonly what: 'cycle' | 'probe';
  readonly at: number;
  /** How long it was to be waited for, in milliseconds; null: `at` is a time of the cron expression. */
  readonly wait: number | null;
}

export type SchedulerEvent =
  /** The host is there, or its engine is there again. */
  | { readonly type: 'start' }
  /** Somebody wants a cycle now. */
  | { readonly type: 'ask'; readonly asked: CycleAsked }
  | { readonly type: 'check'; readonly job: CheckJob }
  /** Somebody at the command line waits; `begins`: for the first load. And does not wait any more. */
  | { readonly type: 'command'; readonly id: number; readonly begins: boolean }
  | { readonly type: 'command-gone'; readonly id: number }
  /** There are new changes here, or there may be some at HQ. */
  | { readonly type: 'local' | 'feed' }
  | { readonly type: 'ended'; readonly status: RunStatus; readonly code: string | null }
  | { readonly type: 'check-ended'; readonly job: CheckJob; readonly code: string | null }
  /** `code` undefined: it says nothing about HQ. */
  | { readonly type: 'command-ended'; readonly code: string | null | undefined }
  | { readonly type: 'probed'; readonly code: string | null }
  | { readonly type: 'feed-lost'; readonly code: string }
  | { readonly type: 'time' }
  | { readonly type: 'wake' | 'network-lost' | 'cancel' | 'resume' | 'close' }
  | { readonly type: 'pause'; readonly pause: KeptPause };

export type Action =
  | { readonly do: 'cycle'; readonly asked: CycleAsked }
  | { readonly do: 'check'; readonly job: CheckJob }
  | { readonly do: 'command'; readonly id: number }
  | { readonly do: 'probe' }
  /** Ends what runs at its next safe point. */
  | { readonly do: 'abort' }
  | { readonly do: 'keep-pause'; readonly pause: KeptPause | null }
  /** Listen at HQ, unless that is done already. */
  | { readonly do: 'listen' };

export interface Moment {
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
  /** The next time of the cron expression behind `now`; null: there is none. */
  readonly nextCron: (now: number) => number | null;
}

export interface Step {
  readonly state: SchedulerState;
  readonly actions: readonly Action[];
}

const wholeCycle: CycleAsked = { direction: 'both', retry: [], fetch: [] };

/** In live mode nothing is missed without it; it carries the heartbeat and brings back a lost watch. */
const liveBeatMs = 60_000;
const probing: Decision = { action: 'retry', minMs: 1_000, maxMs: 30_000 };
/** A machine that wakes up has its network a moment later, and hundreds of terminals should not come at once. */
const wakeJitterMs = 1_500;
/** By the clock on the terminal's wall. */
const quietHours = { from: 1, until: 5 };
const hourMs = 3_600_000;
/** In the quiet hours; and at any hour, where the night has passed without a compare. */
const compareAgainMs = 20 * hourMs;
const compareLateMs = 28 * hourMs;
/** When a time comes during a data check. */
const busyMs = 1_000;
/** A pause stops a cycle that has been going on for so long; a shorter one ends sooner by itself. */
const shortCycleMs = 3_000;

export function startState(
  given: Pick<SchedulerState, 'mode' | 'automatic' | 'configured' | 'begun' | 'pause'> &
    Partial<Pick<SchedulerState, 'comparedAt'>>,
): SchedulerState {
  return {
    ...given,
    running: null,
    queued: null,
    commands: [],
    checks: [],
    comparedAt: given.comparedAt ?? null,
    probing: false,
    hq: 'unknown',
    attempt: 0,
    next: null,
    closed: false,
  };
}

export function isPaused({ pause }: Pick<SchedulerState, 'pause'>, now: number): boolean {
  return pause !== null && (pause.until === null || pause.until > now);
}

/** When the shell has to send `time`; null: not at all. */
export function wakeAt({ next, pause, closed }: SchedulerState): number | null {
  if (closed) return null;
  const times = [next?.at ?? null, pause?.until ?? null].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** When the next cycle comes by itself, as people are told: not the quiet beat of live mode. */
export function nextRunAt({ next, mode, attempt }: SchedulerState): number | null {
  if (next?.what !== 'cycle') return null;
  return mode === 'live' && attempt === 0 ? null : next.at;
}

/** May something start that nobody asked for? */
function goesByItself(state: SchedulerState, now: number): boolean {
  const { automatic, configured, begun, closed } = state;
  return automatic && configured && begun && !closed && !isPaused(state, now);
}

export function advance(state: SchedulerState, event: SchedulerEvent, moment: Moment): Step {
  if (state.closed) return still(state);
  const current = { ...state, next: byTheClock(state.next, moment) };
  return withCommand(step(current, event, moment), moment);
}

const within = (what: Next['what'], wait: number, { now }: Moment): Next => ({
  what,
  at: now + wait,
  wait,
});

/**
 * A clock that was set back puts nothing off (invariant 8): a wait is begun anew, and the cron expression is read by the
 * clock as it is. Refused: waits by a clock that only goes forward, which stands still while a laptop sleeps.
 */
function byTheClock(next: Next | null, { now, nextCron }: Moment): Next | null {
  if (next === null || next.at <= now) return next;
  const at = next.wait === null ? nextCron(now) : now + next.wait;
  return at !== null && at < next.at ? { ...next, at } : next;
}

/** Whatever has ended: the next command begins, unless something else has just begun. */
function withCommand({ state, actions }: Step, { now }: Moment): Step {
  const [id, ...commands] = state.commands;
  if (id === undefined || state.running !== null) return { state, actions };
  return {
    state: { ...state, commands, running: { what: 'command', since: now } },
    actions: [...actions, { do: 'command', id }],
  };
}

function step(state: SchedulerState, event: SchedulerEvent, moment: Moment): Step {
  switch (event.type) {
    case 'start':
      return goesByItself(state, moment.now) ? ask(state, wholeCycle, moment) : still(state);
    case 'ask':
      return state.configured ? ask({ ...state, begun: true }, event.asked, moment) : still(state);
    case 'check':
      return state.configured ? check(state, event.job, moment) : still(state);
    case 'command':
      return still({
        ...state,
        begun: state.begun || event.begins,
        commands: [...state.commands, event.id],
      });
    case 'command-gone':
      return still({ ...state, commands: state.commands.filter((id) => id !== event.id) });
    case 'command-ended':
      return commandEnded({ ...state, running: null }, event.code, moment);
    case 'local':
    case 'feed':
      return changed(state, event.type, moment);
    case 'ended':
      return ended({ ...state, running: null }, event, moment);
    case 'check-ended':
      return goOn(
        compared(reached({ ...state, running: null }, event.code), event, moment),
        moment,
      );
    case 'probed':
      return probed({ ...state, probing: false }, event.code, moment);
    case 'feed-lost':
      return feedLost(state, event.code, moment);
    case 'time':
      return timeCame(state, moment);
    case 'wake':
      return state.configured
        ? still({
            ...state,
            attempt: 0,
            next: within('probe', Math.round(wakeJitterMs * moment.random), moment),
          })
        : still(state);
    case 'network-lost':
      return still(state.configured ? away(state, moment) : state);
    case 'cancel':
      return {
        state: { ...state, queued: null, checks: [] },
        actions: state.running === null ? [] : [{ do: 'abort' }],
      };
    case 'pause':
      return pause(state, event.pause, moment);
    case 'resume':
      return resume(state, moment);
    case 'close':
      return {
        state: {
          ...state,
          closed: true,
          queued: null,
          commands: [],
          checks: [],
          next: null,
        },
        actions: state.running === null ? [] : [{ do: 'abort' }],
      };
  }
}

const still = (state: SchedulerState): Step => ({ state, actions: [] });

/** Starts a cycle, with all that has been asked for meanwhile. */
function run(state: SchedulerState, { now }: Moment, asked: CycleAsked = wholeCycle): Step {
  const whole = state.queued === null ? asked : mergeAsked(state.queued, asked);
  return {
    state: { ...state, running: { what: 'cycle', since: now }, queued: null, next: null },
    actions: [{ do: 'cycle', asked: whole }],
  };
}

function ask(state: SchedulerState, asked: CycleAsked, moment: Moment): Step {
  if (state.running === null) return run(state, moment, asked);
  const queued = state.queued === null ? asked : mergeAsked(state.queued, asked);
  return still({ ...state, queued });
}

function check(state: SchedulerState, job: CheckJob, { now }: Moment): Step {
  const others = state.checks.filter((one) => one !== job);
  if (state.running !== null) return still({ ...state, checks: [...others, job] });
  return {
    state: { ...state, running: { what: 'check', since: now }, checks: others },
    actions: [{ do: 'check', job }],
  };
}

/** Whoever compared, the day's compare is done; where HQ went away, it is tried again behind the next cycle. */
function compared(
  state: SchedulerState,
  { job, code }: { readonly job: CheckJob; readonly code: string | null },
  { now }: Moment,
): SchedulerState {
  const isCompare = job === 'night' || job === 'repair';
  if (!isCompare || (code !== null && failureKind(code) === 'connection')) return state;
  return { ...state, comparedAt: now };
}

/**
 * The nightly compare (DESIGN 3.8): once a day in the shop's quiet hours, or where the terminal was off at night, as soon
 * as there is nothing else to do. A terminal that syncs by hand compares by hand.
 */
function isNightDue(state: SchedulerState, { now }: Moment): boolean {
  if (state.mode === 'manual' || !goesByItself(state, now)) return false;
  if (state.hq !== 'reachable' || state.attempt > 0 || state.comparedAt === null) return false;
  const since = now - state.comparedAt;
  const hour = new Date(now).getHours();
  const isQuiet = hour >= quietHours.from && hour < quietHours.until;
  return since >= (isQuiet ? compareAgainMs : compareLateMs);
}

/** Only live mode listens; while HQ is away or a failure stands, the next try has its own time. */
function changed(state: SchedulerState, type: 'local' | 'feed', moment: Moment): Step {
  const heard: SchedulerState = type === 'feed' ? { ...state, hq: 'reachable' } : state;
  const trouble = heard.hq === 'unreachable' || heard.attempt > 0;
  if (heard.mode !== 'live' || trouble || !goesByItself(heard, moment.now)) return still(heard);
  return ask(heard, wholeCycle, moment);
}

function ended(
  state: SchedulerState,
  { status, code }: { readonly status: RunStatus; readonly code: string | null },
  moment: Moment,
): Step {
  if (status === 'cancelled') return goOn(planned(state, moment), moment);
  if (status !== 'failed') return goOn(planned(wentWell(state, moment), moment), moment);
  if (code !== null && failureKind(code) === 'connection') return still(away(state, moment));
  const attempt = state.attempt + 1;
  // Somebody waits for what is in the slot (it has a run of its own to name): tried at once, and once. What came there by
  // itself waits with the rest.
  if (state.queued?.runId !== undefined)
    return run({ ...state, attempt, hq: answered(state.hq, code) }, moment, state.queued);
  const wait = backoff(decide(code ?? 'INTERNAL'), attempt, moment.random);
  // Not even a table that says "at once" makes a loop.
  const next = within('cycle', Math.max(wait, 50), moment);
  const tried: SchedulerState = { ...state, attempt, hq: answered(state.hq, code) };
  return still(goesByItself(tried, moment.now) ? { ...tried, next } : tried);
}

/**
 * Where no compare is known of, what has just been loaded is as good as one. One that lies in the future was made by a clock
 * that ran ahead: without this, there would be none until then.
 */
function wentWell(state: SchedulerState, { now }: Moment): SchedulerState {
  const comparedAt = Math.min(state.comparedAt ?? now, now);
  return { ...state, attempt: 0, hq: 'reachable', comparedAt };
}

/** A failure of this terminal's own says nothing about HQ. */
function answered(hq: Facts['hq'], code: string | null): Facts['hq'] {
  return code?.startsWith('HQ_') === true ? 'reachable' : hq;
}

function reached(state: SchedulerState, code: string | null): SchedulerState {
  if (code === null) return { ...state, hq: 'reachable' };
  return failureKind(code) === 'connection' ? { ...state, hq: 'unreachable' } : state;
}

/** HQ is out of reach: it is asked again and again, whatever the mode, and a pause does not hide it. */
function away(state: SchedulerState, moment: Moment): SchedulerState {
  const attempt = state.attempt + 1;
  const lost: SchedulerState = { ...state, attempt, hq: 'unreachable' };
  if (!lost.automatic) return lost;
  return { ...lost, next: within('probe', backoff(probing, attempt, moment.random), moment) };
}

/** It says of HQ what a cycle says; the next cycle comes when it would have come. */
function commandEnded(
  state: SchedulerState,
  code: string | null | undefined,
  moment: Moment,
): Step {
  if (code === undefined) return goOn(state, moment);
  if (code !== null && failureKind(code) === 'connection') return still(away(state, moment));
  if (code !== null) return goOn({ ...state, hq: answered(state.hq, code) }, moment);
  return goOn(planned({ ...state, attempt: 0, hq: 'reachable' }, moment), moment);
}

/** What comes after a cycle: a command, the cycle that was asked for meanwhile, the data check, or the next time. */
function goOn(state: SchedulerState, moment: Moment): Step {
  const listen: readonly Action[] =
    state.mode === 'live' && state.hq === 'reachable' && goesByItself(state, moment.now)
      ? [{ do: 'listen' }]
      : [];
  const following =
    state.commands.length > 0
      ? still(state)
      : state.queued !== null
        ? run(state, moment, state.queued)
        : checkNext(state, moment);
  return { state: following.state, actions: [...listen, ...following.actions] };
}

function checkNext(state: SchedulerState, moment: Moment): Step {
  const [job] = state.checks;
  if (job !== undefined) return check(state, job, moment);
  if (isNightDue(state, moment)) return check(state, 'night', moment);
  // A pause and its end during a check, and then "Stop", leave neither a plan nor the cycle that was to make one.
  return still(state.next === null && !state.probing ? planned(state, moment) : state);
}

function planned(state: SchedulerState, moment: Moment): SchedulerState {
  const { now, nextCron } = moment;
  if (!goesByItself(state, now) || state.mode === 'manual') return { ...state, next: null };
  if (state.mode === 'live') return { ...state, next: within('cycle', liveBeatMs, moment) };
  const at = nextCron(now);
  return { ...state, next: at === null ? null : { what: 'cycle', at, wait: null } };
}

function probed(state: SchedulerState, code: string | null, moment: Moment): Step {
  // What it says itself is newer, and it plans what comes next.
  if (state.running?.what === 'cycle') return still(state);
  if (code !== null && failureKind(code) === 'connection') return still(away(state, moment));
  // It answered, if only to refuse: what it has to say comes out of a cycle.
  const back: SchedulerState = { ...state, hq: 'reachable', attempt: 0, next: null };
  return goesByItself(back, moment.now) ? ask(back, wholeCycle, moment) : still(back);
}

/** A broken connection says little; whether HQ is there says a probe, or the cycle that runs. */
function feedLost(state: SchedulerState, code: string, moment: Moment): Step {
  if (state.running !== null || !goesByItself(state, moment.now)) return still(state);
  if (failureKind(code) === 'connection')
    return still({ ...state, next: within('probe', 0, moment) });
  return still(planned(state, moment));
}

function timeCame(state: SchedulerState, moment: Moment): Step {
  const { pause: kept, next } = state;
  if (kept?.until != null && kept.until <= moment.now) return resume(state, moment);
  if (next === null || next.at > moment.now) return still(state);
  // A cycle that runs plans what comes next when it ends; other work does not.
  if (state.running !== null) {
    const later = within(next.what, busyMs, moment);
    return still({ ...state, next: state.running.what === 'cycle' ? null : later });
  }
  if (next.what === 'cycle')
    return goesByItself(state, moment.now) ? run(state, moment) : still({ ...state, next: null });
  if (state.probing) return still({ ...state, next: null });
  return { state: { ...state, probing: true, next: null }, actions: [{ do: 'probe' }] };
}

function pause(state: SchedulerState, kept: KeptPause, { now }: Moment): Step {
  const { running } = state;
  const long = running?.what === 'cycle' && now - running.since >= shortCycleMs;
  const next = state.next?.what === 'probe' ? state.next : null;
  return {
    state: { ...state, pause: kept, queued: null, next },
    actions: [{ do: 'keep-pause', pause: kept }, ...(long ? ([{ do: 'abort' }] as const) : [])],
  };
}

function resume(state: SchedulerState, moment: Moment): Step {
  if (state.pause === null) return still(state);
  const going: SchedulerState = { ...state, pause: null };
  const kept: Action = { do: 'keep-pause', pause: null };
  if (!goesByItself(going, moment.now)) return { state: going, actions: [kept] };
  const step = ask(going, wholeCycle, moment);
  return { state: step.state, actions: [kept, ...step.actions] };
}
