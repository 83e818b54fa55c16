import { expect, test } from 'vitest';
import { renderMessage } from '../../shared/messages.ts';
import { noCounts, type RunReport } from '../../shared/report.ts';
import type { HeldRow, RemovalQuestion } from '../../shared/rows.ts';
import { loadCatalogue } from '../host/messages.ts';
import { heldText } from './held.ts';
import { installText } from './hq-install.ts';
import { hqStatusText } from './hq-status.ts';
import { removalsText } from './removals.ts';
import { parseRowName } from './retry.ts';
import { runOutcome } from './sync.ts';
import { syncText } from './sync-text.ts';
import { printable, textTable } from './text.ts';
import { verifyText } from './verify.ts';

const catalogue = loadCatalogue();
const say = (code: string, params = {}) => renderMessage(catalogue, code, params);

const report: RunReport = {
  runId: 'r',
  direction: 'both',
  status: 'completed',
  durationMs: 12,
  download: { ...noCounts, applied: 100, deleted: 1 },
  upload: { ...noCounts, applied: 50 },
  tables: {
    products: { download: { ...noCounts, applied: 100, deleted: 1 }, upload: noCounts },
    orders: { download: noCounts, upload: { ...noCounts, applied: 50 } },
  },
};
const still: RunReport = { ...report, download: noCounts, upload: noCounts, tables: {} };

test("a sync ends with PayFlow's own lines", () => {
  expect(syncText(report).split('\n').slice(-3)).toEqual([
    'PUSH (PostgreSQL -> SQLite): 101 records synced',
    'PULL (SQLite -> PostgreSQL): 50 records synced',
    'Total: 151 records - 0 errors',
  ]);
});

test('a sync that moved nothing says so', () => {
  expect(syncText(still)).toBe(
    [
      'Nothing to do: both sides were already in step.',
      '',
      'PUSH (PostgreSQL -> SQLite): 0 records synced',
      'PULL (SQLite -> PostgreSQL): 0 records synced',
      'Total: 0 records - 0 errors',
    ].join('\n'),
  );
});

test.each([
  ['completed', noCounts, 0],
  ['completed', { ...noCounts, conflicts: 2 }, 0],
  ['completed', { ...noCounts, held: 1 }, 3],
  ['partial', noCounts, 3],
  ['failed', noCounts, 1],
  ['cancelled', noCounts, 1],
] as const)('a %s run exits as DESIGN 10 says', (status, download, exit) => {
  expect(runOutcome({ ...still, status, download }, say).exit).toBe(exit);
});

test('a failed run says why, in text and JSON', () => {
  const error = { code: 'HQ_REFUSED', params: { where: 'hq:1' } };
  const { json, text, failure } = runOutcome({ ...report, status: 'failed', error }, say);
  expect(failure).toContain('No PostgreSQL answers at hq:1');
  expect(text).toMatch(/Total: 151 records - 1 errors$/);
  expect(json).toMatchObject({
    runId: 'r',
    error: { code: 'HQ_REFUSED', message: say(error.code, error.params) },
  });
});

test('a held row is listed in its own words', () => {
  const row: HeldRow = {
    table: 'orders',
    id: 'ord_001',
    direction: 'upload',
    missing: [{ field: 'shift_id', refTable: 'shifts', refId: 'shift_001', why: 'not-sent' }],
    since: '2026-11-22T14:32:00.000Z',
    tries: 2,
  };
  expect(heldText([row], say).split('\n')).toEqual([
    'Skipped orders:ord_001 - missing FK dependencies: shift_id->shifts[shift_001] (upload, not-sent, since 2026-11-22T14:32:00.000Z, 2 tries)',
    '',
    '1 row held.',
  ]);
});

test('a table is aligned: texts left, numbers right, nulls as a dash', () => {
  const rows = [
    { a: 'x', b: 5, c: null },
    { a: 'long', b: 1_000, c: '\u001b[31mred\n' },
  ];
  const table = textTable(rows, [
    { title: 'A', value: ({ a }) => a },
    { title: 'B', value: ({ b }) => b },
    { title: 'C', value: ({ c }) => c },
  ]);
  expect(table.split('\n')).toEqual(['A        B  C', 'x        5  -', 'long  1000   [31mred']);
});

test('control characters from a database never reach the terminal', () => {
  expect(printable('a\u001b]0;x\u0007b\r\nc\u009bd')).toBe('a ]0;x b c d');
});

test('a row name may hold colons in its id', () => {
  expect(parseRowName('orders:a:b')).toEqual({ table: 'orders', id: 'a:b' });
  expect(() => parseRowName(':a')).toThrow('TABLE:ID');
  expect(() => parseRowName('orders:')).toThrow('TABLE:ID');
});

test('verify names what differs and cuts long lists', () => {
  const differing = Array.from({ length: 12 }, (_, index) => `id${index}`);
  const text = verifyText({
    equal: false,
    explained: 1,
    tables: { orders: { hq: 20, terminal: 19, same: 0, differing } },
  });
  expect(text).toContain('id9, ... (12 in all)');
  expect(text).toContain('1 row set aside');
  expect(text.endsWith('The two sides differ.')).toBe(true);
});

test('5.3: what waits for a yes is told in both directions, with what each answer does', () => {
  const question: RemovalQuestion = {
    table: 'products',
    direction: 'download',
    waiting: 412,
    staying: 0,
    size: 1240,
    removed: 0,
    since: '2026-11-22T08:00:00.000Z',
    answer: null,
  };
  const text = removalsText([
    question,
    { ...question, direction: 'upload', waiting: 0, staying: 1, answer: null },
    { ...question, answer: 'hq' },
  ]);
  expect(text).toContain('products: HQ deleted 412 rows of 1240; they wait for a manager.');
  expect(text).toContain('1 row that HQ deleted stays here.');
  expect(text).toContain('answered "hq"; the next sync carries it out for 412 rows.');
  expect(text).toContain('payflow resolve delete:products --keep hq');
  expect(removalsText([])).toBe('No mass removal waits for an answer.');
});

test('an install says what it did, and that there was nothing to do only then', () => {
  const installed = {
    created: [],
    updated: [],
    unchanged: ['orders'],
    dropped: [],
    migrations: [],
    notify: true,
  };
  expect(installText({ ...installed, keepDays: 7 }).split('\n')[0]).toBe(
    'Changes are kept for a terminal that is away: 7 days',
  );
  const plain = { ...installed, keepDays: null };
  expect(installText(plain)).toContain('Nothing to change');
  expect(installText({ ...plain, migrations: [5] })).not.toContain('Nothing to change');
});

test('the status of HQ says what it has not counted', () => {
  const status = {
    terminals: [
      {
        code: 'T1',
        lastSeenAt: new Date(0),
        holder: null,
        heldSince: null,
        leaseUntil: null,
        behind: 1_000,
        behindMore: true,
        waiting: 0,
      },
    ],
    feed: { entries: 2_000_000, estimated: true, keepDays: 30, bytes: 1, oldestAt: null },
    holders: [],
    captured: ['orders'],
    findings: [],
  };
  const text = hqStatusText(status);
  expect(text).toContain('> 1000');
  expect(text).toContain(
    'Feed: about 2000000 changes, kept for 30 days at most; 1 captured table.',
  );
});
