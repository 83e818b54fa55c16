/**
 * Rows that arrive while edits of them are unsent: merged with HQ's version, which becomes the new base; the losers
 * are logged (DESIGN 7). Runs inside the write transaction of `applyPage`.
 */
import type { Strategy, TablePlan } from '../../../shared/plan.ts';
import { UnholdableValue, type Canonical } from '../codec.ts';
import { groupBy, type Run } from '../engine.ts';
import { logLosers } from '../log-conflicts.ts';
import { merge, strategiesOf } from '../merge.ts';
import { editTimesOf, foldEntries, type PendingChange } from '../pending.ts';
import { placeheld } from '../placeholder.ts';
import { fixedReference } from '../plan-index.ts';
import type { LocalRow } from '../local-port.ts';
import { canonicalRows, type CanonicalRow } from '../translate.ts';
import type { Arrival } from './page.ts';
import type { Resolution } from './resolve.ts';

/** A row that arrives while edits of it are unsent. */
export interface PendingRow {
  readonly change: PendingChange;
  /** The row in HQ's terms; null: the POS has deleted it. */
  readonly row: CanonicalRow | null;
}

export const NOTHING_PENDING: ReadonlyMap<string, PendingRow> = new Map();

/** What is pending of the rows that arrive, by local_id. */
export function pendingOf(
  run: Run,
  table: TablePlan,
  arrivals: ReadonlyMap<string, Arrival>,
  resolution: Resolution,
): Map<string, PendingRow> {
  const localIds = [...arrivals.keys()].map((key) => resolution.localId(table.name, key) ?? key);
  const entries = groupBy(run.local.entriesOf(table, localIds), (entry) => entry.localId);
  const rows = run.local.rows(table, [...entries.keys()]);
  const known = run.local.serverIds(table, [...entries.keys()]);
  const canonical = new Map(
    canonicalRows(run, table, [...rows.values()]).map((row) => [row.localId, row]),
  );
  return new Map(
    [...entries].map(([localId, list]) => [
      localId,
      {
        change: foldEntries(
          table,
          run.stamps.stamped(list),
          known.has(localId) || rows.has(localId),
        ),
        row: canonical.get(localId) ?? null,
      },
    ]),
  );
}

/**
 * Merges an unsent local row with HQ's, notes the new base, logs the losers. Returns the row to store; `keep` names
 * columns where the terminal's side won with a value that HQ cannot hold, or with a reference, which stays as it
 * stands, also where HQ does not know its row yet; `refs` what stays kept beside them.
 */
export function rebase(
  run: Run,
  table: TablePlan,
  arrival: Arrival,
  change: PendingChange,
  { values, unheld, refs }: CanonicalRow,
  syncedHash: string | null,
): Rebased {
  const strategies = strategiesOf(table, arrival.kept);
  refuseUnheldSum(table, unheld, strategies);
  // Unknown here, but HQ has not changed since: then it is what HQ has (DESIGN 4.4).
  const base =
    baseOf(run, table, change, values, refs) ??
    (syncedHash === arrival.row.hash ? arrival.row.values : null);
  const merged = merge(
    base,
    values.map((value, index) => unheld.get(index) ?? value),
    arrival.row.values,
    strategies,
    editTimesOf(change, arrival.edit, run.self.code),
  );
  run.local.setBase(table, change.localId, change.last, arrival.row.values);
  // What HQ refused before it may take now, or has overruled; the answer to a refusal itself comes with `force`.
  if (!arrival.force && run.local.acceptAgain(table.name, change.localId, 'upload'))
    run.local.setStatus(table, [change.localId], 'pending');
  logLosers(
    run,
    'download',
    { table, rowId: arrival.row.key, edit: arrival.edit },
    (column) => change.editedAt.get(column) ?? change.lastAt,
    merged.losers,
  );
  const keep = new Set(
    merged.values.flatMap((value, index) => {
      const theirs = arrival.row.values[index] ?? null;
      const isOurReference = table.columns[index]?.reference != null && value !== theirs;
      return isOurReference || (unheld.has(index) && value === unheld.get(index)) ? [index] : [];
    }),
  );
  if (keep.size === 0) return { values: merged.values };
  return {
    values: merged.values.map((value, index) => (keep.has(index) ? null : value)),
    keep,
    refs: keptBeside(table, keep, refs),
  };
}

/** What `rebase` makes of a row. */
export interface Rebased {
  readonly values: readonly Canonical[];
  readonly keep?: ReadonlySet<number>;
  readonly refs?: LocalRow['refs'];
}

/** What is kept beside a row from both sources. */
export const bothRefs = (a: LocalRow['refs'], b: LocalRow['refs'] = null): LocalRow['refs'] =>
  a === null ? b : { ...a, ...b };

/** HQ's values of those columns that are out of scope and null here; null: none. */
function keptBeside(
  table: TablePlan,
  columns: ReadonlySet<number>,
  refs: LocalRow['refs'],
): LocalRow['refs'] {
  const names = new Set([...columns].map((index) => table.columns[index]?.hq));
  const kept = Object.entries(refs ?? {}).filter(([hq]) => names.has(hq));
  return kept.length === 0 ? null : Object.fromEntries(kept);
}

/** What an `add` column has gained cannot be told from something that is no number: the whole row waits. */
function refuseUnheldSum(
  table: TablePlan,
  unheld: ReadonlyMap<number, string>,
  strategies: readonly Strategy[],
): void {
  for (const index of unheld.keys()) {
    const column = table.columns[index];
    if (column === undefined || strategies[index] !== 'add') continue;
    const error = new UnholdableValue('not-a-number');
    error.column = column.local;
    throw error;
  }
}

/**
 * HQ's row as this terminal last knew it: the stored base, else the first old values; null: unknown (DESIGN 7.2). A
 * column that came to the table after its base was stored has the first old value; one that holds a placeholder has that,
 * which so is no edit (5.5).
 * `refs`: HQ's values of references that were null here because they are out of scope.
 */
export function baseOf(
  run: Pick<Run, 'local' | 'index'>,
  table: TablePlan,
  change: PendingChange,
  row: readonly Canonical[],
  refs: LocalRow['refs'],
): readonly Canonical[] | null {
  const base = knownBase(run, table, change, row, refs);
  const given = placeheld(table, row);
  if (base === null || given.length === 0) return base;
  return base.map((value, index) => (given.includes(index) ? (row[index] ?? null) : value));
}

function knownBase(
  run: Pick<Run, 'local' | 'index'>,
  table: TablePlan,
  change: PendingChange,
  row: readonly Canonical[],
  refs: LocalRow['refs'],
): readonly Canonical[] | null {
  const stored = run.local.bases(table, [change.localId]).get(change.localId)?.base;
  if (stored !== undefined && table.columns.every(({ hq }) => stored.has(hq)))
    return table.columns.map(({ hq }) => stored.get(hq) ?? null);
  if (change.baseUnknown) return null;
  const base = [...row];
  for (const [index, old] of change.old) {
    base[index] =
      old === null
        ? (refs?.[table.columns[index]?.hq ?? ''] ?? null)
        : serverValue(run, table, index, old);
  }
  return stored === undefined
    ? base
    : table.columns.map(
        ({ hq }, index) => stored.get(hq) ?? (stored.has(hq) ? null : (base[index] ?? null)),
      );
}

/** A captured reference holds a local_id; HQ's key of that row where it has one. */
export function serverValue(
  run: Pick<Run, 'local' | 'index'>,
  table: TablePlan,
  index: number,
  value: Canonical,
): Canonical {
  const column = table.columns[index];
  const reference = column === undefined ? null : fixedReference(column);
  if (value === null || reference === null || !run.index.has(reference.table)) return value;
  return run.local.serverIds(run.index.table(reference.table), [value]).get(value) ?? value;
}
