import type { FileTable } from '../local/inspect.ts';
import { triggerPrefix } from '../local/capture-record.ts';
import type { LocalColumn } from '../local/schema.ts';
import { id } from '../local/sql.ts';
import { isChecked, retypeTable } from './table-sql.ts';

/** What a rebuild must bring back, as sqlite_master has it: indexes and triggers that stand on the table. */
export interface Dependents {
  readonly indexes: readonly string[];
  readonly triggers: readonly { readonly name: string; readonly sql: string }[];
}

/**
 * SQLite's way to change a column's type (lang_altertable.html, section 7): a new table, all rows, the old name. The columns
 * of `columns` get their plan's type; every row, index and trigger of the POS stays. Null when the table's SQL cannot be
 * read, or a CHECK compares one of them.
 * The capture triggers are rebuilt by who runs this.
 */
export function rebuildStatements(
  table: FileTable,
  columns: readonly LocalColumn[],
  dependents: Dependents,
): string[] | null {
  if (
    isChecked(
      table.sql,
      columns.map(({ name }) => name),
    )
  )
    return null;
  const temporary = `sync_rebuild_${table.name}`;
  const create = retypeTable(
    table.sql,
    id(temporary),
    new Map(columns.map(({ name, type }) => [name, type])),
  );
  if (create === null) return null;
  const stored = table.columns.filter(({ hidden }) => hidden === 0);
  const targets = stored.map(({ name }) => id(name)).join(', ');
  const sources = stored.map(({ name }) => {
    const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
    return column === undefined ? id(name) : `${asText(id(name), column)} AS ${id(name)}`;
  });
  const triggers = dependents.triggers.filter(({ name }) => !name.startsWith(triggerPrefix));
  return [
    // Without it the RENAME would check, and rewrite, triggers, views and references elsewhere that name the table.
    'PRAGMA legacy_alter_table = ON',
    create,
    `INSERT INTO ${id(temporary)} (${targets}) SELECT ${sources.join(', ')} FROM ${id(table.name)}`,
    `DROP TABLE ${id(table.name)}`,
    `ALTER TABLE ${id(temporary)} RENAME TO ${id(table.name)}`,
    ...dependents.indexes,
    ...triggers.map(({ sql }) => sql),
    'PRAGMA legacy_alter_table = OFF',
  ];
}

/**
 * The text of a number that SQLite made of a decimal. A whole number is itself; a double is rounded to the column's scale,
 * as it would be when it is read (payflow-schema.md), without an exponent; what is no number stays as it is.
 */
function asText(column: string, { kind, scale }: LocalColumn): string {
  const double =
    kind === 'decimal' && scale !== null
      ? `printf('%.${scale}f', ${column})`
      : `printf('%!.15g', ${column})`;
  return `CASE typeof(${column}) WHEN 'real' THEN ${double} WHEN 'integer' THEN CAST(${column} AS TEXT) ELSE ${column} END`;
}
