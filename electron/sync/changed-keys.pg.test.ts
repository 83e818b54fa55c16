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

beforeAll(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1');
});

afterAll(async () => {
  await t1.close();
  await hq.close();
});

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
