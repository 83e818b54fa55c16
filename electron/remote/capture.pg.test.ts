import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from } from 'pg-copy-streams';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestHq, smallShop, type TestHq } from '../../e2e/support/hq.ts';

let hq: TestHq;
const run = (sql: string) => hq.client.query(sql);
const addProduct = (id: string, store = 's1') =>
  `INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
   VALUES ('${id}', '${id}', '${id}', 1, '${store}', now());`;
const addVariant = (id: string, product: string) =>
  `INSERT INTO product_variants (id, product_id, sku, selling_price, updated_at)
   VALUES ('${id}', '${product}', '${id}', 1, now());`;

beforeAll(async () => {
  hq = await createTestHq({ prepare: smallShop });
});
afterAll(() => hq.close());
beforeEach(async () => {
  await hq.feed();
});

const cases: [name: string, sql: string, entries: string[]][] = [
  ['an insert', addProduct('a1'), ['I products:a1 s:s1']],
  ['an update', `UPDATE products SET name = 'x' WHERE id = 'a1'`, ['U products:a1 s:s1']],
  ['an update that changes nothing', `UPDATE products SET name = name`, []],
  ['an update of no row', `UPDATE products SET name = '?' WHERE false`, []],
  [
    'a NULL that becomes an empty text',
    `UPDATE products SET brand = '' WHERE id = 'a1'`,
    ['U products:a1 s:s1'],
  ],
  ['a json value', `UPDATE products SET tags = '["a"]' WHERE id = 'a1'`, ['U products:a1 s:s1']],
  [
    'quiet columns',
    `UPDATE terminals SET is_online = true, last_online_at = now(), local_ip = '10.0.0.1'`,
    [],
  ],
  [
    'quiet columns beside others',
    `UPDATE terminals SET is_online = false, name = 'T' WHERE id = 't1'`,
    ['U terminals:t1 s:s1'],
  ],
  ['a delete', `DELETE FROM products WHERE id = 'a1'`, ['D products:a1 s:s1']],
  ['a row for everyone', `UPDATE stores SET phone = '1' WHERE id = 's1'`, ['U stores:s1 *']],
  ['a row of one terminal', `UPDATE orders SET notes = 'n' WHERE id = 'o1'`, ['U orders:o1 t:t1']],
  [
    'a row in the scope of its parent',
    `UPDATE product_variants SET barcode = '1' WHERE id = 'v1'`,
    ['U product_variants:v1 s:s1'],
  ],
  [
    'a new key',
    `UPDATE product_variants SET id = 'v9' WHERE id = 'v1'`,
    ['D product_variants:v1 s:s1', 'U product_variants:v9 s:s1 was v1'],
  ],
  [
    'keys that change places in one statement',
    `${addVariant('k1', 'p1')} ${addVariant('k2', 'p1')}
     ALTER TABLE product_variants DROP CONSTRAINT product_variants_pkey CASCADE, ADD PRIMARY KEY (id) DEFERRABLE;
     UPDATE product_variants SET id = CASE id WHEN 'k1' THEN 'k2' ELSE 'k1' END WHERE id IN ('k1', 'k2')`,
    [
      'I product_variants:k1 s:s1',
      'I product_variants:k2 s:s1',
      'D product_variants:k1 s:s1',
      'U product_variants:k2 s:s1 was k1',
      'D product_variants:k2 s:s1',
      'U product_variants:k1 s:s1 was k2',
    ],
  ],
  [
    'a move to another store',
    `UPDATE products SET store_id = 's2' WHERE id = 'p1'`,
    ['R products:p1 s:s1', 'U products:p1 s:s2'],
  ],
  [
    'a move to another parent',
    `UPDATE product_variants SET product_id = 'p2' WHERE id = 'v9'; ${addProduct('m1')} UPDATE product_variants SET product_id = 'm1' WHERE id = 'v9'`,
    [
      'U product_variants:v9 s:s2',
      'I products:m1 s:s1',
      'R product_variants:v9 s:s2',
      'U product_variants:v9 s:s1',
    ],
  ],
  [
    'an insert of several rows',
    `INSERT INTO taxes (id, tax_name, tax_rate, store_id, updated_at)
     SELECT 'x' || i, 'VAT', 0.1, 's' || i, now() FROM generate_series(1, 2) i`,
    ['I taxes:x1 s:s1', 'I taxes:x2 s:s2'],
  ],
  [
    'ON CONFLICT DO UPDATE',
    `INSERT INTO taxes (id, tax_name, tax_rate, store_id, updated_at)
     VALUES ('x2', 'VAT', 0.2, 's2', now()), ('x3', 'VAT', 0.2, 's2', now())
     ON CONFLICT (id) DO UPDATE SET tax_rate = excluded.tax_rate`,
    ['U taxes:x2 s:s2', 'I taxes:x3 s:s2'],
  ],
  [
    'a setting of one store',
    `INSERT INTO system_settings (id, setting_key, store_id, updated_at) VALUES ('e1', 'a', 's1', now())`,
    ['I system_settings:e1 s:s1'],
  ],
  [
    'a setting for everyone',
    `UPDATE system_settings SET is_global = true WHERE id = 'e1'`,
    ['R system_settings:e1 s:s1', 'U system_settings:e1 *'],
  ],
  [
    'a setting of nobody',
    `INSERT INTO system_settings (id, setting_key, updated_at) VALUES ('e2', 'b', now())`,
    ['I system_settings:e2 -'],
  ],
  [
    'settings of a sync',
    `INSERT INTO system_settings (id, setting_key, store_id, updated_at) VALUES ('e3', 'sync.checkpoint.T1', 's1', now()); UPDATE system_settings SET setting_value = '1' WHERE id = 'e3'`,
    [],
  ],
  [
    'a setting that stops being one of a sync, and becomes one again',
    `UPDATE system_settings SET setting_key = 'c' WHERE id = 'e3'; UPDATE system_settings SET setting_key = 'sync.c' WHERE id = 'e3'`,
    ['U system_settings:e3 s:s1', 'R system_settings:e3 s:s1'],
  ],
  ['a delete of a sync setting', `DELETE FROM system_settings WHERE id = 'e3'`, []],
  [
    'a table that is only uploaded',
    `INSERT INTO audit_logs (id, action_type, terminal_id) VALUES ('l1', 'x', 't1')`,
    [],
  ],
  ['TRUNCATE', `TRUNCATE discounts`, ['T discounts *']],
];

describe('3.1: a write at HQ leaves exactly its entries', () => {
  test.each(cases)('%s', async (_name, sql, entries) => {
    await run(sql);
    expect(await hq.feed()).toEqual(entries);
  });
});

test('3.6: a cascade whose parent is gone tells everyone', async () => {
  await run(`ALTER TABLE product_attributes DROP CONSTRAINT product_attributes_product_id_fkey,
    ADD FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE`);
  await run(`${addProduct('c1')}
    INSERT INTO product_attributes (id, product_id, attribute_name, attribute_code) VALUES ('pa1', 'c1', 'n', 'c')`);
  await run(`DELETE FROM products WHERE id = 'c1'`);
  expect((await hq.feed()).toSorted()).toEqual([
    'D product_attributes:pa1 *',
    'D products:c1 s:s1',
    'I product_attributes:pa1 s:s1',
    'I products:c1 s:s1',
  ]);
});

test('MERGE leaves one entry per row', async ({ skip }) => {
  const { rows } = await hq.client.query<{ v: number }>(
    `SELECT current_setting('server_version_num')::int AS v`,
  );
  if ((rows[0]?.v ?? 0) < 150000) skip();
  await run(
    `INSERT INTO taxes (id, tax_name, tax_rate, store_id, updated_at) VALUES ('g1', 'a', 0, 's1', now()), ('g2', 'a', 0, 's1', now())`,
  );
  await hq.feed();
  await run(`MERGE INTO taxes t USING (VALUES ('g1'), ('g2'), ('g3')) AS w (id) ON t.id = w.id
    WHEN MATCHED AND t.id = 'g1' THEN UPDATE SET tax_name = 'b'
    WHEN MATCHED THEN DELETE
    WHEN NOT MATCHED THEN INSERT (id, tax_name, tax_rate, store_id, updated_at) VALUES (w.id, 'c', 0, 's1', now())`);
  expect((await hq.feed()).toSorted()).toEqual([
    'D taxes:g2 s:s1',
    'I taxes:g3 s:s1',
    'U taxes:g1 s:s1',
  ]);
});

test('what is rolled back, as a whole or to a savepoint, leaves nothing', async () => {
  await run(`BEGIN; ${addProduct('r1')} ROLLBACK`);
  await run(`BEGIN; SAVEPOINT a; ${addProduct('r2')} ROLLBACK TO a; ${addProduct('r3')} COMMIT`);
  expect(await hq.feed()).toEqual(['I products:r3 s:s1']);
});

test('3.2: a capture takes no transaction id of its own', async () => {
  const taken: number[] = [];
  for (const round of ['a', 'b', 'c']) taken.push(await idsTakenBy(`xid1${round}`, `xid2${round}`));
  // PostgreSQL's own housekeeping takes one now and then, a capture would each time.
  expect(Math.min(...taken)).toBe(1);
});

/** Transaction ids that a transaction with two captured inserts uses up. */
async function idsTakenBy(...products: readonly string[]): Promise<number> {
  await run('BEGIN');
  for (const product of products) await run(addProduct(product));
  const { rows } = await hq.client.query(
    `SELECT count(DISTINCT f.xid) AS xids, bool_and(f.xid = pg_current_xact_id()) AS same FROM payflow_sync.feed f WHERE key = ANY ($1)`,
    [products],
  );
  await run('COMMIT');
  expect(rows).toEqual([{ xids: '1', same: true }]);
  const { rows: next } = await hq.client.query<{ a: string; b: string }>(
    `SELECT max(xid::text::bigint) AS a, pg_current_xact_id()::text AS b FROM payflow_sync.feed`,
  );
  return Number(next[0]?.b) - Number(next[0]?.a);
}

test('a bulk update after a single one, in one session, is not quadratic', async () => {
  await run(`INSERT INTO taxes (id, tax_name, tax_rate, store_id, updated_at)
    SELECT 'bulk' || i, 'a', 0, 's1', now() FROM generate_series(1, 20000) i`);
  await run(`UPDATE taxes SET tax_name = 'b' WHERE id = 'bulk1'`);
  await hq.feed();
  const started = performance.now();
  await run(`UPDATE taxes SET tax_name = 'c' WHERE id LIKE 'bulk%'`);
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(await hq.feed()).toHaveLength(20_000);
  await run('DELETE FROM taxes');
});

test('3.6: a child written beside the move of its parent, and the move, both leave entries', async () => {
  const other = await hq.connect();
  await run(addProduct('b1'));
  await hq.feed();
  await other.query('BEGIN');
  await other.query(`UPDATE products SET store_id = 's2' WHERE id = 'b1'`);
  await run(addVariant('b1v', 'b1'));
  await other.query('COMMIT');
  expect((await hq.feed()).toSorted()).toEqual([
    'I product_variants:b1v s:s1',
    'R products:b1 s:s1',
    'U products:b1 s:s2',
  ]);
});

test.each(['REPEATABLE READ', 'SERIALIZABLE'])(
  'a child written in %s is for everyone and reads no parent',
  async (level) => {
    const key = `iso${level.length}`;
    await run(`INSERT INTO product_attributes (id, product_id, attribute_name, attribute_code)
      VALUES ('${key}', 'p1', 'n', 'c')`);
    await run(`BEGIN ISOLATION LEVEL ${level}`);
    await run(`INSERT INTO product_attribute_values (id, attribute_id, value)
      VALUES ('${key}', '${key}', 'v')`);
    const { rows } = await hq.client.query(
      `SELECT FROM pg_locks WHERE pid = pg_backend_pid()
        AND relation IN ('products'::regclass, 'products_pkey'::regclass)`,
    );
    await run('COMMIT');
    expect(rows).toEqual([]);
    expect(await hq.feed()).toEqual([
      `I product_attributes:${key} s:s2`,
      `I product_attribute_values:${key} *`,
    ]);
  },
);

test('COPY leaves an entry per row', async () => {
  const copy = hq.client.query(
    from(`COPY taxes (id, tax_name, tax_rate, store_id, updated_at) FROM STDIN (FORMAT csv)`),
  );
  await pipeline(Readable.from(['z1,a,0,s1,2026-01-01\n', 'z2,a,0,s2,2026-01-01\n']), copy);
  expect(await hq.feed()).toEqual(['I taxes:z1 s:s1', 'I taxes:z2 s:s2']);
});

describe('3.1: a session in the replica role', () => {
  test('leaves the same entries, once', async () => {
    const replica = await hq.connect();
    await replica.query(`SET session_replication_role = replica`);
    await replica.query(addProduct('rep1'));
    await replica.query(addVariant('rep1v', 'rep1'));
    await replica.query(`UPDATE products SET name = name, brand = 'b' WHERE id IN ('rep1', 'p2')`);
    await replica.query(`UPDATE products SET name = name`);
    await replica.query(`UPDATE product_variants SET id = 'rep2v' WHERE id = 'rep1v'`);
    await replica.query(`UPDATE products SET store_id = 's2' WHERE id = 'rep1'`);
    await replica.query(`DELETE FROM product_variants WHERE id = 'rep2v'`);
    await replica.query('TRUNCATE discounts');
    expect(await hq.feed()).toEqual([
      'I products:rep1 s:s1',
      'I product_variants:rep1v s:s1',
      'U products:p2 s:s2',
      'U products:rep1 s:s1',
      'D product_variants:rep1v s:s1',
      'U product_variants:rep2v s:s1 was rep1v',
      'R products:rep1 s:s1',
      'U products:rep1 s:s2',
      'D product_variants:rep2v s:s2',
      'T discounts *',
    ]);
  });
});

describe('7.4: edit times', () => {
  const editsOf = async (edits: string) => {
    await run('BEGIN');
    await hq.client.query(
      `SELECT set_config('payflow.edits', $1, true), set_config('payflow.origin', 'T1', true)`,
      [edits],
    );
    await run(`UPDATE taxes SET tax_name = tax_name || '+'`);
    await run('COMMIT');
    const { rows } = await hq.client.query<{
      key: string;
      origin: string;
      edited: boolean;
      recent: boolean;
    }>(
      `SELECT key, origin, edited_at = '2026-01-02T03:04:05.678Z' AS edited,
              edited_at BETWEEN clock_timestamp() - interval '1 minute' AND clock_timestamp() AS recent
         FROM payflow_sync.feed WHERE tbl = 'taxes' ORDER BY seq DESC LIMIT 2`,
    );
    return rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  };
  beforeAll(() =>
    run(
      `INSERT INTO taxes (id, tax_name, tax_rate, store_id, updated_at) VALUES ('y1', 'a', 0, 's1', now()), ('y2', 'a', 0, 's1', now())`,
    ),
  );

  test('an upload brings its own', async () => {
    const edits = JSON.stringify({
      taxes: { y1: '2026-01-02T03:04:05.678Z', y2: '2999-01-01T00:00:00Z' },
    });
    expect(await editsOf(edits)).toEqual([
      { key: 'y1', origin: 'T1', edited: true, recent: false },
      { key: 'y2', origin: 'T1', edited: false, recent: true },
    ]);
  });

  test.each([
    '',
    'nonsense',
    '[]',
    '{"taxes": 3}',
    '{"taxes": {"y1": "yesterday-ish"}}',
    '{"stores": {}}',
  ])('%j counts as none and is no reload', async (edits) => {
    expect(await editsOf(edits)).toEqual([
      { key: 'y1', origin: 'T1', edited: false, recent: true },
      { key: 'y2', origin: 'T1', edited: false, recent: true },
    ]);
    expect((await hq.feed()).filter((line) => line.startsWith('T'))).toEqual([]);
  });

  test('another program is named by its login', async () => {
    await run(`UPDATE taxes SET tax_name = 'z' WHERE id = 'y1'`);
    const { rows } = await hq.client.query(
      `SELECT origin FROM payflow_sync.feed ORDER BY seq DESC LIMIT 1`,
    );
    expect(rows).toEqual([{ origin: 'postgres' }]);
  });
});

test('a transaction that wrote can be prepared', async ({ skip }) => {
  const { rows } = await hq.client.query<{ n: string }>(
    `SELECT current_setting('max_prepared_transactions') AS n`,
  );
  if (rows[0]?.n === '0') skip();
  await run(`BEGIN; ${addProduct('two1')}`);
  await run(`PREPARE TRANSACTION 'capture-test'`);
  await run(`COMMIT PREPARED 'capture-test'`);
  expect(await hq.feed()).toEqual(['I products:two1 s:s1']);
});

test('a login without any right on payflow_sync writes as ever', async () => {
  await run(`DO $$ BEGIN CREATE ROLE capture_test_writer; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    GRANT SELECT, INSERT, UPDATE ON products TO capture_test_writer`);
  await run(`SET ROLE capture_test_writer`);
  await run(addProduct('w1'));
  await expect(run('SELECT FROM payflow_sync.feed')).rejects.toMatchObject({ code: '42501' });
  await run(`RESET ROLE; DROP OWNED BY capture_test_writer; DROP ROLE capture_test_writer`);
  expect(await hq.feed()).toEqual(['I products:w1 s:s1']);
});

describe('3.2: what breaks a capture never breaks the write', () => {
  test('a column that is gone makes a reload', async () => {
    await run(`INSERT INTO customers (id, customer_code, store_id, updated_at) VALUES ('cu1', 'C1', 's1', now());
      ALTER TABLE customers DROP COLUMN city`);
    await run(`UPDATE customers SET email = 'a@b' WHERE id = 'cu1'`);
    expect(await hq.feed()).toEqual(['I customers:cu1 s:s1', 'T customers *']);
  });

  test('a parent table that is gone makes a reload', async () => {
    await run(`ALTER TABLE products RENAME TO products_old`);
    await run(`UPDATE product_variants SET ean = '5' WHERE id = 'v9'`);
    await run(`ALTER TABLE products_old RENAME TO products`);
    await run(`UPDATE product_variants SET ean = '6' WHERE id = 'v9'`);
    expect(await hq.feed()).toEqual(['T product_variants *', 'U product_variants:v9 s:s1']);
  });

  test('a parent table that must not be read makes a reload', async () => {
    await run(`DO $$ BEGIN CREATE ROLE capture_test_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      GRANT USAGE ON SCHEMA payflow_sync TO capture_test_owner; GRANT INSERT ON payflow_sync.feed TO capture_test_owner;
      ALTER FUNCTION payflow_sync.capture_statement_product_variants() OWNER TO capture_test_owner`);
    await run(`UPDATE product_variants SET ean = '7' WHERE id = 'v9'`);
    await run(
      `REASSIGN OWNED BY capture_test_owner TO postgres; DROP OWNED BY capture_test_owner; DROP ROLE capture_test_owner`,
    );
    expect(await hq.feed()).toEqual(['T product_variants *']);
  });

  test('a cancelled statement stays cancelled', async () => {
    const other = await hq.connect();
    await other.query('BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE');
    await run(`SET statement_timeout = 300`);
    await expect(
      run(`UPDATE product_variants SET ean = '8' WHERE id = 'v9'`),
    ).rejects.toMatchObject({ code: '57014' });
    await run(`RESET statement_timeout`);
    await other.query('ROLLBACK');
    expect(await hq.feed()).toEqual([]);
  });
});
