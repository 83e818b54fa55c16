import type { TablePlan } from '../../../shared/plan.ts';
import { downloads, type Run } from '../engine.ts';
import type { CursorRow } from '../local-port.ts';
import type { HqEdit, HqRow } from '../ports.ts';
import { applyPage } from './apply.ts';
import { fillTable } from './fill.ts';
import { releaseHeld } from './held-rows.ts';
import { addArrivals, emptyPage } from './page.ts';
import { preparePage } from './prepare.ts';

/**
 * Rows per local transaction of a first load. The write lock may be held for 250 ms (DESIGN 5.6); the slice follows
 * the machine: a transaction that took long halves it, a quick one doubles it.
 */
const FIRST_SLICE = 1000;
const SMALLEST_SLICE = 100;
const LARGEST_SLICE = 8000;
const LONG_MS = 120;
const QUICK_MS = 50;

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
    const below = run.local.read(() => run.local.belowZero(table));
    run.local.write(() => {
      saveCursor(run, { ...cursorOf(run, table), loaded: true, loadKey: null });
      if (below.length > 0) run.local.noteOversold(table, below);
    });
    run.at('load:table');
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
  // Nothing can clash with rows of an empty table. A load that resumes adds behind its place by the key alone: HQ may have
  // handed a unique value from a row that is here to one that is still to come.
  const resumes = cursor.loadKey !== null && table.uniques.length === 0;
  const fresh = !run.local.hasEntries(table) && (resumes || run.local.isEmpty(table));
  let done = 0;
  let size = FIRST_SLICE;
  for await (const rows of run.remote.streamRows(table, cursor.loadKey)) {
    for (let start = 0; start < rows.length;) {
      run.checkCancelled();
      const slice = rows.slice(start, start + size);
      const ms = await loadSlice(run, table, slice, fresh);
      run.at('load:page');
      start += slice.length;
      done += slice.length;
      if (ms > LONG_MS) size = Math.max(SMALLEST_SLICE, size >> 1);
      else if (ms < QUICK_MS && slice.length === size) size = Math.min(LARGEST_SLICE, size << 1);
      run.onProgress({ phase: 'load', table: table.name, done, total: null });
    }
  }
}

/** Applies one slice in one transaction; milliseconds under the write lock. */
async function loadSlice(
  run: Run,
  table: TablePlan,
  slice: HqRow[],
  fresh: boolean,
): Promise<number> {
  const start = run.clock.ticks();
  const filled =
    fresh &&
    run.local.write(() => {
      // The POS has begun to sell: this table is no longer all HQ's.
      if (run.local.hasEntries(table) || !fillTable(run, table, slice)) return false;
      saveLoadKey(run, table, slice);
      return true;
    });
  return filled ? run.clock.ticks() - start : applySlice(run, table, slice, fresh);
}

/** The slice that is not plain: parents to ask HQ for, values to refuse, local rows in the way. */
async function applySlice(
  run: Run,
  table: TablePlan,
  slice: HqRow[],
  fresh: boolean,
): Promise<number> {
  const page = emptyPage(fresh && !run.local.hasEntries(table));
  const keys = slice.map((row) => row.key);
  // A file that was in use before has unsent rows that HQ may have too (DESIGN 4.5, 7.4).
  const editedAt = run.local.hasEntries(table)
    ? await run.remote.editTimes(table, keys)
    : new Map<string, HqEdit>();
  addArrivals(page, table, slice, { editedAt });
  const facts = await preparePage(run, page);
  const start = run.clock.ticks();
  const applied = run.local.write(() => {
    // The POS has begun to sell while HQ was asked.
    if (page.fresh && run.local.hasEntries(table)) return false;
    applyPage(run, page, facts);
    saveLoadKey(run, table, slice);
    return true;
  });
  if (!applied) return applySlice(run, table, slice, false);
  return run.clock.ticks() - start;
}

function saveLoadKey(run: Run, table: TablePlan, slice: readonly HqRow[]): void {
  saveCursor(run, { ...cursorOf(run, table), loadKey: slice.at(-1)?.key ?? null });
}
