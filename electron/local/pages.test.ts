import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { conflictPage } from './conflict-log.ts';
import { movingRuns, runPage } from './history-pages.ts';
import {
  heldEntry,
  heldPage,
  rejectedEntry,
  rejectedPage,
  waitersOf,
  waitingGroups,
} from './listed-pages.ts';
import type { ReadableDb, WritableDb } from './open.ts';
import { makeShop, tempFolder } from './testing.ts';

const rows = 10_000;
const folder = tempFolder();
let db: WritableDb;

const at = (second: number): string => new Date(1_700_000_000_000 + second * 1000).toISOString();
const missing = (refTable: string, refId: string, why = 'not-sent') => ({
  field: 'x',
  refTable,
  refId,
  why,
});

beforeAll(() => {
  db = makeShop(join(folder.path, 'payflow.db'));
  const hold = db.prepare(
    'INSERT INTO sync_held (tbl, id, direction, op, missing, payload, since, tries) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const reject = db.prepare(
    'INSERT INTO sync_rejected (tbl, id, direction, code, params, payload, since, tries) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const clash = db.prepare(`
    INSERT INTO sync_conflict (tbl, row_id, column, kept, lost, winner, rule, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const run = db.prepare(
    'INSERT INTO sync_run (id, started_at, ended_at, direction, status, report) VALUES (?, ?, ?, ?, ?, ?)',
  );
  db.transaction(() => {
    for (let row = 0; row < rows; row += 1) {
      const name = String(row).padStart(5, '0');
      // 100 parents: p0 has the most, each row of it waits for it twice over.
      const parents = row < 500 ? ['p0', 'p0'] : [`p${String(row % 100)}`];
      const list = parents.map((parent) => missing('products', parent));
      const payload = JSON.stringify({ name: `row ${name}` });
      hold.run(
        'stock_levels',
        name,
        'download',
        'upsert',
        JSON.stringify(list),
        payload,
        at(row),
        1 + (row % 7),
      );
      const params = JSON.stringify({ detail: name });
      reject.run('products', name, 'upload', 'ROW_REFUSED', params, null, at(rows - row), 1);
      const winner = row % 2 === 0 ? 'hq' : 'terminal';
      clash.run(
        'products',
        name,
        'name',
        `kept ${name}`,
        row === 77 ? '100%_sure' : 'lost',
        winner,
        'newest',
        at(row),
      );
      const status = row % 10 === 0 ? 'failed' : 'completed';
      const counts = { applied: row % 3 === 0 ? 0 : row, deleted: 0 };
      const none = { applied: 0, deleted: 0 };
      const report = JSON.stringify({ status, durationMs: 5, download: counts, upload: none });
      run.run(name, at(row), at(row + 1), 'both', status, report);
    }
  })();
});

afterAll(() => {
  db.close();
  folder[Symbol.dispose]();
});

test('groups: most waiting first, each row counted once, with the oldest time and the most tries', () => {
  const first = waitingGroups(db, { offset: 0, limit: 3 });
  expect(first.total).toBe(100);
  expect(first.rows[0]).toEqual({
    direction: 'download',
    parentTable: 'products',
    parentId: 'p0',
    why: 'not-sent',
    waiting: 500 + 95,
    since: at(0),
    tries: 7,
  });
  expect(first.rows.slice(1).map(({ waiting }) => waiting)).toEqual([95, 95]);
  const pages = [0, 40, 80].flatMap((offset) => waitingGroups(db, { offset, limit: 40 }).rows);
  expect(new Set(pages.map(({ parentId }) => parentId)).size).toBe(100);
  expect(pages.reduce((sum, { waiting }) => sum + waiting, 0)).toBe(rows);
});

test('the rows of a group are its own, oldest first, page after page', () => {
  const group = { direction: 'download', parentTable: 'products', parentId: 'p7' } as const;
  const page = heldPage(db, { offset: 0, limit: 50 }, group);
  expect(page.total).toBe(95);
  expect(page.rows[0]).toMatchObject({ table: 'stock_levels', id: '00507', payload: null });
  const rest = heldPage(db, { offset: 50, limit: 50 }, group);
  const ids = [...page.rows, ...rest.rows].map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted());
  expect(waitersOf(db, group).map(({ id }) => id)).toEqual(ids);
  expect(heldPage(db, { offset: 0, limit: 50 }, { ...group, direction: 'upload' })).toEqual({
    rows: [],
    total: 0,
  });
});

test('all held and all rejected rows can be walked to their end, and none is missed', () => {
  const held = heldPage(db, { offset: rows - 3, limit: 200 }, null);
  expect(held.total).toBe(rows);
  expect(held.rows.map(({ id }) => id)).toEqual(['09997', '09998', '09999']);
  const rejected = rejectedPage(db, { offset: 0, limit: 2 });
  expect(rejected).toMatchObject({ total: rows, rows: [{ id: '09999' }, { id: '09998' }] });
  expect(rejectedPage(db, { offset: rows, limit: 2 })).toEqual({ rows: [], total: rows });
});

test("a single row brings HQ's values; one that is listed no more is null", () => {
  const key = { table: 'stock_levels', id: '00042', direction: 'download' } as const;
  expect(heldEntry(db, key)).toMatchObject({ payload: { name: 'row 00042' }, since: at(42) });
  expect(heldEntry(db, { ...key, direction: 'upload' })).toBeNull();
  expect(rejectedEntry(db, { table: 'products', id: '00001', direction: 'upload' })).toMatchObject({
    code: 'ROW_REFUSED',
    params: { detail: '00001' },
  });
  expect(rejectedEntry(db, key)).toBeNull();
});

test('of several reasons for one parent the one that needs somebody is told', () => {
  using other = tempFolder();
  const small = makeShop(join(other.path, 'payflow.db'));
  const hold = small.prepare(
    `INSERT INTO sync_held (tbl, id, direction, op, missing, since) VALUES ('orders', ?, 'upload', 'upsert', ?, ?)`,
  );
  hold.run('a', JSON.stringify([missing('shifts', 's')]), at(1));
  hold.run('b', JSON.stringify([missing('shifts', 's', 'rejected')]), at(2));
  hold.run('c', '[]', at(3));
  expect(waitingGroups(small, { offset: 0, limit: 9 }).rows).toMatchObject([
    { parentTable: 'shifts', parentId: 's', why: 'rejected', waiting: 2 },
    { parentTable: 'orders', parentId: 'c', why: 'not-sent', waiting: 1 },
  ]);
  const itself = { direction: 'upload', parentTable: 'orders', parentId: 'c' } as const;
  expect(waitersOf(small, itself)).toEqual([{ table: 'orders', id: 'c' }]);
  small.close();
});

test('conflicts are newest first and searched as written, wildcards and all', () => {
  const all = conflictPage(db, { offset: 0, limit: 1 }, '');
  expect(all).toMatchObject({ total: rows, rows: [{ rowId: '09999', winner: 'terminal' }] });
  expect(conflictPage(db, { offset: 0, limit: 5 }, '100%_SURE')).toMatchObject({
    total: 1,
    rows: [{ rowId: '00077' }],
  });
  expect(conflictPage(db, { offset: 0, limit: 5 }, '%').total).toBe(1);
  expect(conflictPage(db, { offset: 5, limit: 5 }, 'kept 0123').rows).toHaveLength(5);
  expect(conflictPage(db, { offset: 0, limit: 5 }, "'; DROP TABLE x").total).toBe(0);
});

test('runs are newest first, by status, and the chart has the last that moved something, oldest first', () => {
  expect(runPage(db, { offset: 0, limit: 1 }, null)).toMatchObject({
    total: rows,
    rows: [{ id: '09999', report: { status: 'completed' } }],
  });
  expect(runPage(db, { offset: 999, limit: 5 }, 'failed')).toMatchObject({
    total: 1000,
    rows: [{ id: '00000' }],
  });
  expect(movingRuns(db, 3).map(({ id }) => id)).toEqual(['09995', '09997', '09998']);
});

test('no list asks its table once per row', () => {
  const seen = new Set<string>();
  const watched = new Proxy(db, {
    get(target, name) {
      if (name !== 'prepare') return Reflect.get(target, name, target) as unknown;
      return (sql: string) => {
        seen.add(sql);
        return target.prepare(sql);
      };
    },
  }) as ReadableDb;
  const page = { offset: 0, limit: 10 };
  const group = { direction: 'download', parentTable: 'products', parentId: 'p7' } as const;
  waitingGroups(watched, page);
  heldPage(watched, page, null);
  heldPage(watched, page, group);
  waitersOf(watched, group);
  rejectedPage(watched, page);
  conflictPage(watched, page, 'x');
  runPage(watched, page, 'failed');
  movingRuns(watched, 5);
  const plans = [...seen].map((sql) => {
    const named = Object.fromEntries(
      [...sql.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, null]),
    );
    const marks = (sql.match(/\?/g) ?? []).map(() => null);
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`);
    const steps = (marks.length > 0 ? plan.all(...marks) : plan.all(named)) as { detail: string }[];
    return steps.filter(({ detail }) => /^SCAN (?!\()/.test(detail) && !detail.includes('VIRTUAL'))
      .length;
  });
  expect(seen.size).toBeGreaterThan(10);
  expect(Math.max(...plans)).toBe(1);
});
