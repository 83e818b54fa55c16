import { createHash, hash } from 'node:crypto';
import type { Hashing } from '../sync/ports.ts';

/** A namespace of PayFlow's own, so that its UUIDv5 never meet another program's. */
const NAMESPACE = Buffer.from('6ba7b8149dad11d180b400c04fd430c8', 'hex');

/** The engine's hashing on node's crypto. */
export const hashing: Hashing = {
  rowHash: (text) => hash('md5', text, 'hex').slice(0, 16),
  uuidOf: (...parts) => {
    const digest = createHash('sha1').update(NAMESPACE).update(JSON.stringify(parts)).digest();
    digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
    digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
    const hex = digest.toString('hex');
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20, 32),
    ].join('-');
  },
};
