/** The gate against mass removals: DESIGN 5.3. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq as addAtHq, atPos, columnOf, expectInStep, hqRow } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let t1: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1');
});

afterAll(async () => {
  await t1.close();
  await hq.close();
});

/** Many customers at HQ, c-0001 and so on behind a letter of the test's own. */
const many = (letter: string, count: number, table = 'customers') =>
  hq.db.query(
    table === 'customers'
      ? `INSERT INTO customers (id, customer_code, store_id, updated_at)
         SELECT $1 || to_char(n, 'FM0000'), $1 || n, 'store-1', now() FROM generate_series(1, $2::int) n`
      : `INSERT INTO suppliers (id, name, store_id, updated_at)
         SELECT $1 || to_char(n, 'FM0000'), $1 || n, 'store-1', now() FROM generate_series(1, $2::int) n`,
    [letter, count],
  );
const gone = (letter: string, from: number, upto: number, table = 'customers') =>
  hq.db.query(`DELETE FROM ${table} WHERE id BETWEEN $1 AND $2`, [
    letter + String(from).padStart(4, '0'),
    letter + String(upto).padStart(4, '0'),
  ]);
const here = (letter: string, table = 'customers'): number =>
  Object.keys(columnOf(t1, table, 'server_id')).filter((id) => id.startsWith(letter)).length;
const atHq = async (letter: string, table = 'customers'): Promise<number> => {
  const { rows } = await hq.db.query<{ id: string }>(`SELECT id FROM ${table} WHERE id LIKE $1`, [
    `${letter}%`,
  ]);
  return rows.length;
};
/** Nothing of before counts or waits any more. */
async function reset(letter: string, table = 'customers'): Promise<void> {
  await hq.db.query(`DELETE FROM ${table}`);
  for (let open = true; open;) {
    await t1.sync();
    const asked = await t1.app.removals();
    open = asked.length > 0;
    for (const { table: name, direction } of asked)
      await t1.app.answerRemovals({ table: name, direction, answer: 'hq' });
  }
  t1.pos.exec('DELETE FROM sync_removed');
  expect(here(letter, table)).toBe(0);
}

test('5.3: what HQ deletes in masses stays here and is asked about, while other rows and the cursor go on', async () => {
  await many('a', 300);
  await t1.sync();
  await gone('a', 1, 150);
  await hq.db.query(`UPDATE customers SET first_name = 'Later' WHERE id = 'a0300'`);
  const report = await t1.sync();

  expect(report).toMatchObject({
    status: 'partial',
    download: { deleted: 0, held: 150, applied: 1 },
  });
  expect(here('a')).toBe(300);
  expect(t1.row('customers', 'a0300', 'first_name')).toEqual({ first_name: 'Later' });
  expect(await t1.app.removals()).toEqual([
    expect.objectContaining({
      table: 'customers',
      direction: 'download',
      waiting: 150,
      staying: 0,
      size: 300,
      removed: 0,
      answer: null,
    }),
  ]);
  const held = await t1.app.held();
  expect(held).toHaveLength(150);
  expect(held[0]).toMatchObject({ table: 'customers', id: 'a0001', missing: [{ why: 'confirm' }] });

  const again = await t1.sync();
  expect(again).toMatchObject({ status: 'completed', download: { deleted: 0, held: 0 } });
  expect(here('a')).toBe(300);
  await expectInStepButFor('customers');

  await t1.app.answerRemovals({ table: 'customers', direction: null, answer: 'hq' });
  const allowed = await t1.sync();
  expect(allowed).toMatchObject({ status: 'completed', download: { deleted: 150 } });
  expect(here('a')).toBe(150);
  expect(await t1.app.held()).toEqual([]);
  expect(await t1.app.removals()).toEqual([]);
  await expectInStep(hq, [t1]);
  await reset('a');
});

/** The data check has an explanation for what waits. */
async function expectInStepButFor(table: string): Promise<void> {
  const signal = new AbortController().signal;
  const report = await t1.app.verify(() => undefined, signal);
  expect(report.equal).toBe(true);
  expect(report.tables[table]?.differing).toEqual([]);
  expect(report.explained).toBeGreaterThan(0);
}

test('5.3: a drip of deletes is counted over the day: the share is of the table as the day began', async () => {
  await many('b', 400);
  await t1.sync();
  const seen: number[] = [];
  for (let start = 1; start < 400; start += 40) {
    await gone('b', start, start + 39);
    await t1.sync();
    seen.push(here('b'));
  }

  // Two times 40 are few; the third would make 120 of 400.
  expect(seen).toEqual([360, 320, 320, 320, 320, 320, 320, 320, 320, 320]);
  expect(await t1.app.removals()).toMatchObject([{ waiting: 320, size: 400, removed: 80 }]);
  await t1.app.answerRemovals({ table: 'customers', direction: 'download', answer: 'hq' });
  await t1.sync();
  expect(here('b')).toBe(0);
  await reset('b');
});

test('5.3: many rows that are few of their table, and few rows that are many of theirs, go without a question', async () => {
  await many('c', 600);
  await many('s', 100, 'suppliers');
  await t1.sync();
  await gone('c', 1, 119);
  await gone('s', 1, 100, 'suppliers');
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'completed', download: { deleted: 219, held: 0 } });
  expect(await t1.app.removals()).toEqual([]);
  await reset('c');
});

test('5.3: a no keeps the rows here, listed and explained; nothing asks again, and it can be changed into a yes', async () => {
  await many('d', 200);
  await t1.sync();
  await gone('d', 1, 200);
  await t1.sync();
  await t1.app.answerRemovals({ table: 'customers', direction: null, answer: 'local' });
  await t1.sync();
  await t1.app.reset('customers');
  await t1.sync();

  expect(here('d')).toBe(200);
  expect(await atHq('d')).toBe(0);
  expect(await t1.app.held()).toHaveLength(200);
  expect(await t1.app.removals()).toMatchObject([{ waiting: 0, staying: 200, answer: null }]);
  await expectInStepButFor('customers');

  await many('d', 1);
  await t1.sync();
  expect(await t1.app.removals()).toMatchObject([{ staying: 199 }]);

  await t1.app.answerRemovals({ table: 'customers', direction: null, answer: 'hq' });
  await t1.sync();
  expect(here('d')).toBe(1);
  expect(await t1.app.held()).toEqual([]);
  await expectInStep(hq, [t1]);
  await reset('d');
});

test('5.3: releasing reads the row again: one that HQ made anew meanwhile stays, with its new values', async () => {
  await many('e', 120);
  await t1.sync();
  await gone('e', 1, 120);
  await t1.sync();
  await t1.app.answerRemovals({ table: 'customers', direction: null, answer: 'hq' });
  await many('e', 1);
  await hq.db.query(`UPDATE customers SET first_name = 'Back' WHERE id = 'e0001'`);
  await t1.sync();

  expect(columnOf(t1, 'customers', 'first_name')).toEqual({ e0001: 'Back' });
  await expectInStep(hq, [t1]);
  await reset('e');
});

test('5.3: a table that HQ truncated is asked about as well, not emptied', async () => {
  await many('f', 150, 'suppliers');
  await t1.sync();
  await hq.db.query('TRUNCATE suppliers CASCADE');
  await t1.sync();

  expect(here('f', 'suppliers')).toBe(150);
  expect(await t1.app.removals()).toMatchObject([{ table: 'suppliers', waiting: 150 }]);
  await reset('f', 'suppliers');
});

test('5.3: few rows that would take many others along wait with those below them, as one question', async () => {
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
      SELECT 'k' || n, 'k' || n, 'Many variants', 1, 'store-1', now() FROM generate_series(1, 20) n;
    INSERT INTO product_variants (id, product_id, sku, selling_price, updated_at)
      SELECT 'k' || n, 'k' || (n % 20 + 1), 'k' || n, 1, now() FROM generate_series(1, 200) n`);
  await t1.sync();
  await hq.db.query(`UPDATE products SET store_id = 'store-2' WHERE name = 'Many variants'`);
  await t1.sync();

  expect([here('k', 'products'), here('k', 'product_variants')]).toEqual([20, 200]);
  expect(await t1.app.removals()).toMatchObject([{ table: 'products', waiting: 20 }]);
  expect((await t1.app.status()).facts).toMatchObject({ confirm: 1, held: 20 });

  await t1.app.answerRemovals({ table: 'products', direction: null, answer: 'hq' });
  await t1.sync();
  expect([here('k', 'products'), here('k', 'product_variants')]).toEqual([0, 0]);
  expect((await t1.app.status()).facts).toMatchObject({ confirm: 0, held: 0 });
  await expectInStep(hq, [t1]);
});

test.each([
  ['before anybody has said yes', false],
  ['before the yes is carried out', true],
])(
  '5.3, 3.6: products that another store had bring what it did to their variants, back %s',
  async (_, isAnswered) => {
    await hq.db.query(`
      INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
        SELECT 'm' || n, 'm' || n, 'Lent', 1, 'store-1', now() FROM generate_series(1, 150) n;
      INSERT INTO product_variants (id, product_id, sku, selling_price, updated_at)
        SELECT id, 'm1', id, 1, now() FROM unnest('{m-old,m-gone}'::text[]) AS id`);
    await t1.sync();
    await hq.db.query(`UPDATE products SET store_id = 'store-2' WHERE name = 'Lent'`);
    await t1.sync();
    expect(await t1.app.removals()).toMatchObject([{ table: 'products', waiting: 150 }]);
    await hq.db.query(`
      UPDATE product_variants SET variant_name = 'changed there' WHERE id = 'm-old';
      DELETE FROM product_variants WHERE id = 'm-gone';
      INSERT INTO product_variants (id, product_id, sku, selling_price, variant_name, updated_at)
        VALUES ('m-new', 'm1', 'm-new', 1, 'made there', now())`);

    await hq.db.query(`UPDATE products SET store_id = 'store-1' WHERE name = 'Lent'`);
    if (isAnswered)
      await t1.app.answerRemovals({ table: 'products', direction: null, answer: 'hq' });
    await t1.sync();

    expect(columnOf(t1, 'product_variants', 'variant_name')).toEqual({
      'm-old': 'changed there',
      'm-new': 'made there',
    });
    await t1.sync();
    expect(await t1.app.removals()).toEqual([]);
    await expectInStep(hq, [t1]);
    await hq.db.query('DELETE FROM product_variants');
    await reset('m', 'products');
  },
);

test('5.3: a question whose rows all came back is asked no more', async () => {
  await many('l', 150);
  await t1.sync();
  await gone('l', 1, 150);
  await t1.sync();
  expect((await t1.app.status()).facts).toMatchObject({ confirm: 1 });
  await many('l', 150);
  await t1.sync();
  await t1.sync();

  expect(await t1.app.removals()).toEqual([]);
  expect((await t1.app.status()).facts).toMatchObject({ confirm: 0, held: 0 });
  await gone('l', 1, 20);
  await t1.sync();
  expect(here('l')).toBe(130);
  await reset('l');
});

/** Batches that HQ has had of the terminal. */
const batches = async (): Promise<unknown> =>
  (await hq.db.query('SELECT last_batch FROM payflow_sync.upload')).rows;

test('5.3, 7.5: edits of rows that HQ deleted in masses are sent by no cycle; a yes decides them, and one that HQ has again takes them', async () => {
  await many('m', 300);
  await t1.sync();
  t1.pos.exec(`UPDATE customers SET first_name = 'Early' WHERE local_id = 'm0001'`);
  await gone('m', 1, 150);
  await t1.sync();
  t1.pos.exec(`
    UPDATE customers SET first_name = 'Late' WHERE local_id IN ('m0002', 'm0003');
    DELETE FROM customers WHERE local_id = 'm0004'`);
  await t1.sync();
  const before = await batches();
  const waiting = await t1.sync();
  await t1.app.answerRemovals({ table: 'customers', direction: 'download', answer: 'local' });
  const staying = [await t1.sync(), await t1.sync()];

  const nothing = { status: 'completed', upload: { applied: 0, rejected: 0 } };
  expect([waiting, ...staying]).toMatchObject([nothing, nothing, nothing]);
  expect(await batches()).toEqual(before);
  expect((await t1.app.rejected()).map(({ id, code }) => `${id} ${code}`)).toEqual([
    'm0001 DELETED_AT_HQ',
    'm0002 DELETED_AT_HQ',
    'm0003 DELETED_AT_HQ',
  ]);
  expect(t1.row('customers', 'm0002', 'first_name')).toEqual({ first_name: 'Late' });

  await hq.db.query(`INSERT INTO customers (id, customer_code, store_id, updated_at)
    VALUES ('m0003', 'm3', 'store-1', now())`);
  await t1.sync();
  expect((await hqRow(hq.db, 'customers', 'm0003', 'first_name'))?.['first_name']).toBe('Late');

  await t1.app.answerRemovals({ table: 'customers', direction: 'download', answer: 'hq' });
  await t1.sync();
  expect(Object.keys(columnOf(t1, 'customers', 'local_id')).slice(0, 3)).toEqual([
    'm0002',
    'm0003',
    'm0151',
  ]);
  expect((await hqRow(hq.db, 'customers', 'm0002', 'first_name'))?.['first_name']).toBe('Late');
  expect([await t1.app.held(), await t1.app.rejected()]).toEqual([[], []]);
  await expectInStep(hq, [t1]);
  await reset('m');
});

test('5.3: deletes of the POS in masses wait; a yes sends them, later edits go on meanwhile', async () => {
  await many('g', 300);
  await t1.sync();
  t1.pos.exec(`DELETE FROM customers WHERE local_id BETWEEN 'g0001' AND 'g0200'`);
  t1.pos.exec(`UPDATE customers SET first_name = 'Edited' WHERE local_id = 'g0300'`);
  atPos(t1.pos, 'customers', { local_id: 'new-one' });
  const report = await t1.sync();

  expect(report).toMatchObject({
    status: 'partial',
    upload: { deleted: 0, held: 200, applied: 2 },
  });
  expect(await atHq('g')).toBe(300);
  expect(await t1.app.removals()).toMatchObject([
    { table: 'customers', direction: 'upload', waiting: 200, size: 300, removed: 0 },
  ]);
  expect((await t1.app.status()).facts).toMatchObject({ waiting: 0, held: 200 });
  expect(await t1.sync()).toMatchObject({ status: 'completed', upload: { held: 0, deleted: 0 } });

  await t1.app.answerRemovals({ table: 'customers', direction: 'upload', answer: 'local' });
  expect(await t1.sync()).toMatchObject({ upload: { deleted: 200 } });
  expect(await atHq('g')).toBe(100);
  expect(await t1.app.held()).toEqual([]);
  expect(await t1.app.removals()).toEqual([]);
  await expectInStep(hq, [t1]);
  await reset('g');
});

test('5.3: a no brings back what the POS deleted, but for what it made anew under the same name', async () => {
  await many('h', 200);
  await t1.sync();
  t1.pos.exec(`DELETE FROM customers WHERE local_id BETWEEN 'h0001' AND 'h0150'`);
  await t1.sync();
  await hq.db.query(`UPDATE customers SET first_name = 'Newer' WHERE id = 'h0002'`);
  await gone('h', 3, 3);
  atPos(t1.pos, 'customers', { local_id: 'h0001', customer_code: 'h1', first_name: 'Anew' });
  await t1.app.answerRemovals({ table: 'customers', direction: 'upload', answer: 'hq' });
  await t1.sync();
  await t1.sync();

  expect(here('h')).toBe(199);
  expect(await atHq('h')).toBe(199);
  expect(t1.row('customers', 'h0002', 'first_name')).toEqual({ first_name: 'Newer' });
  expect(t1.row('customers', 'h0001', 'first_name')).toEqual({ first_name: 'Anew' });
  expect(await t1.app.removals()).toEqual([]);
  await expectInStep(hq, [t1]);
  await reset('h');
});

test('5.3: a drip of the POS is counted too, and HQ loses nothing beyond the limit', async () => {
  await many('i', 300);
  await t1.sync();
  for (let start = 1; start < 300; start += 50) {
    const [from, upto] = [start, start + 49].map((n) => `i${String(n).padStart(4, '0')}`);
    t1.pos.exec(`DELETE FROM customers WHERE local_id BETWEEN '${from}' AND '${upto}'`);
    await t1.sync();
  }
  expect(await atHq('i')).toBe(200);
  expect(await t1.app.removals()).toMatchObject([
    { direction: 'upload', waiting: 200, size: 300, removed: 100 },
  ]);
  await t1.app.answerRemovals({ table: 'customers', direction: 'upload', answer: 'hq' });
  await t1.sync();
  expect(here('i')).toBe(200);
  await expectInStep(hq, [t1]);
});

test('5.6: while HQ’s deletes are applied, also against an edit, no list of all held rows is read under the write lock', async () => {
  let writing = false;
  const lists: string[] = [];
  const t2 = await createTerminal(hq, 'T2', {
    compose: ({ local, ...ports }) => ({
      ...ports,
      local: {
        ...local,
        write: (work, options) =>
          local.write(() => {
            writing = true;
            try {
              return work();
            } finally {
              writing = false;
            }
          }, options),
        held() {
          if (writing) lists.push('held');
          return local.held();
        },
      },
    }),
  });
  const [gone, edited] = ['lock-gone', 'lock-edited'];
  await addAtHq(hq.db, 'customers', { id: gone }, { id: edited });
  await t2.sync();
  await addAtHq(hq.db, 'categories', { id: 'lock-cat', created_at: 'infinity' });
  await addAtHq(hq.db, 'products', { id: 'lock-held', category_id: 'lock-cat' });
  await hq.db.query('DELETE FROM customers WHERE id = ANY ($1)', [[gone, edited]]);
  t2.pos.exec(`UPDATE customers SET first_name = 'Later' WHERE local_id = '${edited}'`);
  const report = await t2.sync();

  expect(report.download).toMatchObject({ held: 1, deleted: 1 });
  expect(await hqRow(hq.db, 'customers', edited, 'first_name')).toEqual({ first_name: 'Later' });
  expect(t2.row('customers', gone, 'local_id')).toBeUndefined();
  expect(lists).toEqual([]);
  await t2.close();
});
