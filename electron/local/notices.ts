/** What a person has to know although nothing waits (`sync_notice`). */
import type { MessageParams } from '../../shared/errors.ts';
import type { ReadableDb, WritableDb } from './open.ts';

export interface Notice {
  readonly id: number;
  readonly code: string;
  readonly params: MessageParams;
  readonly at: string;
}

/** Those that stand, newest first. */
export function standingNotices(db: ReadableDb): Notice[] {
  // A file of an older PayFlow has no such table until its next sync.
  if (db.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'sync_notice'`).get() === undefined)
    return [];
  const rows = db
    .prepare(
      'SELECT id, code, params, at FROM sync_notice WHERE settled_at IS NULL ORDER BY id DESC',
    )
    .all() as (Omit<Notice, 'params'> & { params: string })[];
  return rows.map((row) => ({ ...row, params: JSON.parse(row.params) as MessageParams }));
}

/** A manager has dismissed them, or a data check that began after `before` has passed. */
export function settleNotices(db: WritableDb, now: string, before = now): void {
  db.prepare('UPDATE sync_notice SET settled_at = ? WHERE settled_at IS NULL AND at <= ?').run(
    now,
    before,
  );
}
