import type { TablePlan } from '../../shared/plan.ts';
import type { LocalValue } from './codec.ts';

/** What stands in the first column of a unique key whose value HQ gave to another row, with the row's local_id behind it. */
export const PLACEHOLDER = 'payflow:';

/**
 * Columns of a row, by index, that hold a placeholder (DESIGN 5.5). Where the row itself has to wait, it can stay for days:
 * nobody wrote it, so that it is no edit, and HQ never gets it. Refused: to keep the value from the row that HQ gave it to
 * as well, with all that needs that row, because of one whose parent was refused.
 */
export function placeheld(table: TablePlan, values: readonly LocalValue[]): number[] {
  return table.uniques.flatMap(({ columns: [first] }) => {
    const index = table.columns.findIndex(({ hq }) => hq === first);
    const value = values[index];
    return typeof value === 'string' && value.startsWith(PLACEHOLDER) ? [index] : [];
  });
}
