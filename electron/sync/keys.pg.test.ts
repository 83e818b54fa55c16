/**
 * Keys of every kind find each other across the two sides: a terminal names its rows by text of its own, HQ by serial
 * numbers, UUIDs, texts or several columns at once.
 */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createForeignHq } from '../../e2e/support/foreign-company.ts';
import { createTestDatabase } from '../../e2e/support/postgres.ts';
import { createTerminal, type TestHq, type TestTerminal } from '../../e2e/support/shop.ts';

const SCHEMA = `
  CREATE TABLE crates (
    crate_no serial PRIMARY KEY, branch_no integer NOT NULL REFERENCES branches, name text NOT NULL CHECK (name <> 'bad'));
  CREATE TABLE stickers (
    sticker_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    crate_no integer NOT NULL REFERENCES crates ON UPDATE CASCADE, name text);
  CREATE TABLE bags (
    bag_id uuid PRIMARY KEY, branch_no integer NOT NULL REFERENCES branches, name text,
    crate_no integer REFERENCES crates ON UPDATE CASCADE);
  CREATE TABLE tags (tag_no serial PRIMARY KEY, bag_id uuid NOT NULL REFERENCES bags, name text);
  CREATE TABLE codes (code char(3) PRIMARY KEY, branch_no integer NOT NULL REFERENCES branches, name text);
  CREATE TABLE code_uses (use_no serial PRIMARY KEY, code char(3) NOT NULL REFERENCES codes, name text);
  CREATE TABLE tokens (token bytea PRIMARY KEY, branch_no integer NOT NULL REFERENCES branches, name text);
  CREATE TABLE token_uses (use_no serial PRIMARY KEY, token bytea NOT NULL REFERENCES tokens, name text);
  CREATE TABLE stamps (
    stamp varchar(40) PRIMARY KEY, branch_no integer NOT NULL REFERENCES branches, name text);
  CREATE TABLE seats (
    crate_no integer REFERENCES crates ON UPDATE CASCADE, spot text, name text, PRIMARY KEY (crate_no, spot));
  CREATE TABLE prices (
    crate_no integer REFERENCES crates ON UPDATE CASCADE, at timestamptz, amount numeric(8,2), net boolean, day date,
    name text, PRIMARY KEY (crate_no, at, amount, net, day));
  CREATE TABLE shelves (
    shelf_no serial PRIMARY KEY, branch_no integer NOT NULL REFERENCES branches,
    above_no integer REFERENCES shelves, name text);
  CREATE TABLE chefs (chef_no serial PRIMARY KEY, branch_no integer NOT NULL REFERENCES branches, kitchen_no integer, name text);
  CREATE TABLE kitchens (
    kitchen_no serial PRIMARY KEY, branch_no integer NOT NULL REFERENCES branches,
    head_no integer REFERENCES chefs, name text CHECK (name <> 'bad'));
  ALTER TABLE chefs ADD FOREIGN KEY (kitchen_no) REFERENCES kitchens;`;

const both = 'direction: both, strategy: newest';
const MANIFEST = `
crates: { scope: { store: branch_no }, ${both} }
stickers: { scope: { via: crate_no }, ${both} }
bags: { scope: { store: branch_no }, ${both} }
tags: { scope: { via: bag_id }, ${both} }
codes: { scope: { store: branch_no }, ${both} }
code_uses: { scope: { via: code }, ${both} }
tokens: { scope: { store: branch_no }, ${both} }
token_uses: { scope: { via: token }, ${both} }
stamps: { scope: { store: branch_no }, ${both} }
seats: { scope: { via: crate_no }, ${both} }
prices: { scope: { via: crate_no }, ${both} }
shelves: { scope: { store: branch_no }, ${both} }
chefs: { scope: { store: branch_no }, ${both} }
kitchens: { scope: { store: branch_no }, ${both} }`;

let hq: TestHq;
let till: TestTerminal;
let loseAnswers = false;

beforeAll(async () => {
  hq = await createForeignHq(MANIFEST, SCHEMA);
  await hq.db.query(`
    INSERT INTO crates (branch_no, name) VALUES (7, 'first'), (8, 'elsewhere');
    INSERT INTO stickers (crate_no, name) VALUES (1, 'on the first')`);
  till = await createTerminal(hq, 'A', {
    at: (step) => {
      if (loseAnswers && step === 'upload:after-send') throw new Error('the answer was lost');
    },
  });
});

afterAll(async () => {
  await till.close();
  await hq.close();
});

type Row = Record<string, unknown>;
const here = (sql: string): Row[] =>
  till.pos
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }));
const there = async (sql: string): Promise<Row[]> => (await hq.db.query<Row>(sql)).rows;

const NOTHING = {
  status: 'completed',
  download: { applied: 0, deleted: 0, held: 0, rejected: 0, conflicts: 0 },
  upload: { applied: 0, deleted: 0, held: 0, rejected: 0, conflicts: 0 },
};

async function expectInStep(): Promise<void> {
  expect(await till.sync()).toMatchObject(NOTHING);
  expect(await till.app.verify(() => undefined, new AbortController().signal)).toMatchObject({
    equal: true,
    explained: 0,
  });
}

test('references are text in payflow.db, whatever the key is at HQ', () => {
  const declared = here(`
    SELECT t.name AS "table", f."from" AS field, c.type FROM sqlite_master t, pragma_foreign_key_list(t.name) f
      JOIN pragma_table_info(t.name) c ON c.name = f."from" WHERE t.type = 'table'`);
  expect(declared.map(({ type }) => type)).toEqual(declared.map(() => 'TEXT'));
  expect(declared.length).toBeGreaterThan(12);
  expect(here('SELECT local_id, crate_no, typeof(crate_no) AS type FROM stickers')).toEqual([
    { local_id: '1', crate_no: '1', type: 'text' },
  ]);
});

test('6.3: serial and identity keys are drawn from the sequence of HQ, and references follow them', async () => {
  till.pos.exec(`
    INSERT INTO crates (local_id, branch_no, name) VALUES ('o-1', '7', 'mine');
    INSERT INTO stickers (local_id, crate_no, name) VALUES ('o-1', 'o-1', 'on mine'), ('s-2', '1', 'on the first')`);
  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 3 } });
  expect(
    await there(
      `SELECT s.name, c.name AS crate FROM stickers s JOIN crates c USING (crate_no) ORDER BY sticker_no`,
    ),
  ).toEqual([
    { name: 'on the first', crate: 'first' },
    { name: 'on mine', crate: 'mine' },
    { name: 'on the first', crate: 'first' },
  ]);
  // HQ's own programs draw on: no number was used behind the back of the sequence.
  await hq.db.query(`
    INSERT INTO crates (branch_no, name) VALUES (7, 'next');
    INSERT INTO stickers (crate_no, name) VALUES ((SELECT max(crate_no) FROM crates), 'on the next')`);
  await till.sync();
  await expectInStep();
});

test("a POS-made local_id that looks like HQ's key never collides with it", async () => {
  const [{ next } = { next: 0 }] = (await there(
    'SELECT max(crate_no) + 2 AS next FROM crates',
  )) as {
    next: number;
  }[];
  const taken = String(next);
  till.pos.exec(`
    INSERT INTO crates (local_id, branch_no, name) VALUES ('${taken}', '7', 'made here');
    INSERT INTO stickers (local_id, crate_no, name) VALUES ('n-1', '${taken}', 'stuck here')`);
  await hq.db.query(`
    INSERT INTO crates (crate_no, branch_no, name) VALUES (${taken}, 7, 'made there');
    INSERT INTO stickers (crate_no, name) VALUES (${taken}, 'stuck there')`);
  await till.sync();
  // And once more the other way: now it is a row HQ knows, under another key.
  till.pos.exec(
    `INSERT INTO stickers (local_id, crate_no, name) VALUES ('n-2', '${taken}', 'stuck here later')`,
  );
  await hq.db.query(`INSERT INTO stickers (crate_no, name) VALUES (${taken}, 'stuck there later')`);
  await till.sync();

  const expected = [
    { sticker: 'stuck here', crate: 'made here' },
    { sticker: 'stuck here later', crate: 'made here' },
    { sticker: 'stuck there', crate: 'made there' },
    { sticker: 'stuck there later', crate: 'made there' },
  ];
  const query = (key: string): string => `
    SELECT s.name AS sticker, c.name AS crate FROM stickers s JOIN crates c ON c.${key} = s.crate_no
     WHERE s.name LIKE 'stuck %' ORDER BY s.name`;
  expect(await there(query('crate_no'))).toEqual(expected);
  expect(here(query('local_id'))).toEqual(expected);
  await expectInStep();
});

const UUID = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';

test('a local_id that is a UUID is the key at HQ', async () => {
  till.pos.exec(`
    INSERT INTO bags (local_id, branch_no, name) VALUES ('${UUID.toUpperCase()}', '7', 'uuid');
    INSERT INTO stamps (local_id, branch_no, name) VALUES ('${UUID}', '7', 'uuid')`);
  await till.sync();
  expect(await there('SELECT bag_id AS id, name FROM bags')).toEqual([{ id: UUID, name: 'uuid' }]);
  expect(await there('SELECT stamp AS id, name FROM stamps')).toEqual([{ id: UUID, name: 'uuid' }]);
  expect(here('SELECT local_id, server_id FROM bags')).toEqual([
    { local_id: UUID.toUpperCase(), server_id: UUID },
  ]);
  await expectInStep();
});

test('6.3: any other local_id gets a UUIDv5, the same with every try, and another when it is used again', async () => {
  const insert = `INSERT INTO bags (local_id, branch_no, name) VALUES ('bag-1', '7', 'first')`;
  till.pos.exec(insert);
  loseAnswers = true;
  expect(await till.trySync()).toMatchObject({ status: 'failed' });
  loseAnswers = false;
  const first = await there(`SELECT bag_id AS id FROM bags WHERE name = 'first'`);
  await till.sync();
  expect(here(`SELECT server_id AS id FROM bags WHERE local_id = 'bag-1'`)).toEqual(first);
  expect(first[0]?.['id']).toMatch(
    /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  );
  await expectInStep();

  till.pos.exec(`DELETE FROM bags WHERE local_id = 'bag-1'`);
  await till.sync();
  till.pos.exec(insert);
  await till.sync();
  const again = await there(`SELECT bag_id AS id FROM bags WHERE name = 'first'`);
  expect(again).toHaveLength(1);
  expect(again).not.toEqual(first);
  await expectInStep();
});

test('composite keys, one part of which is a reference, work in both directions', async () => {
  await hq.db.query(`
    INSERT INTO seats VALUES (1, 'a "b" \\ ü', 'from HQ'), (1, '', 'from HQ too');
    INSERT INTO prices VALUES (1, '2026-11-22 10:00:00.5+02', 1.50, true, '2026-11-22', 'from HQ')`);
  await till.sync();
  till.pos.exec(`
    INSERT INTO crates (local_id, branch_no, name) VALUES ('c-9', '7', 'ninth');
    INSERT INTO seats (local_id, crate_no, spot, name) VALUES ('seat-1', 'c-9', 'x', 'from here'), ('seat-2', '1', '1', 'from here');
    INSERT INTO prices (local_id, crate_no, at, amount, net, day, name)
      VALUES ('price-1', 'c-9', '2026-11-22T10:00:00.000Z', '2.50', 0, '2026-11-22', 'from here');
    UPDATE seats SET name = 'changed' WHERE name LIKE 'from HQ%';
    UPDATE prices SET name = 'changed' WHERE name = 'from HQ'`);
  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 7 } });
  await expectInStep();
  const seats = `SELECT c.name AS crate, spot, s.name FROM seats s JOIN crates c ON c.$ = s.crate_no ORDER BY s.name, spot`;
  const held = [
    { crate: 'first', spot: '', name: 'changed' },
    { crate: 'first', spot: 'a "b" \\ ü', name: 'changed' },
    { crate: 'first', spot: '1', name: 'from here' },
    { crate: 'ninth', spot: 'x', name: 'from here' },
  ];
  expect(await there(seats.replace('$', 'crate_no'))).toEqual(held);
  expect(here(seats.replace('$', 'local_id'))).toEqual(held);

  await hq.db.query(`
    UPDATE seats SET name = name || '!' WHERE name = 'from here';
    UPDATE prices SET name = name || '!' WHERE name = 'from here'`);
  await till.sync();
  expect(here(`SELECT local_id, name FROM seats WHERE name LIKE '%!' ORDER BY 1`)).toEqual([
    { local_id: 'seat-1', name: 'from here!' },
    { local_id: 'seat-2', name: 'from here!' },
  ]);
  expect(here(`SELECT local_id, name FROM prices WHERE name LIKE '%!'`)).toEqual([
    { local_id: 'price-1', name: 'from here!' },
  ]);
  till.pos.exec(
    `DELETE FROM seats WHERE local_id = 'seat-2'; DELETE FROM prices WHERE local_id = 'price-1'`,
  );
  expect(await till.sync()).toMatchObject({ upload: { deleted: 2 } });
  expect(await there(`SELECT name FROM seats WHERE name LIKE '%!'`)).toHaveLength(1);
  expect(await there(`SELECT name FROM prices WHERE name LIKE '%!'`)).toEqual([]);
  await expectInStep();
});

test('keys of fixed length and of bytes are found by the rows that refer to them', async () => {
  await hq.db.query(String.raw`
    INSERT INTO codes VALUES ('ab', 7, 'code'), ('xyz', 7, 'code');
    INSERT INTO code_uses (code, name) VALUES ('ab', 'by ab');
    INSERT INTO tokens VALUES ('\x00ff5c', 7, 'token'), ('\x', 8, 'elsewhere');
    INSERT INTO token_uses (token, name) VALUES ('\x00ff5c', 'by bytes')`);
  await till.sync();
  till.pos.exec(`
    UPDATE codes SET name = 'changed' WHERE local_id = 'ab'; UPDATE tokens SET name = 'changed';
    INSERT INTO code_uses (local_id, code, name) VALUES ('u-1', 'xyz', 'by xyz');
    INSERT INTO token_uses (local_id, token, name) VALUES ('u-1', (SELECT local_id FROM tokens), 'by bytes too')`);
  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 4 } });
  expect(
    await there(`
      SELECT u.name, c.name AS key FROM code_uses u JOIN codes c USING (code) UNION ALL
      SELECT u.name, t.name FROM token_uses u JOIN tokens t USING (token) ORDER BY 1`),
  ).toEqual([
    { name: 'by ab', key: 'changed' },
    { name: 'by bytes', key: 'changed' },
    { name: 'by bytes too', key: 'changed' },
    { name: 'by xyz', key: 'code' },
  ]);
  // Rows that come into the scope bring theirs along.
  await hq.db.query(`
    INSERT INTO token_uses (token, name) VALUES ('', 'from elsewhere');
    UPDATE tokens SET branch_no = 7`);
  await till.sync();
  await till.sync();
  expect(here(`SELECT name FROM token_uses WHERE name = 'from elsewhere'`)).toHaveLength(1);
  await expectInStep();
});

test('a key that HQ changes keeps its local_id, and so do the rows whose key contains it', async () => {
  await hq.db.query(`UPDATE crates SET crate_no = 1001 WHERE crate_no = 1`);
  await till.sync();
  expect(here(`SELECT local_id, server_id FROM crates WHERE name = 'first'`)).toEqual([
    { local_id: '1', server_id: '1001' },
  ]);
  expect(here(`SELECT DISTINCT crate_no FROM seats WHERE name = 'changed'`)).toEqual([
    { crate_no: '1' },
  ]);
  expect(here(`SELECT count(*) AS seats FROM seats`)).toEqual(
    await there('SELECT count(*)::int AS seats FROM seats'),
  );
  await expectInStep();
});

test('a tree that the POS writes child first arrives whole', async () => {
  till.pos.exec(`
    PRAGMA foreign_keys = OFF;
    INSERT INTO shelves (local_id, branch_no, above_no, name) VALUES ('leaf', '7', 'twig', 'leaf');
    INSERT INTO shelves (local_id, branch_no, above_no, name) VALUES ('twig', '7', 'root', 'twig');
    INSERT INTO shelves (local_id, branch_no, above_no, name) VALUES ('root', '7', NULL, 'root');
    INSERT INTO shelves (local_id, branch_no, above_no, name) VALUES ('own', '7', 'own', 'own')`);
  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 4 } });
  expect(
    await there(
      `SELECT s.name, a.name AS above FROM shelves s LEFT JOIN shelves a ON a.shelf_no = s.above_no ORDER BY s.name`,
    ),
  ).toEqual([
    { name: 'leaf', above: 'twig' },
    { name: 'own', above: 'own' },
    { name: 'root', above: null },
    { name: 'twig', above: 'root' },
  ]);
  await expectInStep();
});

const PAIRS = `
  SELECT c.name AS chef, k.name AS kitchen, h.name AS head FROM chefs c
    LEFT JOIN kitchens k ON k.kitchen_no = c.kitchen_no LEFT JOIN chefs h ON h.chef_no = k.head_no ORDER BY c.name`;

test('6.3: two tables that need each other arrive with both references set', async () => {
  till.pos.exec(`
    PRAGMA foreign_keys = OFF;
    INSERT INTO chefs (local_id, branch_no, kitchen_no, name) VALUES ('c', '7', 'k', 'Ana');
    INSERT INTO kitchens (local_id, branch_no, head_no, name) VALUES ('k', '7', 'c', 'small')`);
  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 2 } });
  expect(await there(PAIRS)).toEqual([{ chef: 'Ana', kitchen: 'small', head: 'Ana' }]);
  await expectInStep();
});

test('two rows that need each other, one of which HQ refuses, arrive once when it is mended', async () => {
  till.pos.exec(`
    INSERT INTO chefs (local_id, branch_no, kitchen_no, name) VALUES ('c2', '7', 'k2', 'Ben');
    INSERT INTO kitchens (local_id, branch_no, head_no, name) VALUES ('k2', '7', 'c2', 'bad')`);
  expect(await till.sync()).toMatchObject({ status: 'partial', upload: { rejected: 1 } });
  expect(await till.app.rejected()).toMatchObject([
    { table: 'kitchens', id: 'k2', code: 'ROW_CHECK_FAILED' },
  ]);
  till.pos.exec(`UPDATE chefs SET name = 'Benno' WHERE local_id = 'c2'`);
  await till.sync();
  till.pos.exec(`UPDATE kitchens SET name = 'large' WHERE local_id = 'k2'`);
  await till.sync();
  await till.sync();
  expect(await there(PAIRS)).toEqual([
    { chef: 'Ana', kitchen: 'small', head: 'Ana' },
    { chef: 'Benno', kitchen: 'large', head: 'Benno' },
  ]);
  expect(await till.app.rejected()).toEqual([]);
  expect(await till.app.held()).toEqual([]);
  await expectInStep();
});

test('6.3: a row that HQ has already is accepted if it is the same, and refused if it is another', async () => {
  const [same, other] = [
    '00000000-0000-4000-8000-00000000000a',
    '00000000-0000-4000-8000-00000000000b',
  ];
  till.pos.exec(`
    INSERT INTO bags (local_id, branch_no, name) VALUES ('${same}', '7', 'equal'), ('${other}', '7', 'from here');
    INSERT INTO tags (local_id, bag_id, name) VALUES ('t-1', '${other}', 'on mine')`);
  await hq.db.query(
    `INSERT INTO bags (bag_id, branch_no, name) VALUES ($1, 7, 'equal'), ($2, 7, 'from HQ')`,
    [same, other],
  );
  // Only the upload: a whole cycle would see HQ's row first and merge the two.
  expect(await till.sync({ direction: 'pull' })).toMatchObject({
    status: 'partial',
    upload: { applied: 1, rejected: 1, held: 1 },
  });
  // What refers to the refused row waits for it.
  expect(await till.app.held()).toMatchObject([{ table: 'tags', id: 't-1', direction: 'upload' }]);
  expect(await there('SELECT * FROM tags')).toEqual([]);
  expect(await till.app.rejected()).toMatchObject([
    { table: 'bags', id: other, code: 'ROW_EXISTS' },
  ]);
  expect(await there(`SELECT name FROM bags WHERE bag_id = '${other}'`)).toEqual([
    { name: 'from HQ' },
  ]);
  expect(here(`SELECT name FROM bags WHERE local_id = '${other}'`)).toEqual([
    { name: 'from here' },
  ]);

  await till.sync();
  expect(await till.app.rejected()).toEqual([]);
  expect(await till.app.held()).toEqual([]);
  expect(await there('SELECT bag_id FROM tags')).toEqual([{ bag_id: other }]);
  expect(await till.app.conflicts()).toMatchObject([
    { table: 'bags', rowId: other, column: 'name', kept: 'from HQ', lost: 'from here' },
  ]);
  await expectInStep();
});

test('8.2: a restored HQ whose sequences are behind gives the numbers of the rows it had lost to no other row', async () => {
  const name = new URL(hq.url).pathname.slice(1);
  const saved = await createTestDatabase(`${name}_saved`, name);
  // A connection that was cut is found to be dead by the first try.
  const synced = async (): Promise<void> => {
    await expect.poll(async () => (await till.trySync()).error).toBeUndefined();
  };
  const lost = `SELECT c.crate_no, c.name, s.sticker_no FROM crates c JOIN stickers s USING (crate_no) WHERE c.name LIKE 'lost-%' ORDER BY 1`;
  for (const crate of ['lost-1', 'lost-2']) {
    till.pos.exec(`
      INSERT INTO crates (local_id, branch_no, name) VALUES ('${crate}', '7', '${crate}');
      INSERT INTO stickers (local_id, crate_no, name) VALUES ('${crate}', '${crate}', 'on ${crate}')`);
    await synced();
  }
  const before = new pg.Client({ connectionString: hq.url });
  await before.connect();
  const { rows: had } = await before.query<Row>(lost);
  await before.end();
  expect(had).toHaveLength(2);
  await saved.restoreAs(name);

  await synced();

  const after = await hq.connect();
  expect((await after.query<Row>(lost)).rows).toEqual(had);
  await after.query(`INSERT INTO crates (branch_no, name) VALUES (7, 'after the restore')`);
  await after.query(
    `INSERT INTO stickers (crate_no, name) SELECT crate_no, 'new' FROM crates WHERE name = 'after the restore'`,
  );
  await till.sync();
  await expectInStep();
  expect(here(`SELECT name FROM stickers WHERE name = 'new'`)).toHaveLength(1);
});
