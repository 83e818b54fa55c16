import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ValueKind } from '../../shared/plan.ts';
import {
  addDecimals,
  assignSql,
  type Canonical,
  type CodecColumn,
  encoderOf,
  encodeSql,
  fromCaptured,
  fromLocal,
  hashSql,
  hashText,
  localSelectSql,
  type LocalValue,
  localType,
  subtractDecimals,
  toLocal,
  UnholdableValue,
  wireText,
} from './codec.ts';

const castTypes: Record<ValueKind, string> = {
  text: 'text',
  integer: 'bigint',
  decimal: 'numeric',
  float: 'double precision',
  boolean: 'boolean',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  date: 'date',
  time: 'time without time zone',
  uuid: 'uuid',
  bytes: 'bytea',
  json: 'jsonb',
  array: 'text[]',
};
const column = (kind: ValueKind, scale: number | null = null, castType?: string): CodecColumn => ({
  kind,
  scale,
  castType: castType ?? castTypes[kind],
});
const money = column('decimal', 4);

/** The reason for which a value is refused, or the value that came out instead. */
function refusal(act: () => LocalValue): LocalValue {
  try {
    return act();
  } catch (error) {
    if (error instanceof UnholdableValue) return `refused: ${error.reason}`;
    throw error;
  }
}

describe('what the POS wrote becomes the text HQ prints', () => {
  const cases: [column: CodecColumn, raw: LocalValue, canonical: Canonical][] = [
    [money, '12.5000', '12.5'],
    [money, '0012', '12'],
    [money, '+.5', '0.5'],
    [money, '5.', '5'],
    [money, ' 5 ', '5'],
    [money, '-0.0000', '0'],
    [money, '-0.00004', '0'],
    [money, '-0.00005', '-0.0001'],
    [money, '0.30000000000000004', '0.3'],
    [money, 0.1 + 0.2, '0.3'],
    [money, 1.00005, '1.0001'],
    [money, -1.00005, '-1.0001'],
    [money, '99999999999.99995', '100000000000'],
    [money, '1.5e3', '1500'],
    [money, '15E-1', '1.5'],
    [money, 1e-7, '0'],
    [money, '123456789012345.6789', '123456789012345.6789'],
    [money, '0e999999999', '0'],
    [column('decimal', 0), '0.5', '1'],
    [column('decimal', 2), 0.285, '0.29'],
    [column('decimal', -2), '150', '200'],
    [column('decimal', -2), '49', '0'],
    [column('decimal'), '1.50e-10', '0.00000000015'],
    [column('decimal'), '100', '100'],
    [column('integer'), '9223372036854775807', '9223372036854775807'],
    [column('integer'), '-9223372036854775808', '-9223372036854775808'],
    [column('integer'), '007', '7'],
    [column('integer'), '-0', '0'],
    [column('integer'), 5, '5'],
    [column('integer'), '5.0', '5'],
    [column('integer'), '1e3', '1000'],
    [column('boolean'), 1, '1'],
    [column('boolean'), 0, '0'],
    [column('boolean'), 'TRUE', '1'],
    [column('boolean'), 'f', '0'],
    [column('timestamp', 3), '2026-11-22T15:04:05.678Z', '2026-11-22 15:04:05.678'],
    [column('timestamp', 3), '2026-11-22T15:04:05.600Z', '2026-11-22 15:04:05.6'],
    [column('timestamp', 3), '2026-11-22 15:04:05', '2026-11-22 15:04:05'],
    [column('timestamp', 3), '2026-11-22 15:04', '2026-11-22 15:04:00'],
    [column('timestamp', 3), '2026-11-22', '2026-11-22 00:00:00'],
    [column('timestamp', 3), '2026-11-22T15:04:05+02:00', '2026-11-22 13:04:05'],
    [column('timestamp', 3), '2026-12-31T23:30:00-0130', '2027-01-01 01:00:00'],
    [column('timestamp', 3), '2024-02-28 24:00:00', '2024-02-29 00:00:00'],
    [column('timestamp', 3), '2024-02-29T10:00:00.100Z', '2024-02-29 10:00:00.1'],
    [column('timestamp', 3), '2024-01-31T23:59:59Z', '2024-01-31 23:59:59'],
    [column('timestamp', 3), '0001-01-01T00:00:00Z', '0001-01-01 00:00:00'],
    [column('timestamp', 3), '2026-12-31T23:59:59.9995Z', '2027-01-01 00:00:00'],
    [column('timestamp', 0), '2026-11-22T15:04:05.500Z', '2026-11-22 15:04:06'],
    [column('timestamp', 0), '1999-11-22T15:04:05.500Z', '1999-11-22 15:04:05'],
    [column('timestamptz'), '2026-11-22T15:04:05.1234565Z', '2026-11-22 15:04:05.123456'],
    [column('date'), '2024-02-29', '2024-02-29'],
    [column('date'), '2024-02-29T00:00:00.000Z', '2024-02-29'],
    [column('time'), '24:00:00', '24:00:00'],
    [column('time', 0), '23:59:59.5', '24:00:00'],
    [column('time'), '09:05', '09:05:00'],
    [column('time', 3), '09:05:06.1000', '09:05:06.1'],
    [
      column('uuid'),
      'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    ],
    [column('bytes'), new Uint8Array([0, 255, 16]), '00ff10'],
    [column('bytes'), 'é\0', 'c3a900'],
    [column('float'), 0.1, '3fb999999999999a'],
    [column('float'), -0, '0000000000000000'],
    [column('float', null, 'real'), 0.1, '3dcccccd'],
    [column('float', null, 'real'), Math.fround(0.1), '3dcccccd'],
    [column('float', null, 'real'), -0, '00000000'],
    [column('json'), '{ "a": 1.0 }', '{ "a": 1.0 }'],
    [column('array'), '["a", null]', '["a", null]'],
    [column('text'), ' é👩‍👩‍👧 \u202Eשלום ', ' é👩‍👩‍👧 \u202Eשלום '],
    [column('text'), 5, '5'],
    [column('text', null, 'character'), 'ab  ', 'ab'],
    [column('text'), null, null],
  ];
  test.each(cases)('%o %o -> %s', (target, raw, canonical) => {
    expect(refusal(() => fromLocal(target, raw))).toBe(canonical);
  });
});

describe('a value of the wrong shape is refused, never changed', () => {
  const cases: [column: CodecColumn, raw: LocalValue, reason: string][] = [
    [money, '', 'not-a-number'],
    [money, '.', 'not-a-number'],
    [money, '1,5', 'not-a-number'],
    [money, '0x10', 'not-a-number'],
    [money, 'NaN', 'nan'],
    [money, '-Infinity', 'infinity'],
    [money, Number.POSITIVE_INFINITY, 'infinity'],
    [money, '1e999999999', 'out-of-range'],
    [column('decimal'), '1e-99999', 'out-of-range'],
    [money, 2 ** 60, 'inexact'],
    [money, new Uint8Array([49]), 'not-text'],
    [column('integer'), '1.5', 'not-an-integer'],
    [column('integer'), 'five', 'not-a-number'],
    [column('integer'), '9223372036854775808', 'out-of-range'],
    [column('integer'), '-9223372036854775809', 'out-of-range'],
    [column('integer'), '9.0e+18', 'inexact'],
    [column('integer'), 2 ** 53, 'inexact'],
    [column('boolean'), 2, 'not-a-boolean'],
    [column('boolean'), 'maybe', 'not-a-boolean'],
    [column('timestamp'), 'yesterday', 'not-a-timestamp'],
    [column('timestamp'), 1_763_823_845, 'not-a-timestamp'],
    [column('timestamp'), '2026-02-29T00:00:00Z', 'not-a-timestamp'],
    [column('timestamp'), '2100-02-29T00:00:00Z', 'not-a-timestamp'],
    [column('timestamp'), '2026-13-01', 'not-a-timestamp'],
    [column('timestamp'), '2026-04-31T00:00:00Z', 'not-a-timestamp'],
    [column('timestamp'), '2026-11-00T00:00:00Z', 'not-a-timestamp'],
    [column('timestamp'), '2026-11-22T25:00:00Z', 'not-a-timestamp'],
    [column('timestamp'), '2026-11-22T24:00:00.1Z', 'not-a-timestamp'],
    [column('timestamp'), '2026-11-22T10:60:00Z', 'not-a-timestamp'],
    [column('timestamp'), '2026-11-22T10:00:00+99:00', 'not-a-timestamp'],
    [column('timestamp'), '0000-01-01T00:00:00Z', 'out-of-range'],
    [column('timestamp'), '9999-12-31T23:59:59-01:00', 'out-of-range'],
    [column('timestamp', 0), '9999-12-31T23:59:59.5Z', 'out-of-range'],
    [column('date'), '2026-02-30', 'not-a-date'],
    [column('date'), '2026-02-20T12:00:00Z', 'not-a-date'],
    [column('date'), '22.11.2026', 'not-a-date'],
    [column('time'), '24:00:01', 'not-a-time'],
    [column('time'), '9:00', 'not-a-time'],
    [column('uuid'), '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', 'not-a-uuid'],
    [column('uuid'), 'ord_001', 'not-a-uuid'],
    [column('bytes'), 5, 'not-bytes'],
    [column('float'), Number.NaN, 'nan'],
    [column('float'), 'inf', 'infinity'],
    [column('float', null, 'real'), 1e39, 'out-of-range'],
    [column('float', null, 'real'), 1e-50, 'out-of-range'],
    [column('json'), '{', 'not-json'],
    [column('json'), '', 'not-json'],
    [column('array'), '{"a":1}', 'not-an-array'],
    [column('array'), String.raw`["\u0000"]`, 'nul'],
    [column('array'), String.raw`["\ud800"]`, 'not-unicode'],
    [column('text'), 'a\0b', 'nul'],
    [column('text'), 'a\uD800', 'not-unicode'],
    [column('bytes'), 'a\uD800', 'not-unicode'],
    [column('text'), 1.5, 'not-text'],
    [column('text'), new Uint8Array([97]), 'not-text'],
    [column('text', null, 'name'), 'é'.repeat(32), 'too-long'],
  ];
  test.each(cases)('%o %o: %s', (target, raw, reason) => {
    expect(refusal(() => fromLocal(target, raw))).toBe(`refused: ${reason}`);
  });
});

describe('what HQ has becomes what payflow.db holds', () => {
  const cases: [column: CodecColumn, canonical: string, local: LocalValue][] = [
    [column('timestamp', 3), '2026-11-22 15:04:05.678', '2026-11-22T15:04:05.678Z'],
    [column('timestamp', 3), '2026-11-22 15:04:05.6', '2026-11-22T15:04:05.600Z'],
    [column('timestamp', 3), '2026-11-22 15:04:05', '2026-11-22T15:04:05.000Z'],
    [column('timestamp', 6), '2026-11-22 15:04:05.678', '2026-11-22T15:04:05.678000Z'],
    [column('timestamptz'), '2026-11-22 15:04:05', '2026-11-22T15:04:05.000000Z'],
    [column('timestamp', 0), '2026-11-22 15:04:05', '2026-11-22T15:04:05Z'],
    [column('timestamp'), 'infinity', 'refused: infinity'],
    [column('timestamptz'), '-infinity', 'refused: infinity'],
    [column('timestamp'), '0044-03-15 00:00:00 BC', 'refused: out-of-range'],
    [column('timestamp'), '0044-03-15 00:00:00.5 BC', 'refused: out-of-range'],
    [column('timestamp'), '10000-01-01 00:00:00', 'refused: out-of-range'],
    [column('date'), '2026-11-22', '2026-11-22'],
    [column('date'), 'infinity', 'refused: infinity'],
    [column('date'), '-infinity', 'refused: infinity'],
    [column('date'), '0044-03-15 BC', 'refused: out-of-range'],
    [column('date'), '10000-01-01', 'refused: out-of-range'],
    [money, '-0.5', '-0.5'],
    [money, 'NaN', 'refused: nan'],
    [money, 'Infinity', 'refused: infinity'],
    [money, '-Infinity', 'refused: infinity'],
    [column('float'), '7ff8000000000000', 'refused: nan'],
    [column('float'), 'fff0000000000000', 'refused: infinity'],
    [column('float'), '0000000000000001', 5e-324],
    [column('float', null, 'real'), '3dcccccd', 0.1],
    [column('float', null, 'real'), '3dfcd6ea', 0.12345679],
    [column('float', null, 'real'), '7fc00000', 'refused: nan'],
    [column('float', null, 'real'), 'ff800000', 'refused: infinity'],
    [column('boolean'), '1', 1],
    [column('boolean'), '0', 0],
    [column('integer'), '-9223372036854775808', '-9223372036854775808'],
    [column('json'), '{"a": 1}', '{"a": 1}'],
  ];
  test.each(cases)('%o %s -> %o', (target, canonical, local) => {
    expect(refusal(() => toLocal(target, canonical))).toBe(local);
  });

  test('bytes', () => {
    expect(toLocal(column('bytes'), '00ff10')).toEqual(new Uint8Array([0, 255, 16]));
    expect(refusal(() => toLocal(column('bytes'), '0g'))).toBe('refused: not-bytes');
  });

  test('null is null in every kind, in every direction', () => {
    for (const kind of Object.keys(castTypes) as ValueKind[]) {
      expect(toLocal(column(kind), null)).toBeNull();
      expect(fromLocal(column(kind), null)).toBeNull();
      expect(wireText(column(kind), null)).toBeNull();
      expect(fromCaptured(column(kind), 'null', null)).toBeNull();
      expect(fromCaptured(column(kind), null, null)).toBeNull();
    }
  });
});

describe('what the capture trigger recorded is read like the column itself', () => {
  const cases: [column: CodecColumn, type: string, text: string, canonical: string][] = [
    [money, 'real', '0.30000000000000004', '0.3'],
    [column('decimal', 2), 'real', '0.28499999999999998', '0.29'],
    [money, 'text', '12.50', '12.5'],
    [money, 'integer', '9007199254740993', '9007199254740993'],
    [money, 'real', '-Inf', 'refused: infinity'],
    [column('integer'), 'integer', '9223372036854775807', '9223372036854775807'],
    [column('integer'), 'real', '9.2233720368547758e+18', 'refused: inexact'],
    [column('boolean'), 'integer', '1', '1'],
    [column('float'), 'real', '4.9406564584124654e-324', '0000000000000001'],
    [column('float'), 'integer', '2', '4000000000000000'],
    [column('bytes'), 'blob', '00FF', '00ff'],
    [column('bytes'), 'text', '00FF', '30304646'],
    [column('bytes'), 'integer', '5', 'refused: not-bytes'],
    [column('text'), 'text', 'null', 'null'],
    [column('text'), 'blob', '61', 'refused: not-text'],
    [column('timestamp', 3), 'text', '2026-11-22 15:04:05', '2026-11-22 15:04:05'],
  ];
  test.each(cases)('%o %s %s -> %s', (target, type, text, canonical) => {
    expect(refusal(() => fromCaptured(target, type, text))).toBe(canonical);
  });
});

describe('SQL', () => {
  test('no cast carries a length or one that is implied', () => {
    const castOf = (castType: string) => assignSql(column('text', null, castType), 'x');
    expect(castOf('character')).toBe('(x)::bpchar');
    expect(castOf('character varying')).toBe('(x)::character varying');
    expect(castOf('bit')).toBe('(x)::"bit"');
    expect(castOf('bit varying')).toBe('(x)::bit varying');
    expect(assignSql(column('array', null, 'character[]'), 'x')).toBe('(x)::bpchar[]');
  });

  test('integers are read as text, so that no double comes between', () => {
    expect(localSelectSql(column('integer'), '"n"')).toBe('CAST("n" AS TEXT)');
    expect(localSelectSql(money, '"n"')).toBe('"n"');
  });

  test('payflow.db declares a type that keeps the value', () => {
    expect(localType('decimal')).toBe('TEXT');
    expect(localType('integer')).toBe('INTEGER');
    expect(localType('boolean')).toBe('INTEGER');
    expect(localType('float')).toBe('REAL');
    expect(localType('bytes')).toBe('BLOB');
    expect(localType('timestamp')).toBe('TEXT');
  });

  test('the hash tells null, empty and shifted values apart', () => {
    const texts = [[null, ''], ['', null], [null, null], ['', ''], ['a', 'b'], ['ab'], ['', 'ab']];
    expect(new Set(texts.map((values) => hashText(values))).size).toBe(texts.length);
    expect(hashSql([encodeSql(column('uuid'), 'a'), encodeSql(column('boolean'), 'b')])).toBe(
      String.raw`substr(md5(array_to_string(ARRAY[(a)::text, (b)::int4::text]::text[], E'\x1f', E'\x1e')), 1, 16)`,
    );
  });
});

describe('the array literal says what the JSON says', () => {
  const cases: [json: string, literal: string][] = [
    ['[]', '{}'],
    ['[1.50, 12345678901234567890.00,-0]', '{1.50,12345678901234567890.00,-0}'],
    ['[true,false,null]', '{true,false,NULL}'],
    ['["null","",null]', '{"null","",NULL}'],
    [String.raw`["a\"b\\c,{}","\u00e9\n"]`, String.raw`{"a\"b\\c,{}","é` + '\n"}'],
    ['[[1,2],[3,4]]', '{{1,2},{3,4}}'],
    ['[ [ "a" ] , [ "b" ] ]', '{{"a"},{"b"}}'],
    [
      String.raw`[{"a":"}{\"","b":{"c":[1]}}, {}]`,
      String.raw`{"{\"a\":\"}{\\\"\",\"b\":{\"c\":[1]}}","{}"}`,
    ],
  ];
  test.each(cases)('%s -> %s', (json, literal) => {
    expect(wireText(column('array'), json)).toBe(literal);
  });
});

/** Decimals as `trim_scale` prints them. */
const decimals = (places: number) =>
  fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(places))
    .map(([units, scale]) => decimalText(units, scale));

function decimalText(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return (units < 0n ? '-' : '') + (fraction === '' ? whole : `${whole}.${fraction}`);
}

const moments = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});

describe('properties', () => {
  test('a canonical decimal comes back from payflow.db, however many zeros a POS adds', () => {
    fc.assert(
      fc.property(decimals(20), fc.nat(5), (text, zeros) => {
        const padded = (text.includes('.') ? text : `${text}.`) + '0'.repeat(zeros);
        expect(fromLocal(column('decimal'), toLocal(column('decimal'), text))).toBe(text);
        expect(fromLocal(column('decimal', 20), padded)).toBe(text);
      }),
    );
  });

  test('rounding is half away from zero, as exact integer arithmetic does it', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(12),
        (units, places, cut) => {
          const scale = Math.max(places - cut, 0);
          const unit = 10n ** BigInt(places - scale);
          const magnitude = ((units < 0n ? -units : units) + unit / 2n) / unit;
          const expected = decimalText(units < 0n ? -magnitude : magnitude, scale);
          expect(fromLocal(column('decimal', scale), decimalText(units, places))).toBe(expected);
        },
      ),
    );
  });

  test('a sum of cents that a POS made in doubles is exact again', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e7, max: 1e7 }), { maxLength: 50 }), (cents) => {
        const inDoubles = cents.reduce((sum, cent) => sum + cent / 100, 0);
        const exact = decimalText(BigInt(cents.reduce((sum, cent) => sum + cent, 0)), 2);
        expect(fromLocal(money, inDoubles)).toBe(exact);
        expect(fromLocal(money, String(inDoubles))).toBe(exact);
      }),
    );
  });

  test('addition and subtraction are exact and undo each other', () => {
    fc.assert(
      fc.property(decimals(10), decimals(10), (a, b) => {
        expect(subtractDecimals(addDecimals(a, b), b)).toBe(a);
        expect(addDecimals(a, b)).toBe(addDecimals(b, a));
      }),
    );
    expect(addDecimals('0.1', '0.2')).toBe('0.3');
    expect(subtractDecimals('9223372036854775807', '-1')).toBe('9223372036854775808');
    expect(subtractDecimals('0.5', '0.5')).toBe('0');
    expect(() => addDecimals('1', 'NaN')).toThrow(UnholdableValue);
  });

  test('every int64 comes back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(fromLocal(column('integer'), toLocal(column('integer'), String(value)))).toBe(
          String(value),
        );
      }),
    );
  });

  test('every finite double comes back to the bit, on both ways', () => {
    const float = column('float');
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const canonical = fromLocal(float, value);
        expect(toLocal(float, canonical)).toBe(value === 0 ? 0 : value);
        expect(Number(wireText(float, canonical))).toBe(value === 0 ? 0 : value);
      }),
      { numRuns: 2000 },
    );
  });

  test('a float4 column keeps what float4 keeps, once and for all', () => {
    const real = column('float', null, 'real');
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const local = toLocal(real, fromLocal(real, value)) as number;
        expect(Math.fround(local)).toBe(value === 0 ? 0 : value);
        expect(fromLocal(real, local)).toBe(fromLocal(real, value));
      }),
      { numRuns: 2000 },
    );
  });

  test('a moment comes back at every precision, and reads the same in every zone', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 3, max: 6 }), (date, scale) => {
        const stamp = column('timestamp', scale);
        const canonical = fromLocal(stamp, date.toISOString());
        expect(new Date(`${canonical?.replace(' ', 'T')}Z`).getTime()).toBe(date.getTime());
        expect(fromLocal(stamp, toLocal(stamp, canonical))).toBe(canonical);
      }),
    );
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
        fc.integer({ min: -15 * 60, max: 15 * 60 }),
        (date, minutes) => {
          const there = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
          const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
          const zone = [hours, rest].map((part) => String(part).padStart(2, '0')).join(':');
          const elsewhere = `${there}${minutes < 0 ? '-' : '+'}${zone}`;
          const stamp = column('timestamptz', 3);
          expect(fromLocal(stamp, elsewhere)).toBe(fromLocal(stamp, date.toISOString()));
        },
      ),
    );
  });

  test('what a column said in the row before changes nothing about a value', () => {
    const moments = ['2026-11-22T10:00:00.000Z', '2026-11-22 10:00:00', '2026-11-22', '10:00'];
    const texts = ['', '0', '1', '0.10', 'NaN', 'tea', 'te\0a', '[1]', '{}', 'x'.repeat(65)];
    const id = '3b241101-e2bb-4255-8caf-4136c566a962';
    const bytes = [new Uint8Array([1]), new Uint8Array([1, 2])];
    const values = [null, 0, 1, -0, 0.1, 0.1 + 0.2, id, ...texts, ...moments, ...bytes];
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(castTypes) as ValueKind[])),
        fc.array(fc.constantFrom(...values), { maxLength: 12 }),
        (kind, rows) => {
          const encode = encoderOf(column(kind));
          for (const raw of rows)
            expect(refusal(() => encode(raw))).toBe(refusal(() => fromLocal(column(kind), raw)));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('text comes back as it is, or is refused because HQ cannot hold it', () => {
    const encode = encoderOf(column('text'));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const expected = value.includes('\0') ? 'refused: nul' : value;
        expect(refusal(() => encode(toLocal(column('text'), value)))).toBe(expected);
      }),
    );
  });

  test('bytes come back, also through the capture', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (value) => {
        const canonical = fromLocal(column('bytes'), value) ?? '';
        expect(toLocal(column('bytes'), canonical)).toEqual(value);
        expect(fromCaptured(column('bytes'), 'blob', canonical.toUpperCase())).toBe(canonical);
      }),
    );
  });
});
