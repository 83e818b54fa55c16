import type { TablePlan } from '../../shared/plan.ts';
import { nowSql } from './defaults.ts';
import { balanced, id, text } from './sql.ts';
import type { UniqueOfFile } from './unique-keys.ts';

/** One capture trigger: its name and the statement that makes it. */
export interface Trigger {
  readonly name: string;
  readonly sql: string;
}

/** What the generator must know of the file; `null` columns: all of the plan's. */
export interface CaptureFacts {
  /** Lower-case names of the columns the file has. A trigger that names another breaks every write of the POS. */
  readonly columns: ReadonlySet<string> | null;
  /** False: the row's sync_status is left to the engine (see `marksRows`). */
  readonly marksRows: boolean;
  /** What the file keeps unique: where OR REPLACE displaces rows (DESIGN 4.3). */
  readonly uniques: readonly UniqueOfFile[];
}

/** A table as PayFlow makes it. */
export const wholeTable: CaptureFacts = {
  columns: null,
  marksRows: true,
  uniques: [
    { terms: [{ column: 'local_id', text: 'local_id', collation: 'BINARY' }], where: null },
  ],
};

export const triggerPrefix = 'sync_capture_';

/**
 * Longer values are recorded without their content, [type, null]: hex() doubles and JSON can multiply by six, and a
 * value beyond SQLite's limit of 10^9 bytes would make the POS's own write fail. The base of such a column is unknown.
 */
export const longestCaptured = 8 * 1024 * 1024;

// A missing session row captures: better an echo than a silent gap. The engine asserts the row at its start.
export const notApplying = '(SELECT applying FROM sync_session) IS NOT 1';

/** A trigger of ours: `timing` is all that stands before ON. */
export function trigger(
  table: TablePlan,
  event: string,
  timing: string,
  conditions: readonly string[],
  statements: readonly string[],
): Trigger {
  const name = `${triggerPrefix}${table.name}_${event}`;
  const body = statements.map((statement) => `  ${statement};\n`).join('');
  const when = conditions.join(' AND ');
  return {
    name,
    sql: `CREATE TRIGGER ${id(name)} ${timing} ON ${id(table.name)}\nWHEN ${when}\nBEGIN\n${body}END`,
  };
}

/** The entry itself: the VALUES, or with `from` one per row of a query. */
export function record(
  table: TablePlan,
  localId: string,
  oldLocalId: string,
  op: string,
  changes: string,
  from?: string,
): string {
  const into = 'INSERT INTO sync_outbox (tbl, local_id, old_local_id, op, changes, at, id) ';
  const values = `${text(table.name)}, ${localId}, ${oldLocalId}, ${op}, ${changes}, ${nowSql}, lower(hex(randomblob(16)))`;
  return from === undefined ? `${into}VALUES (${values})` : `${into}SELECT ${values} ${from}`;
}

/**
 * The whole row `row` (NEW, OLD or a quoted table name) as a delete records it: old values only, and its server_id. One
 * expression over a list of the columns: a POS that prepares each statement anew compiles this every time, and an
 * expression per column took it three times as long.
 */
export function wholeRow(table: TablePlan, row: string, facts: CaptureFacts): string {
  const columns = ['server_id', ...table.columns.map(({ local }) => local)].filter((name) =>
    has(facts, name),
  );
  if (columns.length === 0) return `'{}'`;
  const names = columns.map((name, place) => `(${text(name)}, ${String(place)})`).join(', ');
  const values = columns.map((name, place) => `WHEN ${String(place)} THEN ${row}.${id(name)}`);
  // LIMIT keeps SQLite from writing the CASE out at each place that names its value.
  const each = `SELECT column1 AS name, CASE column2 ${values.join(' ')} END AS v FROM (VALUES ${names}) LIMIT -1`;
  return `(SELECT json_group_object(k.name, json_array(${[...valueOf('k.v'), 'NULL', 'NULL'].join(', ')})) FROM (${each}) k)`;
}

/** BINARY: a NOCASE column would hide 'a' -> 'A'. */
export function isChanged(name: string): string {
  return `OLD.${id(name)} IS NOT NEW.${id(name)} COLLATE BINARY`;
}

/** Type and text of one value, each alone in a JSON-safe form (DESIGN 4.1). */
export function value(row: string, name: string): [type: string, content: string] {
  return valueOf(`${row}.${id(name)}`);
}

function valueOf(c: string): [type: string, content: string] {
  return [
    `typeof(${c})`,
    `CASE typeof(${c}) WHEN 'text' THEN CASE WHEN length(CAST(${c} AS BLOB)) <= ${longestCaptured} THEN ${c} END ` +
      `WHEN 'blob' THEN CASE WHEN length(${c}) <= ${longestCaptured} THEN hex(${c}) END ` +
      // 17 digits: CAST gives 15, and 0.1 + 0.2 would read back as 0.3.
      `WHEN 'real' THEN printf('%!.17g', ${c}) ELSE CAST(${c} AS TEXT) END`,
  ];
}

export function member(name: string, values: readonly string[]): string {
  return `${text(`,${JSON.stringify(name)}:`)} || json_array(${values.join(', ')})`;
}

/** An object of members that begin with a comma. Not json_object(): it takes 127 arguments in older SQLite, 63 columns. */
export function json(members: readonly string[]): string {
  if (members.length === 0) return `'{}'`;
  return `'{' || substr(${balanced(members, '||', `''`)}, 2) || '}'`;
}

export function has(facts: CaptureFacts, column: string): boolean {
  return facts.columns === null || facts.columns.has(column.toLowerCase());
}
