import { statSync } from 'node:fs';
import { localError } from './errors.ts';

/**
 * Which file stands at a path, behind every symlink: its device and number. A connection of SQLite stays with the file
 * it was opened on, also when that is removed and another takes its place. Null: there is none.
 */
export function fileIdentity(path: string): string | null {
  try {
    // Numbers of files are longer than a double holds.
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? null : `${String(found.dev)}-${String(found.ino)}`;
  } catch (error) {
    throw localError(error, path);
  }
}
