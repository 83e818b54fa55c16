import type { ColumnPlan, TablePlan } from '../../shared/plan.ts';
import type { Run } from './engine.ts';
import type { UpsertRow } from './local-port.ts';

/**
 * Columns that count things: summed up from all sides, in whole numbers. Below zero more was taken than there was. Sums of
 * money are no counts: a balance below zero is a credit and nobody's mistake.
 */
export function countedColumns(table: TablePlan): readonly ColumnPlan[] {
  return table.columns.filter(isCounted);
}

function isCounted({ strategy, kind }: ColumnPlan): boolean {
  return strategy === 'add' && kind === 'integer';
}

/**
 * Lists counted things that are below zero now, and takes those off the list that are so no more. Both sales of a last
 * item stand; a person has to know (DESIGN 7.3). Inside the write transaction that stored the rows.
 */
export function noteLanded(run: Run, table: TablePlan, rows: readonly UpsertRow[]): void {
  const places = table.columns.flatMap((column, index) => (isCounted(column) ? [index] : []));
  if (places.length === 0) return;
  const below = rows.filter(({ values }) => places.some((index) => Number(values[index]) < 0));
  if (below.length === 0 && !run.local.anyOversold(table)) return;
  run.local.noteOversold(
    table,
    below.map(({ localId }) => localId),
  );
}

/** The same for rows of which HQ has taken an update as it was sent: what was sent stands here. */
export function noteSent(
  run: Run,
  table: TablePlan,
  adds: readonly number[],
  localIds: readonly string[],
): void {
  if (adds.some((index) => table.columns[index]?.kind === 'integer') && localIds.length > 0)
    run.local.noteOversold(table, localIds);
}
