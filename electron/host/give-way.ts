import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** Steps below the priority of everything else: a tenth of a busy core stays for the sync. */
const BELOW = 10;

/**
 * The calling thread gives way to the window's threads and to the POS program, where the machine has too few cores for
 * all of them. On Linux alone: elsewhere Node knows no thread's priority, and that of the process would be lowered with
 * the window in it.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  // Linux gives a priority to each thread, by its own number (setpriority(2), "C library/kernel differences").
  setPriority(Number(basename(readlinkSync('/proc/thread-self'))), BELOW);
}
