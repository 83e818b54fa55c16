import type { TablePlan } from '../../../shared/plan.ts';
import type { MissingParent } from '../../../shared/rows.ts';
import { groupBy, type Run } from '../engine.ts';
import { mustAsk, noteRemoved, waitsForYes } from '../gate.ts';
import type { ConfirmState, KnownRow, Referrer } from '../local-port.ts';
import { settleEdits, type Leaving as Going } from './delete-against-edit.ts';
import type { Departure, Page } from './page.ts';
import { logUndoneDelete, undoEdits } from './undo-edits.ts';

interface Leaving extends Going {
  /** The row whose leaving takes it along: itself, or what decides its scope. */
  readonly root: Leaving | null;
}

/** By table, by local_id. */
type AllLeaving = Map<string, Map<string, Leaving>>;

/**
 * Removes what left HQ or the scope, children first. A row that others still need stays: as a held delete
 * (`children`), or, when it only left the scope, as a kept row (DESIGN 5.3, 5.4). A row that HQ deleted and the POS has
 * edited is decided first (7.5); edits of a row that left the scope are undone and logged (3.6, 6.6).
 */
export function applyDepartures(run: Run, page: Page): void {
  if (page.fresh) return;
  const { leaving, absent } = gather(run, page);
  stopAtGate(run, leaving);
  settleEdits(run, leaving);
  forgetWaiting(run, leaving, absent);
  for (const table of [...run.index.tables].reverse()) {
    const rows = leaving.get(table.name);
    if (rows !== undefined && rows.size > 0) depart(run, table, [...rows.values()]);
  }
  dropOrphanedKeptRows(run);
}

/** HQ's keys, by table. */
type Keys = Map<string, readonly string[]>;

/** Departures and the descendants of rows that left the scope. `absent`: rows that left it and are not here. */
function gather(run: Run, page: Page): { leaving: AllLeaving; absent: Keys } {
  const leaving: AllLeaving = new Map();
  const absent: Keys = new Map();
  for (const table of run.index.tables) {
    const departures = page.departures.get(table.name);
    if (departures === undefined) continue;
    const keys = [...departures.keys()];
    const known = run.local.known(table, keys);
    const held = run.local.heldAmong(table.name, 'download', keys);
    for (const [key, departure] of departures) {
      // A manager said that it stays; only another answer, or a move of this terminal, removes it.
      if (held.get(key) === 'stays' && departure.exempt !== true) continue;
      run.local.release(table.name, key, 'download');
      run.local.acceptAgain(table.name, key, 'download');
      const row = known.get(key);
      if (row?.present === true)
        add(leaving, table, { ...departure, localId: row.localId, root: null });
      else if (row !== undefined) forgetDeletedHere(run, table, row, departure);
    }
    absent.set(
      table.name,
      keys.filter(
        (key) => departures.get(key)?.op === 'removal' && known.get(key)?.present !== true,
      ),
    );
    const gone = [...(leaving.get(table.name)?.values() ?? [])].filter(
      (row) => row.op === 'removal',
    );
    addDescendants(run, table, gone, leaving);
  }
  return { leaving, absent };
}

/** The POS deleted the row and HQ has it no more, or has it for others: nothing is left to send. */
function forgetDeletedHere(
  run: Run,
  table: TablePlan,
  row: Pick<KnownRow, 'localId'>,
  { key, op }: Departure,
): void {
  const last = op === 'removal' ? run.local.entriesOf(table, [row.localId]).at(-1) : undefined;
  if (last !== undefined) logUndoneDelete(run, 'download', table, key, run.stamps.of(last));
  run.local.dropEntries(table, [{ localId: row.localId, upto: run.local.lastSeq() }]);
  run.local.remove(table, [row.localId]);
}

/** Deletes of rows that went out of the scope with their parents are not sent either. */
function forgetDeletedBelow(run: Run, table: TablePlan, parents: readonly string[]): void {
  if (parents.length === 0) return;
  for (const { table: child, foreignKey } of run.index.descendantLinks(table)) {
    const column = child.columns.find((candidate) => candidate.hq === foreignKey.column);
    if (column === undefined || !run.local.hasEntries(child)) continue;
    const deleted = run.local.deletedChildren(child, column.local, parents);
    for (const [localId, key] of run.local.serverIds(child, deleted))
      forgetDeletedHere(run, child, { localId }, { key, op: 'removal', edit: null });
  }
}

function add(leaving: AllLeaving, table: TablePlan, row: Leaving): boolean {
  const rows = leaving.get(table.name) ?? new Map<string, Leaving>();
  leaving.set(table.name, rows);
  if (rows.has(row.localId)) return false;
  rows.set(row.localId, row);
  return true;
}

/** Rows whose scope is decided by a row that left it go with it; self-references included. */
function addDescendants(
  run: Run,
  table: TablePlan,
  parents: readonly Leaving[],
  leaving: AllLeaving,
): void {
  if (parents.length === 0) return;
  for (const { table: child, foreignKey } of run.index.descendantLinks(table)) {
    const column = child.columns.find((candidate) => candidate.hq === foreignKey.column);
    if (column === undefined) continue;
    for (const parent of groupBy(parents, (row) => row.root ?? row)) {
      const [root, rows] = parent;
      const localIds = run.local.childrenOf(
        child,
        column.local,
        rows.map((row) => row.localId),
      );
      const serverIds = run.local.serverIds(child, localIds);
      const added = [...serverIds].flatMap(([localId, key]): Leaving[] => {
        const exempt = root.exempt === true;
        const row: Leaving = { key, localId, op: 'removal', edit: root.edit, root, exempt };
        return add(leaving, child, row) ? [row] : [];
      });
      addDescendants(run, child, added, leaving);
    }
  }
}

/**
 * Held and refused rows below rows that leave the scope are somebody else's now: their payloads go with them, and the feed
 * has nothing to say of them to this terminal (DESIGN 3.6). What waits for a row that is not here and will not come asks HQ
 * again: out of scope is not missing (5.4).
 */
function forgetWaiting(run: Run, leaving: AllLeaving, absent: Keys): void {
  if (!run.local.anyHeld() && !run.local.anyRejected('download')) return;
  for (const table of run.index.tables) {
    const rows = [...(leaving.get(table.name)?.values() ?? [])];
    const left = rows.filter(({ op }) => op === 'removal').map(({ key }) => key);
    const never = absent.get(table.name) ?? [];
    if (never.length > 0) run.local.stopWaiting(table.name, never);
    dropWaitingBelow(run, table, [...left, ...never]);
  }
}

function dropWaitingBelow(run: Run, table: TablePlan, keys: readonly string[]): void {
  if (keys.length === 0) return;
  for (const { table: child, foreignKey } of run.index.descendantLinks(table)) {
    const column = child.columns.find(({ hq }) => hq === foreignKey.column);
    if (column === undefined) continue;
    const below = run.local.waitingBelow(child.name, column.local, keys);
    if (below.length === 0) continue;
    for (const id of below) {
      run.local.release(child.name, id, 'download');
      run.local.acceptAgain(child.name, id, 'download');
    }
    run.local.stopWaiting(child.name, below);
    dropWaitingBelow(run, child, below);
  }
}

/**
 * The gate (DESIGN 5.3): where a table would lose too much, the rows that would take it along stay and are asked about,
 * with everything below them.
 */
function stopAtGate(run: Run, leaving: AllLeaving): void {
  const stopped = new Set<Leaving>();
  const questions = new Map<string, { readonly size: number; readonly removed: number }>();
  for (const [name, rows] of leaving) {
    const counted = [...rows.values()].filter((row) => row.exempt !== true);
    const table = run.index.table(name);
    const question = mustAsk(run, table, 'download', counted.length);
    if (question === null) continue;
    for (const row of counted) stopped.add(row.root ?? row);
    questions.set(name, question);
  }
  if (stopped.size === 0) return;
  for (const [name, rows] of leaving) {
    const table = run.index.table(name);
    const roots = [...rows.values()].filter((row) => stopped.has(row));
    for (const row of roots) {
      hold(run, table, row, waitsForYes(table), 'asked');
    }
    if (roots.length > 0) {
      // Stopped for the sake of a table below: the question is about the rows that would take those along.
      const question = questions.get(name) ?? { size: run.local.sizeOf(table), removed: 0 };
      run.local.ask({ ...question, table: name, direction: 'download' });
    }
    run.counters.stopAtGate('download', name, roots.length);
    for (const [localId, row] of rows) if (stopped.has(row.root ?? row)) rows.delete(localId);
  }
}

function depart(run: Run, table: TablePlan, rows: readonly Leaving[]): void {
  const pending = groupBy(
    run.local.entriesOf(
      table,
      rows.map((row) => row.localId),
    ),
    (entry) => entry.localId,
  );
  let candidates = rows;
  undoEdits(
    run,
    table,
    candidates.filter((row) => pending.has(row.localId)),
    pending,
  );
  forgetDeletedBelow(
    run,
    table,
    candidates.filter((row) => row.op === 'removal').map((row) => row.localId),
  );
  // Rows of one table can need each other (trees): whoever is needed by a row that stays, stays.
  for (;;) {
    const going = new Set(candidates.map((row) => row.localId));
    const removed = new Set(
      candidates.filter((row) => row.op === 'removal').map((row) => row.localId),
    );
    const referrers = run.local
      .referrers(table, [...going])
      .filter((referrer) => !(referrer.table === table.name && going.has(referrer.localId)));
    const unsent = neverSent(
      run,
      referrers.filter((referrer) => referrer.nullable && removed.has(referrer.parentId)),
    );
    const needed = groupBy(
      // HQ does not know an unsent row yet, so that there is no place for HQ's value of its reference.
      referrers.filter((referrer) => !referrer.nullable || unsent.has(referrer)),
      (referrer) => referrer.parentId,
    );
    if (needed.size === 0) break;
    for (const row of candidates) {
      const children = needed.get(row.localId);
      if (children !== undefined) stay(run, table, row, children);
    }
    candidates = candidates.filter((row) => !needed.has(row.localId));
  }
  if (candidates.length === 0) return;
  const localIds = candidates.map((row) => row.localId);
  noteRemoved(run, table, 'download', candidates.filter((row) => row.exempt !== true).length);
  clearNullableReferences(run, table, candidates);
  run.local.remove(table, localIds);
  run.counters.count('download', table.name, 'deleted', localIds.length);
}

function neverSent(run: Run, referrers: readonly Referrer[]): Set<Referrer> {
  const unsent = new Set<Referrer>();
  for (const [name, group] of groupBy(referrers, (referrer) => referrer.table)) {
    const sent = run.local.serverIds(
      run.index.table(name),
      group.map((referrer) => referrer.localId),
    );
    for (const referrer of group) if (!sent.has(referrer.localId)) unsent.add(referrer);
  }
  return unsent;
}

/** A row others still need: kept when it only left the scope, a held delete when HQ has it no more. */
function stay(run: Run, table: TablePlan, row: Leaving, children: readonly Referrer[]): void {
  if (row.op === 'removal') {
    const local = run.local.rows(table, [row.localId]).get(row.localId);
    if (local === undefined) return;
    run.local.upsert(table, [
      {
        localId: row.localId,
        serverId: row.key,
        // Blank in kept rows, as in those that come as such.
        values: local.values.map((value, index) => {
          const column = table.columns[index];
          return column?.secret === true ? (column.nullable ? null : '') : value;
        }),
        hash: null,
        kept: true,
        refs: local.refs,
        pending: false,
      },
    ]);
    return;
  }
  hold(
    run,
    table,
    row,
    children.map((child) => ({
      field: child.column,
      refTable: child.table,
      refId: child.localId,
      why: 'children' as const,
    })),
  );
}

function hold(
  run: Run,
  table: TablePlan,
  row: Leaving,
  missing: readonly MissingParent[],
  confirm?: ConfirmState,
): void {
  run.local.hold(
    {
      table: table.name,
      id: row.key,
      direction: 'download',
      op: row.op,
      missing,
      payload: null,
    },
    confirm,
  );
  if (confirm === undefined) run.counters.list('download', table.name, 'held', row.key);
}

/**
 * HQ sets nullable references null on delete; an unsent row here does the same, with a log entry (DESIGN 5.4). When
 * the row only left the scope, HQ's value is kept beside the null.
 */
function clearNullableReferences(run: Run, table: TablePlan, rows: readonly Leaving[]): void {
  const byLocalId = new Map(rows.map((row) => [row.localId, row]));
  const referrers = run.local
    .referrers(table, [...byLocalId.keys()])
    .filter((referrer) => referrer.nullable);
  const groups = groupBy(referrers, (referrer) =>
    JSON.stringify([referrer.table, referrer.column]),
  );
  for (const group of groups.values()) {
    const first = group[0];
    if (first === undefined) continue;
    const child = run.index.table(first.table);
    const column = child.columns.find((candidate) => candidate.local === first.column);
    if (column === undefined) continue;
    const left = group.filter(({ parentId }) => byLocalId.get(parentId)?.op === 'removal');
    const deleted = group.filter(({ parentId }) => byLocalId.get(parentId)?.op === 'delete');
    run.local.setNull(child, column, [
      ...left.map(({ localId, parentId }) => ({
        localId,
        hqValue: byLocalId.get(parentId)?.key ?? null,
      })),
      ...deleted.map(({ localId }) => ({ localId, hqValue: null })),
    ]);
    const unsent = new Set(
      run.local
        .entriesOf(
          child,
          deleted.map(({ localId }) => localId),
        )
        .map((entry) => entry.localId),
    );
    for (const { localId, parentId } of deleted) {
      if (!unsent.has(localId)) continue;
      run.local.logConflict({
        table: child.name,
        rowId: localId,
        column: column.hq,
        kept: null,
        lost: byLocalId.get(parentId)?.key ?? null,
        winner: 'hq',
        rule: 'parent-deleted',
        hqAt: byLocalId.get(parentId)?.edit?.at ?? null,
        localAt: null,
        who: byLocalId.get(parentId)?.edit?.by ?? null,
        follows: null,
      });
      run.counters.count('download', child.name, 'conflicts');
    }
  }
}

/** Kept rows go with their last referrer (DESIGN 5.4); removing one can orphan another. */
function dropOrphanedKeptRows(run: Run): void {
  for (let removed = true; removed;) {
    removed = false;
    for (const table of [...run.index.tables].reverse()) {
      const orphans = run.local.orphanedKept(table);
      if (orphans.length === 0) continue;
      const here = run.local.rows(table, orphans);
      const unsent = new Set(run.local.entriesOf(table, orphans).map((entry) => entry.localId));
      const going = orphans.filter((localId) => !here.has(localId) || !unsent.has(localId));
      if (going.length === 0) continue;
      // One that the POS has deleted, which HQ was not told, leaves nothing to tell.
      const upto = run.local.lastSeq();
      const deleted = going.filter((localId) => unsent.has(localId));
      run.local.dropEntries(
        table,
        deleted.map((localId) => ({ localId, upto })),
      );
      run.local.remove(table, going);
      removed = true;
    }
  }
}
