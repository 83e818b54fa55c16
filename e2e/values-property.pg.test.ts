/**
 * Values of every type, thousands of them, all the way: HQ, payflow.db, a copy that the POS makes, and back. Each arrives
 * exactly or its row is listed; whether it is the same is asked of PostgreSQL.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createForeignHq } from './support/foreign-company.ts';
import { scaled } from './support/scale.ts';
import { createTerminal, type TestHq, type TestTerminal } from './support/shop.ts';

const ROWS = scaled(400, 20_000);
const ROWS_AT_ONCE = 200;
const SEED = Number(process.env['PAYFLOW_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

interface Kind {
  readonly type: string;
  /** As PostgreSQL reads it. */
  readonly values: fc.Arbitrary<string>;
  /** Where `=` is not "the same": json has none, and for text it may depend on a collation. */
  readonly asText?: boolean;
}

const digits = (most: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[1-9][0-9]{0,${String(most - 1)}}$`));
const decimal = (whole: number, places: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.boolean(), digits(whole), fc.nat(10 ** Math.min(places, 9) - 1))
    .map(
      ([minus, left, right]) => `${minus ? '-' : ''}${left}.${String(right).padStart(places, '0')}`,
    );
const two = (value: number): string => String(value).padStart(2, '0');
const day = fc
  .tuple(
    fc.integer({ min: 1, max: 9999 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
  )
  .map(([year, month, date]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`);
const clock = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(999_999))
  .map(([h, m, s, micros]) => `${two(h)}:${two(m)}:${two(s)}.${String(micros).padStart(6, '0')}`);
/** All of Unicode but NUL, which PostgreSQL's text cannot hold. */
const anyText = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map((text) => text.replaceAll('\0', '').toWellFormed());
const jsonText = fc.json().filter((text) => !text.includes(String.raw`\u0000`));
const quoted = (items: readonly (string | null)[]): string =>
  `{${items.map((item) => (item === null ? 'NULL' : `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`)).join(',')}}`;

const KINDS: Readonly<Record<string, Kind>> = {
  plain: { type: 'numeric', values: decimal(30, 20) },
  cents: { type: 'numeric(12,2)', values: decimal(10, 2) },
  big: {
    type: 'bigint',
    values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  },
  small: { type: 'smallint', values: fc.integer({ min: -32_768, max: 32_767 }).map(String) },
  four: { type: 'real', values: fc.float({ noNaN: true, noDefaultInfinity: true }).map(String) },
  // Not a number and the infinities are no value of payflow.db's: such a row is listed.
  eight: {
    type: 'double precision',
    values: fc.oneof(
      { weight: 50, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
      { weight: 1, arbitrary: fc.constantFrom('NaN', 'Infinity', '-Infinity') },
    ),
  },
  flag: { type: 'boolean', values: fc.boolean().map(String) },
  long: { type: 'text', values: anyText, asText: true },
  short: {
    type: 'varchar(40)',
    values: anyText.map((text) => [...text].slice(0, 40).join('')),
    asText: true,
  },
  padded: { type: 'char(5)', values: fc.stringMatching(/^[a-zé]{0,5}$/), asText: true },
  at0: {
    type: 'timestamp(0)',
    values: fc.tuple(day, clock).map((parts) => parts.join(' ').replace(/\..*/, '')),
  },
  at6: { type: 'timestamp', values: fc.tuple(day, clock).map((parts) => parts.join(' ')) },
  moment: {
    type: 'timestamptz',
    values: fc.tuple(day, clock).map((parts) => `${parts.join(' ')}+00`),
  },
  day: { type: 'date', values: day },
  clock: { type: 'time', values: clock },
  span: {
    type: 'interval',
    values: fc
      .tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -999, max: 999 }), clock)
      .map(([months, days, time]) => `${String(months)} mons ${String(days)} days ${time}`),
    asText: true,
  },
  ident: { type: 'uuid', values: fc.uuid() },
  bytes: {
    type: 'bytea',
    values: fc
      .uint8Array({ maxLength: 40 })
      .map((bytes) => String.raw`\x${Buffer.from(bytes).toString('hex')}`),
  },
  doc: { type: 'json', values: jsonText, asText: true },
  docb: { type: 'jsonb', values: jsonText },
  words: {
    type: 'text[]',
    values: fc.array(fc.option(anyText), { maxLength: 5 }).map(quoted),
    asText: true,
  },
  numbers: {
    type: 'int8[]',
    values: fc
      .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), { maxLength: 4 })
      .map(quoted),
  },
  sums: { type: 'numeric[]', values: fc.array(decimal(12, 4), { maxLength: 4 }).map(quoted) },
};
const COLUMNS = Object.keys(KINDS);

let hq: TestHq;
let till: TestTerminal;

beforeAll(async () => {
  const columns = Object.entries(KINDS).map(([name, { type }]) => `${name} ${type}`);
  hq = await createForeignHq(
    'sample: { scope: { store: branch_no }, direction: both, strategy: newest }',
    `CREATE TABLE sample (
       sample_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
       branch_no integer NOT NULL REFERENCES branches, label text NOT NULL UNIQUE, ${columns.join(', ')})`,
  );
  till = await createTerminal(hq, 'A');
});

afterAll(async () => {
  await till.close();
  await hq.close();
});

test(
  `7.2: whatever a value is, it goes down and up again unchanged, or its row is listed (${String(ROWS)} rows, seed ${String(SEED)})`,
  { timeout: 1_200_000 },
  async () => {
    const row = fc.tuple(
      ...Object.values(KINDS).map(({ values }) => fc.option(values, { freq: 9 })),
    );
    const rows = fc.sample(row, { numRuns: ROWS, seed: SEED });
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      const slice = rows.slice(start, start + ROWS_AT_ONCE);
      const lists = COLUMNS.map((_, column) => slice.map((values) => values[column] ?? null));
      const labels = slice.map((_, index) => `row-${String(start + index)}`);
      const types = Object.values(KINDS).map(({ type }, index) => `v${String(index)}::${type}`);
      // As text lists, because an array of arrays is none.
      const given = lists.map((_, index) => `$${String(index + 2)}::text[]`);
      await hq.db.query(
        `INSERT INTO sample (branch_no, label, ${COLUMNS.join(', ')})
         SELECT 7, label, ${types.join(', ')}
           FROM unnest($1::text[], ${given.join(', ')}) AS x(label, ${COLUMNS.map((_, index) => `v${String(index)}`).join(', ')})`,
        [labels, ...lists],
      );
    }
    await till.sync();
    const listed = new Set((await till.app.rejected()).map(({ id }) => id));
    till.pos.exec(
      `INSERT INTO sample (local_id, branch_no, label, ${COLUMNS.join(', ')})
       SELECT 'copy-' || local_id, branch_no, 'copy-' || label, ${COLUMNS.join(', ')} FROM sample`,
    );

    await till.sync();

    const { rows: lost } = await hq.db.query<{ id: string }>(
      `SELECT sample_id AS id FROM sample a WHERE label NOT LIKE 'copy-%'
          AND NOT EXISTS (SELECT 1 FROM sample b WHERE b.label = 'copy-' || a.label)`,
    );
    expect(lost.map(({ id }) => id).filter((id) => !listed.has(id))).toEqual([]);
    expect(lost.length).toBe(listed.size);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(ROWS / 10);
    const differs = Object.entries(KINDS).map(([name, { asText }]) => {
      const cast = asText === true ? '::text' : '';
      return `CASE WHEN a.${name}${cast} IS DISTINCT FROM b.${name}${cast} THEN '${name}: ' || coalesce(a.${name}::text, 'null') || ' -> ' || coalesce(b.${name}::text, 'null') END`;
    });
    const { rows: odd } = await hq.db.query(
      `SELECT label, odd FROM (
         SELECT a.label, concat_ws('; ', ${differs.join(', ')}) AS odd
           FROM sample a JOIN sample b ON b.label = 'copy-' || a.label) x WHERE odd <> ''`,
    );
    expect(odd).toEqual([]);
  },
);
