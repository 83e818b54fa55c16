/** Floats travel as the hex digits of their bits: sixteen for a double, eight for a float4. */
import { UnholdableValue } from './unholdable.ts';

const scratch = new DataView(new ArrayBuffer(8));

/** The hex digits of `float8send`; -0 is 0. NaN and infinity are refused. */
export function hexOfDouble(value: number): string {
  scratch.setFloat64(0, requireFinite(value) + 0);
  return hex32(scratch.getUint32(0)) + hex32(scratch.getUint32(4));
}

/** The hex digits of `float4send`: the value is rounded to what a float4 holds, as HQ would round it. */
export function hexOfReal(value: number): string {
  const real = Math.fround(requireFinite(value));
  const isLost = !Number.isFinite(real) || (real === 0 && value !== 0);
  if (isLost) throw new UnholdableValue('out-of-range');
  scratch.setFloat32(0, real + 0);
  return hex32(scratch.getUint32(0));
}

/** The double of sixteen hex digits, or a float4's number. NaN and infinity are refused: SQLite makes NaN null. */
export function numberOfHex(hex: string): number {
  scratch.setUint32(0, Number.parseInt(hex.slice(0, 8), 16));
  if (hex.length === 8) return shortestReal(requireFinite(scratch.getFloat32(0)));
  scratch.setUint32(4, Number.parseInt(hex.slice(8), 16));
  return requireFinite(scratch.getFloat64(0));
}

/** The double of the shortest text of a float4: 0.1 stays 0.1 and does not become 0.10000000149011612. */
function shortestReal(real: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(real.toPrecision(digits));
    if (Math.fround(short) === real) return short;
  }
  return Number(real.toPrecision(9));
}

function requireFinite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new UnholdableValue(Number.isNaN(value) ? 'nan' : 'infinity');
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
