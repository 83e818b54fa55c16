import Database from 'better-sqlite3';
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { PayflowError } from '../../shared/errors.ts';
import { codeOf, localError } from './errors.ts';
import { refuseOtherName } from './other-name.ts';

/** A connection that reads. A signature says with this type that the function changes nothing. */
export type ReadableDb = Database.Database & { readonly __readable: never };
/** A connection that may write; good wherever one that reads is. */
export type WritableDb = ReadableDb & { readonly __writable: never };

export interface OpenOptions {
  readonly readonly?: boolean;
  /** False: a missing file is LOCAL_NOT_FOUND instead of a new, empty one. */
  readonly create?: boolean;
  /** How long to wait for another program's lock. */
  readonly busyTimeoutMs?: number;
}

/** Below it SQLite can lose a committed transaction at a WAL reset (invariant 1). */
const oldestSqlite = [3, 51, 3] as const;
const busyTimeoutMs = 5000;

/**
 * The one factory of connections to payflow.db. Throws `PayflowError` LOCAL_* with the file; in none of those
 * cases has a byte of the file changed, so that a mistyped PAYFLOW_DB never ruins somebody's document.
 */
export function openLocal(path: string, options: OpenOptions & { readonly: true }): ReadableDb;
export function openLocal(path: string, options?: OpenOptions & { readonly?: false }): WritableDb;
export function openLocal(path: string, options: OpenOptions = {}): ReadableDb {
  const readonly = options.readonly ?? false;
  let db: Database.Database | undefined;
  try {
    prepareFile(path, !readonly && (options.create ?? true));
    if (!readonly) assertWritable(path);
    refuseOtherName(path, options.busyTimeoutMs ?? busyTimeoutMs);
    db = new Database(path, {
      readonly,
      fileMustExist: true,
      timeout: options.busyTimeoutMs ?? busyTimeoutMs,
    });
    assertVersion(db.prepare('SELECT sqlite_version()').pluck().get() as string);
    // Parses the header and the whole schema: "file is not a database", a lock and damage show here, before any write.
    db.prepare('SELECT count(*) FROM sqlite_master').get();
    if (!readonly) useWal(db, path, options.busyTimeoutMs ?? busyTimeoutMs);
    configure(db);
    // What a statement would have to take back is kept in memory: else a bulk write writes it to a temporary file too. Not for
    // readers, which may sort a whole table.
    if (!readonly) db.pragma('temp_store = MEMORY');
    return db as WritableDb;
  } catch (error) {
    db?.close();
    throw localError(error, path);
  }
}

/** Whole-file check, slow on a big file: only where damage is suspected, and before a fix is committed. */
export function assertUndamaged(db: ReadableDb): void {
  const findings = quickCheck(db);
  if (findings.length === 1 && findings[0] === 'ok') return;
  throw new PayflowError('LOCAL_DAMAGED', { file: db.name, finding: findings.join('; ') });
}

/** It lists most damage and throws at some. */
function quickCheck(db: ReadableDb): string[] {
  try {
    return db.prepare('PRAGMA quick_check(5)').pluck().all() as string[];
  } catch (error) {
    throw localError(error, db.name);
  }
}

/** Exported for its test: the SQLite at hand is always new enough. */
export function assertVersion(version: string): void {
  const parts = version.split('.').map(Number);
  for (const [index, oldest] of oldestSqlite.entries()) {
    const part = parts[index] ?? 0;
    if (part > oldest) return;
    if (part < oldest) throw new PayflowError('LOCAL_SQLITE_TOO_OLD', { version });
  }
}

/**
 * A new file is made by us, because SQLite would make it readable for everybody (umask); -wal and -shm get its mode. An
 * existing one is only looked at from outside: to open and close it here would drop the POSIX locks that another
 * connection of this process holds on it (sqlite.org/howtocorrupt.html, 2.2).
 */
function prepareFile(path: string, create: boolean): void {
  if (create && !exists(path)) return closeSync(openSync(path, 'wx', 0o600));
  if (!statSync(path).isFile()) throw new PayflowError('LOCAL_NOT_A_DATABASE', { file: path });
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * SQLite opens a write-protected file for reading only and says so at the first write; we want to know now. Refused: BEGIN
 * IMMEDIATE, which SQLite makes a read transaction on such a file, and a trial write, which takes the POS's lock.
 */
function assertWritable(path: string): void {
  accessSync(path, constants.R_OK);
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new PayflowError('LOCAL_READ_ONLY', { file: path }, { cause: error });
  }
}

/** The switch to WAL does not wait for the busy handler (powersync-js#749), so we do. */
function useWal(db: Database.Database, path: string, timeoutMs: number): void {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      if (db.pragma('journal_mode', { simple: true }) === 'wal') return;
      if (db.pragma('journal_mode = WAL', { simple: true }) === 'wal') return;
      throw new PayflowError('LOCAL_NO_WAL', { file: path });
    } catch (error) {
      if (!codeOf(error).startsWith('SQLITE_BUSY') || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function configure(db: Database.Database): void {
  db.pragma('synchronous = FULL'); // a committed sale survives a power cut (invariant 1); WAL's default here is NORMAL
  // The engine checks references itself: no action of SQLite's (CASCADE, SET NULL) may change rows behind the capture guard,
  // and a page of HQ rows arrives in an order of its own (DESIGN 3.7).
  db.pragma('foreign_keys = OFF');
  db.pragma('trusted_schema = OFF'); // the file is written by other programs: its triggers get harmless functions only
  db.pragma('cell_size_check = ON');
  // Keys are random: an upload or a first load rewrites the same index pages again and again, and fewer checkpoints write
  // each of them fewer times. The end of a cycle makes one (move-log.ts).
  db.pragma('wal_autocheckpoint = 8000');
  db.pragma('cache_size = -32000');
}
