import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const mostBytes = 128 * 1024;
const mostLines = 500;

/** The end of the log, newest line last; nothing where there is no log yet. */
export function logTail(path: string): string[] {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(handle);
    const start = Math.max(0, size - mostBytes);
    const bytes = Buffer.alloc(size - start);
    const read = readSync(handle, bytes, 0, bytes.length, start);
    const lines = bytes.subarray(0, read).toString('utf8').split('\n');
    // The first one was cut unless the file was read from its beginning.
    if (start > 0) lines.shift();
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-mostLines);
  } finally {
    closeSync(handle);
  }
}
