import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import { fileProblem } from '../host/file-problem.ts';
import { makeOnce } from '../host/make-once.ts';

const fileName = 'api-secret';
/** HS256's own size: a shorter one can be guessed from a single token. */
const minLength = 32;

/**
 * The key that signs tokens: JWT_SECRET, otherwise a random one that is made once and kept in `folder` for this user
 * alone, so that a token outlives a restart of the server.
 */
export function tokenSecret(setting: string | null, folder: string): string {
  if (setting !== null) {
    if (setting.length >= minLength) return setting;
    throw new PayflowError('SETTINGS_INVALID', {
      name: 'JWT_SECRET',
      problem: `it must have at least ${minLength} characters`,
    });
  }
  const path = join(folder, fileName);
  try {
    return keptSecret(path);
  } catch (error) {
    throw new PayflowError(
      'API_KEY_NOT_KEPT',
      { path, problem: fileProblem(error) },
      { cause: error },
    );
  }
}

/** Two that start at once agree: only one can make the file, the other reads it. */
function keptSecret(path: string): string {
  const kept = readSecret(path);
  if (kept !== null) return kept;
  // Cut short by a full disk or a loss of power: no token that is worth anything was signed with it.
  rmSync(path, { force: true });
  makeOnce(path, randomBytes(48).toString('base64url'));
  const made = readSecret(path);
  if (made === null) throw new Error('it holds no key');
  return made;
}

/** Null: there is none, or what stands there is none. */
function readSecret(path: string): string | null {
  try {
    const secret = readFileSync(path, 'utf8').trim();
    return secret.length < minLength || secret.includes('\0') ? null : secret;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
