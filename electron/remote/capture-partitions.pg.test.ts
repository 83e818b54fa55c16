import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestHq, defaultManifest, type TestHq } from '../../e2e/support/hq.ts';
import { installCapture } from './install.ts';
import { statusOfHq } from './hq-status.ts';
import { knownMigrations } from './migrations.ts';

const { needed } = knownMigrations(join(import.meta.dirname, '../../resources/hq'));

const table = { scope: 'everyone', direction: 'both', strategy: 'newest' } as const;
const rest = { columns: {}, rename: {}, soft: {}, quiet: [], secret: [], fill: {} };
const defaults = defaultManifest();
const manifest = { ...defaults, tables: { ...defaults.tables, sales: { ...table, ...rest } } };
const run = (sql: string) => hq.client.query(sql);
let hq: TestHq;

beforeAll(async () => {
  hq = await createTestHq({
    manifest,
    prepare: `CREATE TABLE sales (year int, id text, amount int, PRIMARY KEY (year, id)) PARTITION BY RANGE (year);
      CREATE TABLE sales_1 PARTITION OF sales FOR VALUES FROM (2000) TO (2020);
      CREATE TABLE sales_2 PARTITION OF sales FOR VALUES FROM (2020) TO (2040) PARTITION BY LIST (id);
      CREATE TABLE sales_2_a PARTITION OF sales_2 DEFAULT`,
  });
});
afterAll(() => hq.close());
beforeEach(async () => {
  await run('TRUNCATE sales');
  await run(`INSERT INTO sales VALUES (2001, 'a"', 1), (2021, 'b', 1)`);
  await hq.feed();
});

test('a composite key is the JSON array of its texts', async () => {
  await run(`UPDATE sales SET amount = 2`);
  expect((await hq.feed()).toSorted()).toEqual(
    [
      `U sales:${JSON.stringify(['2001', 'a"'])} *`,
      `U sales:${JSON.stringify(['2021', 'b'])} *`,
    ].toSorted(),
  );
});

test('a write to a partition itself is captured once', async () => {
  await run(
    `UPDATE sales_1 SET amount = 3; UPDATE sales_2 SET amount = 3; DELETE FROM sales_2_a; INSERT INTO sales_1 VALUES (2002, 'c', 1)`,
  );
  expect(await hq.feed()).toEqual([
    `U sales:${JSON.stringify(['2001', 'a"'])} *`,
    'U sales:["2021","b"] *',
    'D sales:["2021","b"] *',
    'I sales:["2002","c"] *',
  ]);
});

test('rows that move between partitions keep their pairs', async () => {
  await run(`INSERT INTO sales SELECT 2005, 'm' || i, i FROM generate_series(1, 3) i`);
  await hq.feed();
  await run(
    `UPDATE sales SET year = CASE WHEN id = 'm2' THEN 2006 ELSE 2025 END WHERE id LIKE 'm%'`,
  );
  expect((await hq.feed()).filter((line) => line.startsWith('U')).toSorted()).toEqual([
    'U sales:["2006","m2"] * was ["2005","m2"]',
    'U sales:["2025","m1"] * was ["2005","m1"]',
    'U sales:["2025","m3"] * was ["2005","m3"]',
  ]);
});

test('a moved row that a trigger of the other partition swallows is never paired with its neighbour', async () => {
  await run(`CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id = ''m1'' THEN RETURN NULL; END IF; RETURN NEW; END';
    CREATE TRIGGER swallow BEFORE INSERT ON sales_2_a FOR EACH ROW EXECUTE FUNCTION swallow();
    INSERT INTO sales SELECT 2005, 'm' || i, i FROM generate_series(1, 3) i`);
  await hq.feed();
  await run(`UPDATE sales SET year = 2025 WHERE id LIKE 'm%'`);
  expect(await hq.feed()).toEqual(['T sales *']);
  await run(`DROP TRIGGER swallow ON sales_2_a`);
});

test('3.1: a replica session is captured in every partition, also in one made later', async () => {
  await run(`CREATE TABLE sales_3 PARTITION OF sales FOR VALUES FROM (2040) TO (2060)`);
  const replica = await hq.connect();
  await replica.query(`SET session_replication_role = replica`);
  await replica.query(`INSERT INTO sales VALUES (2003, 'r', 1), (2023, 'r', 1), (2043, 'r', 1)`);
  expect(await hq.feed()).toEqual([
    'I sales:["2003","r"] *',
    'I sales:["2023","r"] *',
    'I sales:["2043","r"] *',
  ]);
});

test('a partition made after the install is a finding until the next install', async () => {
  await run(
    `CREATE TABLE IF NOT EXISTS sales_3 PARTITION OF sales FOR VALUES FROM (2040) TO (2060)`,
  );
  expect(
    (await statusOfHq(hq.client, needed)).findings.map(
      ({ relation, problem }) => `${relation} ${problem}`,
    ),
  ).toContain('sales_3 missing');
  expect((await installCapture(hq.client, { manifest })).updated).toEqual(['sales']);
  expect(await hq.feed()).toEqual(['T sales *']);
  expect((await statusOfHq(hq.client, needed)).findings).toEqual([]);
  await run(`INSERT INTO sales_3 VALUES (2044, 'n', 1)`);
  expect(await hq.feed()).toEqual(['I sales:["2044","n"] *']);
});

test('3.2: TRUNCATE of a partition reloads the table', async () => {
  await run('TRUNCATE sales_1');
  expect(await hq.feed()).toEqual(['T sales *']);
});
