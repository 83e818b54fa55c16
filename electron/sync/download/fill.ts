/**
 * The plain case of a first load: a slice of rows into a table that holds nothing but HQ's rows, with all parents
 * here, every value holdable and no rule of the file's own broken. Nothing can clash and nothing can be pending, so rows are decoded and stored without
 * the look-ups of `applyPage`; whatever is not plain is left to it, untouched. Refused: one path for both, which
 * spent a third of a first load on questions whose answer was known.
 */
import type { TablePlan } from '../../../shared/plan.ts';
import { UnholdableValue, type LocalValue } from '../codec.ts';
import type { Run } from '../engine.ts';
import { fixedReference } from '../plan-index.ts';
import type { UpsertRow } from '../local-port.ts';
import type { HqRow } from '../ports.ts';
import { whyNotWhole } from './refused-here.ts';

/** Stores the slice, inside the caller's write transaction. False: not plain, and nothing was written. */
export function fillTable(run: Run, table: TablePlan, rows: readonly HqRow[]): boolean {
  const parents = parentsOf(run, table, rows);
  if (parents === null) return false;
  const upserts = decodedRows(run, table, rows);
  if (upserts === null) return false;
  for (const [index, localIds] of parents) {
    for (const { values } of upserts) {
      const value = values[index];
      if (typeof value === 'string') values[index] = localIds.get(value) ?? value;
    }
  }
  if (!run.local.hasOwnRules(table)) run.local.upsert(table, upserts);
  else if (whyNotWhole(run, table, upserts) !== null) return false;
  run.counters.count('download', table.name, 'applied', upserts.length);
  return true;
}

type LocalIds = ReadonlyMap<string, string>;

/** Per reference column: local_ids of its parents, where they differ from HQ's keys. Null: a parent is not here. */
function parentsOf(
  run: Run,
  table: TablePlan,
  rows: readonly HqRow[],
): [index: number, localIds: LocalIds][] | null {
  const renamed: [number, LocalIds][] = [];
  for (const [index, column] of table.columns.entries()) {
    const reference = fixedReference(column);
    if (reference === null || !run.index.has(reference.table)) continue;
    const keys = new Set<string>();
    for (const { values } of rows) {
      const key = values[index];
      if (key != null) keys.add(key);
    }
    const known = run.local.known(run.index.table(reference.table), [...keys]);
    const localIds = new Map<string, string>();
    for (const key of keys) {
      const parent = known.get(key);
      const isHere = parent?.present === true;
      if (!isHere && reference.hard) return null;
      if (isHere && parent.localId !== key) localIds.set(key, parent.localId);
    }
    if (localIds.size > 0) renamed.push([index, localIds]);
  }
  return renamed;
}

/** The rows as payflow.db holds them, references still HQ's keys. Null: a value that it cannot hold. */
function decodedRows(run: Run, table: TablePlan, rows: readonly HqRow[]): UpsertRow[] | null {
  const { decode } = run.index.codec(table);
  try {
    return rows.map(({ key, hash, values: canonical }) => {
      const values = new Array<LocalValue>(decode.length);
      for (let index = 0; index < decode.length; index += 1)
        values[index] = decode[index]?.(canonical[index] ?? null) ?? null;
      return {
        localId: key,
        serverId: key,
        values,
        hash,
        kept: false,
        refs: null,
        pending: false,
      };
    });
  } catch (error) {
    if (error instanceof UnholdableValue) return null;
    throw error;
  }
}
