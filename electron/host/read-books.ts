import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { Book } from '../sync/ports.ts';
import { resourcesFolder } from './resources.ts';

const name = z.string().min(1);
const schema = z.strictObject({
  version: z.literal(1),
  books: z.array(
    z.strictObject({
      table: name,
      through: name.optional(),
      receipt: name,
      shift: name,
      tender: name,
      net: name.optional(),
      tax: name.optional(),
      total: name,
    }),
  ),
});

export type BooksFile = z.infer<typeof schema>;

/** Which tables and columns are the books: data, because another shop calls them otherwise. */
export function readBooks(path = join(resourcesFolder, 'books.yaml')): BooksFile {
  return schema.parse(parse(readFileSync(path, 'utf8')));
}

/**
 * The books that the plan has. Throws BOOKS_UNKNOWN where a table syncs and a column that is named does not: passed over,
 * it would make a money check that looks at nothing.
 */
export function booksIn(plan: Plan, { books }: BooksFile): Book[] {
  return books.flatMap((book): Book[] => {
    const table = plan.tables.find((candidate) => candidate.name === book.table);
    if (table === undefined) return [];
    const place = (within: TablePlan, column: string): number => {
      const index = within.columns.findIndex(({ hq }) => hq === column);
      if (index < 0) throw new PayflowError('BOOKS_UNKNOWN', { table: within.name, column });
      return index;
    };
    const through = book.through === undefined ? null : place(table, book.through);
    const key = table.foreignKeys.find(({ column }) => column === book.through);
    const parent =
      through === null ? table : plan.tables.find((candidate) => candidate.name === key?.refTable);
    if (parent === undefined)
      throw new PayflowError('BOOKS_UNKNOWN', { table: table.name, column: book.through ?? '' });
    const amount = (column: string | undefined): number | null => {
      const index = column === undefined ? null : place(table, column);
      const kind = index === null ? 'decimal' : table.columns[index]?.kind;
      if (kind !== 'decimal' && kind !== 'integer')
        throw new PayflowError('BOOKS_UNKNOWN', { table: table.name, column: column ?? '' });
      return index;
    };
    return [
      {
        table,
        parent,
        through,
        receipt: place(parent, book.receipt),
        shift: place(parent, book.shift),
        tender: place(table, book.tender),
        amounts: [amount(book.net), amount(book.tax), amount(book.total)],
      },
    ];
  });
}
