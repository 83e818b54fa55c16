import type { MessageParams } from './errors.ts';

/**
 * The run report of DESIGN 10: what one cycle did. It is what `payflow sync --json` prints, what `sync_run` in
 * payflow.db keeps and what the window will show, so its keys may be added to and never renamed.
 */

/** As the CLI, the HTTP API and `sync_logs` say it: `push` is a download, `pull` an upload (DESIGN 1). */
export type RunDirection = 'push' | 'pull' | 'both';

/**
 * completed: everything in step. partial: done, but rows are held or rejected. failed: an error ended it.
 * cancelled: a person ended it. Whatever had been committed by then stays, in all four.
 */
export type RunStatus = 'completed' | 'partial' | 'failed' | 'cancelled';

/** What happened in one direction: rows of this run, never a standing total. */
export interface RunCounts {
  /** Rows inserted or updated on the receiving side. */
  readonly applied: number;
  /** Rows removed on the receiving side. */
  readonly deleted: number;
  /** Rows that this run had to leave waiting for a parent. */
  readonly held: number;
  /** Values that lost against the other side and went to the conflict log. */
  readonly conflicts: number;
  /** Rows that the receiving side refused. */
  readonly rejected: number;
}

/** One table's part; a table that moved nothing does not stand in the report. */
export interface TableReport {
  readonly download: RunCounts;
  readonly upload: RunCounts;
}

/** A message as it travels and is stored: a code of the catalogue and its parameters. */
export interface Message {
  readonly code: string;
  readonly params: MessageParams;
}

export interface RunReport {
  readonly runId: string;
  readonly direction: RunDirection;
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly download: RunCounts;
  readonly upload: RunCounts;
  readonly tables: Readonly<Record<string, TableReport>>;
  /** Why a `failed` run failed; absent otherwise. */
  readonly error?: Message;
  /** True where nothing was written (`sync --dry-run`); absent otherwise. */
  readonly dryRun?: true;
}

export const noCounts: RunCounts = {
  applied: 0,
  deleted: 0,
  held: 0,
  conflicts: 0,
  rejected: 0,
};

export function addCounts(a: RunCounts, b: RunCounts): RunCounts {
  return {
    applied: a.applied + b.applied,
    deleted: a.deleted + b.deleted,
    held: a.held + b.held,
    conflicts: a.conflicts + b.conflicts,
    rejected: a.rejected + b.rejected,
  };
}

/** Rows that changed the receiving side. */
export function recordsMoved(counts: RunCounts): number {
  return counts.applied + counts.deleted;
}

/** Rows that could not be moved and are listed as held or rejected. */
export function recordsLeft(counts: RunCounts): number {
  return counts.held + counts.rejected;
}
