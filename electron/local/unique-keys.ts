import type { ReadableDb } from './open.ts';
import { tokensOf } from './sql-tokens.ts';

/** One term of a unique key: a column of the table, or an expression over some (`column` null). */
export interface UniqueTerm {
  readonly column: string | null;
  /** As the index has it: a column's bare name, or the expression's text. */
  readonly text: string;
  /** The index's own collation, which need not be the column's. */
  readonly collation: string;
}

/** What OR REPLACE keeps unique: no two rows share all terms, among those that fulfil `where`. */
export interface UniqueOfFile {
  readonly terms: readonly UniqueTerm[];
  readonly where: string | null;
}

/**
 * All that makes SQLite replace a row of this table: primary keys, unique constraints and indexes, over columns and
 * expressions, whole and partial, as the file has them. The POS may have made more of them than HQ knows.
 */
export function uniquesOf(db: ReadableDb, table: string): UniqueOfFile[] {
  const indexes = db
    .prepare<[string], { name: string; unique: number; partial: number; origin: string }>(
      `SELECT name, "unique", partial, origin FROM pragma_index_list(?) ORDER BY name`,
    )
    .all(table);
  const uniques = indexes.filter(({ unique }) => unique === 1).map(({ name }) => ofIndex(db, name));
  const integerKey = rowidKey(db, table);
  if (integerKey === null || indexes.some(({ origin }) => origin === 'pk')) return uniques;
  return [
    ...uniques,
    { terms: [{ column: integerKey, text: integerKey, collation: 'BINARY' }], where: null },
  ];
}

/** The one column that is the row's number: it has no index of its own. */
function rowidKey(db: ReadableDb, table: string): string | null {
  const keys = db
    .prepare<[string], { name: string; type: string }>(
      'SELECT name, type FROM pragma_table_xinfo(?) WHERE pk > 0',
    )
    .all(table);
  const [only] = keys;
  return keys.length === 1 && only !== undefined && /^integer$/i.test(only.type) ? only.name : null;
}

function ofIndex(db: ReadableDb, name: string): UniqueOfFile {
  const sql = db
    .prepare<[string], string | null>(
      `SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?`,
    )
    .pluck()
    .get(name);
  const written = sql == null ? { items: [], where: null } : readIndex(sql);
  const terms = db
    .prepare<[string], { seqno: number; name: string | null; coll: string }>(
      'SELECT seqno, name, coll FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno',
    )
    .all(name)
    .map(({ seqno, name: column, coll }) => ({
      column,
      text: column ?? written.items[seqno] ?? 'NULL',
      collation: coll,
    }));
  return { terms, where: written.where };
}

/** The terms of a CREATE INDEX without COLLATE, ASC and DESC (the pragmas tell those), and its WHERE. */
function readIndex(sql: string): { items: string[]; where: string | null } {
  const tokens = tokensOf(sql);
  const open = tokens.findIndex(({ text }) => text === '(');
  const items: string[] = [];
  let depth = 0;
  let first = open + 1;
  for (let place = open; place < tokens.length; place += 1) {
    const text = tokens[place]?.text ?? '';
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (depth > 1 || (depth === 1 && text !== ',')) continue;
    items.push(bareTerm(sql, tokens.slice(first, place)));
    first = place + 1;
    if (depth === 0) break;
  }
  const condition = tokens[first + 1];
  const where = tokens[first]?.text.toUpperCase() === 'WHERE' && condition !== undefined;
  return { items, where: where ? sql.slice(condition.start, tokens.at(-1)?.end) : null };
}

function bareTerm(sql: string, tokens: readonly ReturnType<typeof tokensOf>[number][]): string {
  let end = tokens.length;
  if (/^(asc|desc)$/i.test(tokens[end - 1]?.text ?? '')) end -= 1;
  if (/^collate$/i.test(tokens[end - 2]?.text ?? '')) end -= 2;
  const [from] = tokens;
  const to = tokens[end - 1];
  return from === undefined || to === undefined ? 'NULL' : sql.slice(from.start, to.end);
}
