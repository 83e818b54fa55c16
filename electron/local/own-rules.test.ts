import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownRules } from './own-rules.ts';
import { preparer } from './statements.ts';
import { makeShop, products, shopPlan, tempFolder } from './testing.ts';

test('a file as PayFlow makes it has no rules of its own, composite keys aside, so that pages of the feed pay for no savepoint', () => {
  using folder = tempFolder();
  const db = makeShop(join(folder.path, 'payflow.db'));
  const rules = ownRules(db, { prepare: preparer(db), now: () => '' });

  // A row that the POS makes can have the composite key of one that is on its way here.
  const guarded = shopPlan.tables.filter((table) => rules.hasOwnRules(table));
  expect(guarded.map(({ name }) => name)).toEqual(['product_tags']);
  db.close();
});

test.each([
  'CREATE UNIQUE INDEX own ON products (name)',
  'CREATE UNIQUE INDEX own ON products (sku COLLATE NOCASE)',
  'CREATE UNIQUE INDEX own ON products (coalesce(sku, name))',
  "CREATE UNIQUE INDEX own ON products (sku) WHERE name = 'x'",
  'ALTER TABLE products ADD COLUMN till_note TEXT CHECK (length(till_note) < 9)',
])('invariant 7: a rule that the POS gave its file is seen: %s', (sql) => {
  using folder = tempFolder();
  const db = makeShop(join(folder.path, 'payflow.db'));
  const rules = ownRules(db, { prepare: preparer(db), now: () => '' });
  const before = rules.hasOwnRules(products);
  db.exec(sql);

  expect([before, rules.hasOwnRules(products)]).toEqual([false, true]);
  db.close();
});
