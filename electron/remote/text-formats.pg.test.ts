/** What the two text formats are read and written as, asked of a real server. */
import fc from 'fast-check';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../e2e/support/postgres.ts';
import { textArray } from './array-param.ts';
import { CopyReader } from './copy-text.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Every letter below U+0100 but NUL, alone, doubled and behind a backslash; then whatever comes. */
const SYSTEMATIC = Array.from({ length: 255 }, (_, code) => String.fromCodePoint(code + 1)).flatMap(
  (letter) => [letter, letter + letter, `\\${letter}`],
);
const RANDOM = fc
  .sample(fc.string({ unit: 'binary', maxLength: 30 }), { numRuns: 1500, seed: 7 })
  .map((sample) => sample.replaceAll('\0', ''));
const TEXTS: readonly (string | null)[] = [
  ...SYSTEMATIC,
  ...RANDOM,
  '',
  'NULL',
  '\\N',
  '\\.',
  '{a,b}',
  '"',
  '😀',
  'e\u0301',
  null,
];

test('an array parameter is to the server what was put in', async () => {
  const { rows } = await client.query<{ place: number; value: string | null }>(
    `SELECT u.place::int, u.value FROM unnest($1::text[]) WITH ORDINALITY u(value, place) ORDER BY 1`,
    [textArray(TEXTS)],
  );
  expect(rows.map(({ value }) => value)).toEqual(TEXTS);
});

test('what the server copies out is read as what it holds, cut into chunks of any size', async () => {
  await client.query('CREATE TABLE held (place int, value text, again text)');
  // As one JSON document, so that neither format under test carries the values in.
  await client.query(
    `INSERT INTO held SELECT place, value, CASE WHEN place % 2 = 0 THEN value END
       FROM jsonb_array_elements_text($1::jsonb) WITH ORDINALITY e(value, place)`,
    [JSON.stringify(TEXTS)],
  );
  const chunks: Buffer[] = [];
  const stream = client.query(
    copyTo('COPY (SELECT value, again FROM held ORDER BY place) TO STDOUT'),
  );
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  const sent = Buffer.concat(chunks);
  const expected = TEXTS.map((value, place) => [value, place % 2 === 1 ? value : null]);
  for (const size of [1, 2, 3, 5, 7, 64, 1000, sent.length]) {
    const reader = new CopyReader();
    const rows: (string | null)[][] = [];
    for (let start = 0; start < sent.length; start += size)
      rows.push(...reader.rows(sent.subarray(start, start + size)));
    expect(rows).toEqual(expected);
  }
});
