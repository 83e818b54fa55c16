/** What a person has to know although nothing waits (`sync_notice`). Times are ISO 8601, as stored. */
import type { MessageParams } from '../../shared/errors.ts';
import type { NoticeRow } from '../../shared/rows.ts';
import type { PageBounds, PageOf } from './listed-pages.ts';
import type { ReadableDb, WritableDb } from './open.ts';

export interface Notice {
  readonly id: number;
  readonly code: string;
  readonly params: MessageParams;
}

/** A file of an older PayFlow lacks the table, or its columns, until its next sync. */
function has(db: ReadableDb, column: string): boolean {
  const found = db.prepare(`SELECT 1 FROM pragma_table_info('sync_notice') WHERE name = ?`);
  return found.get(column) !== undefined;
}

function parsed<T extends { readonly params: string }>(row: T) {
  return { ...row, params: JSON.parse(row.params) as MessageParams };
}

/** Those that stand, newest first: of each kind the newest, which speaks for the others. */
export function standingNotices(db: ReadableDb): Notice[] {
  if (!has(db, 'id')) return [];
  const rows = db
    .prepare(
      `SELECT id, code, params FROM sync_notice
        WHERE id IN (SELECT max(id) FROM sync_notice WHERE settled_at IS NULL GROUP BY code) ORDER BY id DESC`,
    )
    .all() as (Omit<Notice, 'params'> & { params: string })[];
  return rows.map(parsed);
}

/** All that there ever were, newest first. */
export function noticePage(db: ReadableDb, { offset, limit }: PageBounds): PageOf<NoticeRow> {
  if (!has(db, 'settled_by')) return { rows: [], total: 0 };
  const rows = db
    .prepare(
      `SELECT id, code, params, at, settled_at AS settledAt, settled_by AS settledBy
         FROM sync_notice ORDER BY id DESC LIMIT ? OFFSET ?`,
    )
    .all(limit, offset) as (Omit<NoticeRow, 'params'> & { params: string })[];
  const total = db.prepare('SELECT count(*) FROM sync_notice').pluck().get() as number;
  return { rows: rows.map(parsed), total };
}

/** A data check that began after `before` has passed. */
export function settleNotices(db: WritableDb, now: string, before: string): void {
  db.prepare(
    `UPDATE sync_notice SET settled_at = ?, settled_by = 'check' WHERE settled_at IS NULL AND at <= ?`,
  ).run(now, before);
}

/**
 * A person has read it: it goes with the older ones of its kind, for which it spoke; a newer one stays. False where it
 * does not stand.
 */
export function dismissNotice(db: WritableDb, id: number, now: string): boolean {
  const { changes } = db
    .prepare(
      `UPDATE sync_notice SET settled_at = :now, settled_by = 'person'
        WHERE settled_at IS NULL AND id <= :id
          AND code = (SELECT code FROM sync_notice WHERE id = :id AND settled_at IS NULL)`,
    )
    .run({ now, id });
  return changes > 0;
}
