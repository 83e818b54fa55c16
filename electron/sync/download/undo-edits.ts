/**
 * Unsent edits of rows that left this terminal's scope: it may not write them any more, so they are undone as whatever
 * HQ refuses for good, and kept in the conflict log (DESIGN 3.6, 6.6). Refused: sending them first, which a terminal's
 * own rights do not allow (8.3), and which would write another store's rows.
 */
import type { TablePlan } from '../../../shared/plan.ts';
import { UnholdableValue, type Canonical, type LocalValue } from '../codec.ts';
import type { Run } from '../engine.ts';
import { logLosers } from '../log-conflicts.ts';
import { foldEntries, type PendingChange } from '../pending.ts';
import { fixedReference } from '../plan-index.ts';
import type { LocalRow, OutboxEntry, UpsertRow } from '../local-port.ts';
import { canonicalRows } from '../translate.ts';
import { baseOf } from './rebase.ts';

/** The rule under which such a loser stands in the conflict log. */
export const OUT_OF_SCOPE = 'out-of-scope';

/** Puts the rows back to what HQ last had of them, logs what they lose, and drops their entries. */
export function undoEdits(
  run: Run,
  table: TablePlan,
  rows: readonly { readonly localId: string; readonly key: string }[],
  entries: ReadonlyMap<string, readonly OutboxEntry[]>,
): void {
  if (rows.length === 0) return;
  const here = run.local.rows(
    table,
    rows.map((row) => row.localId),
  );
  const canonical = new Map(
    canonicalRows(run, table, [...here.values()]).map((row) => [row.localId, row]),
  );
  const restored: UpsertRow[] = [];
  for (const { localId, key } of rows) {
    const [local, row] = [here.get(localId), canonical.get(localId)];
    if (local === undefined || row === undefined) continue;
    const change = foldEntries(table, run.stamps.stamped(entries.get(localId) ?? []), true);
    const base = baseOf(run, table, change, row.values, row.refs);
    const ours = row.values.map((value, index) => row.unheld.get(index) ?? value);
    const changed = ours.flatMap((value, index) =>
      base === null ? (value === null ? [] : [index]) : value === base[index] ? [] : [index],
    );
    logUndone(run, table, key, change, changed, base, ours);
    if (base !== null) restored.push(putBack(run, table, local, key, changed, base));
  }
  const upto = run.local.lastSeq();
  run.local.dropEntries(
    table,
    rows.map(({ localId }) => ({ localId, upto })),
  );
  run.local.upsert(table, restored);
}

function logUndone(
  run: Run,
  table: TablePlan,
  key: string,
  change: PendingChange,
  columns: readonly number[],
  base: readonly Canonical[] | null,
  ours: readonly Canonical[],
): void {
  logLosers(
    run,
    'download',
    { table, rowId: key, edit: null },
    (index) => change.editedAt.get(index) ?? change.lastAt,
    columns.map((column) => ({
      column,
      kept: base?.[column] ?? null,
      lost: ours[column] ?? null,
      winner: 'hq',
      rule: OUT_OF_SCOPE,
    })),
  );
}

/** A delete that HQ does not carry out because the row is another's now: the row itself is what was kept. */
export function logUndoneDelete(
  run: Run,
  direction: 'download' | 'upload',
  table: TablePlan,
  key: string,
  deletedAt: string,
): void {
  run.local.logConflict({
    table: table.name,
    rowId: key,
    column: table.key[0] ?? '',
    kept: key,
    lost: null,
    winner: 'hq',
    rule: OUT_OF_SCOPE,
    hqAt: null,
    localAt: deletedAt,
    who: null,
    follows: null,
  });
  run.counters.count(direction, table.name, 'conflicts');
}

/** The row with HQ's values in the columns that were edited. */
function putBack(
  run: Run,
  table: TablePlan,
  local: LocalRow,
  key: string,
  columns: readonly number[],
  base: readonly Canonical[],
): UpsertRow {
  const values = [...local.values];
  const refs: Record<string, string> = { ...local.refs };
  for (const index of columns) {
    const column = table.columns[index];
    if (column === undefined) continue;
    const value = base[index] ?? null;
    const reference = fixedReference(column);
    if (value === null || reference === null || !run.index.has(reference.table)) {
      values[index] = decoded(run, table, index, value, values[index] ?? null);
      continue;
    }
    const parent = run.local.known(run.index.table(reference.table), [value]).get(value);
    if (parent !== undefined) values[index] = parent.localId;
    else if (column.nullable) {
      values[index] = null;
      refs[column.hq] = value;
    }
  }
  return {
    localId: local.localId,
    serverId: key,
    values,
    hash: null,
    kept: false,
    refs: Object.keys(refs).length === 0 ? null : refs,
    pending: false,
  };
}

/** What came from HQ once could be held then; a base that cannot leaves the row as it stands. */
function decoded(
  run: Run,
  table: TablePlan,
  index: number,
  value: Canonical,
  otherwise: LocalValue,
): LocalValue {
  try {
    return run.index.codec(table).decode[index]?.(value) ?? null;
  } catch (error) {
    if (error instanceof UnholdableValue) return otherwise;
    throw error;
  }
}
