import type { ReadableDb } from './open.ts';

/** Changes with every commit of another connection; costs 2 us and reads no page. */
export function fileVersion(db: ReadableDb): number {
  return db.pragma('data_version', { simple: true }) as number;
}

/** The newest entry the outbox ever had, sent or not: it never goes back. */
export function outboxEnd(db: ReadableDb): number {
  return (
    (db.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'sync_outbox'`).pluck().get() as
      number | undefined) ?? 0
  );
}
