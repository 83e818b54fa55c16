import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SecretStore } from './host-types.ts';

/**
 * HQ's password where no key store is: a file for this user alone, as PostgreSQL's own `.pgpass`. The form says that
 * it is not encrypted; `DATABASE_URL` in the environment goes without it.
 */
export function fileSecrets(path: string): SecretStore {
  return {
    isSafe: false,
    read() {
      try {
        // An empty file, as an earlier PayFlow on a full disk left it, is none.
        return readFileSync(path, 'utf8') || null;
      } catch {
        return null;
      }
    },
    write(secret) {
      if (secret === null) {
        rmSync(path, { force: true });
        return;
      }
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      // Whole or not at all: half a password signs nobody in.
      writeFileSync(`${path}.new`, secret, { mode: 0o600, flush: true });
      renameSync(`${path}.new`, path);
    },
  };
}
