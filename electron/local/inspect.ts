import type { ReadableDb } from './open.ts';

/** One column as the file has it. `hidden`: 0 ordinary, 2 virtual, 3 stored generated. */
export interface FileColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly defaultTo: string | null;
  /** Place in the primary key, from 1; 0 = not in it. */
  readonly keyPlace: number;
  readonly hidden: number;
}

export interface FileIndex {
  readonly name: string;
  readonly unique: boolean;
  /** Of a primary key, over part of the rows, or over an expression: it proves nothing about plain columns. */
  readonly special: boolean;
  readonly columns: readonly string[];
}

export interface FileForeignKey {
  readonly column: string;
  readonly refTable: string;
  readonly onUpdate: string;
  readonly onDelete: string;
}

export interface FileTrigger {
  readonly name: string;
  readonly table: string;
  readonly sql: string;
}

/** One table (or view) of the file as it is. */
export interface FileTable {
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly sql: string;
  readonly columns: readonly FileColumn[];
  readonly indexes: readonly FileIndex[];
  readonly foreignKeys: readonly FileForeignKey[];
  readonly triggers: readonly FileTrigger[];
}

/** Names in SQLite match in any case (of ASCII letters). */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function findColumn(table: FileTable, name: string): FileColumn | undefined {
  return table.columns.find((column) => sameName(column.name, name));
}

/** Null where the file has nothing of that name. */
export function inspectTable(db: ReadableDb, name: string): FileTable | null {
  const found = db
    .prepare<[string], { name: string; type: string; sql: string }>(
      `SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE`,
    )
    .get(name);
  if (found === undefined) return null;
  return {
    name: found.name,
    kind: found.type === 'view' || /^CREATE VIRTUAL/i.test(found.sql) ? 'view' : 'table',
    sql: found.sql,
    columns: columnsOf(db, name),
    indexes: indexesOf(db, name),
    foreignKeys: foreignKeysOf(db, name),
    triggers: triggersOn(db, name),
  };
}

export function inspectTriggers(db: ReadableDb): FileTrigger[] {
  return db
    .prepare<[], FileTrigger>(
      `SELECT name, tbl_name AS "table", sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name`,
    )
    .all();
}

/** Of one table alone: the texts of all of a file's triggers are some hundred kilobytes. */
function triggersOn(db: ReadableDb, table: string): FileTrigger[] {
  return db
    .prepare<[string], FileTrigger>(
      `SELECT name, tbl_name AS "table", sql FROM sqlite_master
        WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY name`,
    )
    .all(table);
}

function columnsOf(db: ReadableDb, table: string): FileColumn[] {
  return db
    .prepare<
      [string],
      {
        name: string;
        type: string;
        not_null: number;
        dflt_value: string | null;
        pk: number;
        hidden: number;
      }
    >(`SELECT name, type, "notnull" AS not_null, dflt_value, pk, hidden FROM pragma_table_xinfo(?)`)
    .all(table)
    .map((row) => ({
      name: row.name,
      type: row.type,
      notNull: row.not_null === 1,
      defaultTo: row.dflt_value,
      keyPlace: row.pk,
      hidden: row.hidden,
    }));
}

function indexesOf(db: ReadableDb, table: string): FileIndex[] {
  const members = db.prepare<[string], { name: string | null }>(
    'SELECT name FROM pragma_index_info(?) ORDER BY seqno',
  );
  return db
    .prepare<[string], { name: string; unique: number; origin: string; partial: number }>(
      `SELECT name, "unique", origin, partial FROM pragma_index_list(?)`,
    )
    .all(table)
    .map((index) => {
      const columns = members.all(index.name).map(({ name }) => name);
      return {
        name: index.name,
        unique: index.unique === 1,
        special: index.origin === 'pk' || index.partial === 1 || columns.includes(null),
        columns: columns.filter((name) => name !== null),
      };
    });
}

function foreignKeysOf(db: ReadableDb, table: string): FileForeignKey[] {
  return db
    .prepare<[string], FileForeignKey>(
      `SELECT "from" AS "column", "table" AS refTable, on_update AS onUpdate, on_delete AS onDelete
       FROM pragma_foreign_key_list(?) ORDER BY id, seq`,
    )
    .all(table);
}
