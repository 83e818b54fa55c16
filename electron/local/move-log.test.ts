import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLocal, type ReadableDb } from './open.ts';
import { createLocalStore } from './store.ts';
import { makeShop, tempFolder } from './testing.ts';

/** Pages in the log, and those of them that are in the file. */
const stateOf = (db: ReadableDb): { log: number; checkpointed: number } =>
  db.prepare('PRAGMA wal_checkpoint(NOOP)').get() as { log: number; checkpointed: number };

/** A till's file, and a POS that has left `pages` and some more in the log. */
function shopWithLog(path: string, pages: number) {
  const db = makeShop(path);
  const pos = openLocal(path);
  db.pragma('wal_checkpoint(TRUNCATE)');
  pos.exec(`CREATE TABLE of_the_pos (x)`);
  pos.prepare('INSERT INTO of_the_pos VALUES (zeroblob(?))').run(pages * 4096);
  const store = createLocalStore(db, () => '2026-11-23T08:00:00.000Z');
  return {
    db,
    pos,
    store,
    write: (text = '') => {
      store.write(() => {
        store.setMeta('noted', text);
      });
    },
    [Symbol.dispose]() {
      pos.close();
      db.close();
    },
  };
}

test('9: who wrote nothing moves nothing, however long the log is; one write later it is moved whole, once', () => {
  using folder = tempFolder();
  using shop = shopWithLog(join(folder.path, 'payflow.db'), 900);
  shop.store.tidyLog();
  expect(stateOf(shop.db)).toMatchObject({ checkpointed: 0 });

  shop.write();
  shop.store.tidyLog();

  const { log, checkpointed } = stateOf(shop.db);
  expect(log).toBeGreaterThan(900);
  expect(checkpointed).toBe(log);
  shop.write();
  shop.store.tidyLog();
  expect(stateOf(shop.db), 'a short log begun anew').toMatchObject({ checkpointed: 0 });
});

test('9: nobody is waited for: what a reader still needs stays, and a later turn moves it', () => {
  using folder = tempFolder();
  using shop = shopWithLog(join(folder.path, 'payflow.db'), 900);
  shop.pos.exec('BEGIN; SELECT count(*) FROM of_the_pos');
  shop.write('x'.repeat(900 * 4096));

  const begun = performance.now();
  shop.store.tidyLog();
  expect(performance.now() - begun, 'the busy timeout is 5 s').toBeLessThan(2_500);

  const first = stateOf(shop.db);
  expect(first.checkpointed).toBeGreaterThan(900);
  expect(first.log - first.checkpointed).toBeGreaterThan(900);
  expect(shop.pos.prepare('SELECT count(*) AS n FROM of_the_pos').get()).toEqual({ n: 1 });
  shop.pos.exec('COMMIT');
  shop.write();
  shop.store.tidyLog();
  const second = stateOf(shop.db);
  expect(second.checkpointed).toBe(second.log);
});
