import { PayflowError } from '../../shared/errors.ts';
import type { TablePlan } from '../../shared/plan.ts';
import type { LocalValue } from '../sync/codec.ts';
import { codeOf, localError } from './errors.ts';
import type { WritableDb } from './open.ts';
import { id } from './sql.ts';

/**
 * Changes values of one row as a program of the till would: the capture triggers see it, so that it is sent like any
 * edit. `values` by local column name. Answers false when `stillWanted`, asked inside the transaction, says no, or the
 * row is gone. What the file's own constraints refuse is EDIT_REFUSED.
 */
export function editRow(
  db: WritableDb,
  table: TablePlan,
  localId: string,
  values: ReadonlyMap<string, LocalValue>,
  stillWanted: () => boolean,
): boolean {
  const sets = [...values.keys()].map((name) => `${id(name)} = ?`).join(', ');
  const update = db.prepare(`UPDATE ${id(table.name)} SET ${sets} WHERE local_id = ?`);
  return refusedEdit(db, () =>
    db
      .transaction(() => stillWanted() && update.run(...values.values(), localId).changes === 1)
      .immediate(),
  );
}

/** What the file's own constraints refuse is EDIT_REFUSED; other failures of SQLite are what they always are. */
export function refusedEdit<T>(db: WritableDb, edit: () => T): T {
  try {
    return edit();
  } catch (error) {
    if (codeOf(error).startsWith('SQLITE_CONSTRAINT'))
      throw new PayflowError(
        'EDIT_REFUSED',
        { detail: error instanceof Error ? error.message : '' },
        { cause: error },
      );
    throw localError(error, db.name);
  }
}
