import type { TablePlan } from '../../shared/plan.ts';
import type { Batch, BatchGroup, RowOutcome } from '../sync/ports.ts';

/** What HQ keeps of a batch for a terminal that was restored (DESIGN 6.2, 8.2): ids of outbox entries. */

/** The entries of a batch; a row that is inserted and then set names its own twice. */
export function entriesOf(batch: Batch): string[] {
  return batch.groups.flatMap((group) => group.entries.flatMap((ids) => ids.split(',')));
}

/** The entries of the rows that HQ took; null: of all. */
export function entriesTaken(batch: Batch, outcomes: readonly RowOutcome[]): string[] | null {
  const refused = new Set(outcomes.map(({ table, key }) => JSON.stringify([table, key])));
  if (refused.size === 0) return null;
  return batch.groups.flatMap((group) =>
    group.entries.flatMap((ids, row) =>
      refused.has(JSON.stringify([group.table, group.keys[row] ?? ''])) ? [] : ids.split(','),
    ),
  );
}

/** By the id of the row's first entry: keys of new rows that cannot be told from the row; null: there are none. */
export function drawnKeys(
  context: { table(name: string): TablePlan },
  batch: Batch,
): string | null {
  const drawn = batch.groups.filter((group) => isDrawn(context.table(group.table), group));
  if (drawn.length === 0) return null;
  return JSON.stringify(
    Object.fromEntries(
      drawn.flatMap((group) =>
        group.entries.map((ids, row) => [ids.split(',', 1)[0] ?? '', group.keys[row] ?? '']),
      ),
    ),
  );
}

function isDrawn(table: TablePlan, group: BatchGroup): boolean {
  return group.op === 'insert' && table.ownKey && table.keyKind === 'integer';
}
