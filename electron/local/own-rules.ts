import type { TablePlan } from '../../shared/plan.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { LocalStore } from '../sync/local-port.ts';
import type { WritableDb } from './open.ts';
import type { StoreContext } from './statements.ts';
import { uniquesOf, type UniqueOfFile } from './unique-keys.ts';

/** What the file asks of its rows that HQ knows nothing of, and how work that breaks it is taken back. */
export type OwnRules = Pick<LocalStore, 'hasOwnRules' | 'inSavepoint' | 'ruleBroken'>;

export function ownRules(db: WritableDb, { prepare }: StoreContext): OwnRules {
  const found = new Map<string, boolean>();
  let readAs: unknown = null;

  return {
    hasOwnRules(table) {
      const version = prepare('PRAGMA schema_version').pluck().get();
      if (version !== readAs) found.clear();
      readAs = version;
      const name = table.fingerprint + table.name;
      let has = found.get(name);
      if (has === undefined) found.set(name, (has = readRules(db, table)));
      return has;
    },
    inSavepoint(work) {
      prepare('SAVEPOINT work').run();
      try {
        const result = work();
        prepare('RELEASE work').run();
        return result;
      } catch (error) {
        // A full disk has ended the transaction, and the savepoint with it.
        if (db.inTransaction) {
          prepare('ROLLBACK TO work').run();
          prepare('RELEASE work').run();
        }
        throw error;
      }
    },
    ruleBroken(error) {
      if (!(error instanceof PayflowError)) return null;
      if (!String(error.params['sqlite']).startsWith('SQLITE_CONSTRAINT')) return null;
      return error.cause instanceof Error ? error.cause.message : '';
    },
  };
}

/** The key of a table without one of its own counts as one: an unsent row can have it too, under another local_id. */
function readRules(db: WritableDb, table: TablePlan): boolean {
  const sql = db
    .prepare<[string], string | null>(
      `SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE`,
    )
    .pluck()
    .get(table.name);
  if (/\bcheck\s*\(/i.test(sql ?? '')) return true;
  const known = new Set([
    'local_id',
    'server_id',
    ...table.uniques.map(({ columns }) => named(localNames(table, columns))),
  ]);
  return uniquesOf(db, table.name).some((unique) => !known.has(named(plainColumns(unique))));
}

const localNames = (table: TablePlan, columns: readonly string[]): string[] =>
  columns.map((hq) => table.columns.find((column) => column.hq === hq)?.local ?? hq);

/** The columns of a unique key that HQ could have as well; none where it is over an expression or a part of the rows. */
function plainColumns({ terms, where }: UniqueOfFile): string[] {
  const columns = terms.flatMap(({ column, collation }) =>
    column === null || collation !== 'BINARY' ? [] : [column],
  );
  return where === null && columns.length === terms.length ? columns : [];
}

const named = (columns: readonly string[]): string =>
  columns
    .map((column) => column.toLowerCase())
    .toSorted()
    .join('\0');
