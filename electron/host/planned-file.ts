/** payflow.db with the plan that it follows: what the window's lists are read from. */
import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { ReadableDb } from '../local/open.ts';
import { rowStore, type RowStore } from '../local/row-store.ts';
import { preparer } from '../local/statements.ts';
import type { LocalRow } from '../sync/local-port.ts';
import type { RowKey } from './desk-types.ts';

export interface PlannedFile {
  readonly db: ReadableDb;
  readonly plan: Plan;
  /** HQ's key of this terminal. */
  readonly terminal: string;
}

export function tableOf({ plan }: PlannedFile, name: string): TablePlan | null {
  return plan.tables.find((table) => table.name === name) ?? null;
}

export function rowsOf({ db, plan, terminal }: PlannedFile): RowStore {
  return rowStore({ prepare: preparer(db), now: () => '' }, () => ({ plan, terminal }));
}

/** The row of payflow.db behind a listed one; null where there is none. */
export function localRowOf(
  file: PlannedFile,
  { table: name, id, direction }: RowKey,
): LocalRow | null {
  const table = tableOf(file, name);
  if (table === null) return null;
  const rows = rowsOf(file);
  const localId = direction === 'upload' ? id : rows.known(table, [id]).get(id)?.localId;
  if (localId === undefined) return null;
  return rows.rows(table, [localId]).get(localId) ?? null;
}

/** A stored time in milliseconds; null where it is none. */
export function timeOf(text: string | null): number | null {
  const at = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
