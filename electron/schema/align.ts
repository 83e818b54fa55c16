import type { Plan } from '../../shared/plan.ts';
import { PayflowError } from '../../shared/errors.ts';
import { backupTo } from '../local/backup.ts';
import { rebuildTriggers, verifyTriggers } from '../local/capture.ts';
import { localError } from '../local/errors.ts';
import { inspectTable } from '../local/inspect.ts';
import { assertUndamaged, type ReadableDb, type WritableDb } from '../local/open.ts';
import { id } from '../local/sql.ts';
import { adoptRows } from './adopt.ts';
import { compareTable, type Difference } from './compare.ts';

/** How payflow.db differs from the plan: what `schema check` prints. */
export interface SchemaReport {
  readonly differences: readonly Difference[];
}

export interface FixOptions {
  readonly backupDir: string;
  /** SYNC_BACKUP_KEEP. */
  readonly keep: number;
  readonly now?: Date;
}

export interface FixResult {
  /** Null where there was nothing to save: a file without any of the plan's tables. */
  readonly backup: string | null;
  readonly applied: readonly string[];
  /** What is left: `manual`, `blocking` and information. */
  readonly remaining: readonly Difference[];
}

/** `schema check`: reads only. */
export function checkSchema(db: ReadableDb, plan: Plan): SchemaReport {
  return {
    differences: [
      ...plan.tables.flatMap((table) => compareFileTable(db, plan, table.name)),
      ...triggerDifferences(db, plan),
    ],
  };
}

/**
 * What `schema fix` would run, in order; shown before it does. The triggers of a table whose columns change can only be
 * written when they have changed: that is said in a comment.
 */
export function fixStatements(report: SchemaReport): string[] {
  const fixable = report.differences.filter(({ fix }) => fix !== null);
  if (fixable.length === 0) return [];
  const changed = new Set(fixable.filter((each) => !isTrigger(each)).map(({ table }) => table));
  const triggers = fixable.filter((each) => isTrigger(each) && !changed.has(each.table));
  return [
    'BEGIN IMMEDIATE',
    ...tableStatements(report),
    ...triggers.flatMap(({ fix }) => fix ?? []),
    ...[...changed].map((table) => `-- the capture triggers of ${table} are made anew`),
    'COMMIT',
  ];
}

function isTrigger({ code }: Difference): boolean {
  return code.startsWith('trigger-');
}

function tableStatements(report: SchemaReport): string[] {
  return report.differences.filter((each) => !isTrigger(each)).flatMap(({ fix }) => fix ?? []);
}

/**
 * `schema fix`: a backup, then everything in one transaction, triggers last; checked before it is committed, so that
 * a fix either helps or leaves the file as it was. The report is taken again inside the transaction: the POS may have
 * changed its file since it was shown, and a stale one throws LOCAL_SCHEMA_CHANGED.
 */
export async function applyFix(
  db: WritableDb,
  plan: Plan,
  report: SchemaReport,
  options: FixOptions,
): Promise<FixResult> {
  const backup = await backupTo(db, options.backupDir, {
    keep: options.keep,
    now: options.now ?? new Date(),
  });
  const shown = fixStatements(report);
  return inFixTransaction(db, () => {
    if (JSON.stringify(fixStatements(checkSchema(db, plan))) !== JSON.stringify(shown)) {
      throw new PayflowError('LOCAL_SCHEMA_CHANGED', { file: db.name });
    }
    return { backup, ...align(db, plan, report) };
  });
}

/**
 * `init` (DESIGN 4.5): makes the tables of a new file, or aligns those of an existing one (backed up first), and takes
 * over its rows; to run it again changes nothing. PayFlow's own tables must be there (`migrateLocal`). A table that cannot
 * sync at all stops it, with the file unchanged: LOCAL_SCHEMA_BLOCKED.
 *
 * It adds and never retypes: in a decimal column that is TEXT the POS's `price < 5` compares texts. That step is left to
 * `schema fix`, which a person starts; until then decimals of up to 15 digits are exact.
 */
export async function createOrAlign(
  db: WritableDb,
  plan: Plan,
  options: FixOptions,
): Promise<FixResult> {
  const exists = plan.tables.some(({ name }) => inspectTable(db, name) !== null);
  const needsFix = exists && fixStatements(additions(checkSchema(db, plan))).length > 0;
  const backup = needsFix
    ? await backupTo(db, options.backupDir, { keep: options.keep, now: options.now ?? new Date() })
    : null;
  return inFixTransaction(db, () => {
    const report = checkSchema(db, plan);
    const blocked = report.differences.find(({ severity }) => severity === 'blocking');
    if (blocked !== undefined) {
      throw new PayflowError('LOCAL_SCHEMA_BLOCKED', {
        file: db.name,
        table: blocked.table,
        difference: blocked.code,
      });
    }
    const result = align(db, plan, additions(report));
    adoptRows(db, plan);
    return { backup, ...result };
  });
}

function additions(report: SchemaReport): SchemaReport {
  return { differences: report.differences.filter(({ code }) => code !== 'column-lossy') };
}

function inFixTransaction<T>(db: WritableDb, work: () => T): T {
  // A fix may write each row of a big table: what it would have to take back is not kept in memory.
  db.pragma('temp_store = FILE');
  try {
    return db.transaction(work).immediate();
  } catch (error) {
    throw localError(error, db.name);
  } finally {
    db.pragma('legacy_alter_table = OFF');
    db.pragma('temp_store = MEMORY');
  }
}

function align(db: WritableDb, plan: Plan, report: SchemaReport): Omit<FixResult, 'backup'> {
  const applied = tableStatements(report);
  for (const statement of applied) db.exec(statement);
  rebuildTriggers(db, plan);
  if (applied.length > 0) assertUndamaged(db);
  return { applied, remaining: checkSchema(db, plan).differences };
}

function compareFileTable(db: ReadableDb, plan: Plan, name: string): Difference[] {
  const table = plan.tables.find((each) => each.name === name);
  if (table === undefined) return [];
  const file = inspectTable(db, name);
  return compareTable({
    table,
    file,
    dependents: { indexes: indexSql(db, name), triggers: file?.triggers ?? [] },
    hasDuplicates: (columns) => hasDuplicates(db, name, columns),
    isTaken: (taken) =>
      db.prepare('SELECT 1 FROM sqlite_master WHERE name = ? COLLATE NOCASE').get(taken) !==
      undefined,
  });
}

/** The indexes that stand on their own; those of PRIMARY KEY and UNIQUE clauses come with the table. */
function indexSql(db: ReadableDb, table: string): string[] {
  return db
    .prepare<[string], string>(
      `SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL`,
    )
    .pluck()
    .all(table) as string[];
}

function hasDuplicates(db: ReadableDb, table: string, columns: readonly string[]): boolean {
  const names = columns.map(id);
  const present = names.map((name) => `${name} IS NOT NULL`).join(' AND ');
  const list = names.join(', ');
  const query = `SELECT 1 FROM ${id(table)} WHERE ${present} GROUP BY ${list} HAVING count(*) > 1 LIMIT 1`;
  return db.prepare(query).get() !== undefined;
}

function triggerDifferences(db: ReadableDb, plan: Plan): Difference[] {
  const { missing, changed, extra } = verifyTriggers(db, plan);
  const tableOf = (name: string): string =>
    plan.tables.find((table) => name.startsWith(`sync_capture_${table.name}_`))?.name ?? '';
  const drop = (name: string): string => `DROP TRIGGER ${id(name)}`;
  const difference = (
    code: Difference['code'],
    name: string,
    fix: readonly string[],
  ): Difference => ({
    code,
    severity: 'fixable',
    table: tableOf(name),
    detail: name,
    fix,
  });
  return [
    ...missing.map(({ name, sql }) => difference('trigger-missing', name, [sql])),
    ...changed.map(({ name, sql }) => difference('trigger-changed', name, [drop(name), sql])),
    ...extra.map((name) => difference('trigger-extra', name, [drop(name)])),
  ];
}
