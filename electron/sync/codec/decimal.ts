import { UnholdableValue } from './unholdable.ts';

/** What `trim_scale(x)::text` looks like; `-0` looks so too, but is no canonical text. */
const CANONICAL = /^-?(?:0|[1-9]\d*)(?:\.(\d*[1-9]))?$/;
const NUMBER = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?\s*$/i;
/** What a numeric of PostgreSQL holds before and after its point. */
const MAX_WHOLE_DIGITS = 131_072;
const MAX_FRACTION_DIGITS = 16_383;

/**
 * The canonical text of a decimal, as HQ's `trim_scale(x)::text` prints it: no exponent, no trailing zeros, no
 * `-0`. `scale` rounds half away from zero as numeric(p,s) does (negative: tens, hundreds, ...); null rounds nothing.
 */
export function canonicalDecimal(text: string, scale: number | null): string {
  const fraction = CANONICAL.exec(text);
  const fits =
    scale === null ? text.length < MAX_FRACTION_DIGITS : (fraction?.[1]?.length ?? 0) <= scale;
  return fraction !== null && fits && text !== '-0' ? text : parseDecimal(text, scale);
}

function parseDecimal(text: string, scale: number | null): string {
  const [matched, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  if (matched === undefined || whole + fraction === '') throw unholdableNumber(text);
  if (digits === '') return '0';
  // The value is 0.DIGITS times ten to the power of `point`.
  const point = digits.length - fraction.length + Number(exponent);
  const places = scale ?? Math.max(digits.length - point, 0);
  if (point > MAX_WHOLE_DIGITS || places > MAX_FRACTION_DIGITS) {
    throw new UnholdableValue('out-of-range');
  }
  const kept = point + places;
  if (kept < 0) return '0';
  const roundsUp = (digits[kept] ?? '0') >= '5' ? 1n : 0n;
  const units = BigInt(digits.slice(0, kept).padEnd(kept, '0')) + roundsUp;
  return formatUnits(sign === '-' ? -units : units, places);
}

function unholdableNumber(text: string): UnholdableValue {
  if (/^\s*[+-]?nan\s*$/i.test(text)) return new UnholdableValue('nan');
  if (/^\s*[+-]?inf(?:inity)?\s*$/i.test(text)) return new UnholdableValue('infinity');
  return new UnholdableValue('not-a-number');
}

/** `units` times ten to the power of -`places` as canonical text. */
function formatUnits(units: bigint, places: number): string {
  if (places <= 0) return String(units * 10n ** BigInt(-places));
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return (units < 0n ? '-' : '') + (fraction === '' ? whole : `${whole}.${fraction}`);
}

/** a + b in exact decimals; for canonical decimals and integers (strategy `add`). */
export function addDecimals(a: string, b: string): string {
  const places = Math.max(placesOf(a), placesOf(b));
  return formatUnits(unitsOf(a, places) + unitsOf(b, places), places);
}

/** a - b in exact decimals; for canonical decimals and integers (strategy `add`). */
export function subtractDecimals(a: string, b: string): string {
  const places = Math.max(placesOf(a), placesOf(b));
  return formatUnits(unitsOf(a, places) - unitsOf(b, places), places);
}

function placesOf(canonical: string): number {
  const point = canonical.indexOf('.');
  return point < 0 ? 0 : canonical.length - point - 1;
}

function unitsOf(canonical: string, places: number): bigint {
  if (!CANONICAL.test(canonical)) throw unholdableNumber(canonical);
  return BigInt(canonical.replace('.', '') + '0'.repeat(places - placesOf(canonical)));
}
