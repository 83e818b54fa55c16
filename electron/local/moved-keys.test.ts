import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Statement } from 'better-sqlite3';
import { movedKeys } from './moved-keys.ts';
import { outboxStore } from './outbox-store.ts';
import { makeShop, shopPlan, tempFolder } from './testing.ts';

const RENAMED = 40;

test('however many rows are renamed, what refers to them is looked through once, and follows', () => {
  using folder = tempFolder();
  const db = makeShop(join(folder.path, 'payflow.db'));
  const looks: string[] = [];
  const context = {
    prepare: (sql: string): Statement<unknown[], unknown> => {
      if (/json_extract/.test(sql)) looks.push(sql);
      return db.prepare<unknown[], unknown>(sql);
    },
    now: () => '2026-11-22T00:00:00.000Z',
  };
  for (let number = 0; number < RENAMED; number += 1) {
    const [old, name] = [`old-${String(number)}`, `new-${String(number)}`];
    db.prepare(`INSERT INTO categories (local_id, name, sort_order) VALUES (?, ?, 1)`).run(
      old,
      old,
    );
    db.prepare(
      `
      INSERT INTO products (local_id, sku, name, product_type, is_variable, category_id, cost_price, selling_price)
      VALUES (?, ?, 'Tea', 'simple', 0, ?, '1', '2')`,
    ).run(name, name, old);
    // Not unsent any more: what follows are edits.
    db.exec('DELETE FROM sync_outbox');
  }
  db.exec(`
    UPDATE products SET category_id = NULL;
    UPDATE categories SET local_id = 'new' || substr(local_id, 4)`);
  const moves = outboxStore(context, () => shopPlan)
    .identityEntries()
    .map((entry) => ({ table: tableNamed(entry.table), entry }));
  looks.length = 0;

  movedKeys(context, () => shopPlan).moveLocalIds(moves);

  const olds = db
    .prepare(
      `SELECT local_id AS name, json_extract(changes, '$.category_id[1]') AS old FROM sync_outbox WHERE tbl = 'products'`,
    )
    .all() as { name: string; old: string }[];
  db.close();
  expect(moves).toHaveLength(RENAMED);
  expect(olds).toHaveLength(RENAMED);
  for (const { name, old } of olds) expect(old).toBe(name);
  // One for each column that refers to a category.
  expect(looks).toHaveLength(2);
});

function tableNamed(name: string) {
  const table = shopPlan.tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}
