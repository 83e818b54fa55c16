/** Names (RELIABILITY S10): what a manifest may name, and that everything HQ's catalogue names is quoted on both sides. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifest } from '../electron/schema/read-manifest.ts';
import { createHq, createTerminal, type TestHq, type TestTerminal } from './support/shop.ts';

/** Reserved in SQL, in SQLite, in both; mixed case; and columns that no manifest could name. */
const SCHEMA = `
  CREATE TABLE "select" ("from" text PRIMARY KEY, "Where" text NOT NULL);
  CREATE TABLE "user" (
    "primary" text PRIMARY KEY, "references" text UNIQUE, "select" text NOT NULL REFERENCES "select" ("from"));
  CREATE TABLE "order" (
    "index" text PRIMARY KEY,
    "group" text REFERENCES "order" ("index"),
    "user" text NOT NULL REFERENCES "user" ("primary"),
    "values" integer NOT NULL DEFAULT 0,
    "default" numeric(12, 2),
    "trigger" boolean,
    "rowid" text,
    "limit" timestamp,
    "it's" text,
    "a""b" text,
    "x""; drop table ""order"";--" text,
    "prix €" text,
    "كمية 🧾" integer,
    "a.b" text,
    "$1" text,
    "{curly}" text,
    "100%s" text,
    "back\\slash" text,
    "new
line" text);
  CREATE TABLE "Mixed Case" ("id" text PRIMARY KEY);
  INSERT INTO "select" VALUES ('s1', 'Main street');
  INSERT INTO "user" VALUES ('u1', 'T1', 's1');`;

const MANIFEST = `
version: 1
terminals: { table: user, code: references, store: select }
terminal_column: user
tables:
  select: { scope: everyone, direction: download, strategy: hq }
  user: { scope: { store: select }, direction: both, strategy: hq }
  order:
    scope: { terminal: user }
    direction: both
    strategy: newest
    columns: { values: add, default: newest }
    rename: { trigger: between }
`;

let hq: TestHq;
let till: TestTerminal;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payflow-names-'));
  const manifest = join(folder, 'manifest.yaml');
  writeFileSync(manifest, MANIFEST);
  hq = await createHq({ manifest, schemaSql: SCHEMA });
  rmSync(folder, { recursive: true });
  await hq.db.query(
    `INSERT INTO "order" ("index", "user", "values", "default", "trigger", "it's", "a""b", "x""; drop table ""order"";--",
       "prix €", "كمية 🧾", "a.b", "$1", "{curly}", "100%s", "back\\slash", "new
line") VALUES ('o1', 'u1', 10, 1.50, true, 'it''s', 'a"b', 'drop', '5 €', 7, 'dot', 'one', 'curly', 'all', 'slash', 'line')`,
  );
  till = await createTerminal(hq, 'T1');
});

afterAll(async () => {
  await till.close();
  await hq.close();
});

test('odd names come down with their values', () => {
  expect(till.row('order', 'o1')).toMatchObject({
    server_id: 'o1',
    user: 'u1',
    values: 10,
    default: '1.5',
    between: 1,
    "it's": "it's",
    'a"b': 'a"b',
    'x"; drop table "order";--': 'drop',
    'prix €': '5 €',
    'كمية 🧾': 7,
    'a.b': 'dot',
    $1: 'one',
    '{curly}': 'curly',
    '100%s': 'all',
    'back\\slash': 'slash',
    'new\nline': 'line',
  });
  expect(till.row('select', 's1')).toMatchObject({ Where: 'Main street' });
});

test('and go up again: new rows, changes, increments, self-references, deletes', async () => {
  till.pos.exec(`
    INSERT INTO "order" (local_id, "group", "user", "values", "default", "x""; drop table ""order"";--")
      VALUES ('o2', 'o1', 'u1', 3, '2.25', 'mine');
    UPDATE "order" SET "values" = "values" - 2, "prix €" = '6 €', "a""b" = '"', "new
line" = 'two' WHERE local_id = 'o1'`);
  await hq.db.query(
    `UPDATE "order" SET "values" = "values" + 5, "it's" = 'hers' WHERE "index" = 'o1'`,
  );
  await till.sync();
  const { rows } = await hq.db.query(
    `SELECT "index", "group", "values", "default", "it's", "a""b", "prix €", "x""; drop table ""order"";--" AS x, "new
line" AS line FROM "order" ORDER BY "group" NULLS FIRST`,
  );
  expect(rows).toEqual([
    {
      index: 'o1',
      group: null,
      values: 13,
      default: '1.50',
      "it's": 'hers',
      'a"b': '"',
      'prix €': '6 €',
      x: 'drop',
      line: 'two',
    },
    {
      index: expect.any(String) as string,
      group: 'o1',
      values: 3,
      default: '2.25',
      "it's": null,
      'a"b': null,
      'prix €': null,
      x: 'mine',
      line: null,
    },
  ]);
  expect(till.row('order', 'o1', `"values", "it's"`)).toEqual({ values: 13, "it's": 'hers' });
  const { signal } = new AbortController();
  expect(await till.app.verify(() => undefined, signal)).toMatchObject({ equal: true });

  till.pos.exec(`DELETE FROM "order" WHERE local_id = 'o2'`);
  await hq.db.query(`UPDATE "order" SET "a.b" = 'point' WHERE "index" = 'o1'`);
  await till.sync();
  expect((await hq.db.query(`SELECT FROM "order"`)).rowCount).toBe(1);
  expect(till.row('order', 'o1', '"a.b" AS v')).toEqual({ v: 'point' });
  const again = await till.sync();
  expect(again).toMatchObject({ status: 'completed', tables: {} });
});

test('no other table was made or dropped', async () => {
  const { rows } = await hq.db.query(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  expect(rows.map(({ name }: { name: string }) => name)).toEqual([
    'Mixed Case',
    'order',
    'select',
    'user',
  ]);
});

test('hq install, status and uninstall take the same names', async () => {
  expect((await till.app.hqStatus()).captured).toEqual(['order', 'select', 'user']);
  expect(await till.app.manifest()).toContain('strategy: newest');
  expect((await till.app.schemaCheck()).differences).toEqual([]);
  expect((await till.app.uninstallHq()).tables).toHaveLength(3);
});

test.each([
  'x"; drop table y;--',
  "o'clock",
  'two words',
  'ünïcode',
  'a.b',
  '1st',
  '',
  'x'.repeat(64),
  'tab\tbed',
  '$1',
  'a-b',
])('a manifest cannot name %j', (name) => {
  const quoted = JSON.stringify(name);
  const head = 'version: 1\nterminals: { table: t, code: c, store: s }\ntables:\n';
  const policy = '{ scope: everyone, direction: both, strategy: newest }';
  const refused = expect.objectContaining({
    code: 'MANIFEST_INVALID',
    params: expect.objectContaining({
      problem: expect.stringContaining('not a plain identifier') as string,
    }) as object,
  }) as Error;
  for (const text of [
    `${head}  ${quoted}: ${policy}\n`,
    `${head}  t: { ${policy.slice(2, -2)}, quiet: [${quoted}] }\n`,
    `${head}  t: { ${policy.slice(2, -2)}, rename: { a: ${quoted} } }\n`,
    `${head}  t: { ${policy.slice(2, -2)}, soft: { a: ${quoted} } }\n`,
    `${head.replace('table: t', `table: ${quoted}`)}  t: ${policy}\n`,
    `schema: ${quoted}\n${head}  t: ${policy}\n`,
  ])
    expect(() => readManifest(text, 'm.yaml'), text).toThrow(refused);
});
