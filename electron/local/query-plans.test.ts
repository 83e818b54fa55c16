import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Statement } from 'better-sqlite3';
import { acknowledgeStore } from './acknowledge-store.ts';
import { ledgerStore } from './ledger-store.ts';
import { outboxStore } from './outbox-store.ts';
import { rowStore } from './row-store.ts';
import { makeShop, shopPlan, tempFolder } from './testing.ts';

/** Every step of a plan that walks a table or an index prefix of it instead of looking one row up. */
function walks(details: readonly string[]): string[] {
  return details.filter(
    (detail) =>
      (/^SCAN (?!\w+ VIRTUAL)/.test(detail) && !/SUBQUERY|CONSTANT ROW/.test(detail)) ||
      /^SEARCH (r|sync_row) USING (PRIMARY KEY|INDEX (?!sync_row_(refs|kept)\b)\w+) \(tbl=\?\)$/.test(
        detail,
      ),
  );
}

test('no look-up by key walks a table: a page of the feed costs the same in a shop of any size', () => {
  using folder = tempFolder();
  const db = makeShop(join(folder.path, 'payflow.db'));
  const seen = new Set<string>();
  const context = {
    prepare: (sql: string): Statement<unknown[], unknown> => {
      seen.add(sql);
      return db.prepare<unknown[], unknown>(sql);
    },
    now: () => '2026-11-22T00:00:00.000Z',
  };
  const rows = rowStore(context, () => ({ plan: shopPlan, terminal: 't' }));
  const outbox = outboxStore(context, () => shopPlan);
  const acknowledgements = acknowledgeStore(context, () => 't');
  ledgerStore(context).prune('2026-10-23T00:00:00.000Z');

  outbox.entriesBehind(1, 1);
  for (const table of shopPlan.tables) {
    rows.known(table, ['a']);
    rows.serverIds(table, ['a']);
    rows.rows(table, ['a']);
    rows.present(table, ['a']);
    rows.referrers(table, ['a']);
    rows.remove(table, ['a']);
    rows.fillReferences(table, new Map([['a', 'a']]));
    rows.hasKept(table);
    rows.orphanedKept(table);
    for (const { columns } of table.uniques) {
      const indexes = columns.map((name) => table.columns.findIndex(({ hq }) => hq === name));
      rows.findByUnique(table, indexes, [indexes.map(() => 'x')]);
    }
    outbox.entriesOf(table, ['a']);
    outbox.entriesBeside(table, ['a'], 0, 1);
    outbox.bases(table, ['a']);
    for (const seq of [null, 1])
      acknowledgements.acknowledge(
        table,
        'b',
        [{ localId: 'a', serverId: 'a', hash: null, entries: 'e', seq }],
        1,
      );
  }

  const walking = [...seen].flatMap((sql) => {
    if (/^\s*INSERT/.test(sql)) return [];
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`);
    const named = [...sql.matchAll(/:(\w+)/g)].map(([, name]) => [name, null] as const);
    const marks = (sql.match(/\?/g) ?? []).map(() => null);
    const nothing = Object.fromEntries(named) as Record<string, null>;
    const found = named.length > 0 ? plan.all(nothing) : plan.all(...marks);
    const details = found as { detail: string }[];
    return walks(details.map(({ detail }) => detail)).map((detail) => `${detail}: ${sql}`);
  });
  db.close();
  expect(seen.size).toBeGreaterThan(20);
  expect(walking).toEqual([]);
});
