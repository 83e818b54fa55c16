import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A file for this user alone, made once: whole and on the disk or not at all, and one for all who make it at once. Whoever
 * links first has made it; what stands there is to be read afterwards.
 */
export function makeOnce(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${String(process.pid)}`;
  try {
    writeFileSync(part, text, { mode: 0o600, flush: true });
    linkSync(part, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(part, { force: true });
  }
}
