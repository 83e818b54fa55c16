import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { safeStorage } from 'electron';
import type { SecretStore } from '../host/host-types.ts';
import type { Log } from '../host/log.ts';

/** Linux without a key ring encrypts with a key that everyone knows. */
function isReallyEncrypted(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  return process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text';
}

/**
 * HQ's password, encrypted by the system's key store, in a file of `folder`. Only once the app is ready. The calls that
 * answer at once are used on purpose: saving the settings says whether it worked.
 */
export function openSecrets(folder: string, log: Log): SecretStore {
  const path = join(folder, 'secret');
  return {
    isSafe: isReallyEncrypted(),
    read() {
      try {
        return safeStorage.decryptString(readFileSync(path));
      } catch (error) {
        // No file is the usual case; another user's key ring, or a new one, is told in the log: the form asks again.
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
          log.error('the kept password cannot be read', error);
        return null;
      }
    },
    write(secret) {
      if (secret === null) {
        rmSync(path, { force: true });
        return;
      }
      writeFileSync(`${path}.new`, safeStorage.encryptString(secret), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  };
}
