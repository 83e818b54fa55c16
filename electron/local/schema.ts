import type { ColumnPlan, TablePlan, UnsyncedColumn, ValueKind } from '../../shared/plan.ts';
import { localType } from '../sync/codec.ts';
import { type LocalDefault, translateDefault, translateGenerated, uuidSql } from './defaults.ts';
import { id } from './sql.ts';

/** Columns that tell the POS program about each row; never captured, never sent. */
export const rowColumns = ['server_id', 'sync_status', 'sync_operation', 'last_sync_at'] as const;

/** One column of the terminal's table, as it should be. */
export interface LocalColumn {
  readonly name: string;
  readonly type: string;
  readonly kind: ValueKind;
  /** Digits after the point of a decimal; null where there is no limit. */
  readonly scale: number | null;
  readonly notNull: boolean;
  readonly defaultTo: LocalDefault | null;
  readonly generatedAs: string | null;
  readonly parent: { readonly table: string; readonly onDelete: 'SET NULL' | 'RESTRICT' } | null;
  /** Does it sync? Bookkeeping, quiet, filled and generated columns do not. */
  readonly synced: boolean;
}

export interface LocalIndex {
  readonly name: string;
  readonly unique: boolean;
  readonly columns: readonly string[];
}

/** `CREATE TABLE` of one table, parents referred to by local_id (payflow-schema.md, "A terminal"). */
export function createTable(table: TablePlan): string {
  const lines = columnsOf(table).map((column) => `  ${columnSql(column, 'STORED')}`);
  return `CREATE TABLE ${id(table.name)} (\n${lines.join(',\n')}\n)`;
}

export function createIndex(table: TablePlan, index: LocalIndex): string {
  const columns = index.columns.map(id).join(', ');
  return `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${id(index.name)} ON ${id(table.name)} (${columns})`;
}

/**
 * `ALTER TABLE ADD COLUMN` for a table that has rows: SQLite takes neither NOT NULL without a default, nor a computed
 * default, nor a stored generated column. What it does not take is left out.
 */
export function addColumn(table: TablePlan, column: LocalColumn): string {
  const constant = column.defaultTo?.constant === true ? column.defaultTo : null;
  const addable = { ...column, defaultTo: constant, notNull: column.notNull && constant !== null };
  return `ALTER TABLE ${id(table.name)} ADD COLUMN ${columnSql(addable, 'VIRTUAL')}`;
}

/** A default that ADD COLUMN could not take, for the rows that are there: HQ lets no row come without the value. */
export function fillColumn(table: TablePlan, column: LocalColumn): string[] {
  if (!column.notNull || column.defaultTo === null || column.defaultTo.constant) return [];
  const name = id(column.name);
  return [`UPDATE ${id(table.name)} SET ${name} = ${column.defaultTo.sql} WHERE ${name} IS NULL`];
}

/** Every column of the terminal's table in order. */
export function columnsOf(table: TablePlan): LocalColumn[] {
  const synced = table.columns.map((column) => syncedColumn(table, column));
  const taken = new Set<string>(['local_id', ...rowColumns, ...synced.map(({ name }) => name)]);
  const unsynced = table.unsynced
    .map((column) => unsyncedColumn(table, column))
    .filter(({ name }) => !taken.has(name));
  const added = table.addsTerminalColumn;
  const terminal = added === null || taken.has(added) ? [] : [plainText(added)];
  return [
    {
      ...plainText('local_id'),
      notNull: true,
      defaultTo: { sql: `(${uuidSql})`, constant: false },
    },
    plainText('server_id'),
    ...synced,
    ...unsynced,
    ...terminal,
    // The defaults spare most inserts the capture trigger's own UPDATE, and with it a second round of the POS's triggers.
    { ...plainText('sync_status'), defaultTo: { sql: `'pending'`, constant: true } },
    { ...plainText('sync_operation'), defaultTo: { sql: `'insert'`, constant: true } },
    plainText('last_sync_at'),
  ];
}

/** Every index besides the primary key's: server_id, unique keys, one per foreign key. */
export function indexesOf(table: TablePlan): LocalIndex[] {
  const index = (columns: readonly string[], unique: boolean): LocalIndex => ({
    name: `${table.name}_${columns.join('_')}_${unique ? 'key' : 'idx'}`,
    unique,
    columns,
  });
  const keys = [
    ...(table.ownKey ? [] : [table.key]),
    ...table.uniques.map(({ columns }) => columns),
  ];
  const wanted = [
    index(['server_id'], true),
    ...keys.map((columns) =>
      index(
        columns.map((name) => localName(table, name)),
        true,
      ),
    ),
    ...table.foreignKeys.map(({ column }) => index([localName(table, column)], false)),
  ];
  return wanted.filter(
    ({ name }, place) => wanted.findIndex((other) => other.name === name) === place,
  );
}

/** The terminal's name of HQ's column. The own key is the terminal's server_id. */
export function localName(table: TablePlan, hqName: string): string {
  const column = [...table.columns, ...table.unsynced].find(({ hq }) => hq === hqName);
  return column?.local ?? (table.ownKey && table.key[0] === hqName ? 'server_id' : hqName);
}

function plainText(name: string): LocalColumn {
  return {
    name,
    type: 'TEXT',
    kind: 'text',
    scale: null,
    notNull: false,
    defaultTo: null,
    generatedAs: null,
    parent: null,
    synced: false,
  };
}

function syncedColumn(table: TablePlan, column: ColumnPlan): LocalColumn {
  const foreignKey = table.foreignKeys.find(({ column: name }) => name === column.hq);
  const refers = column.reference !== null || foreignKey !== undefined;
  return {
    ...plainText(column.local),
    // A reference holds the parent's local_id, whatever HQ's key is.
    type: refers ? 'TEXT' : localType(column.kind),
    kind: refers ? 'text' : column.kind,
    scale: column.kind === 'decimal' ? column.scale : null,
    notNull: !column.nullable,
    defaultTo:
      refers || column.hqDefault === null ? null : translateDefault(column.hqDefault, column.kind),
    parent:
      foreignKey === undefined
        ? null
        : { table: foreignKey.refTable, onDelete: foreignKey.nullable ? 'SET NULL' : 'RESTRICT' },
    synced: true,
  };
}

/** Nothing fills these columns at a download: without a default they must take NULL. */
function unsyncedColumn(table: TablePlan, column: UnsyncedColumn): LocalColumn {
  const generated =
    column.generatedAs === null ? null : generatedColumn(table, column, column.generatedAs);
  const translated =
    column.hqDefault === null || column.generatedAs !== null
      ? null
      : translateDefault(column.hqDefault, column.kind);
  return {
    ...plainText(column.local),
    type: localType(column.kind),
    kind: column.kind,
    notNull: !column.nullable && translated !== null,
    defaultTo: translated,
    generatedAs: generated,
  };
}

function generatedColumn(
  table: TablePlan,
  column: UnsyncedColumn,
  expression: string,
): string | null {
  const scale = /^numeric\(\d+,(\d+)\)$/.exec(column.hqType)?.[1];
  return translateGenerated(
    expression,
    column.kind,
    scale === undefined ? null : Number(scale),
    new Map(table.columns.map(({ hq, local, kind }) => [hq, { local, kind }])),
  );
}

function columnSql(column: LocalColumn, generated: 'STORED' | 'VIRTUAL'): string {
  const parts = [id(column.name), column.type];
  if (column.name === 'local_id') parts.push('PRIMARY KEY');
  if (column.generatedAs !== null)
    parts.push(`GENERATED ALWAYS AS (${column.generatedAs}) ${generated}`);
  if (column.notNull) parts.push('NOT NULL');
  if (column.defaultTo !== null) parts.push(`DEFAULT ${column.defaultTo.sql}`);
  if (column.parent !== null) {
    parts.push(
      `REFERENCES ${id(column.parent.table)} (local_id) ON UPDATE CASCADE ON DELETE ${column.parent.onDelete}`,
      'DEFERRABLE INITIALLY DEFERRED',
    );
  }
  return parts.join(' ');
}
