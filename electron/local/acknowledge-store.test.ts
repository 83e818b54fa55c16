import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLocalStore } from './store.ts';
import { makeShop, products, shopPlan, tempFolder } from './testing.ts';

const NOW = '2026-11-23T08:00:00.000Z';
const INSERT = `INSERT INTO products (local_id, sku, name, selling_price, created_at) VALUES (?, ?, 'Tea', 2.5, '${NOW}')`;

function shopWith(path: string) {
  const db = makeShop(path);
  const store = createLocalStore(db, () => NOW);
  store.use(shopPlan, { key: 'term-1' });
  const entries = () =>
    db.prepare('SELECT seq, local_id AS localId, id FROM sync_outbox ORDER BY seq').all() as {
      seq: number;
      localId: string;
      id: string;
    }[];
  return { db, store, entries };
}

test('4.1, 8.2: a batch that is sent again drops no entry that has got its number', () => {
  using folder = tempFolder();
  const { db, store, entries } = shopWith(join(folder.path, 'payflow.db'));
  db.prepare(INSERT).run('sent', 'sent');
  const [sent] = entries();
  const asSent = {
    localId: 'sent',
    serverId: 'sent',
    hash: 'h',
    entries: sent?.id ?? '',
    seq: sent?.seq ?? 0,
  };
  store.write(() => {
    store.acknowledge(products, 'batch', [asSent], 1);
  });
  expect(entries()).toEqual([]);
  // A tool that clears up: the outbox counts from one again.
  db.exec('DELETE FROM sqlite_sequence');
  db.prepare(INSERT).run('sold', 'sold');
  db.exec(`UPDATE products SET name = 'Green tea' WHERE local_id = 'sent'`);
  const unsent = entries();
  expect(unsent.map(({ seq }) => seq)).toEqual([1, 2]);

  for (const seq of [asSent.seq, null])
    store.write(() => {
      store.acknowledge(products, 'batch', [{ ...asSent, seq }], 0);
    });

  expect(entries()).toEqual(unsent);
  const status = db.prepare('SELECT local_id, sync_status FROM products ORDER BY local_id').raw();
  expect(status.all()).toEqual([
    ['sent', 'pending'],
    ['sold', 'pending'],
  ]);
  db.close();
});

const BETWEEN = {
  'a row that was sold meanwhile': '',
  'an entry without an id': 'UPDATE sync_outbox SET id = NULL WHERE seq = 2',
  'an entry of another table': `UPDATE sync_outbox SET tbl = 'categories' WHERE seq = 2`,
};

for (const [between, change] of Object.entries(BETWEEN)) {
  test(`6.5: ${between} stays where it stands between two that were sent`, () => {
    using folder = tempFolder();
    const { db, store, entries } = shopWith(join(folder.path, 'payflow.db'));
    for (const row of ['first', 'between', 'last']) db.prepare(INSERT).run(row, row);
    const sent = entries().filter(({ localId }) => localId !== 'between');
    db.exec(change);

    store.write(() => {
      const rows = sent.map(({ localId, id, seq }) => {
        return { localId, serverId: localId, hash: 'h', entries: id, seq };
      });
      store.acknowledge(products, 'batch', rows, 3);
    });

    expect(entries().map(({ localId }) => localId)).toEqual(['between']);
    db.close();
  });
}
