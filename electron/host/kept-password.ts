import { createHash } from 'node:crypto';
import type { SecretStore } from './host-types.ts';

/** Who a password is for: never another server, and never another user there. */
export interface PasswordFor {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

export function isSameServer(one: PasswordFor | undefined, other: PasswordFor): boolean {
  return one?.host === other.host && one.port === other.port && one.user === other.user;
}

const digestOf = ({ host, port, user }: PasswordFor): string =>
  createHash('sha256')
    .update(JSON.stringify([host, port, user]))
    .digest('hex');

/** What is kept is a password behind the digest of who it is for. */
const bound = /^payflow:([0-9a-f]{64}):(.+)$/s;

/**
 * HQ's password as a SecretStore keeps it: bound to the address that it was given for, so that none of the two files is
 * trusted to be as new as the other, and a key ring that is locked while the address changes betrays nothing later.
 */
export class KeptPassword {
  readonly #secrets: SecretStore;

  constructor(secrets: SecretStore) {
    this.#secrets = secrets;
  }

  /**
   * The password kept for `address`. `filed` is the address of settings.json: what an earlier PayFlow kept says not whom it
   * is for, and was saved with that one (`keepFor` and `forget` see to it that no other address ever stands beside it).
   */
  read(address: PasswordFor, filed: PasswordFor | undefined): string | undefined {
    const kept = this.#secrets.read();
    if (kept === null) return undefined;
    const [, digest, password] = bound.exec(kept) ?? [];
    if (digest !== undefined) return digest === digestOf(address) ? password : undefined;
    return isSameServer(filed, address) ? kept || undefined : undefined;
  }

  keepFor(address: PasswordFor, password: string): void {
    this.#secrets.write(`payflow:${digestOf(address)}:${password}`);
  }

  /** Also one that cannot be read now. */
  forget(): void {
    this.#secrets.write(null);
  }
}
