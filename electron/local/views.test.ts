import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReadableDb, WritableDb } from './open.ts';
import { makeShop, tempFolder } from './testing.ts';
import { lastRunWith, waiting } from './views.ts';

const entry = (db: WritableDb, localId: string, at: string): void => {
  db.prepare(
    `INSERT INTO sync_outbox (tbl, local_id, op, changes, at, id) VALUES ('products', ?, 'I', '{}', ?, hex(randomblob(16)))`,
  ).run(localId, at);
};

const keepBack = (db: WritableDb, list: 'sync_held' | 'sync_rejected', id: string): void => {
  const [columns, values] =
    list === 'sync_held' ? ['op, missing', `'upsert', '[]'`] : ['code, params', `'X', '{}'`];
  db.prepare(
    `INSERT INTO ${list} (tbl, id, direction, since, ${columns}) VALUES ('products', ?, 'upload', '2026', ${values})`,
  ).run(id);
};

test('rows wait for HQ once each, those that are held or refused apart', () => {
  using folder = tempFolder();
  const db = makeShop(join(folder.path, 'payflow.db'));
  entry(db, 'refused', '2026-11-22T08:00:00.000Z');
  entry(db, 'sold', '2026-11-22T09:00:00.000Z');
  entry(db, 'sold', '2026-11-22T09:30:00.000Z');
  entry(db, 'other', '2026-11-22T10:00:00.000Z');
  entry(db, 'held', '2026-11-22T11:00:00.000Z');
  keepBack(db, 'sync_rejected', 'refused');
  keepBack(db, 'sync_held', 'held');
  // Undone meanwhile: it has nothing to say any more, but is still listed.
  keepBack(db, 'sync_rejected', 'undone');

  const found = waiting(db);

  db.close();
  expect(found).toMatchObject({
    upload: 2,
    oldestUnsentAt: '2026-11-22T09:00:00.000Z',
    held: 1,
    rejected: 2,
    keptBack: 3,
  });
});

test('nothing waits in a file without changes', () => {
  using folder = tempFolder();
  const db = makeShop(join(folder.path, 'payflow.db'));
  const found = waiting(db);
  db.close();
  expect(found).toMatchObject({ upload: 0, oldestUnsentAt: null, keptBack: 0 });
});

test('however much waits, a look at the status reads no change but the oldest, and no run but the one it shows', () => {
  using folder = tempFolder();
  const db = makeShop(join(folder.path, 'payflow.db'));
  const asked: string[] = [];
  const listening = {
    prepare: (sql: string) => {
      asked.push(sql);
      return db.prepare(sql);
    },
  } as unknown as ReadableDb;

  waiting(listening);
  lastRunWith(listening, 'completed');

  // One each: between two, an acknowledgement would make an outbox that is full and has no oldest change.
  expect(asked).toHaveLength(2);
  const steps = asked.flatMap((sql) => {
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`);
    const found = plan.all(...(sql.match(/\?/g) ?? []).map(() => null)) as { detail: string }[];
    return found.map(({ detail }) => detail);
  });
  db.close();
  // Walked in its order, and left at the first that is not kept back.
  expect(steps.filter((step) => /^SCAN o$/.test(step))).toHaveLength(1);
  expect(steps.filter((step) => /TEMP B-TREE FOR (GROUP|ORDER) BY/.test(step))).toEqual([]);
  expect(steps).toContain('SCAN sync_outbox USING COVERING INDEX sync_outbox_row');
  expect(steps).toContain('SEARCH sync_run USING INDEX sync_run_status (status=?)');
});
