import type { TablePlan } from '../../../shared/plan.ts';
import type { Run } from '../engine.ts';
import type { HqEdit, HqRow } from '../ports.ts';

/** A row of HQ on its way into payflow.db. */
export interface Arrival {
  readonly row: HqRow;
  /** HQ's side of `newest`; null where it was not asked for (a row nobody edits here). */
  readonly edit: HqEdit | null;
  /** Outside the scope, here because a row inside it needs it (DESIGN 5.4). */
  readonly kept: boolean;
  /** Apply even if the hash says that nothing changed (re-baseline: the local row has drifted). */
  readonly force: boolean;
}

/** A row that leaves payflow.db: there was a delete or removal entry *and* the re-read did not find it (DESIGN 5.3). */
export interface Departure {
  readonly key: string;
  readonly op: 'delete' | 'removal';
  /** The gate against mass removals lets it pass: this terminal or its manifest changed, or a manager said yes. */
  readonly exempt?: boolean;
  /** When and by whom; null: not known. */
  readonly edit: HqEdit | null;
}

/** What one local transaction applies. */
export interface Page {
  /** By table name, then by key. */
  readonly arrivals: Map<string, Map<string, Arrival>>;
  readonly departures: Map<string, Map<string, Departure>>;
  readonly rekeys: Map<string, { was: string; key: string }[]>;
  /** True: first load into an empty table; nothing can clash, nothing is pending. */
  readonly fresh: boolean;
}

/** An empty page. */
export function emptyPage(fresh = false): Page {
  return { arrivals: new Map(), departures: new Map(), rekeys: new Map(), fresh };
}

/** Adds rows of one table; a row already there stays unless the new one is in scope and it was kept. */
export function addArrivals(
  page: Page,
  table: TablePlan,
  rows: readonly HqRow[],
  options: { editedAt?: ReadonlyMap<string, HqEdit>; kept?: boolean; force?: boolean } = {},
): void {
  const arrivals = page.arrivals.get(table.name) ?? new Map<string, Arrival>();
  page.arrivals.set(table.name, arrivals);
  const { editedAt, kept = false, force = false } = options;
  for (const row of rows) {
    const there = arrivals.get(row.key);
    if (there !== undefined && (kept || !there.kept)) continue;
    arrivals.set(row.key, { row, edit: editedAt?.get(row.key) ?? null, kept, force });
  }
}

/** Notes that a row is gone at HQ or left the scope. */
export function addDeparture(page: Page, table: TablePlan, departure: Departure): void {
  const departures = page.departures.get(table.name) ?? new Map<string, Departure>();
  page.departures.set(table.name, departures);
  departures.set(departure.key, departure);
}

/** Notes rows that HQ did not answer: those it still has have left the scope, the others are deleted. */
export async function addAbsent(
  run: Run,
  page: Page,
  table: TablePlan,
  keys: readonly string[],
  exempt = false,
): Promise<void> {
  if (keys.length === 0) return;
  const scopes = await run.remote.scopesOf(table, keys);
  const edits = await run.remote.editTimes(
    table,
    keys.filter((key) => !scopes.has(key)),
  );
  for (const key of keys) {
    const op = scopes.has(key) ? 'removal' : 'delete';
    addDeparture(page, table, { key, op, edit: edits.get(key) ?? null, exempt });
  }
}

/** True when there is nothing to apply. */
export function isEmptyPage(page: Page): boolean {
  return page.arrivals.size === 0 && page.departures.size === 0 && page.rekeys.size === 0;
}

/** Keys of a page's arrivals that carry HQ's value `key` of a table. */
export function hasArrival(page: Page, table: string, key: string): boolean {
  return page.arrivals.get(table)?.has(key) === true;
}

/** Arrivals of a table in plan terms. */
export function arrivalsOf(
  run: Run,
  page: Page,
): { table: TablePlan; arrivals: Map<string, Arrival> }[] {
  return run.index.tables.flatMap((table) => {
    const arrivals = page.arrivals.get(table.name);
    return arrivals === undefined || arrivals.size === 0 ? [] : [{ table, arrivals }];
  });
}
