import type { TablePlan } from '../../shared/plan.ts';
import { foreignUpdateTriggers } from '../local/capture.ts';
import { type FileTable, findColumn, sameName } from '../local/inspect.ts';
import {
  addColumn,
  columnsOf,
  createIndex,
  createTable,
  fillColumn,
  indexesOf,
  type LocalColumn,
  type LocalIndex,
} from '../local/schema.ts';
import { type Dependents, rebuildStatements } from './rebuild.ts';

export type DifferenceCode =
  | 'table-missing'
  | 'not-a-table' // a view or a virtual table has the name
  | 'primary-key'
  | 'column-missing'
  | 'column-lossy' // its type changes values that HQ sends (a decimal in a NUMERIC column)
  | 'column-type'
  | 'column-not-null' // HQ allows null, the file does not
  | 'column-extra'
  | 'unique-missing'
  | 'unique-duplicates' // the unique index cannot be made: rows share the values
  | 'server-id-not-unique'
  | 'index-missing'
  | 'foreign-key'
  | 'trigger-missing'
  | 'trigger-changed'
  | 'trigger-extra'
  | 'pos-trigger'; // a trigger of the POS for which the capture leaves sync_status to the engine

/** information: nothing to do; fixable: `fix` does it; manual: a person must; blocking: the table cannot sync like this. */
export type Severity = 'information' | 'fixable' | 'manual' | 'blocking';

/** One difference between payflow.db and the plan. */
export interface Difference {
  readonly code: DifferenceCode;
  readonly severity: Severity;
  readonly table: string;
  readonly column?: string;
  /** What is meant where a column is not enough: an index, a trigger, both types. */
  readonly detail?: string;
  /** Statements in order; empty: another difference of the same table brings them; null: nothing automatic. */
  readonly fix: readonly string[] | null;
}

export interface Comparison {
  readonly table: TablePlan;
  readonly file: FileTable | null;
  readonly dependents: Dependents;
  /** Do rows of the file share values of these columns (nulls aside)? Asked only where a unique index is missing. */
  readonly hasDuplicates: (columns: readonly string[]) => boolean;
  /** Index and table names that are taken. */
  readonly isTaken: (name: string) => boolean;
}

/** Differences of one table, rebuilds first: what they copy must not have been added to before. Triggers are compared apart. */
export function compareTable(comparison: Comparison): Difference[] {
  const { table, file } = comparison;
  if (file === null) {
    const fix = [createTable(table), ...indexesOf(table).map((index) => createIndex(table, index))];
    return [{ code: 'table-missing', severity: 'fixable', table: table.name, fix }];
  }
  if (file.kind !== 'table') {
    return [{ code: 'not-a-table', severity: 'blocking', table: table.name, fix: null }];
  }
  return [
    ...compareKey(table, file),
    ...compareTypes(table, file, comparison.dependents),
    ...missingColumns(table, file),
    ...compareIndexes(comparison, file),
    ...compareForeignKeys(table, file),
    ...information(table, file),
  ];
}

/** SQLite cannot change a primary key in place, and whatever the file uses instead the POS relies on: a person decides. */
function compareKey(table: TablePlan, file: FileTable): Difference[] {
  const key = file.columns.filter(({ keyPlace }) => keyPlace > 0);
  const [only] = key;
  if (
    key.length === 1 &&
    only !== undefined &&
    sameName(only.name, 'local_id') &&
    affinityOf(only.type) === 'TEXT'
  )
    return [];
  const detail = key.map(({ name, type }) => `${name} ${type}`.trim()).join(', ');
  return [{ code: 'primary-key', severity: 'blocking', table: table.name, detail, fix: null }];
}

function compareTypes(table: TablePlan, file: FileTable, dependents: Dependents): Difference[] {
  const lossy: LocalColumn[] = [];
  const others: Difference[] = [];
  for (const column of columnsOf(table)) {
    const found = findColumn(file, column.name);
    if (found === undefined || column.generatedAs !== null) continue;
    const detail = `${found.type} -> ${column.type}`;
    if (column.synced && !column.notNull && found.notNull && column.name !== 'local_id') {
      others.push({
        code: 'column-not-null',
        severity: 'manual',
        table: table.name,
        column: column.name,
        fix: null,
      });
    }
    if (loses(column, affinityOf(found.type))) lossy.push(column);
    else if (
      affinityOf(found.type) !== affinityOf(column.type) &&
      !harmless(column, affinityOf(found.type))
    ) {
      others.push({
        code: 'column-type',
        severity: 'information',
        table: table.name,
        column: column.name,
        detail,
        fix: null,
      });
    }
  }
  const statements = lossy.length === 0 ? null : rebuildStatements(file, lossy, dependents);
  return [
    ...lossy.map((column, place): Difference => ({
      code: 'column-lossy',
      severity: statements === null ? 'manual' : 'fixable',
      table: table.name,
      column: column.name,
      detail: `${findColumn(file, column.name)?.type ?? ''} -> ${column.type}`,
      fix: statements === null ? null : place === 0 ? statements : [],
    })),
    ...others,
  ];
}

type Affinity = 'INTEGER' | 'TEXT' | 'BLOB' | 'REAL' | 'NUMERIC';

/** SQLite's own rules for a declared type (datatype3.html, 3.1). */
export function affinityOf(type: string): Affinity {
  if (/INT/i.test(type)) return 'INTEGER';
  if (/CHAR|CLOB|TEXT/i.test(type)) return 'TEXT';
  if (/BLOB/i.test(type) || type === '') return 'BLOB';
  return /REAL|FLOA|DOUB/i.test(type) ? 'REAL' : 'NUMERIC';
}

/** Would SQLite turn this kind's text into a number, '007' into 7, '123456789012345.6789' into a double? */
function loses({ type, kind }: LocalColumn, found: Affinity): boolean {
  if (type !== 'TEXT' || found === 'TEXT' || found === 'BLOB') return false;
  // Times and dates are no numbers, whatever a column is called ("DATETIME" is NUMERIC).
  return !['timestamp', 'timestamptz', 'date', 'time', 'uuid'].includes(kind);
}

/** Another affinity that changes no value: 0/1 in a BOOLEAN (NUMERIC) column, a time in a DATETIME one, anything untyped. */
function harmless({ kind }: LocalColumn, found: Affinity): boolean {
  return found === 'BLOB' || found === 'NUMERIC' || (kind === 'float' && found === 'INTEGER');
}

function missingColumns(table: TablePlan, file: FileTable): Difference[] {
  return columnsOf(table)
    .filter(({ name }) => name !== 'local_id' && findColumn(file, name) === undefined)
    .map((column) => {
      const fix = [addColumn(table, column), ...fillColumn(table, column)];
      const nullable = column.notNull && !/ NOT NULL/.test(fix[0] ?? '');
      const detail = nullable ? { detail: 'nullable' } : {};
      return {
        code: 'column-missing',
        severity: 'fixable',
        table: table.name,
        column: column.name,
        ...detail,
        fix,
      };
    });
}

function compareIndexes(comparison: Comparison, file: FileTable): Difference[] {
  return indexesOf(comparison.table)
    .filter((index) => !file.indexes.some((found) => serves(found, index)))
    .map((index) => missingIndex(comparison, file, index));
}

function serves(found: FileTable['indexes'][number], index: LocalIndex): boolean {
  if (found.special || (index.unique && !found.unique)) return false;
  if (!index.unique) return sameName(found.columns[0] ?? '', index.columns[0] ?? '');
  const names = found.columns.map((name) => name.toLowerCase()).toSorted();
  const wanted = index.columns.map((name) => name.toLowerCase()).toSorted();
  return names.length === wanted.length && names.every((name, place) => name === wanted[place]);
}

function missingIndex(comparison: Comparison, file: FileTable, index: LocalIndex): Difference {
  const { table } = comparison;
  const base = { table: table.name, detail: index.columns.join(', ') };
  const present = index.columns.every((name) => findColumn(file, name) !== undefined);
  if (index.unique && present && comparison.hasDuplicates(index.columns)) {
    return { ...base, code: 'unique-duplicates', severity: 'manual', fix: null };
  }
  const fix = [createIndex(table, { ...index, name: freeName(index.name, comparison.isTaken) })];
  if (!index.unique) return { ...base, code: 'index-missing', severity: 'fixable', fix };
  const code = index.columns[0] === 'server_id' ? 'server-id-not-unique' : 'unique-missing';
  return { ...base, code, severity: 'fixable', fix };
}

function freeName(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let count = 2; isTaken(free); count += 1) free = `${name}_${count}`;
  return free;
}

/** Only said: the engine checks references itself, and a rebuild of a POS's table for this would risk more than it gives. */
function compareForeignKeys(table: TablePlan, file: FileTable): Difference[] {
  return columnsOf(table).flatMap((column) => {
    const { parent } = column;
    if (parent === null || findColumn(file, column.name) === undefined) return [];
    const found = file.foreignKeys.find((key) => sameName(key.column, column.name));
    const wanted = `${parent.table} ON UPDATE CASCADE ON DELETE ${parent.onDelete}`;
    const actual =
      found === undefined
        ? ''
        : `${found.refTable} ON UPDATE ${found.onUpdate} ON DELETE ${found.onDelete}`;
    if (actual.toLowerCase() === wanted.toLowerCase()) return [];
    const difference: Difference = {
      code: 'foreign-key',
      severity: 'information',
      table: table.name,
      column: column.name,
      detail: `${actual} -> ${wanted}`,
      fix: null,
    };
    return [difference];
  });
}

function information(table: TablePlan, file: FileTable): Difference[] {
  const known = columnsOf(table);
  const base = { severity: 'information', table: table.name, fix: null } as const;
  return [
    ...file.columns
      .filter((column) => !known.some(({ name }) => sameName(name, column.name)))
      .map((column): Difference => ({ ...base, code: 'column-extra', column: column.name })),
    ...foreignUpdateTriggers(file).map((trigger): Difference => ({
      ...base,
      code: 'pos-trigger',
      detail: trigger.name,
    })),
  ];
}
