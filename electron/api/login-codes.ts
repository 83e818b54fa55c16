import { createHash, randomBytes } from 'node:crypto';
import type { Role } from '../../shared/contract.ts';

/** Long enough to change to a browser, short enough that a link in a scrollback opens nothing. */
export const LOGIN_CODE_MS = 10 * 60_000;

/**
 * For a link that the app gives to a browser at once: it stands in the browser's command line, which every user of the
 * machine can read. Long enough for a slow browser to start.
 */
export const HANDED_CODE_MS = 30_000;

export interface LoginCodes {
  /** A code that opens one session of this role, once, within `lifeMs`. */
  issue(role: Role, lifeMs?: number): string;
  /** The role of a code that is still good; it is used up by this. */
  redeem(code: string): Role | null;
}

const digest = (code: string): string => createHash('sha256').update(code).digest('base64');

/** Kept as digests: what stands in memory opens nothing, and looking one up takes the same time for any guess. */
export function createLoginCodes(now: () => number = Date.now): LoginCodes {
  const open = new Map<string, { readonly role: Role; readonly until: number }>();
  return {
    issue(role, lifeMs = LOGIN_CODE_MS) {
      const code = randomBytes(32).toString('base64url');
      open.set(digest(code), { role, until: now() + lifeMs });
      return code;
    },
    redeem(code) {
      const key = digest(code);
      const found = open.get(key);
      open.delete(key);
      return found !== undefined && now() <= found.until ? found.role : null;
    },
  };
}
