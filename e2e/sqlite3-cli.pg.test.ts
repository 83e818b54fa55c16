/** The `sqlite3` command as the POS program: a third build of SQLite writes, and PayFlow's triggers fire in it. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createForeignHq } from './support/foreign-company.ts';
import { createTerminal, type TestHq, type TestTerminal } from './support/shop.ts';

const version = spawnSync('sqlite3', ['--version'], { encoding: 'utf8' });
const isMissing = version.status !== 0;
if (isMissing) console.info('Not tested: the sqlite3 command is not installed here.');

let hq: TestHq;
let till: TestTerminal;

beforeAll(async () => {
  if (isMissing) return;
  hq = await createForeignHq(
    'slips: { scope: { store: branch_no }, direction: both, strategy: newest }',
    `CREATE TABLE slips (
       slip_no serial PRIMARY KEY, branch_no integer NOT NULL REFERENCES branches, note text, total numeric(12,2), big bigint, photo bytea);
     INSERT INTO slips (branch_no, note, total) VALUES (7, 'from HQ', 1.5);`,
  );
  till = await createTerminal(hq, 'A');
});

afterAll(async () => {
  if (isMissing) return;
  await till.close();
  await hq.close();
});

function sqlite3(sql: string): string {
  const { stdout, stderr, status } = spawnSync('sqlite3', ['-bail', till.path], {
    input: sql,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

test.skipIf(isMissing)(
  'what the sqlite3 command writes reaches HQ, and it reads what HQ wrote',
  async () => {
    sqlite3(`
    PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;
    BEGIN;
    INSERT INTO slips (local_id, branch_no, note, total, big, photo)
      VALUES ('s-1', '7', 'naïve 😀 "x"', 19.9, 9007199254740993, x'00ff'), ('s-2', '7', 'gone', 0, 0, NULL);
    UPDATE slips SET note = note || '!', total = total + 0.1 WHERE local_id IN ('1', 's-1');
    INSERT OR REPLACE INTO slips (local_id, branch_no, note) VALUES ('s-2', '7', 'replaced');
    INSERT INTO slips (local_id, branch_no, note) VALUES ('s-3', '7', 'never') ON CONFLICT (local_id) DO UPDATE SET note = 'x';
    DELETE FROM slips WHERE local_id = 's-3';
    COMMIT;`);
    expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 3 } });
    const { rows } = await hq.db.query(
      `SELECT note, total::text, big::text, photo::text FROM slips ORDER BY note`,
    );
    expect(rows).toEqual([
      { note: 'from HQ!', total: '1.60', big: null, photo: null },
      { note: 'naïve 😀 "x"!', total: '20.00', big: '9007199254740993', photo: '\\x00ff' },
      { note: 'replaced', total: null, big: null, photo: null },
    ]);
    await hq.db.query(`UPDATE slips SET note = 'back', big = 9223372036854775807 WHERE total = 20`);
    await till.sync();
    expect(sqlite3(`SELECT note, total, big, sync_status FROM slips WHERE local_id = 's-1';`)).toBe(
      'back|20|9223372036854775807|synced\n',
    );
    expect(await till.sync()).toMatchObject({ download: { applied: 0 }, upload: { applied: 0 } });
  },
);
