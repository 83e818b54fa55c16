import type { Plan, TablePlan } from '../../shared/plan.ts';
import { nowSql } from './defaults.ts';
import {
  type FileTable,
  type FileTrigger,
  inspectTable,
  inspectTriggers,
  sameName,
} from './inspect.ts';
import type { ReadableDb, WritableDb } from './open.ts';
import { balanced, id, text } from './sql.ts';

/**
 * The capture triggers (DESIGN 4.1, 4.2). They run in the POS program's transaction on its own connection, so: built-in
 * functions only, plain INSERTs into a table without constraints, nothing that can raise. While they stand, no write of the
 * POS fails that would not fail without them; capture.test.ts compares both for every form of write.
 */
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
}

const wholeTable: CaptureFacts = { columns: null, marksRows: true };
export const triggerPrefix = 'sync_capture_';

/**
 * Longer values are recorded without their content, [type, null]: hex() doubles and JSON can multiply by six, and a
 * value beyond SQLite's limit of 10^9 bytes would make the POS's own write fail. The base of such a column is unknown.
 */
export const longestCaptured = 8 * 1024 * 1024;

/** The three triggers of one table; none while the file's table has no local_id to name its rows by. */
export function triggersOf(table: TablePlan, facts: CaptureFacts = wholeTable): Trigger[] {
  if (!has(facts, 'local_id')) return [];
  return [insertTrigger(table, facts), updateTrigger(table, facts), deleteTrigger(table, facts)];
}

/**
 * JSON of the values of the columns an insert records (strategy `add`) for the row `row`: NEW in the trigger, a table's
 * alias where `init` fills the outbox with rows that were there before (DESIGN 4.5).
 */
export function insertChanges(
  table: TablePlan,
  row: string,
  facts: CaptureFacts = wholeTable,
): string {
  const columns = table.columns.filter(
    ({ strategy, local }) => strategy === 'add' && has(facts, local),
  );
  return json(columns.map(({ local }) => member(local, [`NULL`, `NULL`, ...value(row, local)])));
}

// A missing session row captures: better an echo than a silent gap. The engine asserts the row at its start.
const notApplying = '(SELECT applying FROM sync_session) IS NOT 1';

function insertTrigger(table: TablePlan, facts: CaptureFacts): Trigger {
  return trigger(
    table,
    'insert',
    'AFTER INSERT',
    [notApplying, 'NEW.local_id IS NOT NULL'],
    [
      record(table, 'NEW.local_id', 'NULL', `'I'`, insertChanges(table, 'NEW', facts)),
      ...markRow(
        table,
        facts,
        `'insert'`,
        `(sync_status IS NOT 'pending' OR sync_operation IS NOT 'insert')`,
      ),
    ],
  );
}

function updateTrigger(table: TablePlan, facts: CaptureFacts): Trigger {
  const columns = table.columns.map(({ local }) => local).filter((name) => has(facts, name));
  const event = `AFTER UPDATE OF ${['local_id', ...columns].map(id).join(', ')}`;
  const changed = balanced(['local_id', ...columns].map(isChanged), 'OR', '0');
  const changes = json(
    columns.map(
      (name) =>
        `CASE WHEN ${isChanged(name)} THEN ${member(name, [...value('OLD', name), ...value('NEW', name)])} ELSE '' END`,
    ),
  );
  // A row that gets its first local_id has not been told of yet.
  const op = `CASE WHEN OLD.local_id IS NULL THEN 'I' ELSE 'U' END`;
  return trigger(
    table,
    'update',
    event,
    [notApplying, 'NEW.local_id IS NOT NULL', changed],
    [
      record(table, 'NEW.local_id', 'OLD.local_id', op, changes),
      ...markRow(
        table,
        facts,
        `CASE WHEN server_id IS NULL THEN 'insert' ELSE 'update' END`,
        // Not again while pending: with it neither this trigger nor a touch trigger of the POS can loop.
        `sync_status IS NOT 'pending'`,
      ),
    ],
  );
}

function deleteTrigger(table: TablePlan, facts: CaptureFacts): Trigger {
  const columns = ['server_id', ...table.columns.map(({ local }) => local)].filter((name) =>
    has(facts, name),
  );
  const changes = json(
    columns.map((name) => member(name, [...value('OLD', name), 'NULL', 'NULL'])),
  );
  return trigger(
    table,
    'delete',
    'AFTER DELETE',
    [notApplying, 'OLD.local_id IS NOT NULL'],
    [record(table, 'OLD.local_id', 'OLD.local_id', `'D'`, changes)],
  );
}

function trigger(
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

function record(
  table: TablePlan,
  localId: string,
  oldLocalId: string,
  op: string,
  changes: string,
): string {
  return (
    'INSERT INTO sync_outbox (tbl, local_id, old_local_id, op, changes, at, id) VALUES ' +
    `(${text(table.name)}, ${localId}, ${oldLocalId}, ${op}, ${changes}, ${nowSql}, lower(hex(randomblob(16))))`
  );
}

function markRow(
  table: TablePlan,
  facts: CaptureFacts,
  operation: string,
  condition: string,
): string[] {
  const known = ['server_id', 'sync_status', 'sync_operation'].every((name) => has(facts, name));
  if (!facts.marksRows || !known) return [];
  return [
    `UPDATE ${id(table.name)} SET sync_status = 'pending', sync_operation = ${operation} ` +
      `WHERE local_id = NEW.local_id AND ${condition}`,
  ];
}

/** BINARY: a NOCASE column would hide 'a' -> 'A'. */
function isChanged(name: string): string {
  return `OLD.${id(name)} IS NOT NEW.${id(name)} COLLATE BINARY`;
}

/** Type and text of one value, each alone in a JSON-safe form (DESIGN 4.1). */
function value(row: string, name: string): [type: string, content: string] {
  const c = `${row}.${id(name)}`;
  return [
    `typeof(${c})`,
    `CASE typeof(${c}) WHEN 'text' THEN CASE WHEN length(CAST(${c} AS BLOB)) <= ${longestCaptured} THEN ${c} END ` +
      `WHEN 'blob' THEN CASE WHEN length(${c}) <= ${longestCaptured} THEN hex(${c}) END ` +
      // 17 digits: CAST gives 15, and 0.1 + 0.2 would read back as 0.3.
      `WHEN 'real' THEN printf('%!.17g', ${c}) ELSE CAST(${c} AS TEXT) END`,
  ];
}

function member(name: string, values: readonly string[]): string {
  return `${text(`,${JSON.stringify(name)}:`)} || json_array(${values.join(', ')})`;
}

/** An object of members that begin with a comma. Not json_object(): it takes 127 arguments in older SQLite, 63 columns. */
function json(members: readonly string[]): string {
  if (members.length === 0) return `'{}'`;
  return `'{' || substr(${balanced(members, '||', `''`)}, 2) || '}'`;
}

function has(facts: CaptureFacts, column: string): boolean {
  return facts.columns === null || facts.columns.has(column.toLowerCase());
}

/** The facts of a table of the file; null when it has no such table. */
export function factsOf(db: ReadableDb, table: TablePlan): CaptureFacts | null {
  const file = inspectTable(db, table.name);
  if (file === null || file.kind !== 'table') return null;
  return {
    columns: new Set(file.columns.map(({ name }) => name.toLowerCase())),
    marksRows: marksRows(file),
  };
}

/**
 * May the capture trigger update the row it captured? That UPDATE fires the POS's own UPDATE triggers once more. A trigger
 * that only touches its own row survives it; one that raises would make the POS's write fail, and one that writes elsewhere would
 * write twice. There the engine sets sync_status; what is captured is the same.
 */
function marksRows(file: FileTable): boolean {
  return foreignUpdateTriggers(file).every(({ sql }) => onlyTouches(sql, file.name));
}

/** Triggers of the POS that fire when only sync_status and sync_operation are updated. */
export function foreignUpdateTriggers(file: FileTable): FileTrigger[] {
  return file.triggers.filter(({ name, sql }) => {
    if (name.startsWith(triggerPrefix)) return false;
    const header = /\bUPDATE\s+(?:OF\s+([\s\S]+?)\s+)?ON\b/i.exec(sql);
    if (header === null) return false;
    return header[1] === undefined || /\b(sync_status|sync_operation)\b/i.test(header[1]);
  });
}

function onlyTouches(sql: string, table: string): boolean {
  const body = sql.slice(sql.search(/\bBEGIN\b/i));
  if (/\b(RAISE|INSERT|REPLACE|DELETE)\b/i.test(body)) return false;
  const targets = [
    ...body.matchAll(/\bUPDATE\s+(?:OR\s+\w+\s+)?("[^"]+"|\[[^\]]+\]|`[^`]+`|\w+)/gi),
  ];
  return targets.every(([, name]) => sameName((name ?? '').replaceAll(/["[\]`]/g, ''), table));
}

/** How the file's capture triggers differ from what the plan and the file's tables ask for. */
export interface TriggerFindings {
  readonly missing: readonly Trigger[];
  readonly changed: readonly Trigger[];
  /** Ours by name, but of no table or event of the plan. */
  readonly extra: readonly string[];
}

/** DESIGN 4.4: at every start and after every schema change. Compared as text, so an edit by hand or a RENAME shows. */
export function verifyTriggers(db: ReadableDb, plan: Plan): TriggerFindings {
  const expected = expectedTriggers(db, plan);
  const found = new Map(inspectTriggers(db).map(({ name, sql }) => [name, sql]));
  const names = new Set(expected.map(({ name }) => name));
  return {
    missing: expected.filter(({ name }) => !found.has(name)),
    changed: expected.filter(({ name, sql }) => found.has(name) && found.get(name) !== sql),
    extra: [...found.keys()].filter((name) => name.startsWith(triggerPrefix) && !names.has(name)),
  };
}

/** Makes the file's capture triggers what they should be, in one transaction; says what was wrong. */
export function rebuildTriggers(db: WritableDb, plan: Plan): TriggerFindings {
  return db
    .transaction(() => {
      const findings = verifyTriggers(db, plan);
      const dropped = [...findings.extra, ...findings.changed.map(({ name }) => name)];
      for (const name of dropped) db.exec(`DROP TRIGGER ${id(name)}`);
      for (const { sql } of [...findings.missing, ...findings.changed]) db.exec(sql);
      return findings;
    })
    .immediate();
}

function expectedTriggers(db: ReadableDb, plan: Plan): Trigger[] {
  return plan.tables.flatMap((table) => {
    const facts = factsOf(db, table);
    return facts === null ? [] : triggersOf(table, facts);
  });
}
