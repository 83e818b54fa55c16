import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../shared/plan.ts';
import { listBackups } from '../local/backup.ts';
import { verifyTriggers } from '../local/capture.ts';
import { migrateLocal } from '../local/migrate.ts';
import { openLocal, type WritableDb } from '../local/open.ts';
import {
  categories,
  column,
  localMigrations,
  makeShop,
  planOf,
  productTags,
  products,
  schemaOf,
  shopPlan,
  stockLevels,
  tablePlan,
  tempFolder,
} from '../local/testing.ts';
import { applyFix, checkSchema, createOrAlign, fixStatements } from './align.ts';
import { retypeTable } from './table-sql.ts';

/** A file with PayFlow's own tables and whatever `sql` puts into it. */
function foundFile(folder: string, sql: string): WritableDb {
  const db = openLocal(join(folder, 'payflow.db'));
  migrateLocal(db, localMigrations);
  db.exec(sql);
  return db;
}

function options(folder: string): { backupDir: string; keep: number } {
  return { backupDir: join(folder, 'backups'), keep: 2 };
}

const found = (db: WritableDb, plan: Plan): string[] =>
  checkSchema(db, plan).differences.map(({ code, severity, table, column: name, detail }) =>
    `${severity} ${code} ${table}.${name ?? ''} ${detail ?? ''}`.trim(),
  );

/** Differences that a fix can leave: nothing that it could have done. */
const unfixed = (db: WritableDb, plan: Plan): string[] =>
  found(db, plan).filter((line) => line.startsWith('fixable'));

const notes = tablePlan('notes', 7, [
  column('title', 'text', { nullable: false, hqDefault: `'none'::text` }),
  column('price', 'decimal'),
  column('count', 'integer', { nullable: false }),
  column('at', 'timestamp', { nullable: false, hqDefault: 'now()' }),
]);
const rowColumns = `server_id TEXT UNIQUE, terminal_id TEXT, sync_status TEXT, sync_operation TEXT, last_sync_at TEXT`;

describe('schema check', () => {
  test('finds nothing in a file that PayFlow made', () => {
    using folder = tempFolder();
    const db = makeShop(join(folder.path, 'payflow.db'));
    expect(found(db, shopPlan)).toEqual([]);
    expect(fixStatements(checkSchema(db, shopPlan))).toEqual([]);
    db.close();
  });

  test.each<[what: string, sql: string, expected: string[]]>([
    ['no such table', '', ['fixable table-missing notes.']],
    ['a view', 'CREATE VIEW notes AS SELECT 1 AS local_id', ['blocking not-a-table notes.']],
    [
      'another primary key',
      `CREATE TABLE notes (id INTEGER PRIMARY KEY, local_id TEXT, title TEXT, price TEXT, count INTEGER, at TEXT, ${rowColumns})`,
      ['blocking primary-key notes. id INTEGER', 'information column-extra notes.id'],
    ],
    [
      'missing columns',
      `CREATE TABLE notes (local_id TEXT PRIMARY KEY, price TEXT, server_id TEXT UNIQUE)`,
      [
        'fixable column-missing notes.title',
        'fixable column-missing notes.count nullable',
        'fixable column-missing notes.at nullable',
        'fixable column-missing notes.terminal_id',
        'fixable column-missing notes.sync_status',
        'fixable column-missing notes.sync_operation',
        'fixable column-missing notes.last_sync_at',
      ],
    ],
    [
      'decimals and texts in numeric columns, times in DATETIME, a stricter column, a column of its own',
      `CREATE TABLE notes (local_id VARCHAR(36) PRIMARY KEY, title NUMERIC, price DECIMAL(15,4) NOT NULL, count TEXT, at DATETIME, mine TEXT, ${rowColumns})`,
      [
        'fixable column-lossy notes.title NUMERIC -> TEXT',
        'fixable column-lossy notes.price DECIMAL(15,4) -> TEXT',
        'manual column-not-null notes.price',
        'information column-type notes.count TEXT -> INTEGER',
        'information column-extra notes.mine',
      ],
    ],
    [
      'no unique server_id, a partial one does not count',
      `CREATE TABLE notes (local_id TEXT PRIMARY KEY, title TEXT, price TEXT, count INTEGER, at TEXT, ${rowColumns.replace(' UNIQUE', '')});
       CREATE UNIQUE INDEX notes_server_id_key ON notes (server_id) WHERE count > 0`,
      ['fixable server-id-not-unique notes. server_id'],
    ],
    [
      'a server_id twice',
      `CREATE TABLE notes (local_id TEXT PRIMARY KEY, title TEXT, price TEXT, count INTEGER, at TEXT, ${rowColumns.replace(' UNIQUE', '')});
       INSERT INTO notes (local_id, server_id) VALUES ('a', 'x'), ('b', 'x'), ('c', NULL), ('d', NULL)`,
      ['manual unique-duplicates notes. server_id'],
    ],
    [
      'a trigger of the POS that raises',
      `CREATE TABLE notes (local_id TEXT PRIMARY KEY, title TEXT, price TEXT, count INTEGER, at TEXT, ${rowColumns});
       CREATE TRIGGER closed BEFORE UPDATE ON notes BEGIN SELECT RAISE(ABORT, 'no'); END`,
      ['information pos-trigger notes. closed'],
    ],
  ])('tells of %s', (_what, sql, expected) => {
    using folder = tempFolder();
    const db = foundFile(folder.path, sql);
    const plan = planOf(notes);
    expect(found(db, plan).filter((line) => !line.includes(' trigger-'))).toEqual(expected);
    db.close();
  });

  test('tells of triggers that are gone, changed, left over, and of foreign keys', () => {
    using folder = tempFolder();
    const db = makeShop(join(folder.path, 'payflow.db'));
    db.exec(`DROP TRIGGER sync_capture_products_insert; DROP TRIGGER sync_capture_products_delete;
      CREATE TRIGGER sync_capture_products_delete AFTER DELETE ON products BEGIN SELECT 1; END;
      CREATE TRIGGER sync_capture_gone_delete AFTER DELETE ON products BEGIN SELECT 1; END;
      DROP TABLE product_tags;
      CREATE TABLE product_tags (local_id TEXT PRIMARY KEY, product_id TEXT REFERENCES products (local_id) ON DELETE CASCADE, tag TEXT,
        server_id TEXT UNIQUE, terminal_id, sync_status, sync_operation, last_sync_at, UNIQUE (tag, product_id));
      CREATE INDEX tags ON product_tags (product_id)`);
    expect(
      found(db, shopPlan).filter((line) => !line.includes('trigger-missing product_tags')),
    ).toEqual([
      'information foreign-key product_tags.product_id products ON UPDATE NO ACTION ON DELETE CASCADE -> products ON UPDATE CASCADE ON DELETE RESTRICT',
      'fixable trigger-missing products. sync_capture_products_insert',
      'fixable trigger-changed products. sync_capture_products_delete',
      'fixable trigger-extra . sync_capture_gone_delete',
    ]);
    db.close();
  });
});

describe('schema fix', () => {
  const old = `
    CREATE TABLE "categories" (local_id TEXT PRIMARY KEY, name TEXT NOT NULL, parent_id TEXT, server_id TEXT UNIQUE);
    CREATE TABLE products (
      local_id TEXT PRIMARY KEY, sku TEXT COLLATE NOCASE, -- the code, (unique)
      "cost_price" DECIMAL(15, 4) DEFAULT 0 CHECK (stock_quantity >= 0 /* cost_price, */), selling_price REAL, name TEXT, stock_quantity INTEGER, tax_rate NUMERIC,
      server_id TEXT, sync_status TEXT, mine TEXT DEFAULT 'a,b', UNIQUE (name, sku)
    );
    CREATE INDEX products_name ON products (name);
    CREATE VIEW cheap AS SELECT local_id FROM products WHERE cost_price + 0 < 5;
    CREATE TABLE lines (local_id TEXT, product_id TEXT REFERENCES products (local_id));
    CREATE TABLE history (name TEXT);
    CREATE TRIGGER own AFTER UPDATE OF name ON products BEGIN INSERT INTO history VALUES (NEW.name); END;
    CREATE TRIGGER other AFTER INSERT ON lines BEGIN UPDATE products SET stock_quantity = stock_quantity - 1 WHERE local_id = NEW.product_id; END;
    INSERT INTO products (local_id, sku, name, cost_price, selling_price, tax_rate, stock_quantity, server_id, sync_status) VALUES
      ('p1', 's1', 'Tea', 0.30000000000000004, 19.99, 7, 3, 'P1', 'synced'), ('p2', 's2', 'Milk', '12.5', 1e9, NULL, 2, NULL, NULL), ('p3', 's3', 'Oil', 1, 'free', 0.19, 1, 'P3', 'pending');
    INSERT INTO lines VALUES ('l1', 'p1');
    INSERT INTO categories VALUES ('c1', 'n', NULL, NULL);`;

  test('makes an old file fit, keeps every row and all that the POS put into it, and leaves a backup', async () => {
    using folder = tempFolder();
    const db = foundFile(folder.path, old);
    const report = checkSchema(db, shopPlan);
    const result = await applyFix(db, shopPlan, report, options(folder.path));
    expect(unfixed(db, shopPlan)).toEqual([]);
    expect(verifyTriggers(db, shopPlan)).toEqual({ missing: [], changed: [], extra: [] });
    expect(fixStatements(report)).toEqual(expect.arrayContaining([...result.applied]));
    expect(
      db
        .prepare('SELECT local_id, cost_price, selling_price, tax_rate, mine FROM products')
        .raw()
        .all(),
    ).toEqual([
      ['p1', '0.3000', '19.9900', '7', 'a,b'],
      ['p2', '12.5000', '1000000000.0000', null, 'a,b'],
      ['p3', '1', 'free', '0.1900', 'a,b'],
    ]);
    const sql = db.prepare(`SELECT sql FROM sqlite_master WHERE name = 'products'`).pluck().get();
    expect(sql).toContain('sku TEXT COLLATE NOCASE, -- the code, (unique)');
    expect(sql).toContain(
      '"cost_price" TEXT DEFAULT 0 CHECK (stock_quantity >= 0 /* cost_price, */), selling_price TEXT, name TEXT',
    );
    expect(
      db.prepare('SELECT "table" FROM pragma_foreign_key_list(?)').pluck().all('lines'),
    ).toEqual(['products']);
    expect(db.pragma('legacy_alter_table', { simple: true })).toBe(0);
    expect(
      db.prepare(`SELECT name FROM sqlite_master WHERE name = 'products_name'`).all(),
    ).toHaveLength(1);

    using pos = new DatabaseSync(db.name);
    pos.exec(
      `INSERT INTO lines VALUES ('l2', 'p1'); UPDATE products SET name = 'x', selling_price = '123456789012345.6789' WHERE local_id = 'p1'`,
    );
    expect(
      pos
        .prepare('SELECT stock_quantity, selling_price FROM products WHERE local_id = ?')
        .get('p1'),
    ).toMatchObject({ stock_quantity: 1, selling_price: '123456789012345.6789' });
    expect(pos.prepare('SELECT name FROM history').get()).toMatchObject({ name: 'x' });
    expect(pos.prepare('SELECT count(*) AS n FROM cheap').get()).toMatchObject({ n: 2 });
    expect(pos.prepare('SELECT count(*) AS n FROM sync_outbox').get()).toMatchObject({ n: 2 });
    expect(() =>
      pos.exec(`INSERT INTO products (local_id, sku, name) SELECT 'p9', 'S1', name FROM products`),
    ).toThrow('UNIQUE');

    expect(listBackups(join(folder.path, 'backups'))).toEqual([result.backup]);
    using backup = new DatabaseSync(result.backup ?? '', { readOnly: true });
    expect(backup.prepare(`SELECT typeof(selling_price) AS t FROM products`).get()).toMatchObject({
      t: 'real',
    });
    db.close();
  });

  test('that fails half-way leaves the file as it was', async () => {
    using folder = tempFolder();
    const db = foundFile(folder.path, old);
    const before = db.prepare('SELECT name, sql FROM sqlite_master').all();
    const report = checkSchema(db, shopPlan);
    // The rebuild copies into a table of this name: by then columns and tables were made already.
    db.exec('CREATE TABLE sync_rebuild_products (x)');
    await expect(applyFix(db, shopPlan, report, options(folder.path))).rejects.toThrow(
      'LOCAL_ERROR',
    );
    db.exec('DROP TABLE sync_rebuild_products');
    expect(db.prepare('SELECT name, sql FROM sqlite_master').all()).toEqual(before);
    db.close();
  });

  test('that was shown before the POS changed its file is not run', async () => {
    using folder = tempFolder();
    const db = foundFile(folder.path, old);
    const report = checkSchema(db, shopPlan);
    db.exec('ALTER TABLE products ADD COLUMN late TEXT');
    await expect(applyFix(db, shopPlan, report, options(folder.path))).rejects.toThrow(
      'LOCAL_SCHEMA_CHANGED',
    );
    expect(db.prepare('SELECT count(*) FROM products').pluck().get()).toBe(3);
    db.close();
  });
});

describe('init', () => {
  const outbox = (db: WritableDb): unknown[] =>
    db
      .prepare('SELECT tbl, local_id, old_local_id, op, changes FROM sync_outbox ORDER BY seq')
      .raw()
      .all();

  test('makes all tables of an empty file, without a backup', async () => {
    using folder = tempFolder();
    const db = foundFile(folder.path, '');
    const result = await createOrAlign(db, shopPlan, options(folder.path));
    expect(result.backup).toBeNull();
    expect(existsSync(join(folder.path, 'backups'))).toBe(false);
    expect(result.applied).toEqual(schemaOf(shopPlan));
    expect(found(db, shopPlan)).toEqual([]);
    expect(outbox(db)).toEqual([]);
    db.close();
  });

  test('puts every row that HQ may not have into the outbox, once, and learns every server_id', async () => {
    using folder = tempFolder();
    const plan = planOf(categories, products);
    const db = foundFile(
      folder.path,
      schemaOf(plan)
        .join(';')
        .replaceAll(`"local_id" TEXT PRIMARY KEY NOT NULL`, `"local_id" TEXT PRIMARY KEY`),
    );
    db.exec(`INSERT INTO categories (local_id, server_id, name, sync_status) VALUES ('C1', 'C1', 'n', 'synced'), (NULL, NULL, 'nameless', NULL);
      INSERT INTO products (local_id, server_id, sku, name, selling_price, stock_quantity, sync_status) VALUES
        ('new', NULL, 's1', 'n', '1', 4, 'synced'), ('edited', 'P2', 's2', 'n', '1', 5, 'pending'), ('odd', 'P3', 's3', 'n', '1', 5, NULL), ('same', 'P4', 's4', 'n', '1', 5, 'synced'), (NULL, NULL, 's5', 'nameless', '1', 6, 'pending')`);
    await createOrAlign(db, plan, options(folder.path));
    const nameless = db
      .prepare(`SELECT local_id FROM categories WHERE name = 'nameless'`)
      .pluck()
      .get();
    const product = db.prepare(`SELECT local_id FROM products WHERE sku = 's5'`).pluck().get();
    expect([nameless, product]).toEqual([
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ]);
    const expected = [
      ['categories', nameless, null, 'I', '{}'],
      ['products', 'new', null, 'I', '{"stock_quantity":[null,null,"integer","4"]}'],
      ['products', 'edited', 'edited', 'U', null],
      ['products', 'odd', 'odd', 'U', null],
      // With its stock: adoption's own writes are not captured, the entry is the one of an insert.
      ['products', product, null, 'I', '{"stock_quantity":[null,null,"integer","6"]}'],
    ];
    expect(outbox(db)).toEqual(expected);
    expect(db.prepare('SELECT tbl, local_id, server_id, hash FROM sync_row').raw().all()).toEqual([
      [1, 'C1', null, null],
      [2, 'edited', 'P2', null],
      [2, 'odd', 'P3', null],
      [2, 'same', 'P4', null],
    ]);
    expect(
      db
        .prepare('SELECT local_id, sync_status, sync_operation FROM products ORDER BY sku')
        .raw()
        .all(),
    ).toEqual([
      ['new', 'pending', 'insert'],
      ['edited', 'pending', 'update'],
      ['odd', 'pending', 'update'],
      ['same', 'synced', 'insert'],
      [product, 'pending', 'insert'],
    ]);
    await createOrAlign(db, plan, options(folder.path));
    expect(outbox(db)).toEqual(expected);
    expect(db.prepare('SELECT applying FROM sync_session').pluck().get()).toBe(0);
    db.close();
  });

  test('aligns an existing file after a backup', async () => {
    using folder = tempFolder();
    const db = foundFile(
      folder.path,
      `CREATE TABLE notes (local_id TEXT PRIMARY KEY, title TEXT) WITHOUT ROWID; INSERT INTO notes VALUES ('a', 't')`,
    );
    const result = await createOrAlign(db, planOf(notes), options(folder.path));
    expect(listBackups(join(folder.path, 'backups'))).toEqual([result.backup]);
    expect(unfixed(db, planOf(notes))).toEqual([]);
    expect(db.prepare('SELECT title, sync_status, sync_operation FROM notes').raw().all()).toEqual([
      ['t', 'pending', 'insert'],
    ]);
    expect(outbox(db)).toEqual([['notes', 'a', null, 'I', '{}']]);
    db.close();
  });

  test('stops at a table that cannot sync, with the file as it was', async () => {
    using folder = tempFolder();
    const db = foundFile(folder.path, 'CREATE TABLE product_tags (id INTEGER PRIMARY KEY)');
    const before = db.prepare('SELECT name FROM sqlite_master').all();
    const failed = createOrAlign(
      db,
      planOf(categories, productTags, stockLevels),
      options(folder.path),
    );
    await expect(failed).rejects.toThrow('LOCAL_SCHEMA_BLOCKED');
    expect(db.prepare('SELECT name FROM sqlite_master').all()).toEqual(before);
    db.close();
  });
});

test('init adds and leaves retyping to schema fix, schema fix leaves a compared column to a person', async () => {
  using folder = tempFolder();
  const db = foundFile(
    folder.path,
    `CREATE TABLE notes (local_id TEXT PRIMARY KEY, price NUMERIC); INSERT INTO notes VALUES ('a', 20)`,
  );
  const plan = planOf(notes);
  const result = await createOrAlign(db, plan, options(folder.path));
  expect(result.remaining.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
    'fixable column-lossy',
  ]);
  db.exec(
    'DROP TABLE notes; CREATE TABLE notes (local_id TEXT PRIMARY KEY, price NUMERIC, CHECK ((1) AND "PRICE" < 100))',
  );
  expect(found(db, plan)[0]).toBe('manual column-lossy notes.price NUMERIC -> TEXT');
  db.close();
});

describe('retyping a CREATE TABLE', () => {
  const types = new Map([['price', 'TEXT']]);
  test.each<[sql: string, expected: string | null]>([
    [
      'CREATE TABLE t (id TEXT, price DECIMAL(15,4) NOT NULL, x)',
      'CREATE TABLE n (id TEXT, price TEXT NOT NULL, x)',
    ],
    ['CREATE TABLE "a (b" ([price], x)', 'CREATE TABLE n ([price] TEXT, x)'],
    [
      `CREATE TABLE t(a TEXT DEFAULT ',price REAL', "price" DOUBLE PRECISION DEFAULT (1,2))`,
      `CREATE TABLE n(a TEXT DEFAULT ',price REAL', "price" TEXT DEFAULT (1,2))`,
    ],
    [
      'CREATE TABLE t (a /* price REAL, */, PRICE REAL CHECK (price > 0)) WITHOUT ROWID',
      'CREATE TABLE n (a /* price REAL, */, PRICE TEXT CHECK (price > 0)) WITHOUT ROWID',
    ],
    ['CREATE TABLE t (a, b)', null],
  ])('%s', (sql, expected) => {
    expect(retypeTable(sql, 'n', types)).toBe(expected);
  });
});
