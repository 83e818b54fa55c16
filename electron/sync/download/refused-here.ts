/**
 * Rows of HQ that payflow.db does not take: existing files have unique indexes, over expressions too, and other rules that
 * HQ's plan does not list. One such row stops no other (DESIGN invariant 7).
 */
import type { TablePlan } from '../../../shared/plan.ts';
import type { Run } from '../engine.ts';
import type { UpsertRow } from '../local-port.ts';
import { arrivalsOf, emptyPage, type Page } from './page.ts';

/** What SQLite says of each row, by table and HQ's key. */
export type RefusedHere = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Leaves a page whose rows have to be applied without these. */
class RowsRefused extends Error {
  readonly table: TablePlan;
  readonly rows: ReadonlyMap<UpsertRow, string>;

  constructor(table: TablePlan, rows: ReadonlyMap<UpsertRow, string>) {
    super(`payflow.db refuses rows of ${table.name}`);
    this.table = table;
    this.rows = rows;
  }
}

/**
 * Applies a page; where the file refuses rows, everything else of it, and then those once more: what they clash with may
 * have left with the same page. `apply` rejects the rows it is told of, which holds what needs them. A table without rules
 * of its own, as next to all are, pays for none of this: a savepoint keeps a copy of all that is written behind it.
 */
export function applyAround<T>(
  run: Run,
  page: Page,
  apply: (page: Page, refused: RefusedHere) => T,
): T {
  const mayRefuse = arrivalsOf(run, page).some(({ table }) => run.local.hasOwnRules(table));
  if (!mayRefuse) return apply(page, new Map());
  const refused = new Map<string, Map<string, string>>();
  const applied = applyWithout(run, page, refused, apply);
  if (refused.size > 0) applyWithout(run, onlyRefused(page, refused), new Map(), apply);
  return applied;
}

function applyWithout<T>(
  run: Run,
  page: Page,
  refused: Map<string, Map<string, string>>,
  apply: (page: Page, refused: RefusedHere) => T,
): T {
  for (;;) {
    const uncount = run.counters.mark();
    try {
      return run.local.inSavepoint(() => apply(copyOf(page), refused));
    } catch (error) {
      if (!(error instanceof RowsRefused)) throw error;
      uncount();
      const { name } = error.table;
      const more = [...error.rows].map(([row, reason]) => [row.serverId, reason] as const);
      refused.set(name, new Map([...(refused.get(name) ?? []), ...more]));
    }
  }
}

/** Rows are taken out of a page while it is applied. */
function copyOf(page: Page): Page {
  return {
    ...page,
    arrivals: new Map([...page.arrivals].map(([table, rows]) => [table, new Map(rows)])),
  };
}

function onlyRefused(page: Page, refused: RefusedHere): Page {
  const left = emptyPage();
  for (const [table, keys] of refused) {
    const rows = [...(page.arrivals.get(table) ?? [])].filter(([key]) => keys.has(key));
    left.arrivals.set(table, new Map(rows));
  }
  return left;
}

/** Stores the rows of a page, or leaves it with those that the file refuses. */
export function upsertOrLeave(run: Run, table: TablePlan, rows: readonly UpsertRow[]): void {
  if (!run.local.hasOwnRules(table)) {
    run.local.upsert(table, rows);
    return;
  }
  let left = upsertApart(run, table, rows);
  // One that gives a value up can stand behind the one that takes it.
  for (let before = rows.length; left.size > 0 && left.size < before;) {
    before = left.size;
    left = upsertApart(run, table, [...left.keys()]);
  }
  if (left.size > 0) throw new RowsRefused(table, left);
}

/** Stores what can be stored, by halves; returns the others with what SQLite says of each. */
function upsertApart(
  run: Run,
  table: TablePlan,
  rows: readonly UpsertRow[],
): Map<UpsertRow, string> {
  const reason = whyNotWhole(run, table, rows);
  if (reason === null) return new Map();
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) return new Map([[only, reason]]);
  const half = rows.length >> 1;
  return new Map([
    ...upsertApart(run, table, rows.slice(0, half)),
    ...upsertApart(run, table, rows.slice(half)),
  ]);
}

/** Stores all of the rows, or none: then it answers with what SQLite says. */
export function whyNotWhole(run: Run, table: TablePlan, rows: readonly UpsertRow[]): string | null {
  try {
    run.local.inSavepoint(() => {
      run.local.upsert(table, rows);
    });
    return null;
  } catch (error) {
    const reason = run.local.ruleBroken(error);
    if (reason === null) throw error;
    return reason;
  }
}
