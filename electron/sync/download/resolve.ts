import type { ColumnPlan, TablePlan } from '../../../shared/plan.ts';
import type { MissingParent } from '../../../shared/rows.ts';
import type { Run } from '../engine.ts';
import { fixedReference } from '../plan-index.ts';
import { arrivalsOf, type Arrival, type Page } from './page.ts';
import type { PageFacts } from './prepare.ts';

/** What became of the references of a page: local_ids by table and HQ key, and which arrivals must wait. */
export interface Resolution {
  /** local_id of a row of `table`, if it is here or arrives with this page. */
  localId(table: string, key: string): string | undefined;
  /** By table, then key: what an arrival waits for. */
  readonly blocked: ReadonlyMap<string, ReadonlyMap<string, readonly MissingParent[]>>;
}

/**
 * Decides which arrivals have all their parents: here already, or arriving with them. Starts from "all arrive"
 * and takes away whoever misses a parent until nothing changes, so that rows which need each other (cycles,
 * trees) come in together (DESIGN 5.4).
 */
export function resolveReferences(
  run: Run,
  page: Page,
  facts: PageFacts,
  localIds: Map<string, Map<string, string>>,
): Resolution {
  const present = presentParents(run, page, localIds);
  const localIdOf = (table: string, key: string): string | undefined =>
    present.get(table)?.get(key) ?? localIds.get(table)?.get(key);
  const blocked = new Map<string, Map<string, MissingParent[]>>();
  const rejectedHere = new Set(
    run.local.rejected('download').map((row) => `${row.table}\0${row.id}`),
  );
  for (let changed = true; changed;) {
    changed = false;
    for (const { table, arrivals } of arrivalsOf(run, page)) {
      const references = hardReferences(run, table);
      if (references.length === 0) continue;
      for (const [key, arrival] of arrivals) {
        if (blocked.get(table.name)?.has(key) === true) continue;
        const missing = missingOf(arrival, references, (refTable, refKey) => {
          if (present.get(refTable)?.has(refKey) === true) return null;
          const arriving = page.arrivals.get(refTable)?.has(refKey) === true;
          if (arriving && blocked.get(refTable)?.has(refKey) !== true) return null;
          if (facts.outOfScope.get(refTable)?.has(refKey) === true) return 'out-of-scope';
          if (rejectedHere.has(`${refTable}\0${refKey}`)) return 'rejected';
          return facts.absent.get(refTable)?.has(refKey) === true ? 'deleted' : 'not-sent';
        });
        if (missing.length === 0) continue;
        const rows = blocked.get(table.name) ?? new Map<string, MissingParent[]>();
        blocked.set(table.name, rows);
        rows.set(key, missing);
        changed = true;
      }
    }
  }
  return { localId: localIdOf, blocked };
}

/** Columns of a table whose parent must be here. */
function hardReferences(
  run: Run,
  table: TablePlan,
): { index: number; column: ColumnPlan; refTable: string }[] {
  return table.columns.flatMap((column, index) => {
    const reference = fixedReference(column);
    return reference?.hard === true && run.index.has(reference.table)
      ? [{ index, column, refTable: reference.table }]
      : [];
  });
}

type Why = MissingParent['why'] | 'out-of-scope' | null;

function missingOf(
  arrival: Arrival,
  references: readonly { index: number; column: ColumnPlan; refTable: string }[],
  whyMissing: (refTable: string, key: string) => Why,
): MissingParent[] {
  const missing: MissingParent[] = [];
  for (const { index, column, refTable } of references) {
    const refKey = arrival.row.values[index];
    if (refKey == null) continue;
    const why = whyMissing(refTable, refKey);
    if (why === null) continue;
    // Out of scope is not missing: a nullable reference is stored null (DESIGN 5.4).
    if (why === 'out-of-scope' && column.nullable) continue;
    missing.push({
      field: column.local,
      refTable,
      refId: refKey,
      why: why === 'out-of-scope' ? 'not-sent' : why,
    });
  }
  return missing;
}

/** By table: HQ key -> local_id of every referenced row that is here. */
function presentParents(
  run: Run,
  page: Page,
  localIds: Map<string, Map<string, string>>,
): Map<string, Map<string, string>> {
  const wanted = new Map<string, Set<string>>();
  for (const { table, arrivals } of arrivalsOf(run, page)) {
    for (const [index, column] of table.columns.entries()) {
      const reference = fixedReference(column);
      if (reference === null || !run.index.has(reference.table)) continue;
      let keys = wanted.get(reference.table);
      if (keys === undefined) wanted.set(reference.table, (keys = new Set()));
      for (const { row } of arrivals.values()) {
        const key = row.values[index];
        if (key != null) keys.add(key);
      }
    }
  }
  const present = new Map<string, Map<string, string>>();
  for (const [name, keys] of wanted) {
    const here = new Map<string, string>();
    for (const [key, row] of run.local.known(run.index.table(name), [...keys])) {
      if (row.present || localIds.get(name)?.has(key) === true) here.set(key, row.localId);
    }
    present.set(name, here);
  }
  return present;
}
