/** The thirteen kinds of values, one object each; `codec.ts` is the door to them. */
import type { ColumnPlan, ValueKind } from '../../../shared/plan.ts';
import { arrayLiteral } from './array-literal.ts';
import { bytesOfHex } from './bytes.ts';
import { canonicalDecimal } from './decimal.ts';
import { hexOfDouble, hexOfReal, numberOfHex } from './float.ts';
import {
  arrayOf,
  booleanOf,
  bytesHexOf,
  integerOf,
  numberOf,
  numberText,
  parseJson,
  type Raw,
  textOf,
  uuidOf,
} from './raw.ts';
import {
  canonicalDate,
  canonicalTime,
  canonicalTimestamp,
  localDate,
  localTimestamp,
} from './timestamp.ts';
import { UnholdableValue } from './unholdable.ts';

/** What the codec needs to know of a column; a key is one too. */
export type CodecColumn = Pick<ColumnPlan, 'kind' | 'castType' | 'scale'>;
export type LocalType = 'TEXT' | 'INTEGER' | 'REAL' | 'BLOB';

/** How the values of one kind stand on both sides. Values are never null here. */
export interface KindCodec {
  readonly localType: LocalType;
  /** PostgreSQL expression: value -> canonical text. */
  encodeSql(expr: string, castType: string): string;
  /** PostgreSQL expression: wire text -> a value for assignment. */
  assignSql(expr: string, castType: string): string;
  /** Absent: the wire text is the canonical text. */
  wireText?(canonical: string): string;
  /** SQLite expression that is read; absent: the column itself. */
  selectSql?(quotedName: string): string;
  decoder(column: CodecColumn): (canonical: string) => Raw;
  encoder(column: CodecColumn): (raw: Raw) => string;
}

/** The decoder of kinds that payflow.db holds as they travel. */
export const asItIs = (text: string) => text;
const textSql = (expr: string) => `(${expr})::text`;
const castSql = (expr: string, castType: string) => `(${expr})::${unlimited(castType)}`;

/** `character` and `bit` without a modifier mean a length of one, and a cast cuts in silence. */
function unlimited(castType: string): string {
  return castType.replace(/^character(?=$|\[)/, 'bpchar').replace(/^bit(?=$|\[)/, '"bit"');
}

const text: KindCodec = {
  localType: 'TEXT',
  encodeSql: textSql,
  assignSql: castSql,
  decoder: () => asItIs,
  encoder({ castType }) {
    if (/^(?:character|bpchar)$/.test(castType)) return (raw) => textOf(raw).replace(/ +$/, '');
    const limit = byteLimits[castType];
    return limit === undefined ? textOf : (raw) => textWithin(textOf(raw), limit);
  },
};

/** Types whose very input function cuts what is too long; all others refuse it when they are assigned. */
const byteLimits: Readonly<Record<string, number>> = { name: 63, '"char"': 1 };

function textWithin(value: string, limit: number): string {
  if (new TextEncoder().encode(value).length > limit) throw new UnholdableValue('too-long');
  return value;
}

/** SQLite reads an int64 exactly only as text: a JavaScript number is a double. */
const integer: KindCodec = {
  localType: 'INTEGER',
  encodeSql: textSql,
  assignSql: castSql,
  selectSql: (quotedName) => `CAST(${quotedName} AS TEXT)`,
  decoder: () => asItIs,
  encoder: () => integerOf,
};

const MINUS = 45;
const NINE = 57;

const decimal: KindCodec = {
  localType: 'TEXT',
  encodeSql: (expr) => `trim_scale((${expr})::numeric)::text`,
  // Also for money: its own input is read with the server's lc_monetary, the assignment from numeric is not.
  assignSql: (expr) => `(${expr})::numeric`,
  decoder: () => (canonical) => {
    // Infinity and NaN are the only words HQ's numeric prints.
    if (canonical.charCodeAt(canonical.charCodeAt(0) === MINUS ? 1 : 0) <= NINE) return canonical;
    throw new UnholdableValue(canonical === 'NaN' ? 'nan' : 'infinity');
  },
  encoder:
    ({ scale }) =>
    (raw) =>
      canonicalDecimal(typeof raw === 'number' ? numberText(raw) : textOf(raw), scale),
};

/** Bits, so that every double survives; + 0 makes -0 a 0. */
const float: KindCodec = {
  localType: 'REAL',
  encodeSql(expr, castType) {
    const send = castType === 'real' ? 'float4send' : 'float8send';
    const type = castType === 'real' ? 'float4' : 'float8';
    return `encode(${send}((${expr})::${type} + 0::${type}), 'hex')`;
  },
  assignSql: castSql,
  wireText: (canonical) => String(numberOfHex(canonical)),
  decoder: () => numberOfHex,
  encoder({ castType }) {
    const hexOf = castType === 'real' ? hexOfReal : hexOfDouble;
    return (raw) => hexOf(numberOf(raw));
  },
};

const boolean: KindCodec = {
  localType: 'INTEGER',
  encodeSql: (expr) => `(${expr})::int4::text`,
  assignSql: (expr) => `((${expr}) = '1')`,
  decoder: () => (canonical) => (canonical === '1' ? 1 : 0),
  encoder: () => booleanOf,
};

const timestamp: KindCodec = {
  localType: 'TEXT',
  encodeSql: textSql,
  assignSql: (expr) => `(${expr})::timestamp`,
  decoder({ scale }) {
    return (canonical) => localTimestamp(canonical, scale ?? 6);
  },
  encoder({ scale }) {
    return (raw) => canonicalTimestamp(textOf(raw), scale ?? 6);
  },
};

const timestamptz: KindCodec = {
  ...timestamp,
  encodeSql: (expr) => `((${expr}) AT TIME ZONE 'UTC')::text`,
  assignSql: (expr) => `((${expr})::timestamp AT TIME ZONE 'UTC')`,
};

const date: KindCodec = {
  localType: 'TEXT',
  encodeSql: textSql,
  assignSql: (expr) => `(${expr})::date`,
  decoder: () => localDate,
  encoder: () => (raw) => canonicalDate(textOf(raw)),
};

const time: KindCodec = {
  localType: 'TEXT',
  encodeSql: textSql,
  assignSql: castSql,
  decoder: () => asItIs,
  encoder({ castType, scale }) {
    // A time with a zone keeps its own spelling: no other zone says the same.
    if (castType === 'time with time zone') return textOf;
    return (raw) => canonicalTime(textOf(raw), scale ?? 6);
  },
};

const uuid: KindCodec = {
  localType: 'TEXT',
  encodeSql: textSql,
  assignSql: (expr) => `(${expr})::uuid`,
  decoder: () => asItIs,
  encoder: () => uuidOf,
};

const bytes: KindCodec = {
  localType: 'BLOB',
  encodeSql: (expr) => `encode((${expr}), 'hex')`,
  assignSql: (expr) => `decode((${expr}), 'hex')`,
  decoder: () => bytesOfHex,
  encoder: () => bytesHexOf,
};

const json: KindCodec = {
  localType: 'TEXT',
  encodeSql: textSql,
  assignSql: castSql,
  decoder: () => asItIs,
  encoder: () => (raw) => {
    const source = textOf(raw);
    parseJson(source);
    return source;
  },
};

const SCALAR_ARRAY = /^(?:smallint|integer|bigint|numeric|real|double precision|boolean)\[\]$/;

/**
 * Numbers and booleans stay what they are in the JSON text, any other element travels as a string of its own
 * text: `to_json()` of a jsonb[] would tell neither null from 'null' nor `{"[1]"}` from `{{1}}`.
 */
const array: KindCodec = {
  localType: 'TEXT',
  encodeSql: (expr, castType) =>
    `to_json((${expr})${SCALAR_ARRAY.test(castType) ? '' : '::text[]'})::text`,
  assignSql: castSql,
  wireText: arrayLiteral,
  decoder: () => asItIs,
  encoder: () => arrayOf,
};

export const kinds: Readonly<Record<ValueKind, KindCodec>> = {
  text,
  integer,
  decimal,
  float,
  boolean,
  timestamp,
  timestamptz,
  date,
  time,
  uuid,
  bytes,
  json,
  array,
};
