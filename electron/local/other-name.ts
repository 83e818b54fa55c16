import Database from 'better-sqlite3';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { codeOf } from './errors.ts';

/**
 * Refuses, as LOCAL_LOCKED, a file that some program has open under another name of it (a hard link): SQLite keeps the
 * write-ahead log beside the name, so that two names are two logs on one file, and each would lose what the other writes.
 * The engine's locks keep one user's engines apart, not those of two users, and not the POS.
 *
 * Asked only where the file has a second name and nobody has it open under this one: whoever gets it for himself, alone,
 * meets no one. Nothing is put beside it. Refused: refusing every file with two names, which a backup program's link
 * would turn into a stop.
 */
export function refuseOtherName(path: string, timeout: number): void {
  if (statSync(path).nlink < 2 || isOpenHere(path) || !isWritable(path)) return;
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { fileMustExist: true, timeout });
    db.pragma('locking_mode = EXCLUSIVE');
    db.prepare('SELECT count(*) FROM sqlite_master').get();
  } catch (error) {
    // Another connection under this very name came meanwhile; what else fails is told by who opens the file in earnest.
    if (codeOf(error).startsWith('SQLITE_BUSY') && !isOpenHere(path)) throw error;
  } finally {
    db?.close();
  }
}

const isOpenHere = (path: string): boolean => existsSync(`${path}-shm`);

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
