import Database from 'better-sqlite3';
import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import { codeOf, localError } from './errors.ts';
import { fileIdentity } from './file-identity.ts';

export interface EngineLock {
  /** Of a file that was still to be made when the lock was taken: holds it too, under whatever name. */
  holdFile(): void;
  /** Lets the next engine in; a second call does nothing. */
  release(): void;
}

/** What nothing refers to is closed by the garbage collector, and a lock that is closed lets the next engine in. */
const locks = new Set<Database.Database>();

/**
 * One engine per file (invariant 9): throws ENGINE_RUNNING while another process, or another part of this one, holds it.
 *
 * Two locks, because neither is enough. The one in `folder`, this machine's own, is named after the file itself
 * (device and number), so that a hard link, or another name given while an engine runs, leads to the same lock. The one
 * beside the file is the same for every user of the machine, and for a file that does not exist yet.
 *
 * Each is an EXCLUSIVE transaction on a SQLite file of its own: the operating system drops it with the process, also
 * after kill -9. Refused: a pid file (a stale one blocks, a reused pid lies) and a lock on payflow.db itself (the
 * POS must write meanwhile). A lock file stays when it is released: who deletes it can delete the one that the next
 * engine has just locked.
 *
 * `look` may refuse the file by throwing: it runs when no engine has the file, and before anything is put beside it.
 */
export function acquireLock(
  path: string,
  folder: string,
  look: () => void = () => undefined,
): EngineLock {
  const file = realPath(path);
  const held = new Map<string, Database.Database>();
  const hold = (lockFile: string | null): void => {
    if (lockFile !== null && !held.has(lockFile)) held.set(lockFile, lockOn(lockFile, file));
  };
  const release = (): void => {
    for (const db of held.values()) {
      db.close();
      locks.delete(db);
    }
    held.clear();
  };
  const holdFile = (): void => {
    hold(fileLock(file, folder));
  };
  try {
    // A lock that nobody has made yet is nobody's; the file may be somebody's document.
    if (wasLocked(file, folder)) holdFile();
    look();
    holdFile();
    hold(`${file}.lock`);
  } catch (error) {
    release();
    throw error;
  }
  return { holdFile, release };
}

/** Has an engine ever run on this file, so that to try its locks makes no new file beside it? */
export function wasLocked(path: string, folder: string): boolean {
  const file = realPath(path);
  return [fileLock(file, folder), `${file}.lock`].some((lock) => lock !== null && existsSync(lock));
}

/** Null: the file is still to be made. */
function fileLock(file: string, folder: string): string | null {
  const identity = fileIdentity(file);
  return identity === null ? null : join(folder, `engine-${identity}.lock`);
}

function lockOn(lockFile: string, file: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    if (dirname(lockFile) !== dirname(file))
      mkdirSync(dirname(lockFile), { recursive: true, mode: 0o700 });
    db = new Database(lockFile, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
    chmodSync(lockFile, 0o600);
    locks.add(db);
    return db;
  } catch (error) {
    db?.close();
    if (codeOf(error).startsWith('SQLITE_BUSY')) {
      throw new PayflowError('ENGINE_RUNNING', { file }, { cause: error });
    }
    throw localError(error, lockFile);
  }
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
