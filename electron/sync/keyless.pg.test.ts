/** Rows without a key in a file whose tables allow them (`local_id TEXT PRIMARY KEY` without NOT NULL), DESIGN 4.5. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectInStep } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let folder: string;
let hq: TestHq;
let t1: TestTerminal;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'payflow-keyless-'));
  const path = join(folder, 'payflow.db');
  const file = new DatabaseSync(path);
  file.exec(`CREATE TABLE customers (local_id TEXT PRIMARY KEY, server_id TEXT UNIQUE, customer_code TEXT,
    first_name TEXT, store_id TEXT, created_at TEXT DEFAULT '2026-01-01T00:00:00.000Z', updated_at TEXT, sync_status TEXT, sync_operation TEXT, last_sync_at TEXT)`);
  file.close();
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1', { path });
});

afterEach(async () => {
  await t1.close();
  await hq.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Rows without a key. */
function insert(count: number): void {
  const numbers = Array.from({ length: count }, (_, number) => number);
  t1.pos.exec(`
    INSERT INTO customers (customer_code, first_name, store_id, updated_at)
    SELECT 'C' || value, 'Ana', 'store-1', '2026-01-01T00:00:00.000Z'
      FROM json_each('[${numbers.join(', ')}]')`);
}

const keyless = () =>
  t1.pos.prepare('SELECT count(*) AS rows FROM customers WHERE local_id IS NULL').get();
const atHq = async () =>
  (await hq.db.query<{ rows: number }>('SELECT count(*)::int AS rows FROM customers')).rows[0];

test('4.5: rows that the POS writes without a key get one with the next cycle, and go', async () => {
  insert(250);

  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'completed', upload: { applied: 250 } });
  expect([keyless(), await atHq()]).toEqual([{ rows: 0 }, { rows: 250 }]);
  await expectInStep(hq, [t1]);
});

test('4.5, 5.6: a cycle in which no row lacks a key writes nothing', async () => {
  insert(1);
  await t1.sync();
  await t1.sync();
  const version = () => t1.pos.prepare('PRAGMA data_version').get();
  const before = version();

  await t1.sync();

  expect(version()).toEqual(before);
});

test('4.5, 7: rows that the file lets nobody name hold up no other, and go when it does', async () => {
  t1.pos.exec(`
    CREATE TRIGGER fixed BEFORE UPDATE OF local_id ON customers
    BEGIN SELECT raise(ABORT, 'keys are never changed'); END`);
  insert(1);
  t1.pos.exec(`
    INSERT INTO customers (local_id, customer_code, store_id, updated_at)
    VALUES ('c-2', 'C2', 'store-1', '2026-01-01T00:00:00.000Z')`);
  await t1.sync();
  expect([keyless(), await atHq()]).toEqual([{ rows: 1 }, { rows: 1 }]);

  t1.pos.exec('DROP TRIGGER fixed');
  await t1.sync();

  expect([keyless(), await atHq()]).toEqual([{ rows: 0 }, { rows: 2 }]);
  await expectInStep(hq, [t1]);
});
