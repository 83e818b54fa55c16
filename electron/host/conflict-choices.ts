/** What a person can still decide about an entry of the conflict log (DESIGN 7.6). */
import { PayflowError } from '../../shared/errors.ts';
import type { ColumnPlan, TablePlan } from '../../shared/plan.ts';
import type { ConflictRow, ConflictSide } from '../../shared/rows.ts';
import {
  conflictEntry,
  resolveEntry,
  type ConflictEntry,
  type Restoration,
} from '../local/conflict-log.ts';
import { heldEntry, rejectedEntry } from '../local/listed-pages.ts';
import type { WritableDb } from '../local/open.ts';
import { fromLocal, toLocal, UnholdableValue, type LocalValue } from '../sync/codec.ts';
import { isTerminals, strategiesOf } from '../sync/merge.ts';
import { fixedReference, localColumn } from '../sync/plan-index.ts';
import { rowsOf, tableOf, type PlannedFile } from './planned-file.ts';
import { shownCanonical } from './shown-values.ts';

/** Why the value that lost cannot be brought back; each is a code of the catalogue. */
type Refusal =
  | 'CONFLICT_RESOLVED'
  | 'CONFLICT_ROW_GONE'
  | 'CONFLICT_SET_ASIDE'
  | 'CONFLICT_OUTDATED'
  | 'CONFLICT_HQ_DECIDES'
  | 'CONFLICT_NO_VALUE';

/** The edit that brings the lost value back, or why there is none. */
export function restorationOf(file: PlannedFile, entry: ConflictEntry): Restoration | Refusal {
  if (entry.resolved !== null) return 'CONFLICT_RESOLVED';
  const table = tableOf(file, entry.table);
  const column = table?.columns.find(({ hq }) => hq === entry.column);
  if (table === null || column === undefined) return 'CONFLICT_NO_VALUE';
  const localId = localIdOf(file, table, entry.rowId);
  if (localId === null) return 'CONFLICT_ROW_GONE';
  // A delete is no value of a column, and a text cannot stand for what was there.
  if (isDelete(entry)) return 'CONFLICT_NO_VALUE';
  const isSetAside = [entry.rowId, localId].some((id) =>
    (['download', 'upload'] as const).some((direction) => {
      const key = { table: table.name, id, direction };
      return heldEntry(file.db, key) !== null || rejectedEntry(file.db, key) !== null;
    }),
  );
  if (isSetAside) return 'CONFLICT_SET_ASIDE';
  const strategy = strategiesOf(table)[table.columns.indexOf(column)] ?? 'newest';
  if (!isTerminals(strategy)) return 'CONFLICT_HQ_DECIDES';
  if (!stillStands(file, table, column, localId, entry.kept)) return 'CONFLICT_OUTDATED';
  const value = localValue(file, column, entry.lost);
  return value === undefined
    ? 'CONFLICT_NO_VALUE'
    : { table, localId, column: column.local, value };
}

const isDelete = ({ rule }: ConflictEntry): boolean => rule === 'deleted' || rule === 'restored';

/** local_id of a row that is here; null: it is not, or it belongs to others and is only kept. */
function localIdOf(file: PlannedFile, table: TablePlan, rowId: string): string | null {
  const rows = rowsOf(file);
  const known = rows.known(table, [rowId]).get(rowId);
  if (known !== undefined) return known.present && !known.kept ? known.localId : null;
  return rows.rows(table, [rowId]).has(rowId) ? rowId : null;
}

/**
 * Is the value that won what the row holds? A third one, written since, is in no list: nobody puts another over what
 * they were not shown (DESIGN 7.6).
 */
function stillStands(
  file: PlannedFile,
  table: TablePlan,
  column: ColumnPlan,
  localId: string,
  kept: string | null,
): boolean {
  const row = rowsOf(file).rows(table, [localId]).get(localId);
  const standing = row?.values[table.columns.indexOf(column)] ?? null;
  if (standing === null) return (row?.refs?.[column.hq] ?? null) === kept;
  const reference = fixedReference(column);
  const refTable = reference === null ? null : tableOf(file, reference.table);
  if (refTable !== null) return kept !== null && localIdOf(file, refTable, kept) === standing;
  try {
    return fromLocal(localColumn(column), standing) === kept;
  } catch (error) {
    if (error instanceof UnholdableValue) return false;
    throw error;
  }
}

/** A logged value as payflow.db holds it; undefined: it cannot, or the row that it refers to is not here. */
function localValue(
  file: PlannedFile,
  column: ColumnPlan,
  logged: string | null,
): LocalValue | undefined {
  const reference = fixedReference(column);
  const refTable = reference === null ? null : tableOf(file, reference.table);
  if (logged !== null && refTable !== null) return localIdOf(file, refTable, logged) ?? undefined;
  try {
    return toLocal(localColumn(column), logged);
  } catch (error) {
    if (error instanceof UnholdableValue) return undefined;
    throw error;
  }
}

/**
 * `payflow resolve` and the window's click: the value of that side stands from now on. Throws CONFLICT_UNKNOWN,
 * CONFLICT_RESOLVED where it was decided before, and why the lost value cannot come back (CONFLICT_OUTDATED: what stands
 * is a third one by now). Answers whether a value was written, which the next cycle sends.
 */
export function resolveConflict(
  file: PlannedFile & { readonly db: WritableDb },
  number: number,
  keep: ConflictSide,
  at: string,
): { readonly changed: boolean } {
  const entry = conflictEntry(file.db, number);
  if (entry === null) throw new PayflowError('CONFLICT_UNKNOWN', { id: number });
  const refuse = (code: Refusal): never => {
    throw new PayflowError(code, { id: number, table: entry.table, row: entry.rowId });
  };
  if (entry.resolved !== null) return refuse('CONFLICT_RESOLVED');
  const stands = (entry.winner === 'hq') === (keep === 'hq');
  // In one transaction with what it rests on: the POS program may write between a look and the edit.
  const decide = (): { readonly changed: boolean } => {
    const restore = stands ? null : restorationOf(file, entry);
    if (typeof restore === 'string') return refuse(restore);
    const became = resolveEntry(file.db, entry.id, { keep, at, restore });
    if (became === 'resolved') return refuse('CONFLICT_RESOLVED');
    if (became === 'gone') return refuse('CONFLICT_ROW_GONE');
    return { changed: restore !== null };
  };
  return file.db.transaction(decide).immediate();
}

/** The entry with its values as people read them; a secret's are not shown. */
export function shownConflict<T extends ConflictRow>(file: PlannedFile, entry: T): T {
  const table = tableOf(file, entry.table);
  const shown = (hq: string, value: string | null): string | null => {
    const column = table?.columns.find((candidate) => candidate.hq === hq);
    if (column === undefined) return value;
    if (column.secret) return value === null ? null : '••••';
    return column.reference === null ? shownCanonical(column, value) : value;
  };
  return {
    ...entry,
    kept: shown(entry.column, entry.kept),
    lost: shown(entry.column, entry.lost),
    also: entry.also.map(({ column, kept, lost }) => ({
      column,
      kept: shown(column, kept),
      lost: shown(column, lost),
    })),
  };
}
