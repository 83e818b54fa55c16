import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { PayflowError } from '../../shared/errors.ts';
import { localError } from './errors.ts';
import type { ReadableDb } from './open.ts';

export interface BackupOptions {
  /** How many backups stay, this one among them; at least 1. */
  readonly keep: number;
  readonly now: Date;
}

const backupName = /^payflow-\d{8}T\d{6}(-\d+)?\.db$/;

/**
 * A copy of the open file in `folder`, made with SQLite's online backup API while the POS goes on writing, checked, flushed
 * and only then given its name: what is called payflow-*.db is whole. It is one file without -wal. Returns its path.
 */
export async function backupTo(
  db: ReadableDb,
  folder: string,
  options: BackupOptions,
): Promise<string> {
  const part = join(folder, `.payflow-${process.pid}-${options.now.getTime()}.part`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    closeSync(openSync(part, 'wx', 0o600));
    // All pages in one step: a backup in small steps starts over whenever the POS commits between two of them.
    await db.backup(part, { progress: () => 0x7fffffff });
    check(part);
    const path = freeName(folder, options.now);
    renameSync(part, path);
    flush(folder);
    prune(folder, options.keep);
    return path;
  } catch (error) {
    throw localError(error, folder);
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(part + suffix, { force: true });
  }
}

/** The backups of a folder, oldest first. */
export function listBackups(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => backupName.test(name))
    .toSorted(byAge)
    .map((name) => join(folder, name));
}

function check(path: string): void {
  const copy = new Database(path);
  try {
    copy.pragma('journal_mode = DELETE');
    const finding = copy.prepare('PRAGMA quick_check(1)').pluck().get();
    if (finding !== 'ok')
      throw new PayflowError('LOCAL_DAMAGED', { file: path, finding: String(finding) });
  } finally {
    copy.close();
  }
  chmodSync(path, 0o600);
  flush(path);
}

function flush(path: string): void {
  if (process.platform === 'win32') return; // no fsync of folders there, and files need a writable handle
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function freeName(folder: string, now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  let path = join(folder, `payflow-${stamp}.db`);
  for (let count = 2; existsSync(path); count += 1)
    path = join(folder, `payflow-${stamp}-${count}.db`);
  return path;
}

/** Two of one second: the number decides, as a number (`-10` after `-9`). */
function byAge(a: string, b: string): number {
  const [stampA, stampB] = [a.slice(0, 23), b.slice(0, 23)];
  const number = (name: string): number => Number(/-(\d+)\.db$/.exec(name.slice(23))?.[1] ?? 1);
  return stampA === stampB ? number(a) - number(b) : stampA < stampB ? -1 : 1;
}

function prune(folder: string, keep: number): void {
  for (const path of listBackups(folder).slice(0, -Math.max(1, keep)))
    rmSync(path, { force: true });
}
