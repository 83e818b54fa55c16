import type { Plan, TablePlan } from '../../shared/plan.ts';
import {
  type CaptureFacts,
  has,
  isChanged,
  json,
  member,
  notApplying,
  record,
  type Trigger,
  trigger,
  triggerPrefix,
  value,
  wholeRow,
  wholeTable,
} from './capture-record.ts';
import { displacedTriggers } from './displaced.ts';
import {
  type FileTable,
  type FileTrigger,
  inspectTable,
  inspectTriggers,
  sameName,
} from './inspect.ts';
import type { ReadableDb, WritableDb } from './open.ts';
import { balanced, id } from './sql.ts';
import { uniquesOf } from './unique-keys.ts';

/**
 * The capture triggers (DESIGN 4.1 to 4.3). They run in the POS program's transaction on its own connection, so: built-in
 * functions only, plain INSERTs into a table without constraints, nothing that can raise. While they stand, no write of the
 * POS fails that would not fail without them; capture.test.ts compares both for every form of write.
 */

/** The triggers of one table; none while the file's table has no local_id to name its rows by. */
export function triggersOf(table: TablePlan, facts: CaptureFacts = wholeTable): Trigger[] {
  if (!has(facts, 'local_id')) return [];
  return [
    insertTrigger(table, facts),
    updateTrigger(table, facts),
    deleteTrigger(table, facts),
    ...displacedTriggers(table, facts),
  ];
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
  return trigger(
    table,
    'delete',
    'AFTER DELETE',
    [notApplying, 'OLD.local_id IS NOT NULL'],
    [record(table, 'OLD.local_id', 'OLD.local_id', `'D'`, wholeRow(table, 'OLD', facts))],
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

/** The facts of a table of the file; null when it has no such table. */
export function factsOf(db: ReadableDb, table: TablePlan): CaptureFacts | null {
  const file = inspectTable(db, table.name);
  if (file === null || file.kind !== 'table') return null;
  return {
    columns: new Set(file.columns.map(({ name }) => name.toLowerCase())),
    marksRows: marksRows(file),
    uniques: uniquesOf(db, table.name),
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
