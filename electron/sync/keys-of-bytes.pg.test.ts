/** Rows whose key is no text: nothing can name them at HQ, and nothing of them may get lost (DESIGN 4.1, invariant 7). */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { atHq, atPos, expectInStep } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let t1: TestTerminal;

beforeEach(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1');
});

afterEach(async () => {
  await t1.close();
  await hq.close();
});

const nobody = () => undefined;
const { signal } = new AbortController();

const BLOB = `x'41FF'`;
const NO_TEXT = `CAST(x'41FF' AS TEXT)`;

function insert(key: string): void {
  t1.pos.exec(`INSERT INTO customers (local_id, customer_code, first_name, store_id, updated_at)
    VALUES (${key}, 'CB', 'blobby', 'store-1', '2026-01-01T00:00:00.000Z')`);
}

const outbox = () => t1.pos.prepare('SELECT local_id, op FROM sync_outbox').all();
const listed = async () =>
  (await t1.app.rejected()).map(({ table, id, code, params }) => [
    `${table}:${id}`,
    code,
    params['column'],
    params['reason'],
  ]);

test.each([
  ['bytes', BLOB, 'not-text'],
  ['a text that is no UTF-8', NO_TEXT, 'not-unicode'],
])(
  '4.1, 7: a row with %s for its key is listed as refused, once, and the data check passes',
  async (_, key, reason) => {
    insert(key);
    expect(await t1.sync()).toMatchObject({
      status: 'partial',
      upload: { applied: 0, rejected: 1 },
    });

    expect(await listed()).toEqual([[`customers:x'41FF'`, 'VALUE_UNHOLDABLE', 'local_id', reason]]);
    expect(t1.pos.prepare('SELECT sync_status FROM customers').get()).toEqual({
      sync_status: 'error',
    });
    expect(await t1.app.verify(nobody, signal)).toMatchObject({ equal: true });
    await t1.app.repair({ log: true }, nobody, signal);
    // An idle cycle writes nothing.
    const version = () => t1.pos.prepare('PRAGMA data_version').get();
    const before = version();
    expect(await t1.sync()).toMatchObject({ upload: { applied: 0 } });
    expect(version()).toEqual(before);
    await t1.retry({ table: 'customers', id: `x'41FF'` });
    expect(await listed()).toHaveLength(1);
  },
);

test.each([
  ['bytes', BLOB],
  ['a text that is no UTF-8', NO_TEXT],
])('4.1, 8: a row with %s for its key goes once it has a name', async (_, key) => {
  insert(key);
  await t1.sync();

  t1.pos.exec(`UPDATE customers SET local_id = 'C-1'`);
  await t1.sync();

  expect(await listed()).toEqual([]);
  const { rows } = await hq.db.query('SELECT customer_code FROM customers');
  expect(rows).toEqual([{ customer_code: 'CB' }]);
  expect(outbox()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test.each([
  ['bytes', BLOB],
  ['a text that is no UTF-8', NO_TEXT],
])('4.1: a row with %s for its key is listed no more when it is deleted', async (_, key) => {
  insert(key);
  await t1.sync();

  t1.pos.exec('DELETE FROM customers');
  await t1.sync();

  expect(await listed()).toEqual([]);
  expect(outbox()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('4.1, 7: a row with bytes for its key holds up no other, whichever key the other has', async () => {
  insert(BLOB);
  await t1.sync();

  atPos(t1.pos, 'customers', { local_id: '41FF' }, { local_id: `x'41'` });
  await atHq(hq.db, 'customers', { id: 'same', customer_code: 'CB' }, { id: 'other' });
  await t1.sync();

  const { rows } = await hq.db.query('SELECT customer_code AS code FROM customers ORDER BY 1');
  expect(rows.map(({ code }: { code?: unknown }) => code)).toEqual([
    `41FF`,
    'CB',
    'other',
    `x'41'`,
  ]);
  expect(t1.row('customers', 'other')).toBeDefined();
  expect(new Set((await listed()).map(([row]) => row))).toEqual(
    new Set(['customers:same', `customers:x'41FF'`]),
  );
  const { facts } = await t1.app.status();
  expect(facts).toMatchObject({ waiting: 0, oldestUnsentAt: null });
  expect((await t1.app.rejected()).map(({ params }) => params['localId'])).toContain(`x'41FF'`);
});

test('4.4: a row with bytes for its key that no trigger saw is named by the check and listed by the repair', async () => {
  const triggers = t1.pos
    .prepare(`SELECT name, sql FROM sqlite_master WHERE name LIKE 'sync_capture_customers_%'`)
    .all() as { name: string; sql: string }[];
  for (const { name } of triggers) t1.pos.exec(`DROP TRIGGER "${name}"`);
  insert(BLOB);
  for (const { sql } of triggers) t1.pos.exec(sql);
  t1.pos.exec(`UPDATE sync_meta SET value = (SELECT schema_version FROM pragma_schema_version)
    WHERE name = 'schema_seen'`);

  const { tables } = await t1.app.verify(nobody, signal);
  expect(tables['customers']?.differing).toEqual([`x'41FF'`]);
  await t1.app.repair({ log: true }, nobody, signal);

  expect((await listed()).map(([row]) => row)).toEqual([`customers:x'41FF'`]);
  expect(await t1.app.verify(nobody, signal)).toMatchObject({ equal: true });
});

test('4.1: a row that HQ knows is listed while it has bytes for its key, and goes on when it has its name again', async () => {
  atPos(t1.pos, 'customers', { local_id: 'C', first_name: 'Ana' });
  await t1.sync();

  t1.pos.exec(`UPDATE customers SET local_id = ${BLOB}`);
  await t1.sync();
  expect((await listed()).map(([row]) => row)).toEqual([`customers:x'41FF'`]);
  await hq.db.query(`UPDATE customers SET phone = '1'`);
  await t1.trySync();

  t1.pos.exec(`UPDATE customers SET local_id = 'C', first_name = 'Ben'`);
  await t1.sync();
  expect(t1.row('customers', 'C', 'first_name, phone')).toEqual({ first_name: 'Ben', phone: '1' });
  expect(await listed()).toEqual([]);
  await expectInStep(hq, [t1]);
});
