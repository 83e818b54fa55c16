import type { ColumnPlan, TablePlan } from '../../shared/plan.ts';
import { fromCaptured, UnholdableValue, type Canonical } from './codec.ts';
import type { EditTimes } from './merge.ts';
import { localColumn } from './plan-index.ts';
import type { OutboxEntry } from './local-port.ts';
import type { HqEdit } from './ports.ts';

/** What the outbox says of one row: all its unsent entries folded together. */
export interface PendingChange {
  readonly localId: string;
  readonly first: number;
  readonly last: number;
  /** Newest entry that is a change: behind it stands only evidence of what did not happen (DESIGN 4.3); 0: there is none. */
  readonly lastEdit: number;
  readonly ids: readonly string[];
  /** First old value per column index, as captured: references still hold local_ids. */
  readonly old: ReadonlyMap<number, Canonical>;
  /** Time of the last entry that touched the column; as the entries say it (`Stamps.stamped`). */
  readonly editedAt: ReadonlyMap<number, string>;
  readonly lastAt: string;
  /**
   * True: some entry does not say what stood there before (an insert over a known row without an R or D before it, an
   * aligned file). Then every column counts as touched and the base is unknown (DESIGN 4.3, 4.5).
   */
  readonly baseUnknown: boolean;
}

/** Folds the entries of one row, in sequence order. `known`: HQ knows the row, so an insert is an update. */
export function foldEntries(
  table: TablePlan,
  entries: readonly OutboxEntry[],
  known: boolean,
): PendingChange {
  const only = entries.length === 1 ? entries[0] : undefined;
  if (only?.op === 'I' && !known && only.changes !== null) return newRow(only);
  const old = new Map<number, Canonical>();
  const editedAt = new Map<number, string>();
  let baseUnknown = false;
  // An entry has told the whole row as it stood (DESIGN 4.3): what is put over it is an edit with a base.
  let whole = false;
  for (const entry of entries) {
    if (entry.changes === null) {
      if (entry.op !== 'D') baseUnknown = true;
      continue;
    }
    if (entry.op === 'I') {
      if (known && !whole) baseUnknown = true;
      if (whole) for (const index of table.columns.keys()) editedAt.set(index, entry.at);
      continue;
    }
    const evidence = entry.op !== 'U';
    whole ||= evidence;
    for (const [index, column] of table.columns.entries()) {
      const change = entry.changes[column.local];
      if (change === undefined) continue;
      if (!evidence) editedAt.set(index, entry.at);
      if (old.has(index)) continue;
      // A value too long to be recorded: [type, null].
      if (change[0] != null && change[0] !== 'null' && change[1] == null) baseUnknown = true;
      else {
        const value = capturedOld(column, change);
        if (value === undefined) baseUnknown = true;
        else old.set(index, value);
      }
    }
  }
  const first = entries[0];
  const last = entries.at(-1);
  const edit = entries.findLast((entry) => entry.op !== 'R');
  if (first === undefined || last === undefined)
    throw new Error('a pending change has at least one entry');
  return {
    localId: last.localId,
    first: first.seq,
    last: last.seq,
    lastEdit: edit?.seq ?? 0,
    ids: entries.map((entry) => entry.id),
    old,
    editedAt,
    lastAt: (edit ?? last).at,
    baseUnknown,
  };
}

const NOTHING: ReadonlyMap<number, never> = new Map<number, never>();

/** A row with nothing but its insert: most of what a till sends. Maps of its own would be most of what it costs. */
function newRow(entry: OutboxEntry): PendingChange {
  return {
    localId: entry.localId,
    first: entry.seq,
    last: entry.seq,
    lastEdit: entry.seq,
    ids: [entry.id],
    old: NOTHING,
    editedAt: NOTHING,
    lastAt: entry.at,
    baseUnknown: false,
  };
}

/** Undefined: the POS has mended a value that HQ could never have held, so that it is no base. */
function capturedOld(
  column: ColumnPlan,
  [type, recorded]: readonly (string | null)[],
): Canonical | undefined {
  try {
    return fromCaptured(localColumn(column), type ?? null, recorded ?? null);
  } catch (error) {
    if (error instanceof UnholdableValue) return undefined;
    throw error;
  }
}

/** Both sides of `newest` for a folded change. `self`: this terminal's code. */
export function editTimesOf(change: PendingChange, edit: HqEdit | null, self: string): EditTimes {
  return {
    hq: edit?.at ?? null,
    by: edit?.by ?? null,
    self,
    local: (column) => change.editedAt.get(column) ?? change.lastAt,
  };
}
