import type pg from 'pg';
import type { Plan } from '../../shared/plan.ts';
import { encodeSql } from '../sync/codec.ts';
import type { Book, BookGroup, BookLine, BookSums } from '../sync/ports.ts';
import { textArray } from './array-param.ts';
import { id, qualified } from './identifiers.ts';
import { rowSql } from './row-sql.ts';

/** The row that has the receipt and the shift, where that is not the row itself. */
const PARENT = 'book_parent';

interface BookSql {
  readonly from: string;
  readonly where: string;
  readonly shift: string;
  readonly tender: string;
  readonly receipt: string;
  /** Numeric expressions; zero where the book has no such column. */
  readonly amounts: readonly string[];
  readonly key: string;
}

/** `$1`: keys that are left out. */
function bookSql(plan: Plan, book: Book, scopes: readonly string[]): BookSql {
  const sql = rowSql(plan, book.table);
  const own = book.through === null;
  const encoded = (index: number, within: Book['table'], alias: string): string => {
    const column = within.columns[index];
    return column === undefined ? 'NULL' : encodeSql(column, `${alias}.${id(column.hq)}`);
  };
  const parentAlias = own ? 't' : PARENT;
  const link = own ? '' : (book.table.columns[book.through]?.hq ?? '');
  const join = own
    ? ''
    : `\n LEFT JOIN ${qualified(book.parent)} ${PARENT} ON ${PARENT}.${id(book.parent.key[0] ?? '')} = t.${id(link)}`;
  return {
    key: sql.key,
    from: sql.from + join,
    where: `${sql.allVisibleTo(scopes)} AND NOT (${sql.key}) = ANY ($1::text[])`,
    shift: encoded(book.shift, book.parent, parentAlias),
    receipt: encoded(book.receipt, book.parent, parentAlias),
    tender: encoded(book.tender, book.table, 't'),
    amounts: book.amounts.map((index) => {
      const column = index === null ? undefined : book.table.columns[index];
      return column === undefined ? '0::numeric' : `coalesce(t.${id(column.hq)}::numeric, 0)`;
    }),
  };
}

const text = (numeric: string): string => `trim_scale(${numeric})::text`;

/** Per shift and tender, summed by HQ in exact decimals, in one snapshot. */
export async function sumBook(
  client: pg.PoolClient,
  plan: Plan,
  scopes: readonly string[],
  book: Book,
  aside: readonly string[],
): Promise<BookSums[]> {
  const sql = bookSql(plan, book, scopes);
  const sums = sql.amounts.map((amount) => text(`sum(${amount})`));
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${sql.shift}, ${sql.tender}, count(*)::text, ${sums.join(', ')} ${sql.from} WHERE ${sql.where} GROUP BY 1, 2`,
    values: [textArray(aside)],
    rowMode: 'array',
  });
  return rows.map(([shift, tender, count, net, tax, total]) => ({
    shift: shift ?? null,
    tender: tender ?? null,
    count: Number(count),
    net: net ?? '0',
    tax: tax ?? '0',
    total: total ?? '0',
  }));
}

/** The rows behind one line of the sums. */
export async function linesOfBook(
  client: pg.PoolClient,
  plan: Plan,
  scopes: readonly string[],
  book: Book,
  aside: readonly string[],
  group: BookGroup,
): Promise<BookLine[]> {
  const sql = bookSql(plan, book, scopes);
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${sql.key}, ${sql.receipt}, ${sql.amounts.map(text).join(', ')} ${sql.from}
            WHERE ${sql.where} AND ${sql.shift} IS NOT DISTINCT FROM $2 AND ${sql.tender} IS NOT DISTINCT FROM $3`,
    values: [textArray(aside), group.shift, group.tender],
    rowMode: 'array',
  });
  return rows.map(([key, receipt, net, tax, total]) => ({
    key: key ?? '',
    receipt: receipt ?? null,
    net: net ?? '0',
    tax: tax ?? '0',
    total: total ?? '0',
  }));
}
