/** The whole command line as people and scripts meet it: one process per command, a real HQ, a real payflow.db. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../electron/cli/program.ts';
import { testSession } from '../electron/cli/testing.ts';
import { createCli, hqDigest, type TestCli } from './support/cli.ts';
import { sell } from './support/sale.ts';
import { createHq, type TestHq } from './support/shop.ts';

/** Every command with its words, as the program has them: none is forgotten here. */
const commands = leaves(buildProgram(testSession()));

function leaves(parent: Command, words: readonly string[] = []): { name: string; about: string }[] {
  return parent.commands.flatMap((child) => {
    const name = [...words, child.name()];
    return child.commands.length > 0
      ? leaves(child, name)
      : [{ name: name.join(' '), about: child.description() }];
  });
}

/** Need no HQ either, but do more than look. */
const doing = ['dismiss', 'resolve', 'reset', 'token'];

let hq: TestHq;
let till: TestCli;
/** The POS program: another SQLite library, a connection of its own for every moment it needs one. */
function pos<T>(work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(till.db, { timeout: 5000 });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

const noCounts = { applied: 0, deleted: 0, held: 0, conflicts: 0, rejected: 0 };
const anyText = expect.any(String) as string;
const anyTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/) as string;

const nothingMoved = `Nothing to do: both sides were already in step.

PUSH (PostgreSQL -> SQLite): 0 records synced
PULL (SQLite -> PostgreSQL): 0 records synced
Total: 0 records - 0 errors
`;

beforeAll(async () => {
  hq = await createHq({ install: false });
  till = createCli(hq.url);
});

afterAll(async () => {
  till.close();
  await hq.close();
});

/** The rows of a shop that sells: product p-1 (ten in stock), a shift on T1. */
const SHOP = `
  INSERT INTO stores (id, store_code, name, updated_at) VALUES ('store-1', 'S1', 'Main street', now());
  INSERT INTO terminals (id, terminal_code, name, store_id, updated_at) VALUES
    ('term-1', 'T1', 'Till 1', 'store-1', now()), ('term-2', 'T2', 'Till 2', 'store-1', now());
  INSERT INTO users (id, username, password_hash, store_id, updated_at) VALUES ('user-1', 'ana', 'x', 'store-1', now());
  INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    VALUES ('p-1', 'TEA', 'Tea', 2.50, 10, 'store-1', now()), ('p-2', 'MUG', 'Mug', 8, 5, 'store-1', now());`;

describe('hq install', () => {
  test('on an empty database it makes the tables and the capture', async () => {
    const { exit, out, err } = await till.run(['hq', 'install', '--with-schema']);
    expect([exit, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^Change capture added: .*products.*\nPayFlow is installed at HQ: 23 tables are captured\.\n$/,
    );
  });

  test('run again it changes nothing', async () => {
    const before = await hqDigest(hq.db);
    const { exit, out } = await till.run(['hq', 'install']);
    expect([exit, out]).toEqual([
      0,
      'Nothing to change: everything was installed already.\nPayFlow is installed at HQ: 23 tables are captured.\n',
    ]);
    expect(await hqDigest(hq.db)).toEqual(before);
    expect((await till.json(['hq', 'install'])).json).toMatchObject({
      created: [],
      updated: [],
      dropped: [],
      migrations: [],
    });
  });

  test('on an HQ that has tables and rows already it leaves them as they are', async () => {
    const old = await createHq({ install: false });
    await old.db.query(
      readFileSync(join(import.meta.dirname, '../resources/hq/payflow-schema.sql'), 'utf8') + SHOP,
    );
    const before = await hqDigest(old.db);
    const other = createCli(old.url);
    expect((await other.run(['hq', 'install'])).exit).toBe(0);
    expect(await hqDigest(old.db)).toMatchObject(before);
    expect((await other.run(['init'])).out).toContain('holds 6 rows from HQ');
    expect((await other.run(['verify'])).out).toContain('Both sides are equal.');
    other.close();
    await old.close();
  });
});

test('hq status before and after a terminal has come', async () => {
  const { exit, out } = await till.run(['hq', 'status']);
  expect(exit).toBe(0);
  expect(out).toContain('No terminal has registered yet.');
  expect(out).toContain('23 captured tables');
  expect((await till.json(['hq', 'status'])).json).toMatchObject({
    terminals: [],
    holders: [],
    findings: [],
  });
});

test('what manifest prints is accepted again and changes nothing', async () => {
  const file = join(till.folder, 'printed.yaml');
  expect(await till.run(['manifest', '--out', file])).toMatchObject({
    exit: 0,
    out: `The manifest is in ${file}.\n`,
  });
  const { out } = await till.run(['manifest']);
  expect(out.trimEnd()).toBe(readFileSync(file, 'utf8').trimEnd());
  expect(await till.run(['hq', 'install', '--manifest', file])).toMatchObject({
    exit: 0,
    out: expect.stringContaining('Nothing to change') as string,
  });
  // A manifest someone has worked on is never overwritten.
  const again = await till.run(['manifest', '--out', file]);
  expect([again.exit, again.out]).toEqual([1, '']);
  expect(again.err).toMatch(/exists already\. Name a file/);
});

test('init makes the file and loads it', async () => {
  await hq.db.query(SHOP);
  const { exit, out, err } = await till.run(['init']);
  expect([exit, err]).toEqual([0, '']);
  expect(out).toMatch(/products +2\n/);
  expect(out).toContain(`${till.db} is created for terminal T1 and holds 6 rows from HQ.`);
});

test('a sync right after it moves nothing and says so', async () => {
  expect(await till.run(['sync'])).toMatchObject({ exit: 0, out: nothingMoved, err: '' });
  expect(await till.run(['sync'])).toMatchObject({ exit: 0, out: nothingMoved, err: '' });
  const { exit, json } = await till.json(['sync']);
  expect(exit).toBe(0);
  expect(json).toEqual({
    runId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    direction: 'both',
    status: 'completed',
    durationMs: expect.any(Number) as number,
    download: noCounts,
    upload: noCounts,
    tables: {},
  });
});

describe('a day of both sides', () => {
  test('a dry run says what would move and writes nothing', async () => {
    pos((db) =>
      sell(db, { id: 'ord_1', terminal: 'term-1', product: 'p-1', quantity: 2, cents: 250 }),
    );
    await hq.db.query(`UPDATE products SET selling_price = 9 WHERE id = 'p-2'`);
    const before = [till.tables(), await hqDigest(hq.db)];
    const { exit, json } = await till.json(['sync', '--dry-run']);
    expect(exit).toBe(0);
    expect(json).toMatchObject({ dryRun: true, status: 'completed' });
    expect(json).toMatchObject({ download: { applied: 1 }, upload: { applied: 5 } });
    expect((await till.run(['sync', '--dry-run'])).out).toMatch(/Dry run: nothing was written\./);
    expect([till.tables(), await hqDigest(hq.db)]).toEqual(before);
  });

  test('status tells what waits', async () => {
    const { json } = await till.json(['status']);
    expect(json).toMatchObject({
      terminal: 'T1',
      waiting: { upload: 5, held: 0, rejected: 0, conflicts: 0 },
      oldestUnsentAt: anyTime,
    });
  });

  test('--direction push only receives', async () => {
    const { exit, out } = await till.run(['sync', '--direction', 'push']);
    expect(exit).toBe(0);
    expect(out).toMatch(
      /\n\nPUSH \(PostgreSQL -> SQLite\): 1 records synced\nTotal: 1 records - 0 errors\n$/,
    );
    expect(
      pos((db) =>
        db.prepare(`SELECT selling_price AS price FROM products WHERE local_id = 'p-2'`).get(),
      ),
    ).toEqual({ price: '9' });
    expect((await hq.db.query(`SELECT FROM orders`)).rowCount).toBe(0);
  });

  test('--table sends that table alone', async () => {
    await hq.db.query(`UPDATE products SET name = 'Green tea' WHERE id = 'p-1'`);
    const { exit, json } = await till.json(['sync', '--direction', 'pull', '--table', 'orders']);
    expect(exit).toBe(0);
    expect(json).toMatchObject({ direction: 'pull', download: noCounts });
    expect(Object.keys((json as { tables: object }).tables)).toEqual(['orders']);
    expect((await hq.db.query(`SELECT FROM orders`)).rowCount).toBe(1);
    expect((await hq.db.query(`SELECT FROM order_items`)).rowCount).toBe(0);
  });

  test('--direction pull sends', async () => {
    const { exit, out } = await till.run(['sync', '--direction', 'pull']);
    expect(exit).toBe(0);
    expect(out).toMatch(
      // HQ's new name of the product comes along: its row had changed at HQ when the stock was sent.
      /\n\nPUSH \(PostgreSQL -> SQLite\): 1 records synced\nPULL \(SQLite -> PostgreSQL\): 4 records synced\nTotal: 5 records - 0 errors\n$/,
    );
    const { rows } = await hq.db.query(
      `SELECT name, master_stock_quantity AS stock FROM products WHERE id = 'p-1'`,
    );
    expect(rows).toEqual([{ name: 'Green tea', stock: 8 }]);
  });

  test('both sides end with their own lines and are equal', async () => {
    await hq.db.query(`UPDATE users SET first_name = 'Ana' WHERE id = 'user-1'`);
    const { exit, out } = await till.run(['sync']);
    expect(exit).toBe(0);
    expect(out).toMatch(
      /PUSH \(PostgreSQL -> SQLite\): 1 records synced\nPULL \(SQLite -> PostgreSQL\): 0 records synced\nTotal: 1 records - 0 errors\n$/,
    );
    expect(await till.run(['sync'])).toMatchObject({ exit: 0, out: nothingMoved });
    const { exit: verified, json } = await till.json(['verify']);
    expect(verified).toBe(0);
    expect(json).toMatchObject({
      equal: true,
      explained: 0,
      tables: { orders: { hq: 1, terminal: 1, same: 1, differing: [] } },
    });
  });

  test('logs, stats and checkpoints', async () => {
    const logs = (await till.json(['logs', '--limit', '2'])).json as object[];
    expect(logs).toHaveLength(2);
    expect(logs[0]).toMatchObject({ startedAt: anyTime, direction: 'both', status: 'completed' });
    expect((await till.run(['logs'])).out).toMatch(/^Started +direction +status/);
    expect((await till.json(['stats'])).json).toMatchObject({
      tables: { orders: { rows: 1, pending: 0, held: 0, rejected: 0 } },
    });
    expect((await till.run(['stats'])).out).toMatch(/\norders +1 +0 +0 +0\n/);
    expect((await till.json(['checkpoints'])).json).toContainEqual({
      table: 'orders',
      xid: expect.stringMatching(/^\d+$/) as string,
      seq: expect.stringMatching(/^\d+$/) as string,
      loaded: true,
      reload: false,
      updatedAt: anyTime,
    });
    expect((await till.run(['checkpoints'])).out).toContain('follows the feed');
  });

  test('hq status lists the terminal', async () => {
    expect((await till.json(['hq', 'status'])).json).toMatchObject({
      terminals: [
        {
          code: 'T1',
          waiting: 0,
          lastSeenAt: anyTime,
          holder: hostname(),
          heldSince: anyTime,
          leaseUntil: anyTime,
        },
      ],
    });
  });
});

describe('rows that need a look', () => {
  test('nothing to look at is exit 0 and an empty list', async () => {
    for (const command of ['held', 'rejected', 'conflicts'])
      expect(await till.json([command])).toEqual({ exit: 0, json: [] });
    expect((await till.run(['held'])).out).toBe('No row is held.\n');
    expect((await till.run(['rejected'])).out).toBe('No row is rejected.\n');
    expect((await till.run(['conflicts'])).out).toBe('No value was overwritten.\n');
  });

  test('a sale whose shift nobody has is held, listed in its own words, and sent when it comes', async () => {
    pos((db) => {
      db.exec('PRAGMA foreign_keys = OFF');
      sell(db, { id: 'ord_2', terminal: 'term-1', product: 'p-1', quantity: 1, cents: 250 });
      db.exec(`UPDATE orders SET shift_id = 'shift_001' WHERE local_id = 'ord_2'`);
    });
    const { exit, out } = await till.run(['sync']);
    expect(exit).toBe(3);
    expect(out).toMatch(/rows held: see "payflow held"\./);
    expect(out).toMatch(/Total: \d+ records - [1-9]\d* errors\n$/);
    const held = await till.json(['held']);
    expect(held.exit).toBe(3);
    expect(held.json).toContainEqual({
      table: 'orders',
      id: 'ord_2',
      direction: 'upload',
      missing: [{ field: 'shift_id', refTable: 'shifts', refId: 'shift_001', why: anyText }],
      since: anyTime,
      tries: expect.any(Number) as number,
    });
    const text = await till.run(['held']);
    expect(text.exit).toBe(3);
    expect(text.out).toContain(
      'Skipped orders:ord_2 - missing FK dependencies: shift_id->shifts[shift_001]',
    );
    expect(await till.json(['status'])).toMatchObject({ exit: 3 });

    pos((db) =>
      db.exec(`INSERT INTO shifts (local_id, shift_number, terminal_id, user_id, start_time, updated_at)
               VALUES ('shift_001', 'SH1', 'term-1', 'user-1', '2026-11-22T08:00:00.000Z', '2026-11-22T08:00:00.000Z')`),
    );
    expect(await till.run(['sync'])).toMatchObject({ exit: 0 });
    expect(await till.json(['held'])).toEqual({ exit: 0, json: [] });
    expect((await hq.db.query(`SELECT FROM orders`)).rowCount).toBe(2);
    expect((await hq.db.query(`SELECT FROM order_items`)).rowCount).toBe(2);
  });

  test('what HQ refuses is rejected with its reason; retry sends it when the reason is gone', async () => {
    await hq.db.query(
      `INSERT INTO customers (id, customer_code, store_id, updated_at) VALUES ('c-hq', 'C1', 'store-1', now())`,
    );
    await hq.db.query(`UPDATE customers SET customer_code = 'C9' WHERE id = 'c-hq'`);
    await hq.db.query(`ALTER TABLE customers ADD CONSTRAINT no_c1 CHECK (customer_code <> 'C1')`);
    pos((db) =>
      db.exec(`INSERT INTO customers (local_id, customer_code, store_id, updated_at)
               VALUES ('c-till', 'C1', 'store-1', '2026-11-22T08:00:00.000Z')`),
    );
    expect((await till.run(['sync'])).exit).toBe(3);
    const { exit, json } = await till.json(['rejected']);
    expect(exit).toBe(3);
    expect(json).toEqual([
      {
        table: 'customers',
        id: 'c-till',
        direction: 'upload',
        code: 'ROW_CHECK_FAILED',
        params: expect.any(Object) as object,
        message: expect.stringContaining('no_c1') as string,
        since: anyTime,
        tries: expect.any(Number) as number,
      },
    ]);
    expect((await till.run(['rejected'])).out).toMatch(/^customers:c-till \(upload, since /);

    const unknown = await till.json(['retry', 'customers:nobody']);
    expect(unknown).toMatchObject({ exit: 2, json: { error: { code: 'ROW_NOT_LISTED' } } });
    await hq.db.query('ALTER TABLE customers DROP CONSTRAINT no_c1');
    const retried = await till.json(['retry', 'customers:c-till']);
    expect(retried).toMatchObject({
      exit: 0,
      json: { status: 'completed', upload: { applied: 1 } },
    });
    expect(await till.json(['rejected'])).toEqual({ exit: 0, json: [] });
  });

  test('what both sides changed is in the conflict log', async () => {
    await hq.db.query(`UPDATE customers SET first_name = 'Hanna' WHERE id = 'c-hq'`);
    pos((db) => db.exec(`UPDATE customers SET first_name = 'Tilda' WHERE local_id = 'c-hq'`));
    const { out } = await till.run(['sync']);
    expect(out).toMatch(/1 conflict settled: see "payflow conflicts"\./);
    const { exit, json } = await till.json(['conflicts']);
    expect(exit).toBe(0);
    expect(json).toEqual([
      {
        id: expect.any(Number) as number,
        table: 'customers',
        rowId: 'c-hq',
        column: 'first_name',
        kept: 'Tilda',
        lost: 'Hanna',
        rule: 'newest',
        at: anyTime,
        winner: 'terminal',
        hqAt: anyTime,
        localAt: anyTime,
        who: expect.any(String) as string,
        also: [],
        resolved: null,
      },
    ]);
    expect((await till.run(['conflicts'])).out).toMatch(
      /customers:c-hq +first_name +Tilda +Hanna +newest/,
    );
  });

  test('resolve brings the value back that lost, once; the next sync sends it', async () => {
    const { json: before } = await till.json(['conflicts']);
    const [{ id } = { id: 0 }] = before as { id: number }[];
    const resolved = await till.json(['resolve', String(id), '--keep', 'hq']);
    expect(resolved).toEqual({ exit: 0, json: { id, keep: 'hq', changed: true } });
    const again = await till.json(['resolve', String(id), '--keep', 'local']);
    expect(again).toMatchObject({ exit: 1, json: { error: { code: 'CONFLICT_RESOLVED' } } });
    await till.run(['sync']);
    const { rows } = await hq.db.query("SELECT first_name FROM customers WHERE id = 'c-hq'");
    expect(rows).toEqual([{ first_name: 'Hanna' }]);
    expect((await till.run(['resolve', 'c-hq', '--keep', 'hq'])).exit).toBe(2);
  });

  test('verify names the row that differs', async () => {
    pos((db) => {
      // Behind the capture's back, as a repair tool with a copy of the file might.
      db.exec(`BEGIN; UPDATE sync_session SET applying = 1;
               UPDATE products SET brand = 'Forged' WHERE local_id = 'p-2';
               UPDATE sync_session SET applying = 0; COMMIT`);
    });
    const { exit, json } = await till.json(['verify']);
    expect(exit).toBe(3);
    expect(json).toMatchObject({ equal: false, tables: { products: { differing: ['p-2'] } } });
    const { out } = await till.run(['verify']);
    expect(out).toContain('products: p-2');
    expect(out).toContain('The two sides differ.');
  });

  test('reset compares anew, loses nothing unsent, and brings the row back', async () => {
    pos((db) => db.exec(`UPDATE products SET low_stock_threshold = 7 WHERE local_id = 'p-1'`));
    expect(await till.json(['reset', '--table', 'products'])).toEqual({
      exit: 0,
      json: { tables: ['products'] },
    });
    expect((await till.json(['reset', '--table', 'nope'])).json).toMatchObject({
      error: { code: 'TABLE_UNKNOWN' },
    });
    expect((await till.run(['checkpoints'])).out).toMatch(/products +\S+ +will be compared/);
    expect((await till.run(['sync'])).exit).toBe(0);
    expect((await till.run(['verify'])).exit).toBe(0);
    const { rows } = await hq.db.query(
      `SELECT low_stock_threshold AS low, brand FROM products WHERE id IN ('p-1', 'p-2') ORDER BY id`,
    );
    expect(rows).toEqual([
      { low: 7, brand: null },
      { low: 5, brand: null },
    ]);
  });
});

describe('schema', () => {
  test('a file that has everything', async () => {
    expect(await till.run(['schema', 'check'])).toMatchObject({ exit: 0 });
    expect(await till.run(['schema', 'fix'])).toMatchObject({ exit: 0 });
  });

  test('a column that HQ got is found, shown, backed up and added', async () => {
    await hq.db.query('ALTER TABLE products ADD COLUMN shelf varchar(20)');
    await hq.db.query(`UPDATE products SET shelf = 'A7' WHERE id = 'p-1'`);
    // Sync goes on without it until somebody decides.
    expect((await till.run(['sync'])).exit).toBe(0);
    const check = await till.json(['schema', 'check']);
    expect(check.exit).toBe(3);
    expect(check.json).toMatchObject({
      differences: [{ code: 'column-missing', table: 'products', column: 'shelf' }],
    });
    const before = till.tables();
    const shown = await till.run(['schema', 'fix', '--dry-run']);
    expect(shown.exit).toBe(3);
    expect(shown.out).toMatch(/ALTER TABLE "products" ADD COLUMN "shelf" TEXT/);
    expect(till.tables()).toEqual(before);
    const fixed = await till.run(['schema', 'fix']);
    expect(fixed.exit).toBe(0);
    expect(fixed.out).toMatch(
      /ALTER TABLE "products"[\s\S]*in one transaction\. The file as it was: /,
    );
    expect(readdirSync(join(till.folder, 'backups'))).toHaveLength(1);
    expect((await till.run(['sync'])).exit).toBe(0);
    expect(
      pos((db) => db.prepare(`SELECT shelf FROM products WHERE local_id = 'p-1'`).get()),
    ).toEqual({ shelf: 'A7' });
    expect((await till.run(['verify'])).exit).toBe(0);
  });
});

describe('the form of every command', () => {
  test('--help has an example', async () => {
    await Promise.all(
      commands.map(async ({ name: command }) => {
        const { exit, out, err } = await till.run([...command.split(' '), '--help']);
        expect([exit, err]).toEqual([0, '']);
        expect(out).toMatch(new RegExp(`Example:\\n  \\$ payflow ${command}\\b`));
        expect(out).toContain('--json');
      }),
    );
  });

  test('who only looks needs no HQ and changes nothing', async () => {
    const before = till.files();
    const looking = commands
      .filter(({ name, about }) => about.includes('needs no HQ') && !doing.includes(name))
      .map(({ name }) => name);
    expect(looking).toContain('removals');
    await Promise.all(
      looking.map(async (command) => {
        const env = { DATABASE_URL: '', PAYFLOW_TERMINAL: '' };
        const { exit, json } = await till.json([command], { env });
        expect(exit, command).toBe(0);
        expect(json).toBeTruthy();
      }),
    );
    expect(till.files()).toEqual(before);
  });

  test('a wrong command line is one JSON document too', async () => {
    expect(await till.json(['sync', '--direction', 'sideways'])).toMatchObject({
      exit: 2,
      json: {
        error: { code: 'USAGE', message: expect.stringContaining('push, pull, both') as string },
      },
    });
  });

  test('control characters of a database never reach the screen', async () => {
    const other = createCli(hq.url, 'T\u001b[31m1');
    const { exit, err } = await other.run(['init']);
    expect(exit).toBe(1);
    expect(err.trimEnd()).not.toMatch(/\p{Cc}/u);
    other.close();
  });

  test('nothing is written outside the folders of the settings', () => {
    expect(existsSync(join(till.folder, 'home'))).toBe(true);
    expect(readdirSync(join(till.folder, 'home'))).toEqual([]);
  });
});

test("hq uninstall takes the capture away and leaves the shop's tables", async () => {
  const before = await hqDigest(hq.db);
  const { exit, out } = await till.run(['hq', 'uninstall']);
  expect([exit, out]).toEqual([
    0,
    'PayFlow is removed from HQ: 23 tables no longer captured. No row was touched.\n',
  ]);
  const shop = Object.fromEntries(
    Object.entries(before).filter(([name]) => !name.startsWith('payflow_sync.')),
  );
  expect(await hqDigest(hq.db)).toEqual(shop);
  const { rows } = await hq.db.query(
    `SELECT tgname FROM pg_trigger WHERE NOT tgisinternal UNION ALL
     SELECT nspname FROM pg_namespace WHERE nspname = 'payflow_sync'`,
  );
  expect(rows).toEqual([]);
  // The shop goes on, and the terminal says what is wrong.
  await hq.db.query(`UPDATE products SET brand = 'Free' WHERE id = 'p-1'`);
  expect(await till.json(['sync'])).toMatchObject({
    exit: 1,
    json: { error: { code: 'HQ_NOT_INSTALLED' } },
  });
});
