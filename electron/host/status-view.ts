import type { Message } from '../../shared/report.ts';
import { statusOf, type Facts, type Running } from '../../shared/status.ts';
import type { StatusView, TableProgress } from '../../shared/views.ts';
import type { LocalFacts } from './local-facts.ts';
import { nextRunAt, type SchedulerState } from './scheduler.ts';

/** What this process saw itself; it is newer than what payflow.db says, or has no place there. */
export interface SeenHere {
  /** undefined: no cycle has ended in this process; null: the last one did not fail. */
  readonly failure: (Message & { readonly since: number }) | null | undefined;
  readonly lastRun: StatusView['lastRun'];
  readonly downloadedAt: number | null;
}

export const nothingSeen: SeenHere = { failure: undefined, lastRun: null, downloadedAt: null };

/** What can fail beside the sync. */
export type TroubleOf = 'api' | 'demo';

export interface StatusParts {
  readonly local: LocalFacts;
  readonly scheduler: SchedulerState;
  readonly seen: SeenHere;
  /** Of the work under way: its latest word, and one line per table. */
  readonly running: Running | null;
  /** When it last said something; null: nothing runs. */
  readonly aliveAt: number | null;
  readonly tables: readonly TableProgress[];
  readonly waitingAtHq: number | null;
  /** What does not work beside the sync, by what it is. */
  readonly troubles: Readonly<Partial<Record<TroubleOf, Message>>>;
  /** Between two runs of cron mode. */
  readonly intervalMs: number;
}

const later = (a: number | null, b: number | null): number | null =>
  a === null || (b !== null && b > a) ? b : a;

/** The reader's count of what is left over decides, because a run reports only what it met itself. */
function lastRunOf({ local, seen }: StatusParts): StatusView['lastRun'] {
  const newest =
    seen.lastRun !== null && seen.lastRun.at >= (local.lastRun?.at ?? 0)
      ? seen.lastRun
      : local.lastRun;
  if (newest === null || newest.status !== 'completed') return newest;
  const { held, rejected } = local.facts;
  return held + rejected > 0 ? { ...newest, status: 'partial' } : newest;
}

function errorOf({ local, seen: { failure } }: StatusParts): Facts['error'] {
  if (failure === undefined) return local.facts.error;
  if (failure === null) return null;
  return { ...failure, since: Math.min(failure.since, local.facts.error?.since ?? failure.since) };
}

const justBegun: Running = { phase: 'settle', table: null, done: 0, total: null };

/** The whole status from its parts; everything that shows a state shows this. */
export function statusView(parts: StatusParts, now: number): StatusView {
  const { local, scheduler, aliveAt, tables, seen, waitingAtHq, intervalMs } = parts;
  const lastRun = lastRunOf(parts);
  // What takes up a run that was cut short shows at once: nothing may look as if that had been left lying.
  const takesUp = scheduler.running !== null && lastRun?.status === 'cancelled';
  const running = parts.running ?? (takesUp ? justBegun : null);
  const facts: Facts = {
    ...local.facts,
    now,
    configured: scheduler.configured,
    running,
    aliveAt: running === null ? null : aliveAt,
    hq: scheduler.hq,
    error: errorOf(parts),
    paused: scheduler.pause,
    lastRun: lastRun === null ? null : { at: lastRun.at, status: lastRun.status },
    nextRunAt: nextRunAt(scheduler),
    mode: scheduler.mode,
    intervalMs,
    troubles: Object.values(parts.troubles),
  };
  return {
    status: statusOf(facts),
    facts,
    terminal: local.terminal,
    store: local.store,
    waitingAtHq: facts.hq === 'unreachable' ? null : waitingAtHq,
    lastRun,
    lastCompleteAt: later(
      local.lastCompleteAt,
      lastRun?.status === 'completed' ? lastRun.at : null,
    ),
    pricesAt: later(local.pricesAt, seen.downloadedAt),
    nextRunAt: facts.nextRunAt,
    progress: running === null ? [] : tables,
    queued: scheduler.running !== null && scheduler.queued !== null,
    keptBack: local.keptBack,
  };
}

/** The lines of the tables with one more word; a table comes once per phase, in the order they came. */
export function withProgress(
  tables: readonly TableProgress[],
  { phase, table, done, total }: Running,
): readonly TableProgress[] {
  if (table === null) return tables;
  const line: TableProgress = { table, phase, done, total };
  const place = tables.findIndex((known) => known.table === table && known.phase === phase);
  return place === -1 ? [...tables, line] : tables.with(place, line);
}
