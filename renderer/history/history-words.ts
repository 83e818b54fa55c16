import type { RunCounts, RunReport, RunStatus } from '../../shared/report.ts';
import { addCounts, noCounts, recordsMoved } from '../../shared/report.ts';

/** The filter's choices, in their order. */
export const FILTERS = ['all', 'completed', 'partial', 'failed', 'cancelled'] as const;
export type Filter = (typeof FILTERS)[number];

/** Shape and colour tell results apart together with their word. */
export const statusColor = {
  completed: 'green',
  partial: 'yellow',
  failed: 'red',
  cancelled: 'gray',
} as const satisfies Record<RunStatus, string>;

/** What one line shows: rows of both directions together, but for what came and what went. */
export interface LineCounts {
  readonly received: number;
  readonly sent: number;
  readonly held: number;
  readonly rejected: number;
  readonly conflicts: number;
}

type Both = { readonly download: RunCounts; readonly upload: RunCounts };

export function lineOf({ download, upload }: Both): LineCounts {
  const { held, rejected, conflicts } = addCounts(download, upload);
  return {
    received: recordsMoved(download),
    sent: recordsMoved(upload),
    held,
    rejected,
    conflicts,
  };
}

/** The order of the columns, everywhere. */
export const COLUMNS = [
  'received',
  'sent',
  'held',
  'rejected',
  'conflicts',
] as const satisfies readonly (keyof LineCounts)[];

/** A run's tables, those that moved most rows first, then by name. */
export function tableLines(
  tables: RunReport['tables'],
): readonly { readonly table: string; readonly counts: LineCounts }[] {
  const moved = ({ counts: { received, sent } }: { counts: LineCounts }): number => received + sent;
  return Object.entries(tables)
    .map(([table, both]) => ({ table, counts: lineOf(both) }))
    .toSorted((a, b) => moved(b) - moved(a) || a.table.localeCompare(b.table));
}

/** Rows of a table that were removed rather than written; they are part of `received` and `sent`. */
export function removedIn(report: Pick<RunReport, 'download' | 'upload'>): number {
  return addCounts(addCounts(noCounts, report.download), report.upload).deleted;
}
