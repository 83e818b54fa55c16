/** DESIGN 8.1: what was found stands until somebody has read it or a data check passes, and is never forgotten. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dismissNotice, noticePage, settleNotices, standingNotices } from './notices.ts';
import { migrateLocal } from './migrate.ts';
import { openLocal, type WritableDb } from './open.ts';
import { localMigrations } from './testing.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string;
let db: WritableDb;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'payflow-notices-'));
  db = openLocal(join(folder, 'payflow.db'), { create: true });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (minute: number): string => `2026-11-22T14:${String(minute).padStart(2, '0')}:00.000Z`;
const all = { offset: 0, limit: 10 };

/** Notices found at minutes 1, 2, …, in this order. */
function found(...codes: string[]): void {
  migrateLocal(db, localMigrations);
  const insert = db.prepare('INSERT INTO sync_notice (code, params, at) VALUES (?, ?, ?)');
  codes.forEach((code, index) => insert.run(code, '{"batches":1}', at(index + 1)));
}
const ids = (): number[] => standingNotices(db).map(({ id }) => id);
const settledBy = () =>
  noticePage(db, all).rows.map(({ id, settledBy: by, settledAt }) => [id, by, settledAt]);

test('8.1: of each kind the newest stands for all of its kind, newest first', () => {
  found('STATUS_FILE_RESTORED', 'STATUS_HQ_RESTORED', 'STATUS_FILE_RESTORED');
  expect(standingNotices(db)).toEqual([
    { id: 3, code: 'STATUS_FILE_RESTORED', params: { batches: 1 } },
    { id: 2, code: 'STATUS_HQ_RESTORED', params: { batches: 1 } },
  ]);
});

test('8.1: dismissed is what a person has read: that kind, up to that notice, and nothing newer', () => {
  found(
    'STATUS_FILE_RESTORED',
    'STATUS_HQ_RESTORED',
    'STATUS_FILE_RESTORED',
    'STATUS_FILE_RESTORED',
  );
  expect(dismissNotice(db, 3, at(30))).toBe(true);
  expect(ids()).toEqual([4, 2]);
  expect(settledBy()).toEqual([
    [4, null, null],
    [3, 'person', at(30)],
    [2, null, null],
    [1, 'person', at(30)],
  ]);
});

test('a notice that does not stand is dismissed by nobody, and keeps who settled it first', () => {
  found('STATUS_HQ_MOVED');
  expect(dismissNotice(db, 2, at(30))).toBe(false);
  settleNotices(db, at(20), at(10));
  expect(dismissNotice(db, 1, at(30))).toBe(false);
  expect(settledBy()).toEqual([[1, 'check', at(20)]]);
});

test('8.1: a data check settles what was found before it began, and nothing since', () => {
  found('STATUS_FILE_RESTORED', 'STATUS_HQ_RESTORED');
  settleNotices(db, at(20), at(1));
  expect(ids()).toEqual([2]);
  expect(settledBy()).toEqual([
    [2, null, null],
    [1, 'check', at(20)],
  ]);
});

test('a file of an older PayFlow has none until its next sync', () => {
  expect([standingNotices(db), noticePage(db, all)]).toEqual([[], { rows: [], total: 0 }]);
});
