import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLocalStore } from '../../local/store.ts';
import { makeShop, tempFolder } from '../../local/testing.ts';
import { SeveralEntries } from './several-entries.ts';

/** A shop's file whose outbox says nothing yet, and the POS's write of one entry. */
function outbox(path: string) {
  const db = makeShop(join(path, 'payflow.db'));
  db.exec('DELETE FROM sync_outbox');
  const insert = db.prepare(
    `INSERT INTO sync_outbox (tbl, local_id, op, changes, at, id) VALUES (?, ?, 'U', '{}', '2026-11-23T00:00:00.000Z', 'e')`,
  );
  const local = createLocalStore(db, () => '2026-11-23T00:00:00.000Z');
  return {
    local,
    write: (table: string, localId: string) => insert.run(table, localId),
    [Symbol.dispose]: () => {
      db.close();
    },
  };
}

test('names the rows with more than one entry, of their own table alone', () => {
  using folder = tempFolder();
  using shop = outbox(folder.path);
  for (const row of ['a', 'b', 'c', 'b', 'b']) shop.write('products', row);
  shop.write('orders', 'a');
  shop.write('orders', 'c');
  shop.write('orders', 'c');

  const several = new SeveralEntries(shop.local);

  expect(several.among('products', ['a', 'b', 'c'])).toEqual(['b']);
  expect(several.among('orders', ['a', 'b', 'c'])).toEqual(['c']);
  expect(several.among('customers', ['a'])).toEqual([]);
});

test('a row that the POS changes once more while the pages are read is named from the next page on', () => {
  using folder = tempFolder();
  using shop = outbox(folder.path);
  for (const row of ['a', 'b', 'c']) shop.write('products', row);
  const several = new SeveralEntries(shop.local);
  expect(several.among('products', ['a', 'b', 'c'])).toEqual([]);

  shop.write('products', 'b');
  several.update(shop.local);
  shop.write('products', 'c');
  several.update(shop.local);

  expect(several.among('products', ['a', 'b', 'c'])).toEqual(['b', 'c']);
});

test('where they are too many to be kept, every row is looked up', () => {
  using folder = tempFolder();
  using shop = outbox(folder.path);
  for (const row of ['a', 'b', 'c', 'b', 'c']) shop.write('products', row);

  const several = new SeveralEntries(shop.local, 2);
  several.update(shop.local);

  expect(several.among('products', ['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
});
