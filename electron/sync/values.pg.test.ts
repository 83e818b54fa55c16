/**
 * Values survive exactly, both ways, through the whole product and in tables that are not PayFlow's own. Whether the
 * two sides hold the same is asked of PostgreSQL, with the very value that node:sqlite reads: no code of the codec.
 */
import type { SQLInputValue } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createForeignHq } from '../../e2e/support/foreign-company.ts';
import { createTerminal, type TestHq, type TestTerminal } from '../../e2e/support/shop.ts';
import { renderMessage } from '../../shared/messages.ts';
import { loadCatalogue } from '../host/messages.ts';

/** PostgreSQL knows scales left of the point from 15 on. */
const hasNegativeScales = Number(process.env['PAYFLOW_TEST_PG'] ?? 18) >= 15;
const TENS = hasNegativeScales ? 'numeric(10,-1)' : 'numeric(10,0)';

const SCHEMA = String.raw`
  CREATE TYPE temper AS ENUM ('glad', '"so, so"', 'müde \ {x}');
  CREATE DOMAIN shelf AS varchar(8) CHECK (VALUE ~ '^[A-Z]+[0-9]*$');
  CREATE TABLE drawer (
    drawer_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    branch_no integer NOT NULL REFERENCES branches,
    label varchar(60) NOT NULL UNIQUE,
    plain numeric, fixed numeric(15,4), cents numeric(12,2), tens ${TENS},
    big bigint, small smallint, four real, eight double precision, flag boolean,
    short varchar(40), padded char(5), long text, mood temper, place shelf,
    at0 timestamp(0), at3 timestamp(3), at6 timestamp, moment timestamptz, moment0 timestamptz(0),
    day date, clock time, clock2 time(2), span interval, ident uuid, bytes bytea, doc json, docb jsonb,
    words text[], numbers int8[], sums numeric[], docs jsonb[], grid int[][], flags boolean[], days date[], address inet);
  CREATE TABLE terminal_note (
    note_no serial PRIMARY KEY, drawer_id uuid NOT NULL REFERENCES drawer ON DELETE CASCADE,
    terminal_id text, body text);`;

const MANIFEST = `
drawer: { scope: { store: branch_no }, direction: both, strategy: newest }
terminal_note: { scope: { via: drawer_id }, direction: both, strategy: newest }`;

/** Is column `c` the value that node:sqlite reads as $? Asked of HQ. */
const text = (type: string) => (column: string) => `${column} IS NOT DISTINCT FROM $::${type}`;
const viaJson = (column: string) => `to_jsonb(${column}) IS NOT DISTINCT FROM $::jsonb`;
const SAME: Readonly<Record<string, (column: string) => string>> = {
  label: text('text'),
  plain: text('numeric'),
  fixed: text('numeric(15,4)'),
  cents: text('numeric(12,2)'),
  tens: text(TENS),
  big: text('bigint'),
  small: text('smallint'),
  four: text('real'),
  eight: text('double precision'),
  flag: (column) => `${column}::int IS NOT DISTINCT FROM $::int`,
  short: text('text'),
  padded: text('bpchar'),
  long: text('text'),
  mood: (column) => `${column}::text IS NOT DISTINCT FROM $::text`,
  place: text('text'),
  at0: (column) => `${column} IS NOT DISTINCT FROM $::timestamptz AT TIME ZONE 'UTC'`,
  at3: (column) => `${column} IS NOT DISTINCT FROM $::timestamptz AT TIME ZONE 'UTC'`,
  at6: (column) => `${column} IS NOT DISTINCT FROM $::timestamptz AT TIME ZONE 'UTC'`,
  moment: text('timestamptz'),
  moment0: text('timestamptz'),
  day: text('date'),
  clock: text('time'),
  clock2: text('time(2)'),
  span: (column) => `${column}::text IS NOT DISTINCT FROM $::text`,
  ident: text('uuid'),
  bytes: text('bytea'),
  doc: (column) => `${column}::text IS NOT DISTINCT FROM $::text`,
  docb: text('jsonb'),
  words: viaJson,
  numbers: viaJson,
  sums: viaJson,
  // Elements travel as the text of each: only so NULL and 'null' stay apart.
  docs: (column) => `to_jsonb(${column}::text[]) IS NOT DISTINCT FROM $::jsonb`,
  grid: viaJson,
  flags: viaJson,
  days: viaJson,
  address: text('inet'),
};
const COLUMNS = Object.keys(SAME);

/** HQ's values: the plain, the largest, the smallest and the empty of each kind; in SQL. */
const HQ_ROWS: readonly Readonly<Record<string, string>>[] = [
  {
    label: `'plain'`,
    plain: '0.1 + 0.2',
    fixed: '12345678901.2345',
    cents: '19.90',
    tens: '1230',
    big: '9007199254740993',
    small: '-32768',
    four: '0.1',
    eight: '0.1 + 0.2',
    flag: 'true',
    short: `'O''Brien "the" \\ NULL {a,b}'`,
    padded: `'ab'`,
    long: String.raw`E'tab\tnew\nline\r\n back\\slash \\N "quotes" ''single'' \b\f\v\x01\x1f end '`,
    mood: `'glad'`,
    place: `'A1'`,
    at0: `'2026-11-22 15:04:05'`,
    at3: `'2026-11-22 15:04:05.678'`,
    at6: `'2026-11-22 15:04:05.678901'`,
    moment: `'2026-11-22 15:04:05.678901+05:30'`,
    moment0: `'2026-03-29 02:30:00+01'`,
    day: `'2024-02-29'`,
    clock: `'23:59:59.999999'`,
    clock2: `'24:00:00'`,
    span: `'1 year 2 mons -3 days 04:05:06.789'`,
    ident: `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`,
    bytes: String.raw`'\x00ff0a5c22'`,
    doc: `'{"b": 1,  "a":[1.50, 1e2, "\\u00e9"]}'`,
    docb: `'{"b": 1.50, "a": {"x": null, "big": 12345678901234567890}}'`,
    words: String.raw`ARRAY['a,b', 'x"y', 'back\slash', '', 'NULL', NULL, '{}', E'tab\t']`,
    numbers: 'ARRAY[9007199254740993, -9223372036854775808, NULL]',
    sums: 'ARRAY[0.10, 123456789012345.6789]',
    docs: `ARRAY['{"a": "x\\"y"}', '[1]', 'null', NULL, '"s"']::jsonb[]`,
    grid: '{{1,2},{3,NULL}}',
    flags: 'ARRAY[true, false, NULL]',
    days: `ARRAY['2024-02-29', '0001-01-01']::date[]`,
    address: `'192.168.0.1/24'`,
  },
  {
    label: `'far'`,
    plain: '123456789012345678901234567890.123456789012345678901234567890',
    fixed: '-99999999999.9999',
    cents: '-0.01',
    tens: '-9999999990',
    big: '-9223372036854775808',
    small: '32767',
    four: '-3.4028235e38',
    eight: '-1.7976931348623157e308',
    flag: 'false',
    short: `'שלום عليكم 👩‍👩‍👧‍👦'`,
    padded: `'abcde'`,
    long: String.raw`E'e\u0301 \u00e9 \U0001F468\u200D\U0001F373 \u202Eabc\u202C \uFEFF\uFFFD\uFFFE \U0010FFFF'`,
    mood: String.raw`'müde \ {x}'`,
    place: `'ZZZZZZ99'`,
    at0: `'0001-01-01 00:00:00'`,
    at3: `'9999-12-31 23:59:59.999'`,
    at6: `'1969-12-31 23:59:59.999999'`,
    moment: `'9999-12-31 23:59:59.999999+00'`,
    moment0: `'0001-01-01 00:00:00+00'`,
    day: `'9999-12-31'`,
    clock: `'00:00:00'`,
    clock2: `'12:34:56.78'`,
    span: `'-178000000 years 01:00:00'`,
    ident: `'ffffffff-ffff-ffff-ffff-ffffffffffff'`,
    bytes: `decode(repeat('00ff', 50000), 'hex')`,
    doc: `'"just a string \\u0000 \\ud83d\\ude00"'`,
    docb: `'[1e-100, -0, 100000000000000000000000000000000]'`,
    words: `'{}'`,
    numbers: `'{}'`,
    sums: `'{}'`,
    docs: `'{}'`,
    grid: '{{{1},{2}},{{3},{4}}}',
    flags: `'{}'`,
    days: `'{}'`,
    address: `'2001:db8::1'`,
  },
  {
    label: `'low'`,
    plain: '0.00000000000000000000000000000001',
    fixed: '0.0001',
    cents: '1000000000',
    tens: '0',
    big: '9223372036854775807',
    small: '0',
    four: '1e-45',
    eight: '5e-324',
    short: `''`,
    padded: `''`,
    long: `repeat('€uro 😀 ', 40000)`,
    mood: `'"so, so"'`,
    at6: `'2026-11-22 15:04:05.1'`,
    moment: `'1900-01-01 00:00:00-00:19:32'`,
    span: `'00:00:00'`,
    bytes: `''`,
    doc: 'null',
    docb: `'null'`,
    words: `ARRAY[['a', NULL], ['"', '\\']]`,
    docs: `ARRAY[ARRAY['1', '"[1]"'], ARRAY['{"a": [1, 2]}', NULL]]::jsonb[]`,
    sums: 'ARRAY[[1.5, 2], [3, 4]]',
    address: `'10.0.0.0/8'`,
  },
  { label: `'nothing'` },
];

let hq: TestHq;
let till: TestTerminal;

function insertAtHq(row: Readonly<Record<string, string>>): Promise<unknown> {
  const columns = Object.keys(row);
  const values = columns.map((name) => (name === 'grid' ? `'${row[name] ?? ''}'` : row[name]));
  return hq.db.query(
    `INSERT INTO drawer (branch_no, ${columns.join(', ')}) VALUES (7, ${values.join(', ')})`,
  );
}

beforeAll(async () => {
  hq = await createForeignHq(MANIFEST, SCHEMA);
  for (const row of HQ_ROWS) await insertAtHq(row);
  till = await createTerminal(hq, 'A');
});

afterAll(async () => {
  await till.close();
  await hq.close();
});

type Row = Record<string, unknown>;

function read(sql: string, ...values: SQLInputValue[]): Row[] {
  const statement = till.pos.prepare(sql);
  statement.setReadBigInts(true);
  return statement.all(...values);
}

const asParameter = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? Buffer.from(value)
    : value === null
      ? null
      : String(value as string);

/** `label.column: local value` of everything that HQ does not call the same; rows that one side lacks. */
async function differing(): Promise<string[]> {
  const found: string[] = [];
  const rows = read(`SELECT server_id, ${COLUMNS.join(', ')} FROM drawer ORDER BY label`);
  for (const row of rows) {
    const checks = COLUMNS.map((name, place) =>
      (SAME[name]?.(`d.${name}`) ?? 'false').replace('$', () => `$${String(place + 2)}`),
    );
    const { rows: answers } = await hq.db.query<boolean[]>({
      text: `SELECT ${checks.join(', ')} FROM drawer d WHERE drawer_id = $1`,
      values: [row['server_id'], ...COLUMNS.map((name) => asParameter(row[name]))],
      rowMode: 'array',
    });
    if (answers[0] === undefined) found.push(`${String(row['label'])} is not at HQ`);
    for (const [place, name] of COLUMNS.entries()) {
      if (answers[0]?.[place] === false)
        found.push(`${String(row['label'])}.${name}: ${String(row[name]).slice(0, 80)}`);
    }
  }
  const { rows: counted } = await hq.db.query<{ count: number }>(
    'SELECT count(*)::int FROM drawer WHERE branch_no = 7',
  );
  if (counted[0]?.count !== rows.length)
    found.push(`${String(counted[0]?.count)} rows at HQ, ${String(rows.length)} here`);
  return found;
}

const NOTHING = {
  status: 'completed',
  download: { applied: 0, deleted: 0, held: 0, rejected: 0, conflicts: 0 },
  upload: { applied: 0, deleted: 0, held: 0, rejected: 0, conflicts: 0 },
};

async function expectInStep(): Promise<void> {
  expect(await differing()).toEqual([]);
  const report = await till.app.verify(() => undefined, new AbortController().signal);
  expect(report).toMatchObject({ equal: true, explained: 0 });
  expect(await till.sync()).toMatchObject(NOTHING);
  expect(read(`SELECT label FROM drawer WHERE sync_status <> 'synced'`)).toEqual([]);
}

test('7.2: every kind of value arrives exactly with the first load', async () => {
  expect(read('SELECT label FROM drawer')).toHaveLength(HQ_ROWS.length);
  await expectInStep();
});

test('7.2: every kind of value arrives exactly through the feed, as a new row and as a change', async () => {
  const others = COLUMNS.filter((name) => name !== 'label');
  await hq.db.query(`
    INSERT INTO drawer (branch_no, label, ${others.join(', ')})
    SELECT 7, 'new ' || label, ${others.join(', ')} FROM drawer;
    WITH other AS (SELECT *, row_number() OVER (ORDER BY label) AS nth FROM drawer WHERE label NOT LIKE 'new %'),
         next AS (SELECT a.drawer_id AS mine, b.* FROM other a JOIN other b ON b.nth = a.nth % 4 + 1)
    UPDATE drawer d SET ${others.map((name) => `${name} = next.${name}`).join(', ')} FROM next WHERE d.drawer_id = next.mine`);
  expect(await till.sync()).toMatchObject({ status: 'completed', download: { applied: 8 } });
  await expectInStep();
});

/** What a POS writes, and what HQ must hold then (SQL, in HQ's own words). */
const EDITS: readonly (readonly [column: string, written: SQLInputValue, atHq: string])[] = [
  ['plain', '98765432109876543210.000000000123456789', '98765432109876543210.000000000123456789'],
  ['plain', 0.30000000000000004, '0.30000000000000004'],
  ['plain', '1.50', '1.5'],
  ['fixed', 0.30000000000000004, '0.3'],
  ['fixed', '0.30000000000000004', '0.3'],
  ['fixed', 10, '10'],
  ['fixed', '-12345678901.2345', '-12345678901.2345'],
  ['cents', '2.675', '2.68'],
  ['cents', 19.9, '19.90'],
  ['tens', 1235, hasNegativeScales ? '1240' : '1235'],
  ['big', 9007199254740993n, '9007199254740993'],
  ['big', -9223372036854775808n, '-9223372036854775808'],
  ['small', -1, '-1'],
  ['four', 16777216.5, '16777216'],
  ['four', 0.1, '0.1'],
  ['eight', 0.1, '0.1'],
  ['eight', 5e-324, '5e-324'],
  ['flag', 0, 'false'],
  ['flag', 1, 'true'],
  ['short', `'; DROP TABLE drawer; -- "x"`, `$$'; DROP TABLE drawer; -- "x"$$`],
  ['short', '', `''`],
  ['padded', 'xy', `'xy   '`],
  [
    'long',
    'a\tb\nc\r\nd\\e\\N"f\'g\b\f\v\u0001',
    String.raw`E'a\tb\nc\r\nd\\e\\N"f''g\b\f\x0b\x01'`,
  ],
  ['long', 'e\u0301 👩‍👩‍👧‍👦 \u202Eabc \uFFFD', String.raw`E'e\u0301 👩‍👩‍👧‍👦 \u202Eabc \uFFFD'`],
  ['mood', 'müde \\ {x}', String.raw`'müde \ {x}'`],
  ['place', 'B7', `'B7'`],
  ['at0', '2026-11-22 15:04:05', `'2026-11-22 15:04:05'`],
  ['at3', '2026-11-22T15:04:05.678Z', `'2026-11-22 15:04:05.678'`],
  ['at3', '2026-11-22T17:04:05+02:00', `'2026-11-22 15:04:05'`],
  ['at6', '2026-11-22T15:04:05.678901Z', `'2026-11-22 15:04:05.678901'`],
  ['moment', '2026-11-22T15:04:05.000001Z', `'2026-11-22 15:04:05.000001+00'`],
  ['moment0', '2026-11-22', `'2026-11-22 00:00:00+00'`],
  ['day', '0001-01-01', `'0001-01-01'`],
  ['clock', '12:34', `'12:34:00'`],
  ['clock2', '01:02:03.456', `'01:02:03.46'`],
  ['span', '1 mon 2 days 03:04:05', `'1 mon 2 days 03:04:05'`],
  ['ident', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A99', `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a99'`],
  ['bytes', new Uint8Array([0, 255, 92, 39]), String.raw`'\x00ff5c27'`],
  ['bytes', new Uint8Array(), `''`],
  ['doc', '{"z":1, "a" : [0.10]}', `'{"z":1, "a" : [0.10]}'`],
  ['docb', '{"z":1,"a":[0.10,"😀\\n"]}', String.raw`'{"a": [0.10, "😀\n"], "z": 1}'`],
  [
    'words',
    '["x,y","\\"","\\\\",null,"null",""]',
    String.raw`ARRAY['x,y', '"', '\', NULL, 'null', '']`,
  ],
  ['numbers', '[9007199254740993,-1]', 'ARRAY[9007199254740993,-1]'],
  ['sums', '[0.10,"123456789012345.6789"]', 'ARRAY[0.10,123456789012345.6789]'],
  [
    'docs',
    '["{\\"a\\": 1}",{"b":[2]},null,"null"]',
    `ARRAY['{"a": 1}','{"b": [2]}',NULL,'null']::jsonb[]`,
  ],
  ['grid', '[[1,2],[3,null]]', 'ARRAY[[1,2],[3,NULL]]'],
  ['flags', '[true,null]', 'ARRAY[true,NULL]'],
  ['days', '["2024-02-29"]', `ARRAY['2024-02-29']::date[]`],
  ['address', '10.1.2.3', `'10.1.2.3'`],
];

/** `'text'` of each column's type at HQ, with its modifier. */
async function typesAtHq(): Promise<ReadonlyMap<string, string>> {
  const { rows } = await hq.db.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'drawer'::regclass AND attnum > 0`,
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}

async function heldAtHq(column: string, expected: string, label: string): Promise<unknown> {
  const type = (await typesAtHq()).get(column) ?? '';
  const { rows } = await hq.db.query<{ same: boolean; held: string }>(
    `SELECT ${column}::text IS NOT DISTINCT FROM CAST(${expected} AS ${type})::text AS same, ${column}::text AS held
       FROM drawer WHERE label = $1`,
    [label],
  );
  return rows[0]?.same === true ? expected : rows[0]?.held;
}

test('7.2: whatever a POS writes into a synced row reaches HQ as that value', async () => {
  const labels = read('SELECT label FROM drawer ORDER BY label').map((row) => String(row['label']));
  for (let start = 0; start < EDITS.length; start += labels.length) {
    const batch = EDITS.slice(start, start + labels.length);
    for (const [place, [column, written]] of batch.entries()) {
      const change = till.pos.prepare(`UPDATE drawer SET ${column} = ? WHERE label = ?`);
      change.run(null, labels[place] ?? '');
      change.run(written, labels[place] ?? '');
    }
    expect(await till.sync()).toMatchObject({ upload: { rejected: 0, held: 0 } });
    for (const [place, [column, , expected]] of batch.entries()) {
      expect(`${column}: ${String(await heldAtHq(column, expected, labels[place] ?? ''))}`).toBe(
        `${column}: ${expected}`,
      );
    }
  }
  await expectInStep();
});

test('a row that a POS makes reaches HQ with a value of every kind, and one without any', async () => {
  const last = new Map(EDITS.map((edit) => [edit[0], edit]));
  const columns = [...last.keys()];
  till.pos
    .prepare(
      `INSERT INTO drawer (local_id, branch_no, label, ${columns.join(', ')}) VALUES ('d-1', '7', 'made here', ${columns.map(() => '?').join(', ')})`,
    )
    .run(...columns.map((column) => last.get(column)?.[1] ?? null));
  till.pos.exec(`INSERT INTO drawer (local_id, branch_no, label) VALUES ('d-2', '7', 'empty')`);
  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 2 } });
  for (const [column, , expected] of last.values()) {
    expect(`${column}: ${String(await heldAtHq(column, expected, 'made here'))}`).toBe(
      `${column}: ${expected}`,
    );
  }
  await expectInStep();
});

// ------------------------------------------------------------------------------ what cannot be held

const catalogue = loadCatalogue();

/** `label: message` of every rejected row. */
async function rejections(): Promise<string[]> {
  const rows = await till.app.rejected();
  const labels = new Map(
    read('SELECT local_id, server_id, label FROM drawer').flatMap((row) => [
      [String(row['local_id']), String(row['label'])],
      [String(row['server_id']), String(row['label'])],
    ]),
  );
  const { rows: atHq } = await hq.db.query<{ id: string; label: string }>(
    'SELECT drawer_id AS id, label FROM drawer',
  );
  for (const { id, label } of atHq) if (!labels.has(id)) labels.set(id, label);
  return rows
    .map(
      ({ id, code, params, direction }) =>
        `${labels.get(id) ?? id} ${direction}: ${renderMessage(catalogue, code, params)}`,
    )
    .toSorted();
}

const cannot = (column: string, what: string): string =>
  `The field ${column} holds ${what}, which the other side cannot hold; the row was left as it is.`;

const TOO_FAR = 'a value outside the range that fits';
const UNHOLDABLE_HERE: readonly (readonly [column: string, value: string, what: string])[] = [
  ['plain', 'NaN', '"not a number"'],
  ['plain', 'Infinity', 'infinity'],
  ['fixed', 'NaN', '"not a number"'],
  ['four', 'NaN', '"not a number"'],
  ['eight', '-Infinity', 'infinity'],
  ['at3', 'infinity', 'infinity'],
  ['at6', '0044-03-15 12:00:00 BC', TOO_FAR],
  ['at0', '10000-01-01', TOO_FAR],
  ['moment', '-infinity', 'infinity'],
  ['day', 'infinity', 'infinity'],
  ['day', '0044-03-15 BC', TOO_FAR],
  ['day', '10000-01-01', TOO_FAR],
];

test('a value at HQ that a terminal cannot hold rejects exactly that row, and comes once it is mended', async () => {
  const before = read(`SELECT * FROM drawer WHERE label = 'plain'`);
  for (const [place, [column, value]] of UNHOLDABLE_HERE.entries()) {
    await hq.db.query(
      `INSERT INTO drawer (branch_no, label, short, ${column}) VALUES (7, $1, 'x', $2)`,
      [`odd ${String(place)}`, value],
    );
  }
  await hq.db.query(`UPDATE drawer SET eight = 'NaN', short = 'changed' WHERE label = 'plain'`);
  await insertAtHq({ label: `'good'`, short: `'y'` });

  const expected = UNHOLDABLE_HERE.map(
    ([column, , what], place) => `odd ${String(place)} download: ${cannot(column, what)}`,
  );
  const count = expected.length + 1;
  expect(await till.sync()).toMatchObject({
    status: 'partial',
    download: { applied: 1, rejected: count },
  });
  expect(await rejections()).toEqual(
    [...expected, `plain download: ${cannot('eight', '"not a number"')}`].toSorted(),
  );
  expect(read(`SELECT * FROM drawer WHERE label = 'plain'`)).toEqual(before);
  expect(read(`SELECT label FROM drawer WHERE label LIKE 'odd%' OR label = 'good'`)).toEqual([
    { label: 'good' },
  ]);
  expect(await till.app.verify(() => undefined, new AbortController().signal)).toMatchObject({
    equal: true,
    explained: count,
  });
  // Listed once, and not again with every sync.
  expect(await till.sync()).toMatchObject(NOTHING);

  for (const [place, [column]] of UNHOLDABLE_HERE.entries())
    await hq.db.query(`UPDATE drawer SET ${column} = NULL WHERE label = $1`, [
      `odd ${String(place)}`,
    ]);
  await hq.db.query(`UPDATE drawer SET eight = 1.5 WHERE label = 'plain'`);
  expect(await till.sync()).toMatchObject({ status: 'completed', download: { applied: count } });
  expect(await rejections()).toEqual([]);
  await expectInStep();
});

test('a value at HQ that is taken back before it was ever held leaves nothing listed', async () => {
  await hq.db.query(`UPDATE drawer SET eight = 'NaN' WHERE label = 'plain'`);
  expect(await till.sync()).toMatchObject({ status: 'partial', download: { rejected: 1 } });
  await hq.db.query(`UPDATE drawer SET eight = 1.5 WHERE label = 'plain'`);
  expect(await till.sync()).toMatchObject({ status: 'completed' });
  expect(await rejections()).toEqual([]);
  await expectInStep();
});

test('the first load of another terminal leaves out exactly the row it cannot hold', async () => {
  await hq.db.query(`UPDATE drawer SET day = 'infinity' WHERE label = 'good'`);
  const other = await createTerminal(hq, 'B');
  try {
    expect(await other.app.rejected()).toMatchObject([
      { table: 'drawer', code: 'VALUE_UNHOLDABLE', params: { column: 'day', reason: 'infinity' } },
    ]);
    const labels = other.pos.prepare('SELECT label FROM drawer ORDER BY label').all();
    const here = till.pos.prepare(`SELECT label FROM drawer WHERE label <> 'good' ORDER BY label`);
    expect(labels).toEqual(here.all());
  } finally {
    await other.close();
    await hq.db.query(`UPDATE drawer SET day = NULL WHERE label = 'good'`);
    await till.sync();
  }
});

/** What a POS can write and HQ cannot hold: an SQL expression, and the message (a part of it). */
const UNHOLDABLE_AT_HQ: readonly (readonly [column: string, written: string, message: string])[] = [
  ['long', `'a' || char(0) || 'b'`, cannot('long', 'a NUL character')],
  ['long', `CAST(x'61ff62' AS TEXT)`, cannot('long', 'bytes that are no text (no UTF-8)')],
  ['long', `CAST(x'eda080' AS TEXT)`, cannot('long', 'bytes that are no text (no UTF-8)')],
  ['short', `CAST(x'efbfbdff' AS TEXT)`, cannot('short', 'bytes that are no text (no UTF-8)')],
  ['bytes', `CAST(x'c328' AS TEXT)`, cannot('bytes', 'bytes that are no text (no UTF-8)')],
  ['words', `CAST(x'5b22ff225d' AS TEXT)`, cannot('words', 'bytes that are no text (no UTF-8)')],
  ['doc', `CAST(x'22c322' AS TEXT)`, cannot('doc', 'bytes that are no text (no UTF-8)')],
  ['long', `x'616263'`, cannot('long', 'bytes instead of text')],
  ['plain', `'abc'`, cannot('plain', 'something that is no number')],
  ['big', `'abc'`, cannot('big', 'something that is no number')],
  ['big', `'1.5'`, cannot('big', 'a number that is not whole')],
  ['big', `'9223372036854775808'`, cannot('big', 'a number whose last digits are not known')],
  ['eight', `'abc'`, cannot('eight', 'something that is no number')],
  ['eight', '9e999', cannot('eight', 'infinity')],
  ['four', '1e39', cannot('four', TOO_FAR)],
  ['fixed', `'123456789012'`, 'A number is larger than its field allows'],
  ['small', '40000', 'A number is larger than its field allows'],
  ['flag', '2', cannot('flag', 'something that is neither yes nor no')],
  ['short', `printf('%.41c', 'x')`, 'A text is longer than its field allows'],
  ['mood', `'grim'`, 'A value does not have the form its field needs'],
  ['place', `'lower'`, 'A value breaks a rule of the table'],
  ['at3', `'yesterday'`, cannot('at3', 'something that is no time stamp')],
  ['day', `'2026-02-30'`, cannot('day', 'something that is no date')],
  ['clock', `'25:00'`, cannot('clock', 'something that is no time of day')],
  ['span', `'soon'`, 'A value does not have the form its field needs'],
  ['ident', `'x'`, cannot('ident', 'something that is no UUID')],
  ['doc', `'{"a":'`, cannot('doc', 'something that is no JSON')],
  ['docb', `'"\\u0000"'`, 'A value does not have the form its field needs'],
  ['numbers', `'{1,2}'`, cannot('numbers', 'something that is no JSON')],
  ['numbers', `'"x"'`, cannot('numbers', 'something that is no JSON array')],
  ['address', `'localhost'`, 'A value does not have the form its field needs'],
];

const snapshot = async (labels: string): Promise<unknown[]> =>
  (
    await hq.db.query<Row>(`SELECT d::text FROM drawer d WHERE label LIKE $1 ORDER BY label`, [
      labels,
    ])
  ).rows;

test('a value that HQ cannot hold rejects exactly that row, changes nothing at HQ, and goes once it is mended', async () => {
  for (const place of UNHOLDABLE_AT_HQ.keys())
    await insertAtHq({ label: `'old ${String(place)}'`, short: `'x'` });
  await till.sync();
  const before = await snapshot('old %');
  for (const [place, [column, written]] of UNHOLDABLE_AT_HQ.entries()) {
    till.pos.exec(`
      UPDATE drawer SET ${column} = ${written} WHERE label = 'old ${String(place)}';
      INSERT INTO drawer (local_id, branch_no, label, ${column}) VALUES ('n-${String(place)}', '7', 'fresh ${String(place)}', ${written})`);
  }
  till.pos.exec(`UPDATE drawer SET short = 'fine' WHERE label = 'good'`);
  const written = read(`SELECT * FROM drawer WHERE label LIKE 'old %' OR label LIKE 'fresh %'`);

  const count = UNHOLDABLE_AT_HQ.length * 2;
  expect(await till.sync()).toMatchObject({
    status: 'partial',
    upload: { applied: 1, rejected: count },
  });
  const listed = await rejections();
  for (const [place, [, , message]] of UNHOLDABLE_AT_HQ.entries()) {
    for (const kind of ['old', 'fresh']) {
      const name = `${kind} ${String(place)} upload: `;
      expect(listed.find((line) => line.startsWith(name))).toContain(name + message);
    }
  }
  expect(await snapshot('old %')).toEqual(before);
  expect(await snapshot('fresh %')).toEqual([]);
  expect(read(`SELECT * FROM drawer WHERE label LIKE 'old %' OR label LIKE 'fresh %'`)).toEqual(
    written.map((row) => ({ ...row, sync_status: 'error' })),
  );
  expect(await till.app.verify(() => undefined, new AbortController().signal)).toMatchObject({
    equal: true,
  });
  expect(await till.sync()).toMatchObject(NOTHING);

  for (const [place, [column]] of UNHOLDABLE_AT_HQ.entries()) {
    const [, mended] = EDITS.find(([name]) => name === column) ?? [];
    till.pos
      .prepare(`UPDATE drawer SET ${column} = ? WHERE label IN (?, ?)`)
      .run(mended ?? null, `old ${String(place)}`, `fresh ${String(place)}`);
  }
  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: count } });
  expect(await rejections()).toEqual([]);
  await expectInStep();
});

test("a row with a value that HQ cannot hold still receives HQ's changes, and keeps the value", async () => {
  await insertAtHq({ label: `'torn'`, plain: '5', short: `'before'` });
  await till.sync();
  till.pos.exec(`UPDATE drawer SET plain = 'abc' WHERE label = 'torn'`);
  await hq.db.query(`UPDATE drawer SET short = 'after' WHERE label = 'torn'`);

  expect(await till.sync()).toMatchObject({ status: 'partial', upload: { rejected: 1 } });
  expect(read(`SELECT plain, short, sync_status FROM drawer WHERE label = 'torn'`)).toEqual([
    { plain: 'abc', short: 'after', sync_status: 'error' },
  ]);
  const atHq = 'SELECT plain::text, short FROM drawer WHERE label = $1';
  expect((await hq.db.query(atHq, ['torn'])).rows).toEqual([{ plain: '5', short: 'after' }]);

  till.pos.exec(`UPDATE drawer SET plain = '6' WHERE label = 'torn'`);
  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 1 } });
  expect((await hq.db.query(atHq, ['torn'])).rows).toEqual([{ plain: '6', short: 'after' }]);
  await expectInStep();
});

test("where both changed the column, HQ's later value wins and what could not be held is in the log", async () => {
  till.pos.exec(`UPDATE drawer SET plain = 'abc' WHERE label = 'torn'`);
  await till.sync();
  await hq.db.query(`UPDATE drawer SET plain = 7 WHERE label = 'torn'`);
  expect(await till.sync()).toMatchObject({ download: { applied: 1, conflicts: 1 } });
  expect(await rejections()).toEqual([]);
  expect((await till.app.conflicts())[0]).toMatchObject({
    column: 'plain',
    kept: '7',
    lost: 'abc',
  });
  await expectInStep();
});

test('a table whose own column is called terminal_id keeps it to itself', async () => {
  await hq.db.query(
    `INSERT INTO terminal_note (drawer_id, terminal_id, body) SELECT drawer_id, NULL, 'a' FROM drawer WHERE label = 'good'`,
  );
  await till.sync();
  expect(till.pos.prepare('SELECT terminal_id, body FROM terminal_note').all()).toEqual([
    { terminal_id: null, body: 'a' },
  ]);
  till.pos.exec(`UPDATE terminal_note SET terminal_id = 'gate 3'`);
  await till.sync();
  const { rows } = await hq.db.query('SELECT terminal_id, body FROM terminal_note');
  expect(rows).toEqual([{ terminal_id: 'gate 3', body: 'a' }]);
  await hq.db.query(`UPDATE terminal_note SET terminal_id = NULL`);
  await till.sync();
  expect(till.pos.prepare('SELECT terminal_id, till_no FROM terminal_note').all()).toEqual([
    { terminal_id: null, till_no: '11' },
  ]);
  await expectInStep();
});
