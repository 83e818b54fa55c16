/** DESIGN 10, exit 3: `payflow status` and the lists agree on what needs a look. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import { openApp } from '../host/app.ts';
import { parseSettings } from '../host/settings.ts';
import { saveMeta } from '../local/save-meta.ts';
import { makeShop, shopPlan, tempFolder } from '../local/testing.ts';
import { META } from '../sync/meta.ts';
import { payflow, testSession } from './testing.ts';

const at = "'2026-11-22T14:00:00.000Z'";
const held = (confirm: string): string =>
  `INSERT INTO sync_held (tbl, id, direction, op, missing, since, confirm)
   VALUES ('products', 'p-1', 'download', 'delete', '[]', ${at}, ${confirm});`;
const notice = (settledAt: string): string =>
  `INSERT INTO sync_notice (code, params, at, settled_at, settled_by)
   VALUES ('STATUS_FILE_RESTORED', '{"batches":1}', ${at}, ${settledAt}, 'person');`;

/** Exit codes of these commands over a terminal whose lists were filled by `sql`; no HQ is there. */
async function exits(sql: string, ...commands: readonly string[]): Promise<number[]> {
  using folder = tempFolder();
  const path = join(folder.path, 'payflow.db');
  const db = makeShop(path);
  saveMeta(path, META.plan, JSON.stringify(shopPlan));
  db.exec(sql);
  db.close();
  const codes: number[] = [];
  const session = testSession({
    settings: () => parseSettings({ PAYFLOW_DB: path }, {}, folder.path),
    openApp: (settings) => openApp(settings, quietLog),
    show: ({ exit }) => void codes.push(exit),
  });
  for (const command of commands) await payflow([command], session);
  return codes;
}

test.each([
  ['held', held('NULL'), 3],
  [
    'rejected',
    `INSERT INTO sync_rejected (tbl, id, direction, code, params, since)
     VALUES ('products', 'p-1', 'upload', 'ROW_CHECK_FAILED', '{}', ${at})`,
    3,
  ],
  ['removals', held("'asked'"), 3],
  ['removals', held("'stays'"), 3],
  [
    'oversold',
    `INSERT INTO sync_oversold VALUES ('products', 'p-1', 'stock_quantity', 'p-1', '-1', ${at})`,
    3,
  ],
  ['notices', notice('NULL'), 3],
  ['notices', notice(at), 0],
  [
    'conflicts',
    `INSERT INTO sync_conflict (tbl, row_id, column, kept, lost, winner, rule, at)
     VALUES ('products', 'p-1', 'name', 'Tea', 'Mug', 'hq', 'newest', ${at})`,
    0,
  ],
  ['held', '', 0],
] as const)('what payflow %s lists, payflow status exits for alike', async (list, sql, exit) => {
  expect(await exits(sql, list, 'status')).toEqual([exit, exit]);
});

test('rows that the last data check found to differ, and a question that waits, are exit 3', async () => {
  const check = (count: number): string =>
    `INSERT INTO sync_meta (name, value) VALUES ('${META.lastCheckAt}', ${at}), ('${META.lastCheckDiffering}', '${String(count)}')`;
  expect(await exits(check(2), 'status')).toEqual([3]);
  expect(await exits(check(0), 'status')).toEqual([0]);
  const question = `INSERT INTO sync_confirm (tbl, direction, since, size, removed) VALUES ('products', 'download', ${at}, 9, 5)`;
  expect(await exits(question, 'status')).toEqual([3]);
});
