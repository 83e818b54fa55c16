import type { TablePlan } from '../../../shared/plan.ts';
import type { MissingParent } from '../../../shared/rows.ts';
import { groupBy, type Run } from '../engine.ts';
import type { KnownRow, Referrer } from '../ports.ts';
import type { Departure, Page } from './page.ts';

interface Leaving extends Departure {
  readonly localId: string;
}

/**
 * Removes what left HQ or the scope, children first. A row that others still need stays: as a held delete
 * (`children`), or, when it only left the scope, as a kept row (DESIGN 5.3, 5.4). Rows with unsent edits are left
 * alone and listed; the upload decides about them first.
 */
export function applyDepartures(run: Run, page: Page): void {
  if (page.fresh) return;
  const leaving = gather(run, page);
  for (const table of [...run.index.tables].reverse()) {
    const rows = leaving.get(table.name);
    if (rows !== undefined && rows.size > 0) depart(run, table, [...rows.values()]);
  }
  dropOrphanedKeptRows(run);
}

/** By table, by local_id: departures and the descendants of rows that left the scope. */
function gather(run: Run, page: Page): Map<string, Map<string, Leaving>> {
  const leaving = new Map<string, Map<string, Leaving>>();
  for (const table of run.index.tables) {
    const departures = page.departures.get(table.name);
    if (departures === undefined) continue;
    const known = run.local.known(table, [...departures.keys()]);
    for (const [key, departure] of departures) {
      run.local.release(table.name, key, 'download');
      run.local.acceptAgain(table.name, key, 'download');
      const row = known.get(key);
      if (row === undefined) continue;
      if (row.present) add(leaving, table, { ...departure, localId: row.localId });
      else forgetBothSidesDeleted(run, table, row);
    }
    const gone = [...(leaving.get(table.name)?.values() ?? [])].filter(
      (row) => row.op === 'removal',
    );
    addDescendants(run, table, gone, leaving);
  }
  return leaving;
}

/** Both sides deleted the row: nothing is left to send. */
function forgetBothSidesDeleted(run: Run, table: TablePlan, row: KnownRow): void {
  run.local.dropEntries(table, [{ localId: row.localId, upto: run.local.lastSeq() }]);
  run.local.remove(table, [row.localId]);
}

function add(leaving: Map<string, Map<string, Leaving>>, table: TablePlan, row: Leaving): boolean {
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
  leaving: Map<string, Map<string, Leaving>>,
): void {
  if (parents.length === 0) return;
  for (const { table: child, foreignKey } of run.index.descendantLinks(table)) {
    const column = child.columns.find((candidate) => candidate.hq === foreignKey.column);
    if (column === undefined) continue;
    const localIds = run.local.childrenOf(
      child,
      column.local,
      parents.map((parent) => parent.localId),
    );
    const serverIds = run.local.serverIds(child, localIds);
    const added = [...serverIds].flatMap(([localId, key]): Leaving[] => {
      const row: Leaving = { key, localId, op: 'removal' };
      return add(leaving, child, row) ? [row] : [];
    });
    addDescendants(run, child, added, leaving);
  }
}

function depart(run: Run, table: TablePlan, rows: readonly Leaving[]): void {
  const pending = new Set(
    run.local
      .entriesOf(
        table,
        rows.map((row) => row.localId),
      )
      .map((entry) => entry.localId),
  );
  for (const row of rows) {
    if (pending.has(row.localId))
      hold(run, table, row, [{ field: '', refTable: table.name, refId: row.key, why: 'pending' }]);
  }
  let candidates = rows.filter((row) => !pending.has(row.localId));
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
        values: local.values,
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

function hold(run: Run, table: TablePlan, row: Leaving, missing: readonly MissingParent[]): void {
  run.local.hold({
    table: table.name,
    id: row.key,
    direction: 'download',
    op: row.op,
    missing,
    payload: null,
  });
  run.counters.list('download', table.name, 'held', row.key);
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
        hqAt: null,
        localAt: null,
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
