import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { safeStorage } from 'electron';
import { fileSecrets } from '../host/file-secrets.ts';
import type { SecretStore } from '../host/host-types.ts';
import type { Log } from '../host/log.ts';

/** Linux without a key ring encrypts with a key that everyone knows. */
function isReallyEncrypted(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  return process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text';
}

/**
 * HQ's password, encrypted by the system's key store, in a file of `folder`; without a key store in the file that `payflow
 * serve` keeps it in, which the form says. Only once the app is ready. The calls that answer at once are used on purpose:
 * saving the settings says whether it worked.
 */
export function openSecrets(folder: string, log: Log): SecretStore {
  const path = join(folder, 'secret');
  return isReallyEncrypted()
    ? encryptedSecrets(path, log)
    : withoutKeyRing(path, fileSecrets(join(folder, 'hq-password')));
}

/** Electron would encrypt with the known key if it were told to: it would look like more than it is. */
function withoutKeyRing(encrypted: string, file: SecretStore): SecretStore {
  return {
    ...file,
    write(secret) {
      file.write(secret);
      // What a key ring kept is replaced, and must not come back with it.
      rmSync(encrypted, { force: true });
    },
  };
}

function encryptedSecrets(path: string, log: Log): SecretStore {
  return {
    isSafe: true,
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
      writeFileSync(`${path}.new`, safeStorage.encryptString(secret), {
        mode: 0o600,
        flush: true,
      });
      renameSync(`${path}.new`, path);
    },
  };
}
