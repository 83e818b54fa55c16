import type { Direction } from '../../shared/plan.ts';
import type { RunDirection } from '../../shared/report.ts';
import type { RunCounters } from './counters.ts';
import type { Stamps } from './stamps.ts';
import type { PlanIndex } from './plan-index.ts';
import type { Step } from './steps.ts';
import type { CursorRow, LocalStore } from './local-port.ts';
import type { Clock, Hashing, Instance, Logger, RemoteStore } from './ports.ts';

/** Sizes that tests shrink. */
export interface EngineLimits {
  /** Feed entries per table and page, and rows per re-read. */
  readonly pageSize: number;
  /** Outbox entries per batch. */
  readonly batchSize: number;
}

/** What a run is asked to do. */
export interface CycleRequest {
  readonly direction: RunDirection;
  /** Only this table's feed and outbox. */
  readonly table: string | null;
  /** `table` and `id` of held or rejected rows that are tried again whatever stood against them. */
  readonly retry: readonly { readonly table: string; readonly id: string }[];
  /** Rows of HQ, by its keys, that are read now whether anything stands against them or not; before `retry`. */
  readonly fetch?: readonly { readonly table: string; readonly id: string }[];
  /** The run's name where whoever asked for it gave it one beforehand (`POST /api/sync/trigger`); a UUID. */
  readonly runId?: string;
}

export interface Progress {
  readonly phase: 'settle' | 'load' | 'compare' | 'download' | 'upload';
  readonly table: string | null;
  readonly done: number;
  readonly total: number | null;
}

/** Who this terminal is, once HQ has said hello. */
export interface Self {
  readonly key: string;
  readonly code: string;
  readonly store: string;
  readonly epoch: number;
  readonly instance: Instance;
}

/** Everything given to the engine at its making. */
export interface EnginePorts {
  readonly local: LocalStore;
  readonly remote: RemoteStore;
  readonly clock: Clock;
  readonly hashing: Hashing;
  readonly log: Logger;
  /** Named points of the cycle: crash tests kill the process there, nothing else happens. */
  at(step: Step): void;
}

/** Where one run stands. Made by `connect`, passed from stage to stage; the only mutable state of a run. */
export interface Run extends EnginePorts {
  readonly limits: EngineLimits;
  readonly request: CycleRequest;
  readonly index: PlanIndex;
  /** Its epoch changes where the file was restored (DESIGN 8.2). */
  self: Self;
  /** HQ takes no writes: what comes down goes on, nothing is sent and nothing reported. */
  readonly readOnly: boolean;
  /** Cursors as far as they have come; payflow.db's copy may be a minute older on an idle feed (DESIGN 5.6). */
  readonly cursors: Map<string, CursorRow>;
  readonly counters: RunCounters;
  /** The highest transaction id known to be final and read. */
  bound: string;
  /** Rows, with their newest entry, that HQ has refused in this run; and those that had their second try (DESIGN 6.4). */
  readonly refused: Set<string>;
  readonly triedAgain: Set<string>;
  /** The times of local edits (DESIGN 7.4). */
  readonly stamps: Stamps;
  /** The outbox up to here has been looked through for rows whose local_id the POS has changed. */
  namesAsOf: number;
  /** HQ's time at this moment, by what it said at the beginning of the run. ISO 8601, UTC. */
  hqNow(): string;
  onProgress(progress: Progress): void;
  /** Throws when the run was cancelled. */
  checkCancelled(): void;
}

/** Tells how far these tables have come. What is still to come is not known: both sides go on writing. */
export function tellProgress(
  run: Run,
  phase: 'download' | 'upload',
  tables: Iterable<string>,
): void {
  for (const table of new Set(tables))
    run.onProgress({ phase, table, done: run.counters.applied(phase, table), total: null });
}

/** Does a table take part in downloads? */
export function downloads(direction: Direction): boolean {
  return direction !== 'upload';
}

/** Compares decimal texts of unsigned 64-bit numbers. */
export function compareNumbers(a: string, b: string): number {
  const left = BigInt(a);
  const right = BigInt(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `items` in slices of at most `size`. */
export function* slices<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Groups by a key, keeping order. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
