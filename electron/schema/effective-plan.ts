import type { Plan, TablePlan } from '../../shared/plan.ts';
import { inspectTable } from '../local/inspect.ts';
import type { ReadableDb } from '../local/open.ts';

/**
 * The plan as far as payflow.db can follow it. A column or table that HQ has and the file lacks does not sync until
 * `schema fix` has added it; its fingerprint says so, so that the table is compared afresh when it comes. Refused:
 * stopping all sync because HQ got a new column.
 */
export function effectivePlan(db: ReadableDb, plan: Plan): Plan {
  return { ...plan, tables: plan.tables.flatMap((table) => effectiveTable(db, table)) };
}

function effectiveTable(db: ReadableDb, table: TablePlan): TablePlan[] {
  const file = inspectTable(db, table.name);
  if (file === null) return [];
  const here = new Set(file.columns.map(({ name }) => name.toLowerCase()));
  const isHere = ({ local }: { readonly local: string }): boolean => here.has(local.toLowerCase());
  const columns = table.columns.filter(isHere);
  const { liveness } = table;
  const known = liveness === undefined ? table : { ...table, liveness: liveness.filter(isHere) };
  if (columns.length === table.columns.length) return [known];
  const missing = table.columns.filter((column) => !columns.includes(column)).map(({ hq }) => hq);
  const has = (name: string): boolean => columns.some(({ hq }) => hq === name);
  return [
    {
      ...known,
      columns,
      foreignKeys: table.foreignKeys.filter(({ column }) => has(column)),
      uniques: table.uniques.filter((unique) => unique.columns.every(has)),
      fingerprint: `${table.fingerprint} without ${missing.join(',')}`,
    },
  ];
}
