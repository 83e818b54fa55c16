import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import type { Queryable } from './queryable.ts';

const KEY = `hashtextextended('payflow_sync.install', 0)`;
const pauseMs = 100;
const answer = z.tuple([z.object({ mine: z.boolean() })]);

/**
 * One install or uninstall at a time: the work runs while its session, a connection and no pool, holds HQ's lock for them.
 * It is asked for again and again and never waited for: a session that waits inside a statement holds a snapshot, and
 * the index that the other one builds waits for that. Throws `HQ_BUSY` when it was not free for `patienceMs`.
 */
export async function aloneAtHq<T>(
  db: Queryable,
  patienceMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  while (!(await tryLock(db))) {
    if (Date.now() >= deadline)
      throw new PayflowError('HQ_BUSY', { detail: 'another "payflow hq install" is at work' });
    await wait(pauseMs);
  }
  try {
    return await work();
  } finally {
    // A connection that is gone has let go of it.
    await db.query(`SELECT pg_advisory_unlock(${KEY})`).catch(() => undefined);
  }
}

async function tryLock(db: Queryable): Promise<boolean> {
  const { rows } = await db.query(`SELECT pg_try_advisory_lock(${KEY}) AS mine`);
  return answer.parse(rows)[0].mine;
}
