import type { Statement } from 'better-sqlite3';
import type { ReadableDb } from './open.ts';

/** Prepares each statement once per connection. */
export type Prepare = (sql: string) => Statement<unknown[], unknown>;

export function preparer(db: ReadableDb): Prepare {
  const statements = new Map<string, Statement<unknown[], unknown>>();
  return (sql) => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = db.prepare<unknown[], unknown>(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
}

/** What all parts of the store share. */
export interface StoreContext {
  readonly prepare: Prepare;
  /** Wall time for what PayFlow writes itself. */
  readonly now: () => string;
}
