/** The codec between a real PostgreSQL and a real SQLite file. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../e2e/support/postgres.ts';
import type { ValueKind } from '../../shared/plan.ts';
import {
  assignSql,
  type Canonical,
  type CodecColumn,
  encodeSql,
  fromCaptured,
  fromLocal,
  hashSql,
  hashText,
  localSelectSql,
  type LocalValue,
  localType,
  toLocal,
  UnholdableValue,
  wireText,
} from './codec.ts';

const SESSION = `
  SET DateStyle = 'ISO, YMD'; SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres';
  SET extra_float_digits = 1; SET bytea_output = 'hex'`;

interface TestColumn extends CodecColumn {
  /** Declaration at HQ. */
  readonly type: string;
  /** SQL expressions of values that must survive. */
  readonly values: readonly string[];
}

const col = (
  type: string,
  kind: ValueKind,
  castType: string,
  scale: number | null,
  values: string[],
): TestColumn => ({ type, kind, castType, scale, values });

const DOUBLES = [
  '0.1',
  '-0',
  '5e-324',
  '2.2250738585072014e-308',
  '1.7976931348623157e308',
  '1e22',
];
const STAMPS = [
  "'2026-11-22 15:04:05.678'",
  "'0001-01-01'",
  "'9999-12-31 23:59:59'",
  "'1969-07-20'",
];
const STRANGE_ELEMENTS = String.raw`ARRAY['a,b', '{}', 'q"\\', '', 'null', NULL, E'\n', '😀']`;

/** PostgreSQL knows scales left of the point from 15 on. */
const hasNegativeScales = Number(process.env['PAYFLOW_TEST_PG'] ?? 18) >= 15;

/** Every kind of column PayFlow and its neighbours use, and the values that once broke one codec or another. */
const columns: readonly TestColumn[] = [
  col('numeric', 'decimal', 'numeric', null, ["'1.50'", "'-0.000'", '1e40', '1e-20', "'100'"]),
  col('numeric(15,4)', 'decimal', 'numeric', 4, ['12.5', '99999999999.9999', '-0.0001', '0']),
  ...(hasNegativeScales ? [col('numeric(5,-2)', 'decimal', 'numeric', -2, ['12300', '0'])] : []),
  col('money', 'decimal', 'money', 2, ["'12.34'::numeric", "'-92233720368547758.08'::numeric"]),
  col('price', 'decimal', 'numeric', 2, ['1.10']),
  col('bigint', 'integer', 'bigint', null, [
    '9223372036854775807',
    "'-9223372036854775808'",
    '9007199254740993',
    '0',
  ]),
  col('integer', 'integer', 'integer', null, ['2147483647', '-7']),
  col('smallint', 'integer', 'smallint', null, ["'-32768'"]),
  col('real', 'float', 'real', null, ['0.1', '16777217', '1e-45', '3.4028235e38', "'-0'"]),
  col('double precision', 'float', 'double precision', null, DOUBLES),
  col('boolean', 'boolean', 'boolean', null, ['true', 'false']),
  col('varchar(40)', 'text', 'character varying', null, ["' two  blanks '", "''", "'null'"]),
  col('text', 'text', 'text', null, [
    String.raw`E'😀 שלום \u202E e\u0301 👩‍👩‍👧 \t\r\n\\ '' "'`,
    String.raw`E'\uFEFF\uFFFF'`,
  ]),
  col('char(5)', 'text', 'character', null, ["'ab'", "'  a'", "'     '", "'abcde'"]),
  col('bit(3)', 'text', 'bit', null, ["B'101'"]),
  col('varbit(5)', 'text', 'bit varying', null, ["B'1011'", "B''"]),
  col('mood', 'text', 'public.mood', null, [`'so "so"'`]),
  col('short', 'text', 'character varying', null, ["'abc'"]),
  col('interval', 'text', 'interval', null, ["'1 year 2 mons -3 days 04:05:06.789'", "'-1 us'"]),
  col('inet', 'text', 'inet', null, ["'10.0.0.1/8'", "'::1'"]),
  col('timetz', 'time', 'time with time zone', null, ["'12:00:00.5+02:30'"]),
  col('int4range', 'text', 'int4range', null, ["'[1,5)'", "'empty'"]),
  col('timestamp', 'timestamp', 'timestamp without time zone', 6, [
    ...STAMPS,
    "'2026-11-22 15:04:05.000001'",
    "'1999-12-31 23:59:59.999999'",
  ]),
  col('timestamp(3)', 'timestamp', 'timestamp without time zone', 3, STAMPS),
  col('timestamp(0)', 'timestamp', 'timestamp without time zone', 0, ["'2026-11-22 15:04:05'"]),
  col('timestamptz', 'timestamptz', 'timestamp with time zone', 6, [
    "'2026-11-22 15:04:05.678+02'",
    "'0001-01-02 00:00:00-05'",
  ]),
  col('timestamptz(3)', 'timestamptz', 'timestamp with time zone', 3, [
    "'1999-01-01 00:00:00.001'",
  ]),
  col('date', 'date', 'date', null, ["'0001-01-01'", "'9999-12-31'", "'2024-02-29'"]),
  col('time', 'time', 'time without time zone', 6, ["'24:00:00'", "'00:00:00.000001'"]),
  col('time(0)', 'time', 'time without time zone', 0, ["'23:59:59'"]),
  col('uuid', 'uuid', 'uuid', null, ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"]),
  col('bytea', 'bytes', 'bytea', null, [String.raw`'\x00ff10'`, "''"]),
  col('json', 'json', 'json', null, [
    `'{ "b": 1.0, "a": null, "a": 12345678901234567890 }'`,
    "'null'",
  ]),
  col('jsonb', 'json', 'jsonb', null, [`'{"a": 1e400, "é": ["\\"", true]}'`, "'null'"]),
  col('text[]', 'array', 'text[]', null, [STRANGE_ELEMENTS, "'{}'", "'{{a,b},{c,NULL}}'"]),
  col('varchar(3)[]', 'array', 'character varying[]', null, ["'{abc,d}'"]),
  col('char(3)[]', 'array', 'character[]', null, ["'{abc}'"]),
  col('bigint[]', 'array', 'bigint[]', null, ["'{9223372036854775807,NULL}'", "'{{1,2},{3,4}}'"]),
  col('numeric[]', 'array', 'numeric[]', null, ["'{1.50,123456789012345678901234567890.1,NaN}'"]),
  col('real[]', 'array', 'real[]', null, ["'{0.1,Infinity}'"]),
  col('boolean[]', 'array', 'boolean[]', null, ["'{t,f,NULL}'"]),
  col('timestamp[]', 'array', 'timestamp without time zone[]', null, [`'{"2026-01-01 10:00"}'`]),
  col('bytea[]', 'array', 'bytea[]', null, [String.raw`ARRAY['\x00ff'::bytea]`]),
  col('mood[]', 'array', 'public.mood[]', null, [`ARRAY['so "so"']::mood[]`]),
  col('pair[]', 'array', 'public.pair[]', null, [`ARRAY[ROW(1, 'a "b", c')::pair]`]),
  col('json[]', 'array', 'json[]', null, [`ARRAY['{"a": [1.0]}', 'null', NULL]::json[]`]),
  col('jsonb[]', 'array', 'jsonb[]', null, [
    `ARRAY['{"a": 1}', '"}{"', 'null', NULL, '[1]']::jsonb[]`,
    `ARRAY[ARRAY['1', '2'], ARRAY['3', '4']]::jsonb[]`,
  ]),
];

const xml = col('xml', 'text', 'xml', null, ['\'<a b="1">é &amp; </a>\'']);

let hq: TestDatabase;
let client: pg.Client;
let folder: string;
let sqlite: Database.Database;

beforeAll(async () => {
  hq = await createTestDatabase();
  client = new pg.Client({ connectionString: hq.url });
  await client.connect();
  await client.query(SESSION);
  await client.query(`
    CREATE TYPE mood AS ENUM ('so "so"', 'ok');
    CREATE TYPE pair AS (a integer, b text);
    CREATE DOMAIN price AS numeric(10,2) CHECK (VALUE > 0);
    CREATE DOMAIN short AS varchar(3)`);
  folder = mkdtempSync(join(tmpdir(), 'payflow-codec-'));
  sqlite = new Database(join(folder, 'payflow.db'));
  sqlite.pragma('synchronous = OFF');
});

afterAll(async () => {
  sqlite?.close();
  if (folder) rmSync(folder, { recursive: true });
  await client?.end();
  await hq?.drop();
});

async function rowsOf(sql: string, values: unknown[] = []): Promise<Canonical[][]> {
  return (await client.query<Canonical[]>({ text: sql, values, rowMode: 'array' })).rows;
}

async function valueOf(sql: string, values: unknown[] = []): Promise<Canonical> {
  return (await rowsOf(sql, values))[0]?.[0] ?? null;
}

const quoted = (_: unknown, at: number) => `"c ${at}"`;
const md5 = (text: string) => createHash('md5').update(text).digest('hex').slice(0, 16);

/** A kitchen sink: as many rows as the column with most values has, shorter lists filled with null. */
async function createSink(name: string, sink: readonly TestColumn[]): Promise<void> {
  const definitions = sink.map((column, at) => `${quoted(null, at)} ${column.type}`);
  await client.query(`CREATE TABLE ${name} (id serial PRIMARY KEY, ${definitions.join(', ')})`);
}

async function fillSink(name: string, sink: readonly TestColumn[]): Promise<void> {
  const rows = Math.max(...sink.map(({ values }) => values.length)) + 1;
  for (let row = 0; row < rows; row += 1) {
    const values = sink.map(({ values: all }) => all[row] ?? 'NULL');
    await client.query(`INSERT INTO ${name} VALUES (DEFAULT, ${values.join(', ')})`);
  }
}

function encodedSink(name: string, sink: readonly TestColumn[]): Promise<Canonical[][]> {
  const exprs = sink.map((column, at) => encodeSql(column, quoted(null, at)));
  return rowsOf(`SELECT ${exprs.join(', ')} FROM ${name} ORDER BY id`);
}

/** Through a payflow.db whose columns are declared by `localType`. */
function throughSqlite(sink: readonly TestColumn[], rows: readonly Canonical[][]): Canonical[][] {
  const names = sink.map(quoted);
  const definitions = sink.map(({ kind }, at) => `${names[at]} ${localType(kind)}`);
  const reads = sink.map((column, at) => localSelectSql(column, names[at] ?? ''));
  sqlite.exec(`DROP TABLE IF EXISTS sink; CREATE TABLE sink (${definitions.join(', ')})`);
  const insert = sqlite.prepare(`INSERT INTO sink VALUES (${sink.map(() => '?').join(', ')})`);
  for (const row of rows) insert.run(sink.map((column, at) => toLocal(column, row[at] ?? null)));
  const stored = sqlite
    .prepare(`SELECT ${reads.join(', ')} FROM sink`)
    .raw()
    .all() as LocalValue[][];
  return stored.map((row) => sink.map((column, at) => fromLocal(column, row[at] ?? null)));
}

/** As an upload does it: one text array per column, unnested, assigned. */
async function upload(
  name: string,
  sink: readonly TestColumn[],
  rows: readonly Canonical[][],
): Promise<void> {
  const params = sink.map((column, at) => rows.map((row) => wireText(column, row[at] ?? null)));
  const arrays = sink.map((_, at) => `$${at + 1}::text[]`);
  const aliases = sink.map((_, at) => `x${at}`);
  const values = sink.map((column, at) => assignSql(column, `u.x${at}`));
  await client.query(
    `INSERT INTO ${name} (${sink.map(quoted).join(', ')})
     SELECT ${values.join(', ')}
     FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS u (${aliases.join(', ')}, n) ORDER BY u.n`,
    params,
  );
}

/** HQ -> payflow.db -> HQ; returns how many rows came through. */
async function roundTrip(name: string, sink: readonly TestColumn[]): Promise<number> {
  await createSink(name, sink);
  await fillSink(name, sink);
  const sent = await encodedSink(name, sink);
  expect(throughSqlite(sink, sent)).toEqual(sent);
  await createSink(`${name}_back`, sink);
  await upload(`${name}_back`, sink, sent);
  expect(await encodedSink(`${name}_back`, sink)).toEqual(sent);
  const hash = hashSql(sink.map((column, at) => encodeSql(column, quoted(null, at))));
  const hashes = await rowsOf(`SELECT ${hash} FROM ${name} ORDER BY id`);
  expect(hashes).toEqual(sent.map((row) => [md5(hashText(row))]));
  return sent.length;
}

test('every kind: HQ -> payflow.db -> HQ gives back every value, and both sides hash the same', async () => {
  const rows = String(await roundTrip('sink', columns));
  const same = columns.flatMap(({ type }, at) =>
    type.startsWith('json') && !type.startsWith('jsonb') // json has no `=`
      ? []
      : [`a.${quoted(null, at)} IS NOT DISTINCT FROM b.${quoted(null, at)}`],
  );
  const equal = await valueOf(
    `SELECT count(*)::text FROM sink a JOIN sink_back b USING (id) WHERE ${same.join(' AND ')}`,
  );
  expect(equal).toBe(rows);
});

test('xml, where the server is built with it', async ({ skip }) => {
  const isBuiltIn = await client.query(`SELECT '<a/>'::xml`).then(
    () => true,
    () => false,
  );
  skip(!isBuiltIn, 'this server is built without xml');
  expect(await roundTrip('sink_xml', [xml])).toBe(2);
});

test('equal values have equal text: trailing zeros, -0, padding, case, zone', async () => {
  const equal: [column: CodecColumn, one: string, other: string][] = [
    [{ kind: 'decimal', castType: 'numeric', scale: null }, '1.50::numeric', '1.5::numeric'],
    [
      { kind: 'decimal', castType: 'money', scale: 2 },
      '1.5::numeric::money',
      "'1.50'::numeric::money",
    ],
    [{ kind: 'float', castType: 'double precision', scale: null }, "'-0'::float8", '0::float8'],
    [{ kind: 'float', castType: 'real', scale: null }, "'-0'::real", '0::real'],
    [{ kind: 'text', castType: 'character', scale: null }, "'a'::char(5)", "'a  '::char(3)"],
    [
      { kind: 'timestamptz', castType: 'timestamp with time zone', scale: 6 },
      "'2026-01-01 10:00+02'::timestamptz",
      "'2026-01-01 03:00:00.000-05'::timestamptz",
    ],
    [
      { kind: 'uuid', castType: 'uuid', scale: null },
      `'${'AB'.repeat(16)}'::uuid`,
      `'${'ab'.repeat(16)}'::uuid`,
    ],
  ];
  for (const [column, one, other] of equal) {
    const [texts] = await rowsOf(`SELECT ${encodeSql(column, one)}, ${encodeSql(column, other)}`);
    expect(texts?.[0], one).toBe(texts?.[1]);
  }
});

describe('HQ refuses what does not fit, and cuts nothing in silence', () => {
  const cases: [type: string, kind: ValueKind, castType: string, canonical: string][] = [
    ['varchar(3)', 'text', 'character varying', 'abcdef'],
    ['char(3)', 'text', 'character', 'abcdef'],
    ['char(3)', 'text', 'bpchar', 'abcdef'],
    ['bit(3)', 'text', 'bit', '10101'],
    ['bit(3)', 'text', '"bit"', '10101'],
    ['varbit(3)', 'text', 'bit varying', '10101'],
    ['short', 'text', 'character varying', 'abcdef'],
    ['price', 'decimal', 'numeric', '-1'],
    ['numeric(4,2)', 'decimal', 'numeric', '100'],
    ['smallint', 'integer', 'smallint', '32768'],
    ['smallint', 'integer', 'bigint', '32768'],
    ['mood', 'text', 'public.mood', 'angry'],
    ['varchar(3)[]', 'array', 'character varying[]', '["abcdef"]'],
    ['char(3)[]', 'array', 'character[]', '["abcdef"]'],
    ['bit(3)[]', 'array', 'bit[]', '["10101"]'],
  ];
  test.each(cases)('%s as %s (%s): %s', async (type, kind, castType, canonical) => {
    const column = col(type, kind, castType, null, []);
    await client.query('DROP TABLE IF EXISTS refuses');
    await createSink('refuses', [column]);
    await expect(upload('refuses', [column], [[canonical]])).rejects.toThrow(
      /too long|does not match|out of range|overflow|invalid input value|violates/,
    );
  });
});

describe('HQ values that payflow.db cannot hold are refused with their reason', () => {
  const cases: [expr: string, kind: ValueKind, reason: string][] = [
    ["'NaN'::numeric", 'decimal', 'nan'],
    ["'Infinity'::numeric", 'decimal', 'infinity'],
    ["'-Infinity'::numeric", 'decimal', 'infinity'],
    ["'NaN'::float8", 'float', 'nan'],
    ["'Infinity'::float8", 'float', 'infinity'],
    ["'-Infinity'::float8", 'float', 'infinity'],
    ["'infinity'::timestamp", 'timestamp', 'infinity'],
    ["'-infinity'::timestamptz", 'timestamptz', 'infinity'],
    ["'infinity'::date", 'date', 'infinity'],
    ["'-infinity'::date", 'date', 'infinity'],
    ["'0044-03-15 10:00 BC'::timestamp", 'timestamp', 'out-of-range'],
    ["'0044-03-15 BC'::date", 'date', 'out-of-range'],
    ["'10000-01-01'::timestamptz", 'timestamptz', 'out-of-range'],
    ["'294276-12-31 23:59:59.999999'::timestamp", 'timestamp', 'out-of-range'],
    ["'10000-01-01'::date", 'date', 'out-of-range'],
  ];
  test.each(cases)('%s: %s %s', async (expr, kind, reason) => {
    const column: CodecColumn = { kind, castType: '', scale: null };
    const canonical = await valueOf(`SELECT ${encodeSql(column, expr)}`);
    expect(() => toLocal(column, canonical)).toThrow(UnholdableValue);
    expect(() => toLocal(column, canonical)).toThrow(expect.objectContaining({ reason }));
  });
});

/** What HQ makes of texts, in one statement. */
function atHq(expr: string, texts: readonly string[]): Promise<Canonical[]> {
  return rowsOf(`SELECT ${expr} FROM unnest($1::text[]) WITH ORDINALITY AS u (x, n) ORDER BY n`, [
    texts,
  ]).then((rows) => rows.map(([text]) => text ?? null));
}

const samples = <T>(arbitrary: fc.Arbitrary<T>, count = 3000) => fc.sample(arbitrary, count);
const enc = (kind: ValueKind, castType: string, expr: string) =>
  encodeSql({ kind, castType }, expr);

describe('what the codec makes of a POS text is what HQ makes of it', () => {
  test('decimals, rounded to the scale of the column', async () => {
    const texts = samples(
      fc
        .tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: -12, max: 3 }))
        .map(([units, exponent]) => `${units}e${exponent}`),
    );
    for (const scale of [0, 2, 4]) {
      const expected = await atHq(enc('decimal', 'numeric', `x::numeric(40,${scale})`), texts);
      const column: CodecColumn = { kind: 'decimal', castType: 'numeric', scale };
      expect(texts.map((text) => fromLocal(column, text))).toEqual(expected);
    }
    const free = await atHq(enc('decimal', 'numeric', 'x::numeric'), texts);
    const column: CodecColumn = { kind: 'decimal', castType: 'numeric', scale: null };
    expect(texts.map((text) => fromLocal(column, text))).toEqual(free);
  });

  test('timestamps, rounded to the precision of the column, before 2000 too', async () => {
    const stamps = samples(
      fc
        .tuple(
          fc.date({
            min: new Date('0001-01-02'),
            max: new Date('9999-12-30'),
            noInvalidDate: true,
          }),
          fc.oneof(
            fc.constantFrom('5', '4999995', '9999995', '999999499', '0005', '0000005'),
            fc.stringMatching(/^\d{0,9}$/),
          ),
          fc.constantFrom('', 'Z', '+02:00', '-0530'),
        )
        .map(([date, fraction, zone]) => {
          const seconds = date.toISOString().slice(0, 19);
          return (fraction === '' ? seconds : `${seconds}.${fraction}`) + zone;
        }),
    );
    for (const scale of [0, 1, 3, 6]) {
      const expr = `x::timestamptz(${scale})`;
      const expected = await atHq(enc('timestamptz', 'timestamp with time zone', expr), stamps);
      const column: CodecColumn = { kind: 'timestamptz', castType: '', scale };
      expect(stamps.map((text) => fromLocal(column, text))).toEqual(expected);
    }
  });

  test('times of day', async () => {
    const times = samples(
      fc
        .tuple(
          fc.integer({ min: 0, max: 86_399 }),
          fc.oneof(fc.constantFrom('5', '9999995', '4999995'), fc.stringMatching(/^\d{1,8}$/)),
        )
        .map(([seconds, fraction]) => {
          const clock = new Date(seconds * 1000).toISOString().slice(11, 19);
          return `${clock}.${fraction}`;
        }),
    );
    for (const scale of [0, 3, 6]) {
      const expected = await atHq(enc('time', '', `x::time(${scale})`), times);
      const column: CodecColumn = { kind: 'time', castType: '', scale };
      expect(times.map((text) => fromLocal(column, text))).toEqual(expected);
    }
  });

  test('doubles of every magnitude, subnormal ones too', async () => {
    const doubles = [
      ...samples(fc.double({ noNaN: true, noDefaultInfinity: true })),
      ...samples(fc.double({ noNaN: true, min: -3e-308, max: 3e-308 })),
      ...Array.from({ length: 2098 }, (_, at) => 2 ** (at - 1074)),
    ];
    const column: CodecColumn = { kind: 'float', castType: 'double precision', scale: null };
    const canonical = doubles.map((value) => fromLocal(column, value));
    const wires = canonical.map((text) => wireText(column, text) ?? '');
    const assigned = enc('float', 'double precision', assignSql(column, 'x'));
    expect(await atHq(assigned, wires)).toEqual(canonical);
  });

  test('float4 of every magnitude, and every power of two', async () => {
    const reals = [
      ...samples(fc.float({ noNaN: true, noDefaultInfinity: true })),
      ...Array.from({ length: 277 }, (_, at) => 2 ** (at - 149)),
    ];
    const column: CodecColumn = { kind: 'float', castType: 'real', scale: null };
    const expected = await atHq(enc('float', 'real', 'x::real'), reals.map(String));
    const canonical = reals.map((value) => fromLocal(column, value));
    expect(canonical).toEqual(expected);
    const wires = canonical.map((text) => wireText(column, text) ?? '');
    expect(await atHq(enc('float', 'real', assignSql(column, 'x')), wires)).toEqual(canonical);
  });

  test('any text HQ can hold, also as an element of an array', async () => {
    const texts = samples(
      fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
      500,
    );
    const column: CodecColumn = { kind: 'text', castType: 'text', scale: null };
    expect(await atHq('x', texts)).toEqual(texts.map((text) => fromLocal(column, text)));
    const array: CodecColumn = { kind: 'array', castType: 'text[]', scale: null };
    const json = texts.map((text) => JSON.stringify([text, null, text]));
    const wires = json.map((text) => wireText(array, fromLocal(array, text)) ?? '');
    const elements = await atHq(enc('array', 'text[]', assignSql(array, 'x')), wires);
    const parsed = elements.map((text) => JSON.parse(text ?? '') as unknown);
    expect(parsed).toEqual(json.map((text) => JSON.parse(text) as unknown));
  });
});

describe('what SQLite really stores and records', () => {
  /** The value read as the engine reads it, and as the capture trigger would record it. */
  function stored(column: CodecColumn, literal: unknown): { read: Canonical; captured: Canonical } {
    sqlite.exec(`DROP TABLE IF EXISTS one; CREATE TABLE one (c ${localType(column.kind)})`);
    sqlite.prepare('INSERT INTO one VALUES (?)').run(literal);
    const row = sqlite
      .prepare(
        `SELECT ${localSelectSql(column, 'c')} AS raw, typeof(c) AS type,
           CASE typeof(c) WHEN 'blob' THEN hex(c) WHEN 'real' THEN printf('%!.17g', c)
             ELSE CAST(c AS TEXT) END AS recorded
         FROM one`,
      )
      .get() as { raw: LocalValue; type: string; recorded: string | null };
    return {
      read: fromLocal(column, row.raw),
      captured: fromCaptured(column, row.type, row.recorded),
    };
  }

  test('a captured value equals the value read', () => {
    const doubles = samples(fc.double({ noNaN: true, noDefaultInfinity: true }), 1000);
    const float: CodecColumn = { kind: 'float', castType: 'double precision', scale: null };
    for (const value of [...doubles, 5e-324, 1e308, -0]) {
      const { read, captured } = stored(float, value);
      expect(read).toBe(fromLocal(float, value));
      expect(captured).toBe(read);
    }
    for (const value of samples(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), 300)) {
      const integer: CodecColumn = { kind: 'integer', castType: 'bigint', scale: null };
      expect(stored(integer, value)).toEqual({ read: String(value), captured: String(value) });
      expect(stored(integer, String(value)).read).toBe(String(value));
    }
    for (const value of samples(fc.uint8Array(), 100)) {
      const bytes: CodecColumn = { kind: 'bytes', castType: 'bytea', scale: null };
      const { read, captured } = stored(bytes, value);
      expect(toLocal(bytes, read)).toEqual(value);
      expect(captured).toBe(read);
    }
  });

  test('a double that a POS bound to a decimal is the decimal it meant', () => {
    const money: CodecColumn = { kind: 'decimal', castType: 'numeric', scale: 4 };
    expect(stored(money, 0.1 + 0.2)).toEqual({ read: '0.3', captured: '0.3' });
    expect(stored(money, 5)).toEqual({ read: '5', captured: '5' });
    expect(stored(money, 1e17)).toEqual({
      read: '100000000000000000',
      captured: '100000000000000000',
    });
  });

  test('an integer that SQLite had to store as a double is refused', () => {
    const integer: CodecColumn = { kind: 'integer', castType: 'bigint', scale: null };
    expect(() => stored(integer, '9223372036854775809')).toThrow(UnholdableValue);
    expect(stored(integer, 7.0)).toEqual({ read: '7', captured: '7' });
  });
});
