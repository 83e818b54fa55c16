/**
 * Before a page is applied: what only HQ can answer. Parents that are not here (are they out of scope?), kept
 * rows, and rows outside the page that hold a unique value the page wants (DESIGN 5.4, 5.5). Nothing is written.
 */
import type { TablePlan } from '../../../shared/plan.ts';
import type { Canonical, LocalValue } from '../codec.ts';
import type { Run } from '../engine.ts';
import { fixedReference } from '../plan-index.ts';
import { addArrivals, arrivalsOf, hasArrival, type Arrival, type Page } from './page.ts';
import { UnholdableValue } from '../codec.ts';

/** HQ's answers about parents that are missing here. */
export interface PageFacts {
  /** By table: keys that exist at HQ outside this terminal's scope. */
  readonly outOfScope: ReadonlyMap<string, ReadonlySet<string>>;
  /** By table: keys HQ does not have at all. */
  readonly absent: ReadonlyMap<string, ReadonlySet<string>>;
}

type Keys = Map<string, Set<string>>;

/** Kept rows can need kept rows: enough rounds for any sane depth of a schema. */
const MAX_ROUNDS = 12;

/** Completes the page with kept and clashing rows and returns what HQ says of the rest. */
export async function preparePage(run: Run, page: Page): Promise<PageFacts> {
  const outOfScope: Keys = new Map();
  const absent: Keys = new Map();
  const asked: Keys = new Map();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const missing = run.local.read(() => missingParents(run, page, asked));
    const joined = page.fresh ? 0 : await joinClashingRows(run, page);
    if (missing.size === 0 && joined === 0) break;
    for (const [name, wanted] of missing) {
      const table = run.index.table(name);
      note(asked, name, wanted.keys());
      const scopes = await run.remote.scopesOf(table, [...wanted.keys()]);
      const needed: string[] = [];
      for (const [key, required] of wanted) {
        const inScope = scopes.get(key);
        if (inScope === undefined) note(absent, name, [key]);
        else if (!inScope) {
          note(outOfScope, name, [key]);
          if (required) needed.push(key);
        }
      }
      if (needed.length > 0)
        addArrivals(page, table, await keptRows(run, table, needed), { kept: true });
    }
  }
  return { outOfScope, absent };
}

/** Rows outside the scope with the manifest's secret columns blank. Their hash is never compared. */
export async function keptRows(run: Run, table: TablePlan, keys: readonly string[]) {
  const rows = await run.remote.readAnyRows(table, keys);
  return rows.map((row) => ({
    ...row,
    values: row.values.map((value, index): Canonical => {
      const column = table.columns[index];
      if (column?.secret !== true) return value;
      return column.nullable ? null : '';
    }),
  }));
}

function note(keys: Keys, table: string, more: Iterable<string>): void {
  let known = keys.get(table);
  if (known === undefined) keys.set(table, (known = new Set()));
  for (const key of more) known.add(key);
}

/** By table: parent keys that are neither here nor in the page nor asked before; true where a NOT NULL column needs them. */
function missingParents(run: Run, page: Page, asked: Keys): Map<string, Map<string, boolean>> {
  const missing = new Map<string, Map<string, boolean>>();
  for (const { table, arrivals } of arrivalsOf(run, page)) {
    for (const [index, column] of table.columns.entries()) {
      const reference = fixedReference(column);
      if (reference?.hard !== true || !run.index.has(reference.table)) continue;
      const wanted = new Set<string>();
      for (const { row } of arrivals.values()) {
        const key = row.values[index];
        if (
          key == null ||
          hasArrival(page, reference.table, key) ||
          asked.get(reference.table)?.has(key) === true
        )
          continue;
        wanted.add(key);
      }
      if (wanted.size === 0) continue;
      const known = run.local.known(run.index.table(reference.table), [...wanted]);
      for (const key of wanted) {
        if (known.get(key)?.present === true) continue;
        const keys = missing.get(reference.table) ?? new Map<string, boolean>();
        missing.set(reference.table, keys);
        keys.set(key, keys.get(key) === true || !column.nullable);
      }
    }
  }
  return missing;
}

/**
 * A row outside the page that holds a unique value the page wants is re-read and joins it (DESIGN 5.5): HQ lets
 * nobody share the value, so that row has changed too. Returns how many rows joined.
 */
async function joinClashingRows(run: Run, page: Page): Promise<number> {
  let joined = 0;
  for (const { table, arrivals } of arrivalsOf(run, page)) {
    const holders = run.local.read(() => uniqueHolders(run, table, arrivals));
    const localIds = [...new Set(holders.map((holder) => holder.localId))];
    const serverIds = run.local.read(() => run.local.serverIds(table, localIds));
    const outside = [...serverIds.values()].filter(
      (key) => !arrivals.has(key) && page.departures.get(table.name)?.has(key) !== true,
    );
    if (outside.length === 0) continue;
    const rows = await run.remote.readRows(table, outside);
    const times = await run.remote.editTimes(table, outside);
    const before = arrivals.size;
    addArrivals(page, table, rows, { editedAt: times });
    const kept = run.local.read(() => keptAmong(run, table, outside, arrivals));
    if (kept.length > 0) addArrivals(page, table, await keptRows(run, table, kept), { kept: true });
    joined += arrivals.size - before;
  }
  return joined;
}

/** Kept rows among these that HQ did not answer: nothing of them is in the scope, nor in the feed. */
function keptAmong(
  run: Run,
  table: TablePlan,
  keys: readonly string[],
  answered: ReadonlyMap<string, Arrival>,
): string[] {
  const known = run.local.known(
    table,
    keys.filter((key) => !answered.has(key)),
  );
  return [...known.values()].filter(({ kept }) => kept).map(({ key }) => key);
}

/** Local rows that hold, under some unique key, a value that an arrival of another row brings. */
export function uniqueHolders(
  run: Run,
  table: TablePlan,
  arrivals: ReadonlyMap<string, Arrival>,
): { localId: string; wantedBy: string; columns: readonly number[] }[] {
  const holders: { localId: string; wantedBy: string; columns: readonly number[] }[] = [];
  if (table.uniques.length === 0) return holders;
  const known = run.local.known(table, [...arrivals.keys()]);
  for (const unique of table.uniques) {
    const columns = unique.columns.flatMap((name) => {
      const index = table.columns.findIndex((column) => column.hq === name);
      return index < 0 ? [] : [index];
    });
    if (columns.length !== unique.columns.length) continue;
    const wanted = new Map<string, string>();
    const tuples: LocalValue[][] = [];
    for (const [key, { row }] of arrivals) {
      const tuple = localTuple(run, table, columns, row.values);
      if (tuple === null) continue;
      wanted.set(JSON.stringify(tuple), key);
      tuples.push(tuple);
    }
    for (const { localId, tuple } of run.local.findByUnique(table, columns, tuples)) {
      const wantedBy = wanted.get(JSON.stringify(tuple));
      if (wantedBy === undefined || (known.get(wantedBy)?.localId ?? wantedBy) === localId)
        continue;
      holders.push({ localId, wantedBy, columns });
    }
  }
  return holders;
}

/** The local values of a unique key; null where one is null (nulls never clash) or cannot be held here. */
function localTuple(
  run: Run,
  table: TablePlan,
  columns: readonly number[],
  values: readonly Canonical[],
): LocalValue[] | null {
  const { decode } = run.index.codec(table);
  const tuple: LocalValue[] = [];
  for (const index of columns) {
    const value = values[index] ?? null;
    if (value === null) return null;
    const column = table.columns[index];
    const reference = column === undefined ? null : fixedReference(column);
    try {
      const local =
        reference !== null && run.index.has(reference.table)
          ? (run.local.known(run.index.table(reference.table), [value]).get(value)?.localId ??
            value)
          : decode[index]?.(value);
      tuple.push(local ?? null);
    } catch (error) {
      if (error instanceof UnholdableValue) return null;
      throw error;
    }
  }
  return tuple;
}
