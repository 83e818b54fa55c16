import { UnholdableValue } from './unholdable.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
/** Two lower-case digits a byte, as HQ's `encode(x, 'hex')`. */
export function hexOfBytes(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += HEX[byte];
  return hex;
}

/** The bytes behind hex digits in either case. */
export function bytesOfHex(hex: string): Uint8Array {
  if (hex.length % 2 === 1) throw new UnholdableValue('not-bytes');
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = nibbleAt(hex, 2 * at) * 16 + nibbleAt(hex, 2 * at + 1);
  }
  return bytes;
}

function nibbleAt(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  if (lower >= 97 && lower <= 102) return lower - 87;
  throw new UnholdableValue('not-bytes');
}
