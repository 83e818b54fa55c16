/**
 * Follows the feed (DESIGN 3.3, 5.2, 5.3): read keys, re-read those rows, apply, save the cursors in the same
 * transaction.
 */
import type { TablePlan } from '../../../shared/plan.ts';
import { compareNumbers, downloads, slices, tellProgress, type Run } from '../engine.ts';
import type { CursorRow } from '../local-port.ts';
import type { FeedEntry, FeedPage, FeedRead, HqEdit } from '../ports.ts';
import { applyPage } from './apply.ts';
import { releaseHeld } from './held-rows.ts';
import { cursorOf, saveCursor } from './load.ts';
import { addArrivals, addDeparture, emptyPage, isEmptyPage, type Page } from './page.ts';
import { preparePage } from './prepare.ts';
import { rebaseline } from './rebaseline.ts';
import { cameIntoScope, FIRST, readSubtrees } from './subtree.ts';

/** Thrown when HQ's tables have changed under a run: the run starts again with a new plan (DESIGN 3.8). */
export class SchemaChanged extends Error {}

/** Reads the feed of all tables (or the asked one) until every page comes back short. */
export async function followFeed(run: Run, schemaStamp: string): Promise<void> {
  for (;;) {
    run.checkCancelled();
    const tables = tablesToRead(run);
    const read = await run.remote.readFeed(
      new Map(tables.map((table) => [table.name, cursorOf(run, table)])),
      run.limits.pageSize,
    );
    if (read.schemaStamp !== schemaStamp) throw new SchemaChanged();
    run.bound = read.bound;
    markBelowFloor(run, tables, read.floor);
    const more = await applyRead(run, read);
    for (const table of tables) if (cursorOf(run, table).reload) await rebaseline(run, table);
    await readSubtrees(run);
    await releaseHeld(run);
    if (!more) return;
  }
}

function tablesToRead(run: Run): TablePlan[] {
  return run.index.tables.filter(
    (table) =>
      downloads(table.direction) &&
      (run.request.table === null || run.request.table === table.name),
  );
}

/** A cursor below the floor has missed what was purged: compare the whole table (DESIGN 3.5). */
function markBelowFloor(run: Run, tables: readonly TablePlan[], floor: string): void {
  for (const table of tables) {
    const cursor = cursorOf(run, table);
    if (!cursor.reload && compareNumbers(cursor.xid, floor) < 0) {
      run.local.write(() => saveCursor(run, { ...cursor, reload: true }));
    }
  }
}

/** Applies one read of the feed. Returns whether some table has more. */
async function applyRead(run: Run, read: FeedRead): Promise<boolean> {
  const page = emptyPage();
  const own = run.local.ownXids();
  const gained: { table: TablePlan; keys: string[] }[] = [];
  const cursors: CursorRow[] = [];
  for (const feedPage of read.pages) {
    const table = run.index.table(feedPage.table);
    const entries = feedPage.entries.filter((entry) => !own.has(entry.xid));
    const reload = entries.some((entry) => entry.op === 'T');
    cursors.push(nextCursor(run, feedPage, read.bound, reload));
    if (!reload) gained.push({ table, keys: await gatherEntries(run, table, entries, page) });
  }
  if (isEmptyPage(page) && read.pages.every((feedPage) => feedPage.entries.length === 0)) {
    for (const cursor of cursors) run.cursors.set(cursor.table, cursor);
    return false;
  }
  run.at('download:read');
  const facts = await preparePage(run, page);
  run.local.write(() => {
    applyPage(run, page, facts);
    for (const { table, keys } of gained) run.local.addSubtrees(table.name, keys, FIRST);
    // A page that noticed a colliding key has asked for a re-baseline: keep that.
    for (const cursor of cursors)
      saveCursor(run, { ...cursor, reload: cursor.reload || cursorNow(run, cursor).reload });
    run.at('download:before-commit');
  });
  run.at('download:applied');
  tellProgress(
    run,
    'download',
    read.pages.filter(({ entries }) => entries.length > 0).map(({ table }) => table),
  );
  return read.pages.some((feedPage) => feedPage.full);
}

function cursorNow(run: Run, cursor: CursorRow): CursorRow {
  return run.cursors.get(cursor.table) ?? cursor;
}

/**
 * A full page ends anywhere, also inside one transaction, and saves the pair of its last entry; only a page that
 * came back short moves the cursor to (bound, 0). The bound may stand still, never go back.
 */
export function nextCursor(run: Run, page: FeedPage, bound: string, reload: boolean): CursorRow {
  const cursor = cursorOf(run, run.index.table(page.table));
  const last = page.entries.at(-1);
  const place =
    page.full && last !== undefined
      ? { xid: last.xid, seq: last.seq }
      : compareNumbers(bound, cursor.xid) > 0
        ? { xid: bound, seq: '0' }
        : { xid: cursor.xid, seq: cursor.seq };
  return { ...cursor, ...place, reload: cursor.reload || reload };
}

/** Re-reads the entries' rows into the page; returns the keys that entered the scope with a subtree. */
async function gatherEntries(
  run: Run,
  table: TablePlan,
  entries: readonly FeedEntry[],
  page: Page,
): Promise<string[]> {
  const byKey = new Map<
    string,
    { deleted: boolean; left: boolean; inserted: boolean; edit: HqEdit }
  >();
  const rekeys: { was: string; key: string }[] = [];
  for (const entry of entries) {
    if (entry.key === null) continue;
    if (entry.was !== null) rekeys.push({ was: entry.was, key: entry.key });
    const seen = byKey.get(entry.key) ?? {
      deleted: false,
      left: false,
      inserted: false,
      edit: { at: entry.editedAt, by: entry.origin },
    };
    seen.deleted ||= entry.op === 'D';
    seen.left ||= entry.op === 'R';
    seen.inserted ||= entry.op === 'I';
    if (entry.editedAt > seen.edit.at) seen.edit = { at: entry.editedAt, by: entry.origin };
    byKey.set(entry.key, seen);
  }
  if (byKey.size === 0) return [];
  if (rekeys.length > 0) page.rekeys.set(table.name, rekeys);
  const editedAt = new Map([...byKey].map(([key, { edit }]) => [key, edit]));
  const found = new Set<string>();
  for (const keys of slices([...byKey.keys()], run.limits.pageSize)) {
    const rows = await run.remote.readRows(table, keys);
    for (const row of rows) found.add(row.key);
    for (const [key, edit] of await timesOfPending(run, table, keys)) editedAt.set(key, edit);
    addArrivals(page, table, rows, { editedAt });
  }
  for (const [key, seen] of byKey) {
    // Absent without a delete or removal entry: left alone, its entry is still to come (DESIGN 5.3).
    if (!found.has(key) && (seen.deleted || seen.left)) {
      const op = seen.deleted ? 'delete' : 'removal';
      addDeparture(page, table, { key, op, edit: seen.edit });
    }
  }
  if (run.index.descendantLinks(table).length === 0) return [];
  const isNew = (key: string) => byKey.get(key)?.inserted === true;
  const entered = new Set(run.local.read(() => cameIntoScope(run, table, [...found], isNew)));
  // Away for a while: what happened to its descendants there was told to the other scope.
  return [...found].filter((key) => byKey.get(key)?.left === true || entered.has(key));
}

/**
 * A row that meets unsent edits is merged as it was read, and that may be newer than the entries that led to it: its time
 * is its newest entry's (DESIGN 7.4). Nothing is asked for rows that nobody edits here.
 */
async function timesOfPending(
  run: Run,
  table: TablePlan,
  keys: readonly string[],
): Promise<ReadonlyMap<string, HqEdit>> {
  if (!run.local.hasEntries(table)) return new Map();
  const pending = run.local.read(() => {
    const known = [...run.local.known(table, keys).values()];
    const entries = run.local.entriesOf(
      table,
      known.map((row) => row.localId),
    );
    const edited = new Set(entries.map((entry) => entry.localId));
    return known.filter((row) => edited.has(row.localId)).map((row) => row.key);
  });
  return pending.length === 0 ? new Map() : run.remote.editTimes(table, pending);
}
