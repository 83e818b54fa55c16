/** One side deleted a row, the other edited it (DESIGN 7.5). Runs inside the write transaction of `applyPage`. */
import type { TablePlan } from '../../../shared/plan.ts';
import type { Canonical } from '../codec.ts';
import { groupBy, type Run } from '../engine.ts';
import { logLosers } from '../log-conflicts.ts';
import { deleteRefusedBy, isStamp, strategiesOf, undoesDelete } from '../merge.ts';
import { foldEntries, type PendingChange } from '../pending.ts';
import { placeheld } from '../placeholder.ts';
import { fixedReference } from '../plan-index.ts';
import { canonicalRows, type CanonicalRow } from '../translate.ts';
import type { Arrival, Departure } from './page.ts';
import { baseOf, serverValue } from './rebase.ts';

/** A row of payflow.db that is to go. */
export interface Leaving extends Departure {
  readonly localId: string;
}

/** A stamp alone says nothing of what was edited: the sale of one item moves it too. */
const telling = (table: TablePlan, kept: boolean) =>
  strategiesOf(table, kept).map((strategy, index) => {
    const column = table.columns[index];
    return column !== undefined && isStamp(column) ? null : strategy;
  });

// ------------------------------------------------------------------------------- HQ edited, deleted here

/**
 * HQ's row arrives and the POS has deleted it: does it come back? Yes where HQ refuses the delete for good (6.6), or
 * where HQ's edit undoes it; then nothing of the row is unsent any more. No: what HQ changed is kept in the log, and
 * the delete goes to HQ against the row as it stands there now.
 */
export function returns(
  run: Run,
  table: TablePlan,
  row: {
    readonly arrival: Arrival;
    readonly localId: string;
    readonly change: PendingChange;
    /** Of HQ's row as this terminal last knew it. */
    readonly hash: string | null;
  },
): boolean {
  const { arrival, localId, change } = row;
  const where = { table, rowId: arrival.row.key, edit: arrival.edit };
  const log = (losers: Parameters<typeof logLosers>[4]): void => {
    logLosers(run, 'download', where, () => change.lastAt, losers);
  };
  const refusedBy =
    deleteRefusedBy(strategiesOf(table, arrival.kept)) ??
    (run.local.isRejected(table.name, localId, 'upload') ? 'refused' : null);
  const undoing =
    refusedBy !== null || row.hash === arrival.row.hash
      ? []
      : undoesDelete(deletedBase(run, table, change), arrival.row.values, telling(table, false), {
          side: 'hq',
          editedAt: () => arrival.edit?.at ?? null,
          deletedAt: change.lastAt,
          editor: arrival.edit?.by ?? null,
          deleter: run.self.code,
        });
  if (refusedBy === null && undoing.length === 0) {
    if (row.hash !== arrival.row.hash) {
      log(
        arrival.row.values.flatMap((lost, column) =>
          lost === null ? [] : [{ column, kept: null, lost, winner: 'terminal', rule: 'deleted' }],
        ),
      );
      run.local.noteSeen(table, localId, arrival.row.hash);
    }
    return false;
  }
  log(
    refusedBy === null
      ? undoing.map((column) => ({
          column,
          kept: arrival.row.values[column] ?? null,
          lost: null,
          winner: 'hq',
          rule: 'restored',
        }))
      : [{ column: -1, kept: null, lost: null, winner: 'hq', rule: refusedBy }],
  );
  run.local.dropEntries(table, [{ localId, upto: change.last }]);
  return true;
}

/** HQ's row as it was known here before the POS edited and deleted it; null: unknown. */
function deletedBase(
  run: Run,
  table: TablePlan,
  change: PendingChange,
): readonly Canonical[] | null {
  const values: Canonical[] = [];
  for (const index of table.columns.keys()) {
    const value = change.old.get(index);
    if (value === undefined) return null;
    values.push(serverValue(run, table, index, value));
  }
  return baseOf(run, table, change, values, null);
}

// ------------------------------------------------------------------------------- HQ deleted, edited here

interface Edited {
  readonly leaving: Leaving;
  readonly change: PendingChange;
  readonly row: CanonicalRow;
  /** HQ's row as it was last known; null: unknown. */
  readonly base: readonly Canonical[] | null;
  /** The columns whose edit undoes the delete. */
  readonly undoing: readonly number[];
}

/**
 * Decides about rows that HQ deleted while the POS edited them, parents first. Those that come back are taken out of
 * `leaving` and made at HQ again by the upload, with all they hold and under the key they had; of the others the edits
 * are kept in the log and are not pending any more. A child whose parent stays deleted cannot come back, nor a row whose
 * unique value another has by now.
 */
export function settleEdits(run: Run, leaving: ReadonlyMap<string, Map<string, Leaving>>): void {
  for (const table of run.index.tables) {
    const rows = leaving.get(table.name);
    if (rows === undefined || !run.local.hasEntries(table)) continue;
    const edited = editedRows(run, table, rows);
    const back = new Set(edited.filter(({ undoing }) => undoing.length > 0));
    const waiting = parentsHeldToGo(run, table, back);
    for (let before = -1; before !== back.size;) {
      before = back.size;
      const isBack = new Set([...back].map((row) => row.leaving.key));
      for (const row of back) {
        const orphaned = parentsOf(run, table, row.row).some(({ refTable, key }) =>
          waiting.has(`${refTable}\0${key}`)
            ? true
            : departs(leaving.get(refTable), key) && !(refTable === table.name && isBack.has(key)),
        );
        if (orphaned) back.delete(row);
      }
    }
    for (const row of edited) {
      if (back.has(row)) {
        bringBack(run, table, row);
        rows.delete(row.leaving.localId);
      } else letGo(run, table, row);
    }
  }
}

/** Parents of these rows that HQ has deleted, and that wait here for what still uses them. */
function parentsHeldToGo(
  run: Run,
  table: TablePlan,
  rows: ReadonlySet<Edited>,
): ReadonlySet<string> {
  const parents = [...rows].flatMap(({ row }) => parentsOf(run, table, row));
  return new Set(
    [...groupBy(parents, ({ refTable }) => refTable)].flatMap(([refTable, group]) =>
      run.local
        .heldDeletes(
          refTable,
          group.map(({ key }) => key),
        )
        .map((key) => `${refTable}\0${key}`),
    ),
  );
}

function editedRows(run: Run, table: TablePlan, rows: ReadonlyMap<string, Leaving>): Edited[] {
  const deleted = [...rows.values()].filter(({ op }) => op === 'delete');
  const entries = groupBy(
    run.local.entriesOf(
      table,
      deleted.map(({ localId }) => localId),
    ),
    (entry) => entry.localId,
  );
  if (entries.size === 0) return [];
  const local = [...run.local.rows(table, [...entries.keys()]).values()];
  const known = run.local.known(
    table,
    deleted.map(({ key }) => key),
  );
  return canonicalRows(run, table, local).flatMap((row): Edited[] => {
    const going = rows.get(row.localId);
    if (going === undefined) return [];
    const change = foldEntries(table, run.stamps.stamped(entries.get(row.localId) ?? []), true);
    const base = baseOf(run, table, change, row.values, row.refs);
    const values = row.values.map((value, index) => row.unheld.get(index) ?? value);
    const undoing = undoesDelete(
      base,
      values,
      telling(table, known.get(going.key)?.kept === true),
      {
        side: 'terminal',
        editedAt: (column) => change.editedAt.get(column) ?? change.lastAt,
        deletedAt: going.edit?.at ?? null,
        editor: run.self.code,
        deleter: going.edit?.by ?? null,
      },
    );
    // HQ gave its unique value to another row: it cannot stand there again.
    const isReplaced = placeheld(table, values).length > 0;
    return [{ leaving: going, change, row, base, undoing: isReplaced ? [] : undoing }];
  });
}

/** Does the row of this key leave, whichever local_id it has? */
function departs(rows: ReadonlyMap<string, Leaving> | undefined, key: string): boolean {
  if (rows === undefined) return false;
  for (const row of rows.values()) if (row.key === key && row.op === 'delete') return true;
  return false;
}

/** Rows of HQ without which this one cannot stand there. */
function parentsOf(
  run: Run,
  table: TablePlan,
  row: CanonicalRow,
): { refTable: string; key: string }[] {
  return table.columns.flatMap((column, index) => {
    const reference = fixedReference(column);
    const key = row.values[index];
    return reference?.hard === true &&
      !column.nullable &&
      key != null &&
      run.index.has(reference.table)
      ? [{ refTable: reference.table, key }]
      : [];
  });
}

function bringBack(run: Run, table: TablePlan, { leaving, change, row, undoing }: Edited): void {
  const { localId, key, edit } = leaving;
  const at = (column: number): string => change.editedAt.get(column) ?? change.lastAt;
  logLosers(
    run,
    'download',
    { table, rowId: key, edit },
    at,
    undoing.map((column) => ({
      column,
      kept: row.values[column] ?? null,
      lost: null,
      winner: 'terminal',
      rule: 'restored',
    })),
  );
  run.local.recreate(table, localId);
  run.local.acceptAgain(table.name, localId, 'upload');
  run.local.setStatus(table, [localId], 'pending');
}

function letGo(run: Run, table: TablePlan, { leaving, change, row, base }: Edited): void {
  const { localId, key, edit } = leaving;
  logLosers(
    run,
    'download',
    { table, rowId: key, edit },
    (column) => change.editedAt.get(column) ?? change.lastAt,
    row.values.flatMap((value, column) => {
      const lost = row.unheld.get(column) ?? value;
      const isEdited = base === null ? lost !== null : (base[column] ?? null) !== lost;
      return isEdited ? [{ column, kept: null, lost, winner: 'hq', rule: 'deleted' }] : [];
    }),
  );
  run.local.dropEntries(table, [{ localId, upto: change.last }]);
}

/** HQ has these rows again. */
export function forgetRecreated(run: Run, table: TablePlan, localIds: readonly string[]): void {
  if (run.local.recreated(table).size > 0) run.local.forgetRecreated(table, localIds);
}
