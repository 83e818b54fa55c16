import { statfsSync, type StatsFs } from 'node:fs';
import { dirname } from 'node:path';
import { realPath } from './lock.ts';

/**
 * Below it somebody has to make room: a day's sales of a busy till with PayFlow's record of them, and a copy of the file
 * before a change of its schema, are some ten megabytes.
 */
export const LOW_DISK_BYTES = 200_000_000;

/**
 * Is the disk that payflow.db stands on nearly full, for this user? Where its room cannot be told (no folder yet, a
 * network folder that keeps it to itself) nobody is alarmed: a write that finds none says so itself.
 */
export function isDiskLow(
  path: string,
  roomOf: (folder: string) => Pick<StatsFs, 'bavail' | 'bsize'> = statfsSync,
): boolean {
  try {
    const { bavail, bsize } = roomOf(dirname(realPath(path)));
    return bavail * bsize < LOW_DISK_BYTES;
  } catch {
    return false;
  }
}
