import { setTimeout as wait } from 'node:timers/promises';
import { PayflowError } from '../../shared/errors.ts';
import { qualified } from './identifiers.ts';
import { sqlStateOf } from './hq-errors.ts';
import type { Relation } from './capture-sql.ts';
import type { Queryable } from './queryable.ts';

export interface TableLock {
  readonly relation: Relation;
  /** What CREATE TRIGGER takes, and what DROP TRIGGER takes. */
  readonly mode: 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE';
}

const pauseMs = 100;

/**
 * Locks all tables at once or none, inside the caller's transaction. It never waits while it holds a lock: a
 * deadlock would be ended by failing whoever looks first, and that may be a program of the shop. Throws
 * `HQ_BUSY { table }` when a table was not free for `patienceMs`.
 */
export async function lockTables(
  db: Queryable,
  locks: readonly TableLock[],
  patienceMs: number,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const busy = await tryLock(db, locks);
    if (busy === null) return;
    if (Date.now() >= deadline) throw new PayflowError('HQ_BUSY', { table: busy });
    await wait(pauseMs);
  }
}

/** Null, or the table that somebody else holds. */
async function tryLock(db: Queryable, locks: readonly TableLock[]): Promise<string | null> {
  await db.query('SAVEPOINT payflow_lock');
  for (const { relation, mode } of locks) {
    try {
      await db.query(`LOCK TABLE ${qualified(relation)} IN ${mode} MODE NOWAIT`);
    } catch (error) {
      if (sqlStateOf(error) !== '55P03') throw error;
      await db.query('ROLLBACK TO SAVEPOINT payflow_lock');
      return relation.name;
    }
  }
  await db.query('RELEASE SAVEPOINT payflow_lock');
  return null;
}
