/** Raw SQLite values, checked: each function gives one kind's canonical text or refuses. */
import { arrayLiteral } from './array-literal.ts';
import { hexOfBytes } from './bytes.ts';
import { canonicalDecimal } from './decimal.ts';
import { UnholdableValue } from './unholdable.ts';
/** What SQLite gives for a value that is not null. */
export type Raw = string | number | Uint8Array;

/** Text as HQ can hold it. A whole number in a column without affinity is its digits. */
export function textOf(raw: Raw): string {
  if (typeof raw === 'number' && Number.isInteger(raw)) return numberText(raw);
  if (typeof raw !== 'string') throw new UnholdableValue('not-text');
  if (raw.includes('\0')) throw new UnholdableValue('nul');
  if (!raw.isWellFormed()) throw new UnholdableValue('not-unicode');
  return raw;
}

/** A double's shortest text; beyond 2^53 better-sqlite3 may have read an int64 and lost its last digits. */
export function numberText(raw: number): string {
  if (Number.isInteger(raw) && !Number.isSafeInteger(raw)) throw new UnholdableValue('inexact');
  return String(raw);
}

export function integerOf(raw: Raw): string {
  const digits = typeof raw === 'number' ? numberText(raw) : textOf(raw);
  if (!/^(?:0|-?[1-9]\d{0,17})$/.test(digits)) return wholeNumberOf(digits);
  return digits;
}

const INT64 = 2n ** 63n;

function wholeNumberOf(written: string): string {
  const digits = canonicalDecimal(written, null);
  if (digits.includes('.')) throw new UnholdableValue('not-an-integer');
  const value = digits.length > 20 ? INT64 : BigInt(digits);
  if (value >= INT64 || value < -INT64) throw new UnholdableValue('out-of-range');
  // SQLite writes an exponent or a point only for a double, whose last digits mean nothing beyond 2^53.
  const isExact = /^\s*[+-]?\d+\s*$/.test(written) || Number.isSafeInteger(Number(digits));
  if (!isExact) throw new UnholdableValue('inexact');
  return digits;
}

export function numberOf(raw: Raw): number {
  return typeof raw === 'number' ? raw : Number(canonicalDecimal(textOf(raw), null));
}

export function booleanOf(raw: Raw): string {
  if (raw === 1 || raw === 0) return String(raw);
  const word = typeof raw === 'string' ? raw.toLowerCase() : '';
  if (word === 'true' || word === 't' || word === '1') return '1';
  if (word === 'false' || word === 'f' || word === '0') return '0';
  throw new UnholdableValue('not-a-boolean');
}

export function uuidOf(raw: Raw): string {
  const id = textOf(raw).toLowerCase();
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(id)) return id;
  throw new UnholdableValue('not-a-uuid');
}

/** Text in a BLOB column is its UTF-8 bytes; a NUL among them is a byte like others. */
export function bytesHexOf(raw: Raw): string {
  if (raw instanceof Uint8Array) return hexOfBytes(raw);
  if (typeof raw !== 'string') throw new UnholdableValue('not-bytes');
  if (!raw.isWellFormed()) throw new UnholdableValue('not-unicode');
  return hexOfBytes(new TextEncoder().encode(raw));
}

export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    throw new UnholdableValue('not-json');
  }
}

export function arrayOf(raw: Raw): string {
  const source = textOf(raw);
  if (!Array.isArray(parseJson(source))) throw new UnholdableValue('not-an-array');
  textOf(arrayLiteral(source)); // an escaped NUL or half a character in an element
  return source;
}
