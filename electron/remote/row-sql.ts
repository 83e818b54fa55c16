import type { ColumnPlan, Plan, TablePlan, ValueKind } from '../../shared/plan.ts';
import { assignSql, encodeSql, hashSql } from '../sync/codec.ts';
import { id, literal, qualified } from './identifiers.ts';
import { excludedSql, keyColumns, keySql, scopeOf } from './scope-sql.ts';

/** How rows of one table are read at HQ: the same text for load, re-read, hash and compare-and-swap. */
export interface RowSql {
  /** Key, hash, then the canonical values in plan order. */
  readonly select: string;
  readonly key: string;
  readonly hash: string;
  /** `FROM table t` with the joins of its scope. */
  readonly from: string;
  /** The row is seen by one of these scopes (an SQL expression of type text[]) and is not excluded. */
  visibleTo(scopes: string): string;
  /** The same for whoever reads all such rows of the table, by an index where there is one. */
  allVisibleTo(scopes: readonly string[]): string;
  /** The scope of the row as text. */
  readonly scope: string;
}

/** The alias of the row in all of them. */
const ROW = 't';

export function rowSql(plan: Plan, table: TablePlan): RowSql {
  const scope = scopeOf(plan, table, ROW);
  const { joins, expr } = scope;
  const encoded = table.columns.map((column) => encodeSql(column, `${ROW}.${id(column.hq)}`));
  const excluded = excludedSql(table, ROW);
  const key = keySql(table, ROW);
  const hash = hashSql(encoded);
  const visibleTo = (scopes: string): string =>
    `${expr} = ANY (${scopes})${excluded === null ? '' : ` AND NOT ${excluded}`}`;
  return {
    select: [key, hash, ...encoded].join(', '),
    key,
    hash,
    from: `FROM ${qualified(table)} ${ROW}${joins}`,
    visibleTo,
    allVisibleTo: (scopes) => {
      const all = visibleTo(`ARRAY[${scopes.map(literal).join(', ')}]::text[]`);
      const narrow = scope.within(scopes);
      return narrow === null ? all : `${all} AND ${narrow}`;
    },
    scope: expr,
  };
}

/** Kinds whose keys an array of their type reads as they are, without a thought for their length. */
const plainKinds: ReadonlySet<ValueKind> = new Set(['integer', 'uuid']);

/** `row` has one of the keys in `keys` (an expression of type text[]); can use the primary key's index. */
export function keyIn(table: TablePlan, row: string, keys: string): string {
  const columns = keyColumns(table);
  const [first] = columns;
  if (table.ownKey && first !== undefined) {
    const list = plainKinds.has(first.kind)
      ? `${keys}::${first.castType}[]`
      : `ARRAY(SELECT ${assignSql(first, 'k.key')} FROM unnest(${keys}) k(key))`;
    return `${row}.${id(first.name)} = ANY (${list})`;
  }
  const parts = columns.map((column, place) => assignSql(column, `(k.parts ->> ${String(place)})`));
  const names = columns.map(({ name }) => `${row}.${id(name)}`);
  return `(${names.join(', ')}) IN (SELECT ${parts.join(', ')} FROM (SELECT x.key::jsonb AS parts FROM unnest(${keys}) x(key)) k)`;
}

/** `row` is the row with the key `key` (a text expression). */
export function keyEquals(table: TablePlan, row: string, key: string): string {
  return keyColumns(table)
    .map((column, place) => {
      const text = table.ownKey ? key : `(${key}::jsonb ->> ${String(place)})`;
      return `${row}.${id(column.name)} = ${assignSql(column, text)}`;
    })
    .join(' AND ');
}

/** Kinds whose canonical text is what the type itself reads. */
const INDEXED_KINDS: ReadonlySet<string> = new Set(['integer', 'uuid', 'text']);

/**
 * Order and starting point of a streamed table: the order of the key's own index, so that nothing has to be sorted
 * before the first row comes. Any order will do that stays the same when a load resumes.
 */
export function keyOrder(
  table: TablePlan,
  after: string | null,
): { orderBy: string; behind: string } {
  const column = `${ROW}.${id(table.key[0] ?? '')}`;
  if (table.ownKey && INDEXED_KINDS.has(table.keyKind)) {
    return {
      orderBy: column,
      behind: after === null ? 'true' : `${column} > ${literal(after)}::${table.keyCastType}`,
    };
  }
  const key = `(${keySql(table, ROW)}) COLLATE "C"`;
  return { orderBy: key, behind: after === null ? 'true' : `${key} > ${literal(after)}` };
}

/** Columns and expressions that set `columns` from the array columns `v0, v1, ...` of `u`. */
export function assignments(columns: readonly ColumnPlan[]): { column: string; value: string }[] {
  return columns.map((column, index) => ({
    column: id(column.hq),
    value: assignSql(column, `u.v${String(index)}`),
  }));
}
