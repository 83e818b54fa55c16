import type { TablePlan } from '../../../shared/plan.ts';
import { downloads, slices, type Run } from '../engine.ts';
import type { CursorRow } from '../ports.ts';
import { applyPage } from './apply.ts';
import { releaseHeld } from './held-rows.ts';
import { addArrivals, emptyPage } from './page.ts';
import { preparePage } from './prepare.ts';

/** Rows per local transaction of a first load: some 30 ms under the write lock (DESIGN 5.6 allows 250). */
const LOAD_SLICE = 1500;

/**
 * First load (DESIGN 5.1): tables parents first, rows in key order, the place saved with each page, so that a
 * load that was killed resumes where it stopped. What changed meanwhile comes from the feed, which is read from
 * the bound registered before the first snapshot.
 */
export async function loadTables(run: Run): Promise<void> {
  for (const table of run.index.tables) {
    const cursor = cursorOf(run, table);
    if (cursor.loaded) continue;
    if (downloads(table.direction)) await loadTable(run, table, cursor);
    run.local.write(() =>
      saveCursor(run, { ...cursorOf(run, table), loaded: true, loadKey: null }),
    );
    if (downloads(table.direction)) await releaseHeld(run);
  }
}

/** The cursor of a table; every table of the plan has one after `connect`. */
export function cursorOf(run: Run, table: TablePlan): CursorRow {
  const cursor = run.cursors.get(table.name);
  if (cursor === undefined) throw new Error(`no cursor for ${table.name}`);
  return cursor;
}

/** Saves a cursor, inside the caller's write transaction. */
export function saveCursor(run: Run, cursor: CursorRow): void {
  run.local.saveCursor(cursor);
  run.cursors.set(cursor.table, cursor);
}

async function loadTable(run: Run, table: TablePlan, cursor: CursorRow): Promise<void> {
  // Nothing can clash with rows of an empty table, and a load that resumes only adds behind its place.
  const fresh =
    !run.local.hasEntries(table) && (cursor.loadKey !== null || run.local.isEmpty(table));
  let done = 0;
  for await (const rows of run.remote.streamRows(table, cursor.loadKey)) {
    for (const slice of slices(rows, LOAD_SLICE)) {
      run.checkCancelled();
      const page = emptyPage(fresh && !run.local.hasEntries(table));
      addArrivals(page, table, slice);
      const facts = await preparePage(run, page);
      const last = slice.at(-1);
      run.local.write(() => {
        applyPage(run, page, facts);
        saveCursor(run, { ...cursorOf(run, table), loadKey: last?.key ?? null });
      });
      run.at('load:page');
      done += slice.length;
      run.onProgress({ phase: 'load', table: table.name, done, total: null });
    }
  }
}
