/**
 * The one codec: how a value stands in HQ, travels, and stands in payflow.db.
 *
 * Between the two sides a value is *canonical* text or null; equal texts are equal values (what a POS wrote as
 * json or as an inet keeps its own spelling until HQ has answered). HQ prints it with `encodeSql`, payflow.db
 * holds `toLocal` of it, `fromLocal` gives it back; `wireText` and `assignSql` bring it into an HQ column. A value
 * the other side cannot hold is an `UnholdableValue`, never a changed value.
 *
 * HQ's sessions are pinned: DateStyle ISO,YMD; TimeZone UTC; IntervalStyle postgres; extra_float_digits 1;
 * bytea_output hex. `castType` is the base type of a domain, not the domain: a cast to a domain over varchar(3)
 * cuts 'abcdef' in silence, while the assignment to its column checks it.
 */
import type { ValueKind } from '../../shared/plan.ts';
import { bytesOfHex } from './codec/bytes.ts';
import { asItIs, type CodecColumn, kinds, type LocalType } from './codec/kinds.ts';

export { addDecimals, subtractDecimals } from './codec/decimal.ts';
export type { CodecColumn, LocalType } from './codec/kinds.ts';
export { UnholdableValue, type UnholdableReason } from './codec/unholdable.ts';

/** The text in which a value is compared, hashed, kept as a base and sent. */
export type Canonical = string | null;
/** What better-sqlite3 binds and reads. */
export type LocalValue = string | number | Uint8Array | null;

// ------------------------------------------------------------------------------------------- HQ

/** PostgreSQL expression for the canonical text of `expr`, a value of the column. */
export function encodeSql(column: Pick<CodecColumn, 'kind' | 'castType'>, expr: string): string {
  return kinds[column.kind].encodeSql(expr, column.castType);
}

/**
 * PostgreSQL expression for a value that can be assigned to the column, from `expr`, its wire text. It has no
 * length or precision of its own: what is too long or too large is refused by the assignment.
 */
export function assignSql(column: Pick<CodecColumn, 'kind' | 'castType'>, expr: string): string {
  return kinds[column.kind].assignSql(expr, column.castType);
}

/** The text PostgreSQL's input function reads: floats in decimal, arrays as array literals, others unchanged. */
export function wireText(column: Pick<CodecColumn, 'kind'>, canonical: Canonical): Canonical {
  if (canonical === null) return null;
  return kinds[column.kind].wireText?.(canonical) ?? canonical;
}

/**
 * Does HQ print a canonical value of the column exactly as it was assigned? Not where a type spells it anew (jsonb,
 * inet, interval), pads or cuts it, or depends on the server's locale (money). Unknown types count as no.
 */
export function isStoredExactly({
  kind,
  castType,
}: Pick<CodecColumn, 'kind' | 'castType'>): boolean {
  return exactTypes[kind]?.includes(castType) === true;
}

const exactTypes: Readonly<Partial<Record<ValueKind, readonly string[]>>> = {
  text: ['text', 'character varying'],
  integer: ['smallint', 'integer', 'bigint'],
  decimal: ['numeric'],
  boolean: ['boolean'],
  timestamp: ['timestamp without time zone'],
  timestamptz: ['timestamp with time zone'],
  date: ['date'],
  uuid: ['uuid'],
  bytes: ['bytea'],
};

/**
 * What the row hash is made over: first 16 hex digits of md5. A text that holds these two control characters can
 * look like another row; nothing but a spurious or a missed re-read hangs on that.
 */
export function hashText(values: readonly Canonical[]): string {
  return values.map((value) => value ?? '\x1e').join('\x1f');
}

/** PostgreSQL expression for the row hash, from the `encodeSql` of every column. */
export function hashSql(exprs: readonly string[]): string {
  const values = `ARRAY[${exprs.join(', ')}]::text[]`;
  return String.raw`substr(md5(array_to_string(${values}, E'\x1f', E'\x1e')), 1, 16)`;
}

// -------------------------------------------------------------------------------------- payflow.db

/** How payflow.db declares a column of the kind. */
export function localType(kind: ValueKind): LocalType {
  return kinds[kind].localType;
}

/** The expression under which a column is selected for `fromLocal`. */
export function localSelectSql(column: Pick<CodecColumn, 'kind'>, quotedName: string): string {
  return kinds[column.kind].selectSql?.(quotedName) ?? quotedName;
}

/** `toLocal` of one column, to be made once and used for every row. */
export function decoderOf(column: CodecColumn): (canonical: Canonical) => LocalValue {
  const decode = kinds[column.kind].decoder(column);
  return decode === asItIs
    ? passOn
    : (canonical) => (canonical === null ? null : decode(canonical));
}

const passOn = (canonical: Canonical): LocalValue => canonical;

/** Longer texts are next to never the same twice, and would be kept alive for nothing. */
const REMEMBERED_LENGTH = 64;

/**
 * `fromLocal` of one column, to be made once and used for every row. Most columns say in a row what they said in the one
 * before: a state, no discount, the moment of the sale. That value's text is remembered.
 */
export function encoderOf(column: CodecColumn): (raw: LocalValue) => Canonical {
  const encode = kinds[column.kind].encoder(column);
  let before: LocalValue = null;
  let canonical: Canonical = null;
  return (raw) => {
    if (raw === before) return canonical;
    if (raw === null) return null;
    const encoded = encode(raw);
    if (typeof raw !== 'object' && String(raw).length <= REMEMBERED_LENGTH) {
      before = raw;
      canonical = encoded;
    }
    return encoded;
  };
}

/** What payflow.db stores for a canonical value that came from HQ. */
export function toLocal(column: CodecColumn, canonical: Canonical): LocalValue {
  return decoderOf(column)(canonical);
}

/**
 * The canonical text of what better-sqlite3 read under `localSelectSql`, however the POS program wrote it; rounded
 * to the column's scale as HQ would.
 */
export function fromLocal(column: CodecColumn, raw: LocalValue): Canonical {
  return encoderOf(column)(raw);
}

/**
 * The canonical text of an old or new value in the outbox: `type` is `typeof(c)`, `recorded` its text (a blob in
 * hex, a real with 17 digits, anything else as SQLite casts it).
 */
export function fromCaptured(
  column: CodecColumn,
  type: string | null,
  recorded: string | null,
): Canonical {
  if (type === null || type === 'null' || recorded === null) return null;
  return fromLocal(column, rebuild(column.kind, type, recorded));
}

function rebuild(kind: ValueKind, type: string, recorded: string): LocalValue {
  if (type === 'blob') return bytesOfHex(recorded);
  if (type === 'real') return Number(recorded.replace(/inf$/i, 'Infinity'));
  // An int64 does not fit a double; where digits are welcome as text they stay text.
  const isDigits = kind === 'integer' || kind === 'decimal' || kind === 'text';
  return type === 'integer' && !isDigits ? Number(recorded) : recorded;
}
