import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { longestCaptured, triggerPrefix } from './capture-record.ts';
import { factsOf, insertChanges, rebuildTriggers, triggersOf, verifyTriggers } from './capture.ts';
import { openLocal } from './open.ts';
import { column, makeShop, planOf, products, shopPlan, tablePlan, tempFolder } from './testing.ts';

type Row = Record<string, unknown>;
type Change = [string | null, string | null, string | null, string | null];
interface Entry {
  tbl: string;
  local_id: string;
  old_local_id: string | null;
  op: string;
  changes: Record<string, Change>;
  at: string;
  id: string;
}

/** The POS program: another SQLite library on its own connection. */
class Pos implements Disposable {
  readonly db: DatabaseSync;
  constructor(path: string, pragmas: readonly string[] = []) {
    this.db = new DatabaseSync(path, { timeout: 2000, enableForeignKeyConstraints: false });
    for (const pragma of pragmas) this.db.exec(`PRAGMA ${pragma}`);
  }
  run(sql: string, ...values: SQLInputValue[]): void {
    this.db.prepare(sql).run(...values);
  }
  all(sql: string): Row[] {
    return this.db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  }
  entries(): Entry[] {
    return this.all(
      'SELECT tbl, local_id, old_local_id, op, changes, at, id FROM sync_outbox ORDER BY seq',
    ).map(
      (row) =>
        ({ ...row, changes: JSON.parse(String(row['changes'])) as unknown }) as unknown as Entry,
    );
  }
  /** Entries as `op local_id(old) columns`, for tables of expectations. */
  brief(): string[] {
    return this.entries().map(({ tbl, op, local_id, old_local_id, changes }) => {
      const was = old_local_id === null || old_local_id === local_id ? '' : `<${old_local_id}`;
      const columns = op === 'D' || op === 'R' ? '' : Object.keys(changes).join(',');
      return `${op} ${tbl} ${local_id}${was} ${columns}`.trimEnd();
    });
  }
  [Symbol.dispose](): void {
    this.db.close();
  }
}

const seed = `
  INSERT INTO categories (local_id, server_id, name) VALUES ('c1', 'C1', 'Food'), ('c2', 'C2', 'Drink');
  INSERT INTO products (local_id, server_id, sku, name, selling_price, stock_quantity, category_id) VALUES
    ('p1', 'P1', 'S1', 'Tea', '1.50', 10, 'c1'), ('p2', 'P2', 'S2', 'Milk', '2.00', 5, 'c1'), ('p3', NULL, 'S3', 'Cake', '3', 1, 'c2');
  INSERT INTO stock_levels (local_id, product_id, stock_quantity, last_updated) VALUES ('s1', 'p1', 4, 'x');
  UPDATE categories SET sync_status = 'synced', sync_operation = NULL;
  UPDATE products SET sync_status = 'synced', sync_operation = NULL WHERE server_id IS NOT NULL;
  UPDATE stock_levels SET sync_status = 'synced', sync_operation = NULL;
`;

/** Two equal files, one with and one without capture; the outbox starts empty. */
function twins(folder: string, extra = ''): { captured: string; plain: string } {
  const files = { captured: join(folder, 'captured.db'), plain: join(folder, 'plain.db') };
  for (const [kind, path] of Object.entries(files)) {
    const db = makeShop(path, shopPlan, { triggers: false });
    db.exec(seed + extra);
    if (kind === 'captured') rebuildTriggers(db, shopPlan);
    db.close();
  }
  return files;
}

const business = [
  'SELECT local_id, server_id, name, parent_id, sort_order FROM categories ORDER BY 1',
  'SELECT local_id, server_id, sku, name, category_id, selling_price, stock_quantity, thumbnail FROM products ORDER BY sku',
  'SELECT local_id, product_id, stock_quantity, available_quantity FROM stock_levels ORDER BY 1',
];

interface Outcome {
  error: string | null;
  changes: unknown;
  lastId: unknown;
  tables: Row[][];
}

/** What a program sees of its statement, and what stands in the file afterwards. */
function outcome(pos: Pos, sql: string): Outcome {
  let error: string | null = null;
  try {
    pos.db.exec(sql);
  } catch (caught) {
    error = (caught as Error).message;
  }
  const counted = pos.db
    .prepare('SELECT changes() AS changes, last_insert_rowid() AS id')
    .get() as Row;
  const open = pos.db.isTransaction;
  const tables = business.map((query) => pos.all(query));
  if (open) pos.db.exec('COMMIT');
  return { error, changes: counted['changes'], lastId: counted['id'], tables };
}

const put = (verb: string, id = 'p9', sku = 'S9'): string =>
  `${verb} INTO products (local_id, sku, name, selling_price) VALUES ('${id}', '${sku}', 'New', '9')`;

/** Every form in which a POS writes: [statement, what is captured]. */
const forms: [sql: string, captured: string[]][] = [
  [put('INSERT'), ['I products p9 stock_quantity']],
  [put('INSERT', 'p1'), []],
  [put('INSERT', 'p9', 'S1'), []],
  [put('INSERT OR IGNORE', 'p9', 'S1'), ['R products p1']],
  [put('INSERT OR IGNORE'), ['I products p9 stock_quantity']],
  [put('INSERT OR REPLACE', 'p1', 'S1'), ['R products p1', 'I products p1 stock_quantity']],
  [put('INSERT OR REPLACE', 'p9', 'S1'), ['R products p1', 'I products p9 stock_quantity']],
  [put('REPLACE', 'p1', 'S2'), ['R products p1', 'R products p2', 'I products p1 stock_quantity']],
  [put('INSERT OR ABORT', 'p1'), []],
  [put('INSERT OR FAIL', 'p1'), ['R products p1']],
  [
    `BEGIN; UPDATE products SET name = 'x' WHERE local_id = 'p1'; ${put('INSERT OR ROLLBACK', 'p1')}`,
    [],
  ],
  [
    `INSERT OR FAIL INTO products (local_id, sku, name, selling_price) VALUES ('p8', 'S8', 'a', '1'), ('p1', 'x', 'b', '1')`,
    ['I products p8 stock_quantity', 'R products p1'],
  ],
  [
    `INSERT INTO products (local_id, sku, name, selling_price) SELECT 'n' || local_id, 'n' || sku, name, '1' FROM products`,
    [
      'I products np1 stock_quantity',
      'I products np2 stock_quantity',
      'I products np3 stock_quantity',
    ],
  ],
  [`${put('INSERT', 'p1')} ON CONFLICT DO NOTHING`, ['R products p1']],
  [
    `${put('INSERT', 'p1')} ON CONFLICT (local_id) DO UPDATE SET name = excluded.name`,
    ['R products p1', 'U products p1 name'],
  ],
  [
    `${put('INSERT', 'p9', 'S1')} ON CONFLICT (sku) DO UPDATE SET name = excluded.name`,
    ['R products p1', 'U products p1 name'],
  ],
  [`${put('INSERT', 'p1')} ON CONFLICT (local_id) DO UPDATE SET sku = 'S2'`, []],
  [`${put('INSERT')} RETURNING local_id, sku`, ['I products p9 stock_quantity']],
  [`UPDATE products SET name = 'x' WHERE local_id = 'p1'`, ['U products p1 name']],
  [`UPDATE products SET name = 'x' WHERE local_id = 'p1' RETURNING name`, ['U products p1 name']],
  [`UPDATE products SET name = 'tea' WHERE local_id = 'p1'`, ['U products p1 name']],
  [`UPDATE products SET name = name, sku = 'S1' WHERE local_id = 'p1'`, []],
  [`UPDATE products SET sync_status = 'pending', last_sync_at = 'x' WHERE local_id = 'p1'`, []],
  [
    `UPDATE products SET stock_quantity = stock_quantity - 1`,
    [
      'U products p1 stock_quantity',
      'U products p2 stock_quantity',
      'U products p3 stock_quantity',
    ],
  ],
  [`UPDATE products SET local_id = 'p7' WHERE local_id = 'p1'`, ['U products p7<p1']],
  [`UPDATE products SET sku = 'S2' WHERE local_id = 'p1'`, []],
  [
    `UPDATE OR IGNORE products SET sku = 'S2', name = 'x'`,
    ['R products p2', 'R products p2', 'U products p2 name'],
  ],
  [
    `UPDATE OR REPLACE products SET sku = 'S2' WHERE local_id = 'p1'`,
    ['R products p2', 'U products p1 sku'],
  ],
  [
    `UPDATE OR REPLACE products SET local_id = 'p2' WHERE local_id = 'p1'`,
    ['R products p2', 'U products p2<p1'],
  ],
  [`UPDATE OR FAIL products SET sku = 'S2' WHERE local_id IN ('p1', 'p2')`, ['R products p2']],
  [`BEGIN; UPDATE OR ROLLBACK products SET sku = 'S2'`, []],
  [
    `UPDATE products SET name = c.name FROM categories AS c WHERE c.local_id = category_id AND products.local_id = 'p3'`,
    ['U products p3 name'],
  ],
  [`DELETE FROM stock_levels WHERE local_id = 's1'`, ['D stock_levels s1']],
  [
    `DELETE FROM stock_levels; DELETE FROM products`,
    ['D stock_levels s1', 'D products p1', 'D products p2', 'D products p3'],
  ],
  [`DELETE FROM products WHERE local_id = 'p1' RETURNING name`, ['D products p1']],
  [`INSERT INTO products (sku, name, selling_price) VALUES (NULL, 'x', '1')`, []],
  [`SAVEPOINT a; UPDATE products SET name = 'x'; ROLLBACK TO a; RELEASE a`, []],
  [
    `BEGIN; UPDATE categories SET local_id = 'c9' WHERE local_id = 'c1'; COMMIT`,
    ['U categories c9<c1'],
  ],
  [`DELETE FROM categories WHERE local_id = 'c2'`, ['D categories c2']],
];

/** What the POS's own settings add: cascades of foreign keys, delete triggers of REPLACE. */
const settings: { name: string; pragmas: string[]; adds: Record<string, string[]> }[] = [
  { name: 'as SQLite comes', pragmas: [], adds: {} },
  {
    name: 'recursive_triggers on',
    pragmas: ['recursive_triggers = ON'],
    adds: {
      [put('INSERT OR REPLACE', 'p1', 'S1')]: ['D products p1'],
      [put('INSERT OR REPLACE', 'p9', 'S1')]: ['D products p1'],
      [put('REPLACE', 'p1', 'S2')]: ['D products p1', 'D products p2'],
      [`UPDATE OR REPLACE products SET sku = 'S2' WHERE local_id = 'p1'`]: ['D products p2'],
      [`UPDATE OR REPLACE products SET local_id = 'p2' WHERE local_id = 'p1'`]: ['D products p2'],
    },
  },
  {
    name: 'untrusted schema',
    pragmas: ['trusted_schema = OFF', 'cell_size_check = ON'],
    adds: {},
  },
];

describe.each(settings)(
  '$name: the POS sees no difference, and everything is captured',
  ({ pragmas, adds }) => {
    test.each(forms)('%s', (sql, captured) => {
      using folder = tempFolder();
      const files = twins(folder.path);
      using pos = new Pos(files.captured, pragmas);
      using reference = new Pos(files.plain, pragmas);
      expect(outcome(pos, sql)).toEqual(outcome(reference, sql));
      expect(pos.brief().toSorted()).toEqual([...captured, ...(adds[sql] ?? [])].toSorted());
    });
  },
);

describe('foreign keys on: no form of write fails that would not fail without capture', () => {
  test.each(forms)('%s', (sql) => {
    using folder = tempFolder();
    const files = twins(folder.path);
    using pos = new Pos(files.captured, ['foreign_keys = ON']);
    using reference = new Pos(files.plain, ['foreign_keys = ON']);
    expect(outcome(pos, sql)).toEqual(outcome(reference, sql));
  });

  test('4.1: what a cascade changes is captured', () => {
    using folder = tempFolder();
    using pos = new Pos(twins(folder.path).captured, ['foreign_keys = ON']);
    pos.run(`UPDATE categories SET local_id = 'c9' WHERE local_id = 'c1'`);
    pos.run(`DELETE FROM categories WHERE local_id = 'c2'`);
    expect(pos.brief().toSorted()).toEqual([
      'D categories c2',
      'U categories c9<c1',
      'U products p1 category_id',
      'U products p2 category_id',
      'U products p3 category_id',
    ]);
  });
});

/** Keys of every kind that SQLite keeps unique: [what, the index, the write that displaces 'old'; null: nothing is displaced]. */
const keys: [what: string, index: string, write: string, displaces: boolean][] = [
  [
    'an index that takes a and A for one',
    'CREATE UNIQUE INDEX u ON items (code COLLATE NOCASE)',
    `INSERT OR REPLACE INTO items (local_id, code) VALUES ('new', 'A')`,
    true,
  ],
  [
    'two columns, in any order',
    'CREATE UNIQUE INDEX u ON items (shelf DESC, code)',
    `INSERT OR REPLACE INTO items (local_id, code, shelf) VALUES ('new', 'a', 1)`,
    true,
  ],
  [
    'one of two columns alone',
    'CREATE UNIQUE INDEX u ON items (shelf, code)',
    `INSERT OR REPLACE INTO items (local_id, code, shelf) VALUES ('new', 'a', 2)`,
    false,
  ],
  [
    'an expression',
    'CREATE UNIQUE INDEX u ON items (substr("code" || \'(,\', 1, 1) COLLATE NOCASE DESC)',
    `INSERT OR REPLACE INTO items (local_id, code) VALUES ('new', 'Abc')`,
    true,
  ],
  [
    'part of the rows, both within',
    `CREATE UNIQUE INDEX u ON items (shelf) WHERE code > '' -- open ones`,
    `INSERT OR REPLACE INTO items (local_id, code, shelf) VALUES ('new', 'z', 1)`,
    true,
  ],
  [
    'part of the rows, the old one outside',
    `CREATE UNIQUE INDEX u ON items (shelf) WHERE code > 'b'`,
    `INSERT OR REPLACE INTO items (local_id, code, shelf) VALUES ('new', 'z', 1)`,
    false,
  ],
  [
    'null, which equals nothing',
    'CREATE UNIQUE INDEX u ON items (note)',
    `INSERT OR REPLACE INTO items (local_id, code) VALUES ('new', 'z')`,
    false,
  ],
  [
    'the number of the row',
    'CREATE INDEX u ON items (note)',
    `INSERT OR REPLACE INTO items (n, local_id, code) VALUES (1, 'new', 'z')`,
    true,
  ],
  [
    'a row that moves onto another',
    'CREATE UNIQUE INDEX u ON items (lower(code))',
    `UPDATE OR REPLACE items SET code = 'A' WHERE local_id = 'other'`,
    true,
  ],
  [
    'a row that is saved as it stands',
    'CREATE UNIQUE INDEX u ON items (lower(code))',
    `UPDATE OR REPLACE items SET code = code, shelf = 1`,
    false,
  ],
  [
    'a row that enters the part where it clashes',
    'CREATE UNIQUE INDEX u ON items (shelf) WHERE note IS NULL',
    `UPDATE OR REPLACE items SET note = NULL, shelf = 1 WHERE local_id = 'other'`,
    true,
  ],
];

describe('4.3: what OR REPLACE displaces is on record with its old values', () => {
  test.each(keys)('%s', (_what, index, write, displaces) => {
    using folder = tempFolder();
    const plan = planOf(
      tablePlan('items', 1, [column('code'), column('shelf', 'integer'), column('note')]),
    );
    const path = join(folder.path, 'payflow.db');
    const db = makeShop(path, planOf());
    db.exec(`CREATE TABLE items (n INTEGER PRIMARY KEY, local_id TEXT UNIQUE, server_id TEXT, code TEXT, shelf INTEGER, note TEXT);
      INSERT INTO items VALUES (1, 'old', 'OLD', 'a', 1, NULL), (2, 'other', 'OTHER', 'o', 9, 'x');
      ${index}`);
    rebuildTriggers(db, plan);
    db.close();
    using pos = new Pos(path);
    const before = pos.all('SELECT count(*) AS n FROM items')[0]?.['n'];
    pos.db.exec(write);
    const evidence = pos.entries().filter(({ op }) => op === 'R');
    expect(evidence.map(({ local_id }) => local_id)).toEqual(displaces ? ['old'] : []);
    if (!displaces) return;
    expect(evidence[0]).toMatchObject({ old_local_id: 'old' });
    expect(evidence[0]?.changes).toEqual({
      server_id: ['text', 'OLD', null, null],
      code: ['text', 'a', null, null],
      shelf: ['integer', '1', null, null],
      note: ['null', null, null, null],
    });
    const gone = pos.all(`SELECT 1 FROM items WHERE local_id = 'old'`).length === 0;
    expect({ gone, before }).toEqual({ gone: true, before: 2 });
  });

  test('a function of the POS that is called for a plain insert is called once', () => {
    using folder = tempFolder();
    using pos = new Pos(twins(folder.path).captured);
    let calls = 0;
    pos.db.function('next_id', () => `n${String((calls += 1))}`);
    pos.db.exec(
      `INSERT INTO products (local_id, sku, name, selling_price) VALUES (next_id(), 'S9', 'n', '1')`,
    );
    expect(calls).toBe(1);
    expect(pos.brief()).toEqual(['I products n1 stock_quantity']);
  });

  test('a plain sale asks every unique key by its index', () => {
    using folder = tempFolder();
    const db = makeShop(join(folder.path, 'payflow.db'));
    for (const { sql } of triggersOf(products, factsOf(db, products) ?? undefined)) {
      for (const [query] of sql.matchAll(/EXISTS \((SELECT[^()]*)\)/g)) {
        const probe = query.slice(8, -1).replaceAll(/\b(NEW|OLD)\."\w+"/g, `'x'`);
        const plan = db.prepare(`EXPLAIN QUERY PLAN ${probe}`).all() as { detail: string }[];
        expect(plan.map(({ detail }) => detail).join()).toMatch(/^SEARCH products USING .*INDEX/);
      }
    }
    db.close();
  });
});

describe('an entry', () => {
  test('4.1: holds exactly what changed, type and text, old and new', () => {
    using folder = tempFolder();
    using pos = new Pos(twins(folder.path).captured);
    pos.run(
      `UPDATE products SET name = ?, selling_price = ?, max_stock_level = ?, rating = ?, thumbnail = ?, stock_quantity = ? WHERE local_id = 'p1'`,
      'Té "x"\\\n',
      '123456789012345.6789',
      9007199254740993n,
      0.1 + 0.2,
      new Uint8Array([0, 255]),
      9,
    );
    const [entry] = pos.entries();
    expect(entry?.changes).toEqual({
      name: ['text', 'Tea', 'text', 'Té "x"\\\n'],
      selling_price: ['text', '1.50', 'text', '123456789012345.6789'],
      max_stock_level: ['null', null, 'integer', '9007199254740993'],
      rating: ['null', null, 'real', '0.30000000000000004'],
      thumbnail: ['null', null, 'blob', '00FF'],
      stock_quantity: ['integer', '10', 'integer', '9'],
    });
    expect(entry).toMatchObject({ tbl: 'products', op: 'U', local_id: 'p1', old_local_id: 'p1' });
    expect(entry?.id).toMatch(/^[0-9a-f]{32}$/);
    expect(entry?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.parse(entry?.at ?? '') - Date.now())).toBeLessThan(60_000);
  });

  test.each([
    ['0.1', 0.1],
    ['1e300', 1e300],
    ['-2.2250738585072014e-308', -2.2250738585072014e-308],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['123456789.12345679', 123456789.12345679],
  ])('a double reads back bit for bit: %s', (_name, double) => {
    using folder = tempFolder();
    using pos = new Pos(twins(folder.path).captured);
    pos.run(`UPDATE products SET rating = ? WHERE local_id = 'p1'`, double);
    expect(Number(pos.entries()[0]?.changes['rating']?.[3])).toBe(double);
  });

  test('of a delete holds the whole row and its server_id', () => {
    using folder = tempFolder();
    using pos = new Pos(twins(folder.path).captured);
    pos.run(`DELETE FROM products WHERE local_id = 'p2'`);
    const [entry] = pos.entries();
    expect(Object.keys(entry?.changes ?? {})).toHaveLength(products.columns.length + 1);
    expect(entry?.changes).toMatchObject({
      server_id: ['text', 'P2', null, null],
      name: ['text', 'Milk', null, null],
      brand: ['null', null, null, null],
    });
    expect(entry).toMatchObject({ op: 'D', local_id: 'p2', old_local_id: 'p2' });
  });

  test('of an insert holds the columns that are added up', () => {
    using folder = tempFolder();
    using pos = new Pos(twins(folder.path).captured);
    pos.db.exec(put('INSERT'));
    expect(pos.entries()[0]).toMatchObject({
      op: 'I',
      old_local_id: null,
      changes: { stock_quantity: [null, null, 'integer', '0'] },
    });
  });

  test('4.1: takes NUL, control characters and text that is no UTF-8 without failing the write', () => {
    using folder = tempFolder();
    using pos = new Pos(twins(folder.path).captured);
    pos.run(`UPDATE products SET name = ? WHERE local_id = 'p1'`, 'a\0b\u0001\u001f\u007f😀');
    pos.db.exec(
      `UPDATE products SET name = CAST(x'C328FFED' AS TEXT), brand = CAST(x'00' AS TEXT) WHERE local_id = 'p2'`,
    );
    const [first, second] = pos.entries();
    expect(first?.changes['name']?.[3]).toBe('a\0b\u0001\u001f\u007f😀');
    expect(second?.changes['name']?.[0]).toBe('text');
    expect(second?.changes['brand']).toEqual(['null', null, 'text', '\0']);
  });

  test('4.1: of a change of case only is captured in a NOCASE column', () => {
    using folder = tempFolder();
    const plan = planOf(tablePlan('notes', 1, [column('body')]));
    const path = join(folder.path, 'payflow.db');
    const db = makeShop(path, planOf());
    db.exec(`CREATE TABLE notes (local_id TEXT PRIMARY KEY, server_id TEXT, body TEXT COLLATE NOCASE);
             INSERT INTO notes VALUES ('n', NULL, 'a')`);
    rebuildTriggers(db, plan);
    db.close();
    using pos = new Pos(path);
    pos.run(`UPDATE notes SET body = 'A'`);
    expect(pos.entries()[0]?.changes).toEqual({ body: ['text', 'a', 'text', 'A'] });
  });

  test('leaves out content that would make the write exceed SQLite limits', () => {
    using folder = tempFolder();
    using pos = new Pos(twins(folder.path).captured);
    pos.db.exec(
      `UPDATE products SET thumbnail = zeroblob(${longestCaptured + 1}) WHERE local_id = 'p1'`,
    );
    pos.run(
      `UPDATE products SET thumbnail = NULL, name = ? WHERE local_id = 'p1'`,
      'x'.repeat(longestCaptured + 1),
    );
    pos.db.exec(`DELETE FROM products WHERE local_id = 'p1'`);
    const [first, second, third] = pos.entries();
    expect(first?.changes['thumbnail']).toEqual(['null', null, 'blob', null]);
    expect(second?.changes).toEqual({
      thumbnail: ['blob', null, 'null', null],
      name: ['text', 'Tea', 'text', null],
    });
    expect(third?.changes['name']).toEqual(['text', null, null, null]);
  });
});

describe('sync_status', () => {
  const status = (pos: Pos): Row[] =>
    pos.all('SELECT local_id, sync_status, sync_operation FROM products ORDER BY 1');

  test.each([[[]], [['recursive_triggers = ON']]])(
    'says pending and what for, with %j',
    (pragmas) => {
      using folder = tempFolder();
      using pos = new Pos(twins(folder.path).captured, pragmas);
      pos.db.exec(`UPDATE products SET sync_status = 'error' WHERE local_id = 'p3'`);
      pos.db.exec(`UPDATE products SET name = 'x' WHERE local_id IN ('p1', 'p3')`);
      pos.db.exec(
        `INSERT INTO products (local_id, sku, name, selling_price, sync_status, sync_operation) VALUES ('p4', 'S4', 'n', '1', 'synced', 'x')`,
      );
      pos.db.exec(put('INSERT', 'p5', 'S5'));
      pos.db.exec(`UPDATE products SET name = 'y' WHERE local_id = 'p5'`);
      expect(status(pos)).toEqual([
        { local_id: 'p1', sync_status: 'pending', sync_operation: 'update' },
        { local_id: 'p2', sync_status: 'synced', sync_operation: null },
        { local_id: 'p3', sync_status: 'pending', sync_operation: 'insert' },
        { local_id: 'p4', sync_status: 'pending', sync_operation: 'insert' },
        { local_id: 'p5', sync_status: 'pending', sync_operation: 'insert' },
      ]);
    },
  );

  const touches = {
    careless: `CREATE TRIGGER touch AFTER UPDATE ON products BEGIN
      UPDATE products SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+' || abs(random() % 100000) || ' seconds') WHERE local_id = NEW.local_id; END`,
    guarded: `CREATE TRIGGER touch AFTER UPDATE ON products WHEN NEW.updated_at IS OLD.updated_at BEGIN
      UPDATE products SET updated_at = hex(randomblob(9)) WHERE local_id = NEW.local_id; END`,
  };

  test.each([
    ['careless', 'OFF'],
    ['guarded', 'OFF'],
    ['guarded', 'ON'],
  ] as const)(
    'a %s touch trigger of the POS and ours do not loop, recursive_triggers %s',
    (kind, recursive) => {
      for (const late of [false, true]) {
        using folder = tempFolder();
        const path = twins(folder.path, late ? '' : touches[kind]).captured;
        using pos = new Pos(path, [`recursive_triggers = ${recursive}`]);
        if (late) pos.db.exec(touches[kind]);
        pos.run(`UPDATE products SET name = 'x' WHERE local_id = 'p1'`);
        expect(status(pos)[0]).toEqual({
          local_id: 'p1',
          sync_status: 'pending',
          sync_operation: 'update',
        });
        const last = pos.entries().findLast(({ changes }) => 'updated_at' in changes);
        expect(last?.changes['updated_at']?.[3]).toBe(
          pos.all(`SELECT updated_at FROM products WHERE local_id = 'p1'`)[0]?.['updated_at'],
        );
      }
    },
  );

  test.each([
    [
      'refuses further edits',
      `CREATE TRIGGER t BEFORE UPDATE ON products WHEN OLD.name = 'closed' BEGIN SELECT RAISE(ABORT, 'closed'); END`,
    ],
    [
      'allows no edit at all',
      `CREATE TRIGGER t BEFORE UPDATE ON products WHEN OLD.sku = 'S9' BEGIN SELECT RAISE(ROLLBACK, 'never'); END`,
    ],
    [
      'keeps a history',
      `CREATE TABLE history (n UNIQUE); CREATE TRIGGER t AFTER UPDATE ON products BEGIN INSERT INTO history VALUES (NEW.name); END`,
    ],
  ])("a POS trigger that %s is not fired by us: the POS's write goes through", (_name, sql) => {
    using folder = tempFolder();
    using pos = new Pos(twins(folder.path, sql).captured);
    pos.run(`UPDATE products SET name = 'closed' WHERE local_id = 'p1'`);
    pos.db.exec(put('INSERT'));
    pos.db.exec(
      `INSERT INTO products (local_id, sku, name, selling_price, sync_status) VALUES ('p8', 'S8', 'n', '1', 'x')`,
    );
    expect(pos.brief()).toEqual([
      'U products p1 name',
      'I products p9 stock_quantity',
      'I products p8 stock_quantity',
    ]);
    expect(status(pos).find((row) => row['local_id'] === 'p9')).toMatchObject({
      sync_status: 'pending',
    });
  });
});

describe('the guard', () => {
  test('4.2: is silent while the engine applies, and for the engine alone', () => {
    using folder = tempFolder();
    const path = twins(folder.path).captured;
    const db = openLocal(path);
    db.exec(`BEGIN IMMEDIATE; UPDATE sync_session SET applying = 1;
      UPDATE products SET name = 'HQ' WHERE local_id = 'p1'; DELETE FROM stock_levels; ${put('INSERT')};
      UPDATE sync_session SET applying = 0; COMMIT`);
    using pos = new Pos(path);
    expect(pos.entries()).toEqual([]);
    pos.run(`UPDATE products SET name = 'POS' WHERE local_id = 'p1'`);
    expect(pos.brief()).toEqual(['U products p1 name']);
    db.close();
  });

  test('4.2: captures when the session row is gone', () => {
    using folder = tempFolder();
    using pos = new Pos(twins(folder.path).captured);
    pos.db.exec(`DELETE FROM sync_session; UPDATE products SET name = 'x' WHERE local_id = 'p1'`);
    expect(pos.brief()).toEqual(['U products p1 name']);
  });
});

describe('files as they are found', () => {
  test('a POS that attaches payflow.db to its own file is captured in payflow.db', () => {
    using folder = tempFolder();
    const path = twins(folder.path).captured;
    using pos = new Pos(join(folder.path, 'pos.db'));
    pos.db
      .exec(`CREATE TABLE sync_outbox (x); CREATE TABLE sync_session (applying); INSERT INTO sync_session VALUES (1);
      CREATE TABLE products (local_id, sync_status); CREATE TEMP TABLE sync_session (applying);`);
    pos.run('ATTACH ? AS shop', path);
    pos.run(`UPDATE shop.products SET name = 'x' WHERE local_id = 'p1'`);
    expect(pos.all('SELECT tbl, local_id FROM shop.sync_outbox')).toEqual([
      { tbl: 'products', local_id: 'p1' },
    ]);
    expect(pos.all('SELECT count(*) AS n FROM main.sync_outbox')).toEqual([{ n: 0 }]);
  });

  test('columns that the file lacks are not named, and none of its writes fails', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    const db = makeShop(path, planOf());
    db.exec(`CREATE TABLE products (local_id TEXT PRIMARY KEY, SKU TEXT, Stock_Quantity INTEGER)`);
    rebuildTriggers(db, planOf(products));
    db.close();
    using pos = new Pos(path);
    pos.db
      .exec(`INSERT INTO products VALUES (NULL, 'x', 1); INSERT INTO products VALUES ('p', 'y', 2);
      UPDATE products SET sku = sku || '!'; UPDATE products SET local_id = 'q' WHERE local_id IS NULL; DELETE FROM products`);
    expect(pos.brief().toSorted()).toEqual([
      'D products p',
      'D products q',
      'I products p stock_quantity',
      'I products q',
      'U products p sku',
    ]);
  });

  test('a table of 600 columns is captured', () => {
    using folder = tempFolder();
    const wide = planOf(
      tablePlan(
        'wide',
        1,
        Array.from({ length: 600 }, (_, n) => column(`c${n}`, 'integer', { strategy: 'add' })),
      ),
    );
    const path = join(folder.path, 'payflow.db');
    makeShop(path, wide).close();
    using pos = new Pos(path);
    pos.db.exec(
      `INSERT INTO wide (local_id) VALUES ('w'); UPDATE wide SET c0 = 1, c599 = 2; DELETE FROM wide`,
    );
    const entries = pos.entries();
    expect(entries.map(({ changes }) => Object.keys(changes).length)).toEqual([600, 2, 601]);
  });

  test('names that need quoting are quoted', () => {
    using folder = tempFolder();
    const odd = planOf(
      tablePlan(`my "odd" 'table'`, 1, [column(`a "b" 'c' \\`), column('select')]),
    );
    const path = join(folder.path, 'payflow.db');
    makeShop(path, odd).close();
    using pos = new Pos(path);
    pos.db.exec(
      `INSERT INTO "my ""odd"" 'table'" (local_id) VALUES ('w'); UPDATE "my ""odd"" 'table'" SET "a ""b"" 'c' \\" = 1, "select" = 2`,
    );
    expect(pos.entries()[1]?.changes).toEqual({
      [`a "b" 'c' \\`]: ['null', null, 'text', '1'],
      select: ['null', null, 'text', '2'],
    });
  });

  test('the entries of rows that were there before have the form of the trigger', () => {
    expect(triggersOf(products)[0]?.sql).toContain(insertChanges(products, 'NEW'));
    expect(triggersOf(products)[1]?.sql).toContain('AFTER UPDATE OF "local_id", "sku", "name"');
  });

  test.runIf(hasCli())('an old sqlite3 on the command line writes and is captured', () => {
    using folder = tempFolder();
    const path = twins(folder.path).captured;
    execFileSync('sqlite3', [
      path,
      `PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON;
      UPDATE products SET name = CAST(x'410042C3' AS TEXT), rating = 0.1 + 0.2 WHERE local_id = 'p1';
      ${put('INSERT OR REPLACE')}; DELETE FROM products WHERE local_id = 'p2'; ${put('INSERT', 'p9')} ON CONFLICT DO UPDATE SET name = 'up'`,
    ]);
    using pos = new Pos(path);
    expect(pos.brief()).toEqual([
      'U products p1 name,rating',
      'I products p9 stock_quantity',
      'D products p2',
      'R products p9',
      'U products p9 name',
    ]);
    const changes = pos.entries()[0]?.changes;
    expect(changes?.['rating']?.[3]).toBe('0.30000000000000004');
    expect(changes?.['name']?.[3]?.startsWith('A\0B')).toBe(true);
  });
});

function hasCli(): boolean {
  const found = (process.env['PATH'] ?? '')
    .split(':')
    .some((folder) => existsSync(join(folder, 'sqlite3')));
  if (!found)
    console.warn(
      'capture.test.ts: no sqlite3 on this machine, the test of an old SQLite is left out',
    );
  return found;
}

describe('verification', () => {
  test('triggers as they should be have no findings', () => {
    using folder = tempFolder();
    const db = makeShop(join(folder.path, 'payflow.db'));
    expect(verifyTriggers(db, shopPlan)).toEqual({ missing: [], changed: [], extra: [] });
    db.close();
  });

  test.each<[what: string, sql: string, found: Record<'missing' | 'changed' | 'extra', number>]>([
    ['dropped', `DROP TRIGGER sync_capture_products_update`, { missing: 1, changed: 0, extra: 0 }],
    [
      'edited',
      `DROP TRIGGER sync_capture_products_update; CREATE TRIGGER sync_capture_products_update AFTER UPDATE ON products BEGIN SELECT 1; END`,
      { missing: 0, changed: 1, extra: 0 },
    ],
    [
      'of another table',
      `CREATE TRIGGER sync_capture_old_insert AFTER INSERT ON products BEGIN SELECT 1; END`,
      { missing: 0, changed: 0, extra: 1 },
    ],
    [
      'rewritten by a RENAME',
      `ALTER TABLE products RENAME COLUMN brand TO label`,
      { missing: 0, changed: 4, extra: 0 },
    ],
    [
      'of before a column was there',
      `ALTER TABLE categories RENAME TO other; CREATE TABLE categories (local_id TEXT, name TEXT)`,
      { missing: 0, changed: 3, extra: 2 },
    ],
    [
      'that must now leave the row alone',
      `CREATE TRIGGER t BEFORE UPDATE ON products BEGIN SELECT RAISE(ABORT, 'x'); END`,
      { missing: 0, changed: 2, extra: 0 },
    ],
  ])('finds and mends triggers %s', (_what, sql, found) => {
    using folder = tempFolder();
    const db = makeShop(join(folder.path, 'payflow.db'));
    db.exec(sql);
    const findings = rebuildTriggers(db, shopPlan);
    const counts = {
      missing: findings.missing.length,
      changed: findings.changed.length,
      extra: findings.extra.length,
    };
    expect(counts).toEqual(found);
    expect(verifyTriggers(db, shopPlan)).toEqual({ missing: [], changed: [], extra: [] });
    expect(
      db
        .prepare(`SELECT count(*) FROM sqlite_master WHERE name LIKE '${triggerPrefix}%'`)
        .pluck()
        .get(),
    ).toBe(
      shopPlan.tables.flatMap((table) => triggersOf(table, factsOf(db, table) ?? undefined)).length,
    );
    db.close();
  });

  test('a table without local_id has no triggers', () => {
    using folder = tempFolder();
    const db = makeShop(join(folder.path, 'payflow.db'), planOf());
    db.exec('CREATE TABLE products (id TEXT)');
    const facts = factsOf(db, products);
    expect(facts === null ? null : triggersOf(products, facts)).toEqual([]);
    db.close();
  });
});
