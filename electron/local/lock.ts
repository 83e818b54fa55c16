import Database from 'better-sqlite3';
import { chmodSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import { codeOf, localError } from './errors.ts';

export interface EngineLock {
  /** Lets the next engine in; a second call does nothing. */
  release(): void;
}

/**
 * One engine per file (invariant 9): throws ENGINE_RUNNING while another process, or another part of this one, holds it.
 *
 * Held as an EXCLUSIVE transaction on a SQLite file of its own beside the database: the operating system drops it
 * with the process, also after kill -9. Refused: a pid file (a stale one blocks, a reused pid lies) and a lock on
 * payflow.db itself (the POS must write meanwhile). The lock file stays when it is released: who deletes it
 * can delete the one that the next engine has just locked.
 */
export function acquireLock(path: string): EngineLock {
  const file = realPath(path);
  const lockFile = `${file}.lock`;
  let db: Database.Database | undefined;
  try {
    db = new Database(lockFile, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
    chmodSync(lockFile, 0o600);
  } catch (error) {
    db?.close();
    if (codeOf(error).startsWith('SQLITE_BUSY')) {
      throw new PayflowError('ENGINE_RUNNING', { file }, { cause: error });
    }
    throw localError(error, lockFile);
  }
  const held = db;
  return { release: () => void held.close() };
}

/** The file behind every symlink. A file that is still to be made is found by its folder. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw localError(error, path);
  }
  try {
    return join(realpathSync.native(dirname(path)), basename(path));
  } catch (error) {
    throw localError(error, path);
  }
}
