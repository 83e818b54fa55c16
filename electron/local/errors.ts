import Database from 'better-sqlite3';
import { PayflowError } from '../../shared/errors.ts';

/** SQLite's result codes and the file system's, as the code a person can act on. The longest prefix wins. */
const codes: readonly (readonly [prefix: string, code: string])[] = [
  ['SQLITE_NOTADB', 'LOCAL_NOT_A_DATABASE'],
  ['SQLITE_BUSY', 'LOCAL_LOCKED'],
  ['SQLITE_LOCKED', 'LOCAL_LOCKED'],
  ['SQLITE_FULL', 'LOCAL_FULL'],
  ['ENOSPC', 'LOCAL_FULL'],
  ['EDQUOT', 'LOCAL_FULL'],
  ['SQLITE_CORRUPT', 'LOCAL_DAMAGED'],
  ['SQLITE_READONLY', 'LOCAL_READ_ONLY'],
  ['EROFS', 'LOCAL_READ_ONLY'],
  ['SQLITE_PERM', 'LOCAL_NO_PERMISSION'],
  ['SQLITE_CANTOPEN', 'LOCAL_NO_PERMISSION'],
  ['EACCES', 'LOCAL_NO_PERMISSION'],
  ['EPERM', 'LOCAL_NO_PERMISSION'],
  ['ENOENT', 'LOCAL_NOT_FOUND'],
  ['ENOTDIR', 'LOCAL_NOT_FOUND'],
  ['EISDIR', 'LOCAL_NOT_A_DATABASE'],
];

/** The driver's or the file system's code of a failure; empty where it has none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/**
 * A failure of payflow.db with our code and the file it concerns. What is no failure of SQLite or of the file
 * system is returned as it is: a bug of ours must not read like a full disk.
 */
export function localError(error: unknown, file: string): unknown {
  if (error instanceof PayflowError) return error;
  const code = codeOf(error);
  const known = codes.find(([prefix]) => code.startsWith(prefix));
  if (known !== undefined) return new PayflowError(known[1], { file }, { cause: error });
  if (!(error instanceof Database.SqliteError)) return error;
  return new PayflowError('LOCAL_ERROR', { file, sqlite: code }, { cause: error });
}

/** The same for a read of what PayFlow stored as JSON: where it is none any more, SQLite had no reason to doubt the page. */
export function storedError(error: unknown, file: string): unknown {
  if (!(error instanceof SyntaxError)) return localError(error, file);
  return new PayflowError('LOCAL_DAMAGED', { file }, { cause: error });
}
