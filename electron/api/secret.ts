import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import { fileProblem } from '../host/file-problem.ts';

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
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, randomBytes(48).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const secret = readFileSync(path, 'utf8').trim();
  if (secret.length < minLength) throw new Error('it holds no key');
  return secret;
}
