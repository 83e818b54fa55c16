import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyField, CopyReader } from './copy-text.ts';

type Row = (string | null)[];

const ESCAPED: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** What a server sends of these rows. */
function copyText(rows: readonly Row[]): Buffer {
  const field = (value: string | null): string =>
    value === null ? '\\N' : value.replaceAll(/[\b\f\n\r\t\v\\]/g, (mark) => ESCAPED[mark] ?? '');
  return Buffer.from(rows.map((row) => `${row.map(field).join('\t')}\n`).join(''), 'utf8');
}

function readInChunks(bytes: Buffer, cuts: readonly number[]): Row[] {
  const reader = new CopyReader();
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted(
    (a, b) => a - b,
  );
  return [0, ...places].flatMap((start, turn) =>
    reader.rows(bytes.subarray(start, places[turn] ?? bytes.length)),
  );
}

/** Every kind of letter, and often those that the format itself uses. */
const letter = fc.oneof(
  fc.constantFrom('\t', '\n', '\r', '\b', '\f', '\v', '\\', 'N', '.', 'n', '0', 'x', '"'),
  fc.constantFrom(
    'é',
    'e\u0301',
    '€',
    '😀',
    '👩‍👧',
    'ש',
    '\u202E',
    '\uFEFF',
    '\uFFFD',
    '\u0085',
    '\u2028',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((one) => one !== '\0'),
);
const value = fc.option(
  fc.array(letter, { maxLength: 12 }).map((letters) => letters.join('')),
  { nil: null, freq: 5 },
);
const rows = fc
  .integer({ min: 1, max: 5 })
  .chain((width) =>
    fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 8 }),
  );

test('rows come out as they went in, wherever the stream is cut, also inside a character', () => {
  fc.assert(
    fc.property(rows, fc.array(fc.nat(), { maxLength: 30 }), (sent, cuts) => {
      expect(readInChunks(copyText(sent), cuts)).toEqual(sent);
    }),
    { numRuns: 1500 },
  );
});

test('a stream that arrives byte by byte gives each row as soon as it is complete', () => {
  const sent: Row[] = [
    ['😀\n', null, ''],
    ['\\N', 'N', '\\.'],
    ['', '', ''],
  ];
  const reader = new CopyReader();
  const arrived = [...copyText(sent)].map((byte) => reader.rows(Buffer.from([byte])));
  expect(arrived.filter((found) => found.length > 0)).toEqual(sent.map((row) => [row]));
});

test('a chunk that the driver uses again does not change what was read before', () => {
  const reader = new CopyReader();
  const chunk = Buffer.from('one\ntw');
  expect(reader.rows(chunk)).toEqual([['one']]);
  chunk.fill(0);
  expect(reader.rows(Buffer.from('o\n'))).toEqual([['two']]);
});

test('null, the empty text, and texts that look like null or like the end of the data stay apart', () => {
  expect(['\\N', '', '\\\\N', '\\\\.', 'N', '\\\\\\N'].map(copyField)).toEqual([
    null,
    '',
    '\\N',
    '\\.',
    'N',
    '\\N',
  ]);
});
