import type { WritableDb } from './open.ts';

/**
 * SQLite's default lets the commit that brings the log to 1,000 pages move it into the file, and the POS's program has that
 * default. Half of it is ours to leave behind: a dozen sales of some 30 pages find room before the next cycle's end.
 */
const PAGES_LEFT = 500;

interface LogState {
  /** Pages in the log, and how many of them are in the file already. */
  readonly log: number;
  readonly checkpointed: number;
}

/**
 * Moves the log into the file where it has grown (invariant 9: the POS comes first). PASSIVE: it waits for no reader and
 * no writer, and none waits for it; what a reader still needs stays for the next time. Behind it the POS's next
 * commit begins the log anew.
 *
 * Refused: after each cycle, which costs two flushes for every sale and writes the same index pages again and again; and
 * RESTART or TRUNCATE, which wait for readers with the POS shut out.
 */
export function moveLog(db: WritableDb): void {
  const { log, checkpointed } = checkpoint(db, 'NOOP');
  if (log - checkpointed >= PAGES_LEFT) checkpoint(db, 'PASSIVE');
}

function checkpoint(db: WritableDb, mode: 'NOOP' | 'PASSIVE'): LogState {
  return db.prepare(`PRAGMA wal_checkpoint(${mode})`).get() as LogState;
}
