/**
 * Applies one page to payflow.db. Runs inside the caller's write transaction, so that rows, held rows, conflicts
 * and the cursor are saved together or not at all (DESIGN 5.2).
 */
import type { TablePlan } from '../../../shared/plan.ts';
import { UnholdableValue, type Canonical, type LocalValue } from '../codec.ts';
import type { Run } from '../engine.ts';
import { foldEntries, type PendingChange } from '../pending.ts';
import type { KnownRow, UpsertRow } from '../local-port.ts';
import { groupBy } from '../engine.ts';
import { noteLanded } from '../oversold.ts';
import { followNames } from '../repair-outbox.ts';
import { forgetRecreated, returns } from './delete-against-edit.ts';
import { applyDepartures } from './departures.ts';
import { arrivalsOf, type Arrival, type Page } from './page.ts';
import { uniqueHolders, type PageFacts } from './prepare.ts';
import {
  bothRefs,
  NOTHING_PENDING,
  pendingOf,
  rebase,
  type PendingRow,
  type Rebased,
} from './rebase.ts';
import { applyAround, upsertOrLeave, type RefusedHere } from './refused-here.ts';
import { resolveReferences, type Resolution } from './resolve.ts';

/** What a page changed: HQ keys of rows that landed, by table. */
export type Landed = ReadonlyMap<string, readonly string[]>;

/** Applies the page; the caller is inside `local.write`. */
export function applyPage(run: Run, page: Page, facts: PageFacts): Landed {
  followNames(run);
  return applyAround(run, page, (part, refused) => applyPart(run, part, facts, refused));
}

function applyPart(run: Run, page: Page, facts: PageFacts, refused: RefusedHere): Landed {
  const landed = new Map<string, string[]>();
  for (const [name, moves] of page.rekeys) rekey(run, run.index.table(name), moves);
  const localIds = new Map<string, Map<string, string>>();
  const known = new Map<string, Map<string, KnownRow>>();
  const decoded: Decoded = new Map();
  const holders = new Map<string, readonly Holder[]>();
  for (const { table, arrivals } of arrivalsOf(run, page)) {
    const rows = page.fresh
      ? new Map<string, KnownRow>()
      : run.local.known(table, [...arrivals.keys()]);
    known.set(table.name, rows);
    dropWhatIsInStep(run, table, arrivals, rows);
    // Refused before references are resolved: what needs a refused row has to wait for it.
    decodeAll(run, table, arrivals, decoded);
    refuseHere(run, table, arrivals, refused.get(table.name));
    if (!page.fresh) holders.set(table.name, refuseTaken(run, table, arrivals));
    localIds.set(table.name, chooseLocalIds(run, table, arrivals, rows, page.fresh));
  }
  const resolution = resolveReferences(run, page, facts, localIds);
  for (const { table, arrivals } of arrivalsOf(run, page)) {
    holdBlocked(run, table, arrivals, resolution);
    const pending =
      page.fresh || !run.local.hasEntries(table)
        ? NOTHING_PENDING
        : pendingOf(run, table, arrivals, resolution);
    if (!page.fresh) makeRoom(run, table, arrivals, holders.get(table.name) ?? []);
    const rows = known.get(table.name) ?? new Map<string, KnownRow>();
    landed.set(
      table.name,
      land(run, table, arrivals, { known: rows, pending, decoded, resolution }, page.fresh),
    );
  }
  applyDepartures(run, page);
  return landed;
}

/** A changed key at HQ: the row keeps its local_id (DESIGN 3.2). */
function rekey(run: Run, table: TablePlan, moves: readonly { was: string; key: string }[]): void {
  if (run.local.rekey(table, moves)) return;
  const cursor = run.cursors.get(table.name);
  if (cursor !== undefined) run.cursors.set(table.name, { ...cursor, reload: true });
}

/** Rows that are here and whose hash says that nothing is new; they may still have been held, refused or kept. */
function dropWhatIsInStep(
  run: Run,
  table: TablePlan,
  arrivals: Map<string, Arrival>,
  known: ReadonlyMap<string, KnownRow>,
): void {
  const anyHeld = run.local.anyHeld();
  const anyRejected = run.local.anyRejected('download');
  for (const [key, { row, kept, force }] of arrivals) {
    const here = known.get(key);
    const isInStep = here?.present === true && here.hash === row.hash && here.kept === kept;
    if (force || here === undefined || !isInStep) {
      // A kept row never replaces one that is in scope.
      if (kept && here?.present === true && !here.kept) arrivals.delete(key);
      continue;
    }
    if (anyHeld) run.local.release(table.name, key, 'download');
    if (anyRejected) run.local.acceptAgain(table.name, key, 'download');
    arrivals.delete(key);
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * A downloaded row gets HQ's key as local_id unless the file knows it under another (DESIGN 5.2). An unsent local
 * row with this very UUID is that row (6.3); any other unsent row merely happens to have the name, and the
 * downloaded one takes a UUID.
 */
function chooseLocalIds(
  run: Run,
  table: TablePlan,
  arrivals: ReadonlyMap<string, Arrival>,
  known: ReadonlyMap<string, KnownRow>,
  fresh: boolean,
): Map<string, string> {
  const chosen = new Map<string, string>();
  const strangers = [...arrivals.keys()].filter((key) => !known.has(key) && !UUID.test(key));
  const taken =
    fresh || strangers.length === 0 ? new Map<string, unknown>() : run.local.rows(table, strangers);
  for (const key of arrivals.keys()) {
    chosen.set(
      key,
      known.get(key)?.localId ?? (taken.has(key) ? run.hashing.uuidOf(table.name, key) : key),
    );
  }
  return chosen;
}

/** Rows that wait for a parent become held rows; a later version replaces an earlier entry. */
function holdBlocked(
  run: Run,
  table: TablePlan,
  arrivals: Map<string, Arrival>,
  resolution: Resolution,
): void {
  const blocked = resolution.blocked.get(table.name);
  if (blocked === undefined) return;
  for (const [key, missing] of blocked) {
    const arrival = arrivals.get(key);
    if (arrival === undefined) continue;
    run.local.hold({
      table: table.name,
      id: key,
      direction: 'download',
      op: 'upsert',
      missing,
      payload: JSON.stringify(namedValues(table, arrival.row.values)),
    });
    run.counters.list('download', table.name, 'held', key);
    arrivals.delete(key);
  }
}

/** HQ's values by column name, for display. Secret columns are left out. */
function namedValues(table: TablePlan, values: readonly Canonical[]): Record<string, Canonical> {
  return Object.fromEntries(
    table.columns.flatMap((column, index) =>
      column.secret ? [] : [[column.local, values[index] ?? null]],
    ),
  );
}

/** The values of arrivals as payflow.db holds them; references are still HQ's keys. */
type Decoded = Map<Arrival, LocalValue[]>;

/** Decodes all arrivals; one with a value that payflow.db cannot hold is refused. */
function decodeAll(
  run: Run,
  table: TablePlan,
  arrivals: Map<string, Arrival>,
  decoded: Decoded,
): void {
  for (const [key, arrival] of arrivals) {
    try {
      decoded.set(arrival, decodeRow(run, table, arrival.row.values));
    } catch (error) {
      if (!(error instanceof UnholdableValue)) throw error;
      refuseUnholdable(run, table, arrival, error);
      arrivals.delete(key);
    }
  }
}

function decodeRow(run: Run, table: TablePlan, canonical: readonly Canonical[]): LocalValue[] {
  const { decode } = run.index.codec(table);
  return table.columns.map((column, index) => {
    try {
      return decode[index]?.(canonical[index] ?? null) ?? null;
    } catch (error) {
      if (error instanceof UnholdableValue) error.column = column.local;
      throw error;
    }
  });
}

type Holder = ReturnType<typeof uniqueHolders>[number];

/**
 * An arrival whose unique value an unsent local row or edit holds is refused until that has gone (`releaseHeld`).
 * Returns the holders that give the value up.
 */
function refuseTaken(run: Run, table: TablePlan, arrivals: Map<string, Arrival>): Holder[] {
  const holders = uniqueHolders(run, table, arrivals);
  if (holders.length === 0) return holders;
  const localIds = holders.map((holder) => holder.localId);
  const known = run.local.serverIds(table, localIds);
  const entries = groupBy(run.local.entriesOf(table, localIds), (entry) => entry.localId);
  // On their way to HQ again with all they hold (DESIGN 7.5).
  const recreated = run.local.recreated(table);
  return holders.filter(({ wantedBy, localId, columns }) => {
    const list = entries.get(localId);
    const change = list === undefined ? null : foldEntries(table, list, known.has(localId));
    const edited = change !== null && columns.some((index) => mayHaveChanged(change, index));
    if (known.has(localId) && !edited && !recreated.has(localId)) return true;
    const arrival = arrivals.get(wantedBy);
    if (arrival !== undefined)
      rejectArrival(run, table, arrival, 'UNIQUE_HELD_BY_UNSENT', { localId });
    arrivals.delete(wantedBy);
    return false;
  });
}

/** Did the POS give the row this value? A row put in another's place tells of itself only what stood there before. */
function mayHaveChanged({ editedAt, old, baseUnknown }: PendingChange, index: number): boolean {
  return baseUnknown || editedAt.has(index) || old.has(index);
}

/** Unique values that were swapped or handed on: their holders give them up first (DESIGN 5.5). */
function makeRoom(
  run: Run,
  table: TablePlan,
  arrivals: ReadonlyMap<string, Arrival>,
  holders: readonly Holder[],
): void {
  const giving = holders.filter((holder) => arrivals.has(holder.wantedBy));
  for (const [columns, group] of groupBy(giving, (holder) => holder.columns.join(','))) {
    run.local.placehold(
      table,
      columns.split(',').map(Number),
      group.map((holder) => holder.localId),
    );
  }
}

function refuseUnholdable(
  run: Run,
  table: TablePlan,
  arrival: Arrival,
  { column, reason }: UnholdableValue,
): void {
  rejectArrival(run, table, arrival, 'VALUE_UNHOLDABLE', { column: column ?? '', reason });
}

/** Rows that break a rule of the file: tried again once their table has changed here (`releaseHeld`). */
function refuseHere(
  run: Run,
  table: TablePlan,
  arrivals: Map<string, Arrival>,
  refused: ReadonlyMap<string, string> = new Map(),
): void {
  for (const [key, detail] of refused) {
    const arrival = arrivals.get(key);
    if (arrival !== undefined)
      rejectArrival(run, table, arrival, 'ROW_REFUSED_HERE', { detail }, run.local.lastSeq());
    arrivals.delete(key);
  }
}

function rejectArrival(
  run: Run,
  table: TablePlan,
  arrival: Arrival,
  code: string,
  params: Record<string, string | number>,
  seq: number | null = null,
): void {
  run.local.reject({
    table: table.name,
    id: arrival.row.key,
    direction: 'download',
    code,
    params: { table: table.name, id: arrival.row.key, ...params },
    payload: JSON.stringify(namedValues(table, arrival.row.values)),
    seq,
  });
  run.counters.list('download', table.name, 'rejected', arrival.row.key);
}

/** What is known of a page's rows when they land. */
interface LandingFacts {
  readonly known: ReadonlyMap<string, KnownRow>;
  readonly pending: ReadonlyMap<string, PendingRow>;
  readonly decoded: Decoded;
  readonly resolution: Resolution;
}

/** Writes the rows that may land; returns their keys. */
function land(
  run: Run,
  table: TablePlan,
  arrivals: ReadonlyMap<string, Arrival>,
  { known, pending, decoded, resolution }: LandingFacts,
  fresh: boolean,
): string[] {
  const anyWaiting = !fresh && (run.local.anyHeld() || run.local.anyRejected('download'));
  const upserts: UpsertRow[] = [];
  const keys: string[] = [];
  for (const [key, arrival] of arrivals) {
    const localId = resolution.localId(table.name, key) ?? key;
    const change = pending.get(localId);
    if (change === undefined && known.get(key)?.present === false) {
      // Deleted here without an entry (capture missed it): HQ's row comes back.
    } else if (change?.row === null) {
      const row = { arrival, localId, change: change.change, hash: known.get(key)?.hash ?? null };
      // Deleted here and not sent yet: where the delete stands, the upload tells HQ.
      if (!returns(run, table, row)) continue;
    }
    try {
      const { values, keep, refs }: Rebased =
        change?.row == null
          ? { values: arrival.row.values }
          : rebase(run, table, arrival, change.change, change.row, known.get(key)?.hash ?? null);
      const cells =
        (change?.row == null ? decoded.get(arrival) : undefined) ?? decodeRow(run, table, values);
      const row = localRow(
        run,
        table,
        arrival,
        localId,
        { values, cells },
        resolution,
        change?.row != null,
      );
      upserts.push(keep === undefined ? row : { ...row, keep, refs: bothRefs(row.refs, refs) });
      keys.push(key);
    } catch (error) {
      if (!(error instanceof UnholdableValue)) throw error;
      refuseUnholdable(run, table, arrival, error);
      continue;
    }
    if (anyWaiting) {
      run.local.release(table.name, key, 'download');
      run.local.acceptAgain(table.name, key, 'download');
    }
  }
  upsertOrLeave(run, table, upserts);
  if (!fresh) {
    run.local.fillReferences(table, inScope(upserts));
    noteLanded(run, table, upserts);
    forgetRecreated(
      run,
      table,
      upserts.map(({ localId }) => localId),
    );
  }
  run.counters.count('download', table.name, 'applied', upserts.length);
  return keys;
}

const inScope = (rows: readonly UpsertRow[]): Map<string, string> =>
  new Map(rows.filter((row) => !row.kept).map((row) => [row.serverId, row.localId]));

/** The row to store: `cells` with the references in it translated. */
function localRow(
  run: Run,
  table: TablePlan,
  arrival: Arrival,
  localId: string,
  { values: canonical, cells }: { values: readonly Canonical[]; cells: readonly LocalValue[] },
  resolution: Resolution,
  pending: boolean,
): UpsertRow {
  const values = [...cells];
  const refs: Record<string, string> = {};
  for (const [index, column] of table.columns.entries()) {
    const value = canonical[index] ?? null;
    if (value === null || column.reference === null || !('table' in column.reference)) continue;
    const { table: refTable, hard } = column.reference;
    const parent = run.index.has(refTable) ? resolution.localId(refTable, value) : value;
    if (parent === undefined && hard) {
      // Out of scope and nullable: null here, HQ's value kept beside (DESIGN 5.4).
      values[index] = null;
      refs[column.hq] = value;
    } else values[index] = parent ?? value;
  }
  return {
    localId,
    serverId: arrival.row.key,
    values,
    hash: arrival.kept ? null : arrival.row.hash,
    kept: arrival.kept,
    refs: Object.keys(refs).length === 0 ? null : refs,
    pending,
  };
}
