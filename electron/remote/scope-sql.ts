import type { ColumnPlan, Plan, TablePlan } from '../../shared/plan.ts';
import { encodeSql } from '../sync/codec.ts';
import { id, literal, qualified } from './identifiers.ts';

/** The SQL that says who sees a row (DESIGN 3.6), for triggers and readers alike. */
export interface ScopeSql {
  /** LEFT JOINs of the parents that decide, to stand behind the row's own table; may be empty. */
  readonly joins: string;
  /**
   * The scope as text: `*` everyone, `s:<store>`, `t:<terminal>`, `-` nobody. NULL when a parent on the way is not
   * there: capture says `*` then (the entry carries only a key), a reader's filter does not let the row through.
   */
  readonly expr: string;
  /**
   * A condition that every row of these scopes meets, on a column that may have an index: no index knows `expr`, and a whole
   * table would be read for the one store's or till's rows of it. Null: there is none.
   */
  within(scopes: readonly string[]): string | null;
}

/** The scope of a row of `table` that the statement calls `alias`. */
export function scopeOf(plan: Plan, table: TablePlan, alias: string): ScopeSql {
  const column = (name: string): string => `${id(alias)}.${id(name)}`;
  const { scope } = table;
  switch (scope.kind) {
    case 'everyone':
      return { joins: '', expr: `'*'`, within: () => null };
    case 'terminal':
      return {
        joins: '',
        expr: `coalesce('t:' || ${column(scope.column)}::text, '-')`,
        within: (scopes) => among(table, alias, scope.column, 't:', scopes),
      };
    case 'store': {
      const store = `coalesce('s:' || ${column(scope.column)}::text, '-')`;
      return {
        joins: '',
        expr: scope.everyoneWhen
          ? `CASE WHEN ${column(scope.everyoneWhen)} THEN '*' ELSE ${store} END`
          : store,
        within: (scopes) =>
          scope.everyoneWhen ? null : among(table, alias, scope.column, 's:', scopes),
      };
    }
    case 'via': {
      const parent = parentOf(plan, table, scope.column);
      const parentAlias = `${alias}_p`;
      const parentKey = `${id(parentAlias)}.${id(parent.key[0] ?? '')}`;
      const above = scopeOf(plan, parent, parentAlias);
      return {
        joins: `\n  LEFT JOIN ${qualified(parent)} ${id(parentAlias)} ON ${parentKey} = ${column(scope.column)}${above.joins}`,
        expr: `CASE WHEN ${parentKey} IS NOT NULL THEN ${above.expr} END`,
        within: (scopes) => above.within(scopes),
      };
    }
  }
}

const PLAIN_TEXT: ReadonlySet<string> = new Set(['text', 'character varying']);

/**
 * Of plain text columns alone: what another type does not read would fail the statement, and what it cuts short would find
 * nothing, where `expr` finds the rows.
 */
function among(
  table: TablePlan,
  alias: string,
  name: string,
  prefix: string,
  scopes: readonly string[],
): string | null {
  const column = table.columns.find(({ hq }) => hq === name);
  const type = column === undefined ? table.keyCastType : column.castType;
  if (!PLAIN_TEXT.has(type)) return null;
  const ids = scopes
    .filter((scope) => scope.startsWith(prefix))
    .map((scope) => literal(scope.slice(prefix.length)));
  return `${id(alias)}.${id(name)} = ANY (ARRAY[${ids.join(', ')}]::${type}[])`;
}

/**
 * The same expression without joins, the parents in a subquery: one index look-up per row whatever plan a trigger's
 * session has cached. (A cached hash join, made for a bulk load, would read the whole parent table for every later
 * single row; a cached nested loop is the other way round.)
 */
export function scopeLookup(plan: Plan, table: TablePlan, alias: string): string {
  if (table.scope.kind !== 'via') return scopeOf(plan, table, alias).expr;
  const { column } = table.scope;
  const parent = parentOf(plan, table, column);
  const parentAlias = `${alias}_p`;
  const above = scopeOf(plan, parent, parentAlias);
  return `(SELECT ${above.expr} FROM ${qualified(parent)} ${id(parentAlias)}${above.joins}
         WHERE ${id(parentAlias)}.${id(parent.key[0] ?? '')} = ${id(alias)}.${id(column)})`;
}

function parentOf(plan: Plan, table: TablePlan, column: string): TablePlan {
  const refTable = table.foreignKeys.find((key) => key.column === column)?.refTable;
  const parent = plan.tables.find(({ name }) => name === refTable);
  if (!parent) throw new Error(`${table.name}.${column} is not a foreign key of the plan`);
  return parent;
}

/** A column of the key as the codec needs it. */
export type KeyColumn = Pick<ColumnPlan, 'kind' | 'castType'> & { readonly name: string };

/** The columns of a row's key. An own key is not among the plan's columns. */
export function keyColumns(table: TablePlan): KeyColumn[] {
  return table.key.map((name) => {
    const column = table.columns.find(({ hq }) => hq === name);
    return {
      name,
      kind: column?.kind ?? table.keyKind,
      castType: column?.castType ?? table.keyCastType,
    };
  });
}

/**
 * A row's key as text: an own key's canonical text, so that references to it are spelled alike; any other key as the
 * JSON array of its columns' canonical texts, byte for byte what JSON.stringify makes of them (json_build_array would
 * put blanks between).
 */
export function keySql(table: TablePlan, alias: string): string {
  const texts = keyColumns(table).map((column) =>
    encodeSql(column, `${id(alias)}.${id(column.name)}`),
  );
  return table.ownKey
    ? (texts[0] ?? '')
    : `'[' || ${texts.map((text) => `to_json(${text})::text`).join(` || ',' || `)} || ']'`;
}

/** True for a row that never syncs (`exclude`), or null where every row of the table does. */
export function excludedSql(table: TablePlan, alias: string): string | null {
  if (!table.exclude) return null;
  const { column, prefix } = table.exclude;
  return `coalesce(starts_with(${id(alias)}.${id(column)}::text, ${literal(prefix)}), false)`;
}
