/** A row whose key HQ changes is the same row here (DESIGN 3.2), with what is unsent of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq, columnOf, expectInStep } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let t1: TestTerminal;
/** Reads the feed in the smallest pages. */
let t2: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1');
  t2 = await createTerminal(hq, 'T2', { batchSize: 1 });
});

afterAll(async () => {
  await t1.close();
  await t2.close();
  await hq.close();
});

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const rename = (from: string, to: string): Promise<unknown> =>
  hq.db.query('UPDATE shifts SET id = $2 WHERE id = $1', [from, to]);
async function shiftsAtHq(like: string): Promise<unknown[]> {
  const { rows } = await hq.db.query<Record<string, unknown>>(
    'SELECT id, shift_number, closing_balance FROM shifts WHERE shift_number LIKE $1 ORDER BY shift_number',
    [like],
  );
  return rows;
}

test('3.2: a key that HQ changes twice between two syncs is followed to the end', async () => {
  await atHq(hq.db, 'shifts', { id: 'k1', shift_number: 'twice' });
  await atHq(hq.db, 'orders', { id: 'k-order', shift_id: 'k1' });
  await t1.sync();

  await rename('k1', 'k2');
  await rename('k2', 'k3');
  t1.pos.exec(`UPDATE shifts SET closing_balance = '12.5' WHERE local_id = 'k1'`);
  await t1.sync();

  expect(await shiftsAtHq('twice')).toEqual([
    { id: 'k3', shift_number: 'twice', closing_balance: '12.5000' },
  ]);
  expect(columnOf(t1, 'shifts', 'server_id')).toEqual({ k1: 'k3' });
  expect(columnOf(t1, 'orders', 'shift_id')).toEqual({ 'k-order': 'k1' });
  expect(await t1.app.conflicts()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('3.2: keys that HQ swaps by way of a third one swap here, and edits stay with their rows', async () => {
  await atHq(
    hq.db,
    'shifts',
    { id: 'a1', shift_number: 'swap one' },
    { id: 'b1', shift_number: 'swap two' },
  );
  await t1.sync();

  await rename('a1', 'aside');
  await rename('b1', 'a1');
  await rename('aside', 'b1');
  t1.pos.exec(`UPDATE shifts SET closing_balance = '7' WHERE local_id = 'a1'`);
  await t1.sync();

  expect(await shiftsAtHq('swap %')).toEqual([
    { id: 'b1', shift_number: 'swap one', closing_balance: '7.0000' },
    { id: 'a1', shift_number: 'swap two', closing_balance: null },
  ]);
  expect(columnOf(t1, 'shifts', 'server_id')).toMatchObject({ a1: 'b1', b1: 'a1' });
  expect(await t1.app.conflicts()).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('3.2, 3.3: a changed key is one however small the pages are, wherever one ends', async () => {
  const mine = { terminal_id: 'term-2' };
  await atHq(
    hq.db,
    'shifts',
    { id: 'p0', shift_number: 'page zero', ...mine },
    { id: 'p1', shift_number: 'page one', ...mine },
  );
  await atHq(hq.db, 'orders', {
    id: 'p-order',
    shift_id: 'p1',
    source_terminal_id: 'term-2',
    ...mine,
  });
  await t2.sync();

  // Two entries of a key behind one of another row: what would be the end of a page stands between them.
  await hq.db.query("UPDATE shifts SET actual_cash = 1 WHERE id = 'p0'");
  await rename('p1', 'p2');
  await later();
  t2.pos.exec("UPDATE shifts SET closing_balance = '12.5' WHERE local_id = 'p1'");
  await t2.sync();

  expect(await shiftsAtHq('page one')).toEqual([
    { id: 'p2', shift_number: 'page one', closing_balance: '12.5000' },
  ]);
  expect(columnOf(t2, 'shifts', 'server_id')).toEqual({ p0: 'p0', p1: 'p2' });
  expect(t2.row('orders', 'p-order', 'shift_id')).toEqual({ shift_id: 'p1' });
  expect(await t2.app.conflicts()).toEqual([]);
  await expectInStep(hq, [t2]);
});

test('3.3: rows that HQ deleted go, however small the pages are', async () => {
  const mine = { terminal_id: 'term-2' };
  const shifts = ['d1', 'd2', 'd3'].map((id) => ({ id, ...mine }));
  await atHq(hq.db, 'shifts', ...shifts);
  await t2.sync();

  await hq.db.query("DELETE FROM shifts WHERE id IN ('d1', 'd2', 'd3')");
  await t2.sync();

  expect(Object.keys(columnOf(t2, 'shifts', 'server_id'))).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^d/)]),
  );
  await expectInStep(hq, [t2]);
});

test('3.2, 7.5: a row that HQ deleted, made again and renamed gets the edit that was to bring it back', async () => {
  await atHq(hq.db, 'shifts', { id: 'again', shift_number: 'again' });
  await t1.sync();
  const { rows: before } = await hq.db.query("SELECT * FROM shifts WHERE id = 'again'");

  await hq.db.query("DELETE FROM shifts WHERE id = 'again'");
  await later();
  t1.pos.exec("UPDATE shifts SET closing_balance = '3' WHERE local_id = 'again'");
  await t1.sync({ direction: 'push' });
  await hq.db.query('INSERT INTO shifts SELECT * FROM json_populate_recordset(NULL::shifts, $1)', [
    JSON.stringify(before),
  ]);
  await rename('again', 'renamed');
  await t1.sync();

  expect(await shiftsAtHq('again')).toEqual([
    { id: 'renamed', shift_number: 'again', closing_balance: '3.0000' },
  ]);
  expect(await t1.app.rejected()).toEqual([]);
  await expectInStep(hq, [t1]);
});
