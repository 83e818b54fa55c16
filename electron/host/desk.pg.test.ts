/** The window's lists over a terminal and its HQ: what a person sees of rows that wait, and what they can do. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq, atPos, expectInStep, hqRow, serverId } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { CycleAsked, RejectedDetailFound, RowKey } from './desk-types.ts';

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

const first = { offset: 0, limit: 50 };
const cycle = (asked: Partial<CycleAsked> = {}) =>
  t1.app.cycle(
    { direction: 'both', retry: [], fetch: [], ...asked },
    () => undefined,
    new AbortController().signal,
  );

async function failureOf(work: Promise<unknown>): Promise<PayflowError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PayflowError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

/** Changes HQ's rows as if capture had not seen it: no feed entry tells of it. */
async function unseen(sql: string): Promise<void> {
  await hq.db.query(
    `BEGIN; ${sql}; DELETE FROM payflow_sync.feed WHERE xid = pg_current_xact_id(); COMMIT`,
  );
}

async function detail(key: RowKey): Promise<RejectedDetailFound> {
  const found = await t1.app.desk.rejectedRow(key);
  if (found === null) throw new Error('the row is not rejected');
  return found;
}

test('a refused row is edited as the till would, and HQ takes it', async () => {
  const { desk } = t1.app;
  atPos(t1.pos, 'shifts', { local_id: 'edit-s', shift_number: 'x'.repeat(101) });
  atPos(t1.pos, 'orders', { local_id: 'edit-o', shift_id: 'edit-s' });
  await t1.sync();
  const { rows, total } = await desk.rejectedRows(first);
  expect(total).toBe(1);
  expect(rows[0]).toMatchObject({ key: { table: 'shifts', id: 'edit-s' }, editable: true });
  const key = rows[0]?.key ?? { table: '', id: '', direction: 'upload' };
  const { values, editable } = await detail(key);
  const place = (column: string): number => values.findIndex((value) => value.column === column);
  expect(values[place('shift_number')]?.value).toBe('x'.repeat(101));
  expect(editable).toContain(place('shift_number'));
  // References are not texts that a person could type.
  expect(editable).not.toContain(place('terminal_id'));
  expect(editable).not.toContain(place('user_id'));

  const edit = (column: string, value: string | null) =>
    desk.editRejected({ key, values: [{ column: place(column), value }] });
  expect(await failureOf(edit('shift_number', 'y'.repeat(101)))).toMatchObject({
    code: 'EDIT_TOO_LONG',
    params: { column: 'shift_number', letters: 101, limit: 100 },
  });
  expect(await failureOf(edit('opening_balance', 'a lot'))).toMatchObject({
    code: 'EDIT_IMPOSSIBLE',
    params: { column: 'opening_balance', kind: 'decimal', value: 'a lot' },
  });
  expect((await failureOf(edit('shift_number', null))).code).toBe('EDIT_EMPTY');
  expect((await failureOf(edit('user_id', 'user-2'))).code).toBe('EDIT_NOT_ALLOWED');
  const beside = desk.editRejected({ key, values: [{ column: 1000, value: '1' }] });
  expect((await failureOf(beside)).code).toBe('EDIT_NOT_ALLOWED');
  expect(t1.row('shifts', 'edit-s', 'shift_number')).toEqual({ shift_number: 'x'.repeat(101) });

  await edit('shift_number', 'Morning, 1');
  expect(t1.row('shifts', 'edit-s', 'sync_status, shift_number')).toEqual({
    sync_status: 'pending',
    shift_number: 'Morning, 1',
  });
  const report = await cycle({ retry: [key] });
  expect(report).toMatchObject({ status: 'completed', upload: { applied: 2, rejected: 0 } });
  expect(await desk.rejectedRow(key)).toBeNull();
  expect((await failureOf(edit('shift_number', 'z'))).code).toBe('ROW_NOT_LISTED');
  await expectInStep(hq, [t1]);
});

test('held rows are grouped by their parent, with the reason why that does not come', async () => {
  const { desk } = t1.app;
  await atHq(hq.db, 'shifts', { id: 'nan-s', opening_balance: 'NaN' });
  await atHq(
    hq.db,
    'orders',
    { id: 'nan-o1', shift_id: 'nan-s' },
    { id: 'nan-o2', shift_id: 'nan-s' },
  );
  await atHq(hq.db, 'payments', { id: 'nan-p', order_id: 'nan-o1' });
  await t1.sync();

  const groups = await desk.heldGroups(first);
  expect(groups.total).toBe(2);
  expect(groups.rows[0]).toMatchObject({
    key: { direction: 'download', parentTable: 'shifts', parentId: 'nan-s' },
    why: 'rejected',
    waiting: 2,
    detail: { code: 'VALUE_UNHOLDABLE', params: { column: 'opening_balance', reason: 'nan' } },
  });
  expect(groups.rows[1]).toMatchObject({
    key: { parentTable: 'orders', parentId: 'nan-o1' },
    waiting: 1,
    detail: { code: 'HELD_ROW' },
  });
  const group = groups.rows[0]?.key ?? null;
  const held = await desk.heldRows({ ...first, group });
  expect(held.rows.map(({ key }) => key.id)).toEqual(['nan-o1', 'nan-o2']);
  expect((await desk.heldRows({ ...first, group: null })).total).toBe(3);
  const row = await desk.heldRow({ table: 'orders', id: 'nan-o1', direction: 'download' });
  expect(row?.values).toContainEqual({ column: 'order_number', value: 'nan-o1', secret: false });
  expect(await desk.listed({ limit: 10 })).toMatchObject([
    {
      key: { id: 'nan-o1' },
      rejected: false,
      missing: [{ table: 'shifts', id: 'nan-s', why: 'rejected' }],
    },
    { key: { id: 'nan-o2' } },
    { key: { id: 'nan-p' } },
    { key: { id: 'nan-s' }, rejected: true },
  ]);
  expect(await detail({ table: 'shifts', id: 'nan-s', direction: 'download' })).toMatchObject({
    editable: [],
  });
});

test('a parent is fetched with what waits for it, also where no feed entry tells of it', async () => {
  const { desk } = t1.app;
  await unseen("UPDATE shifts SET opening_balance = 5 WHERE id = 'nan-s'");
  const still = await t1.sync();
  expect(still.status).toBe('completed');
  expect((await desk.heldGroups(first)).total).toBe(2);

  const group = { direction: 'download', parentTable: 'shifts', parentId: 'nan-s' } as const;
  const report = await cycle({
    fetch: [{ table: 'shifts', id: 'nan-s' }],
    retry: await desk.waitersOf(group),
  });
  expect(report).toMatchObject({ status: 'completed', download: { held: 0, rejected: 0 } });
  expect(await desk.heldGroups(first)).toEqual({ rows: [], total: 0 });
  expect(await desk.rejectedRows(first)).toEqual({ rows: [], total: 0 });
  expect(t1.row('orders', 'nan-o2', 'shift_id')).toEqual({ shift_id: 'nan-s' });
  await expectInStep(hq, [t1]);
});

test('a fetch of what HQ does not have, or does not show to this terminal, changes nothing here', async () => {
  await atHq(hq.db, 'shifts', { id: 'other-s', terminal_id: 'term-2' });
  await t1.sync();
  const report = await cycle({
    fetch: [
      { table: 'shifts', id: 'nowhere' },
      { table: 'shifts', id: 'other-s' },
      { table: 'no_such_table', id: 'x' },
      { table: 'audit_logs', id: 'x' },
    ],
  });
  expect(report).toMatchObject({ status: 'completed', download: { applied: 0, deleted: 0 } });
  expect(t1.row('shifts', 'other-s')).toBeUndefined();
  await expectInStep(hq, [t1]);
});

test('a retry that names rows which have gone meanwhile is no failure', async () => {
  const report = await cycle({
    retry: [
      { table: 'orders', id: 'nan-o1' },
      { table: 'x', id: 'y' },
    ],
  });
  expect(report).toMatchObject({ status: 'completed' });
});

test('a receipt says where its sale stands: queued, at HQ since when, waiting or refused and why, or unknown', async () => {
  const { desk } = t1.app;
  const find = (number: string) => desk.findReceipt({ number });
  atPos(t1.pos, 'orders', { local_id: 'r-1', order_number: 'T1-2026-000123' });
  atPos(t1.pos, 'receipts', { local_id: 'r-1r', order_id: 'r-1', receipt_number: 'RCP 77' });
  expect(await find('T1-2026-000123')).toMatchObject([
    {
      number: 'T1-2026-000123',
      table: 'orders',
      state: 'queued',
      here: true,
      hqId: null,
      atHqSince: null,
    },
  ]);
  expect((await find('T1-2026-000123'))[0]?.madeAt).toBe(Date.parse('2026-11-22T08:00:00Z'));
  const before = Date.now();
  await t1.sync();
  const [sent] = await find('  rcp 77 ');
  expect(sent).toMatchObject({
    number: 'RCP 77',
    table: 'receipts',
    state: 'at-hq',
    message: null,
  });
  expect(sent?.atHqSince).toBeGreaterThanOrEqual(before);
  const { rows } = await hq.db.query<{ id: string }>(
    "SELECT id FROM receipts WHERE receipt_number = 'RCP 77'",
  );
  expect(sent?.hqId).toBe(rows[0]?.id);
  // The end of a number is what people type.
  const [order] = await find('000123');
  expect(order).toMatchObject({ number: 'T1-2026-000123', state: 'at-hq' });
  expect(order?.hqId).toEqual(serverId(t1, 'orders', 'r-1'));
  expect(await find('23')).toMatchObject([{ state: 'unknown' }]);

  t1.pos.exec("UPDATE orders SET notes = 'gift' WHERE local_id = 'r-1'");
  expect(await find('T1-2026-000123')).toMatchObject([{ state: 'queued', hqId: order?.hqId }]);
  await t1.sync();

  atPos(t1.pos, 'shifts', { local_id: 'r-s', shift_number: 'x'.repeat(101) });
  atPos(t1.pos, 'orders', { local_id: 'r-2', order_number: 'HELD-2', shift_id: 'r-s' });
  atPos(t1.pos, 'orders', { local_id: 'r-3', order_number: 'x'.repeat(101) });
  await t1.sync();
  expect(await find('HELD-2')).toMatchObject([
    { state: 'held', message: { code: 'HELD_ROW' }, hqId: null, atHqSince: null },
  ]);
  expect(await find('x'.repeat(101))).toMatchObject([
    { state: 'rejected', message: { code: 'ROW_TEXT_TOO_LONG' } },
  ]);
  expect(await find('no such number')).toEqual([
    {
      number: 'no such number',
      table: 'orders',
      state: 'unknown',
      here: false,
      madeAt: null,
      atHqSince: null,
      hqId: null,
      message: null,
    },
  ]);
  expect(await find('   ')).toEqual([]);
  expect(await find("' OR 1=1 --")).toMatchObject([{ state: 'unknown' }]);
  t1.pos.exec("UPDATE shifts SET shift_number = 'ok' WHERE local_id = 'r-s'");
  t1.pos.exec("UPDATE orders SET order_number = 'ok' WHERE local_id = 'r-3'");
  await t1.sync();
});

test('rows that differ are shown side by side, secrets only as different', async () => {
  const { desk } = t1.app;
  await atHq(hq.db, 'products', { id: 'diff-p', name: 'Tea' }, { id: 'diff-q' });
  await t1.sync();
  await unseen("UPDATE products SET name = 'Green tea', is_active = false WHERE id = 'diff-p'");
  await unseen("DELETE FROM products WHERE id = 'diff-q'");
  await unseen("UPDATE users SET password_hash = 'stolen' WHERE id = 'user-1'");
  const report = await t1.app.verify(() => undefined, new AbortController().signal);
  expect(report.equal).toBe(false);
  const ids = report.tables['products']?.differing ?? [];
  expect(ids).toEqual(['diff-p', 'diff-q']);

  const [changed, gone] = await desk.differingRows({ table: 'products', ids });
  const at = (column: string): number => changed?.columns.indexOf(column) ?? -1;
  expect([changed?.hq?.[at('name')], changed?.terminal?.[at('name')]]).toEqual([
    'Green tea',
    'Tea',
  ]);
  expect([changed?.hq?.[at('is_active')], changed?.terminal?.[at('is_active')]]).toEqual([
    'false',
    'true',
  ]);
  expect([changed?.hq?.[at('sku')], changed?.terminal?.[at('sku')]]).toEqual(['diff-p', 'diff-p']);
  expect([gone?.hq, typeof gone?.terminal?.[at('sku')]]).toEqual([null, 'string']);

  const users = await desk.differingRows({ table: 'users', ids: ['user-1'] });
  expect(JSON.stringify(users)).not.toMatch(/stolen|secret/);
  const hash = users[0]?.columns.indexOf('password_hash') ?? -1;
  expect(users[0]?.hq?.[hash]).not.toBe(users[0]?.terminal?.[hash]);
  await t1.app.reset(null);
  await t1.sync();
  await expectInStep(hq, [t1]);
});

test('a schema fix is applied as it was shown, or not at all', async () => {
  const { desk } = t1.app;
  expect(await desk.schemaCheck()).toMatchObject({ shown: null });
  await hq.db.query('ALTER TABLE products ADD COLUMN shelf varchar(20)');
  const seen = await desk.schemaCheck();
  expect(seen.findings).toMatchObject([{ table: 'products', column: 'shelf' }]);
  expect(seen.findings[0]?.statements.join()).toContain('shelf');
  await hq.db.query('ALTER TABLE products ADD COLUMN aisle varchar(20)');

  const failure = await failureOf(desk.schemaFix({ shown: seen.shown ?? '' }));
  expect(failure.code).toBe('SCHEMA_CHANGED');
  expect(
    t1.pos
      .prepare('SELECT * FROM products LIMIT 1')
      .columns()
      .map(({ name }) => name),
  ).not.toContain('shelf');

  const now = await desk.schemaCheck();
  const fixed = await desk.schemaFix({ shown: now.shown ?? '' });
  expect(fixed.applied).toBeGreaterThan(0);
  expect(fixed.backup).toMatch(/^payflow-.*\.db$/);
  expect((await desk.schemaCheck()).findings.map(({ code, table }) => `${code} ${table}`)).toEqual(
    [],
  );
  await t1.sync();
  t1.pos.exec("UPDATE products SET shelf = 'B4' WHERE local_id = 'diff-p'");
  await t1.sync();
  expect(await hqRow(hq.db, 'products', 'diff-p', 'shelf')).toEqual({ shelf: 'B4' });
});
