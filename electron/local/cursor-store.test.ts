import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Statement } from 'better-sqlite3';
import { cursorStore } from './cursor-store.ts';
import { makeShop, shopPlan, tempFolder } from './testing.ts';

test('8.2: kept batches are opened again in order, each behind the one before, without holding what they carry', () => {
  using folder = tempFolder();
  const db = makeShop(join(folder.path, 'payflow.db'));
  const seen = new Set<string>();
  const prepare = (sql: string): Statement<unknown[], unknown> => {
    seen.add(sql);
    return db.prepare<unknown[], unknown>(sql);
  };
  const store = cursorStore({ prepare, now: () => '2026-11-23T08:00:00.000Z' }, () => shopPlan);
  const keep = db.prepare(`INSERT INTO sync_sent (number, payload, sent_at) VALUES (?, ?, '')`);
  for (const number of [2, 3, 4, 7]) keep.run(number, `{"upto":${String(number * 10)}}`);

  const answer = store.reopenBatches(2);

  expect(answer).toEqual({ count: 3, last: 7 });
  expect(
    db.prepare('SELECT number, upto, after FROM sync_batch ORDER BY number').raw().all(),
  ).toEqual([
    [3, 30, 2],
    [4, 40, 3],
    [7, 70, 4],
  ]);
  // A temporary table of theirs would take as much memory as all that was sent since the backup.
  const plans = [...seen].flatMap((sql) => {
    const nothing = /:after/.test(sql) ? [{ after: null }] : [];
    return db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...nothing) as { detail: string }[];
  });
  expect(
    plans
      .map(({ detail }) => detail)
      .filter((detail) => /CO-ROUTINE|TEMP B-TREE|MATERIALIZE/.test(detail)),
  ).toEqual([]);
  db.close();
});
