import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import { realPath } from '../local/lock.ts';
import type { Instance } from '../sync/ports.ts';
import { makeOnce } from './make-once.ts';

/**
 * Who works on the payflow.db at this path: a key in a folder of this machine, one per path, so that neither a copy of the
 * file nor of its folder takes it along (DESIGN 8.1). Made when it is first asked for. HQ learns a digest of it.
 */
export function instanceOf(folder: string, databasePath: string): Instance {
  const file = keyFile(folder, databasePath);
  const key = readKey(file) ?? makeKey(file);
  return {
    digest: createHash('sha256').update(`payflow instance ${key}`).digest('hex'),
    holder: hostname(),
  };
}

/** Where the key of a payflow.db is kept. */
export function keyFile(folder: string, databasePath: string): string {
  const path = createHash('sha256').update(realPath(databasePath)).digest('hex');
  return join(folder, `instance-${path.slice(0, 32)}`);
}

function readKey(file: string): string | null {
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (/^[0-9a-f]{64}$/.test(key)) return key;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw unusable(file, error);
  }
  throw unusable(file, null);
}

function makeKey(file: string): string {
  try {
    makeOnce(file, `${randomBytes(32).toString('hex')}\n`);
  } catch (error) {
    throw unusable(file, error);
  }
  const key = readKey(file);
  if (key === null) throw unusable(file, null);
  return key;
}

function unusable(path: string, cause: unknown): PayflowError {
  return new PayflowError('LOCAL_KEY_UNUSABLE', { path }, { cause });
}
