/** Invariant 2: each local change takes effect at HQ once, however often it is sent (DESIGN 6.2). */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFile } from '../../e2e/support/children.ts';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import { startProxy, type Proxy, type ProxyOptions, type Wire } from '../../e2e/support/proxy.ts';
import { sell } from '../../e2e/support/sale.ts';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import type { RunReport } from '../../shared/report.ts';
import { openApp } from '../host/app.ts';
import { readSettings } from '../host/settings.ts';
import { openLocal } from '../local/open.ts';
import { createLocalStore } from '../local/store.ts';

const OPENING = 100;
/** The message as it travels, with its end: READ COMMITTED stands in another one. */
const COMMIT = 'COMMIT\0';
let hq: TestHq;
let proxy: Proxy | null = null;
let terminal: TestTerminal;

beforeEach(async () => {
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    VALUES ('tea', 'tea', 'Tea', 2.5, ${String(OPENING)}, 'store-1', now())`);
});

afterEach(async () => {
  await terminal.close();
  await proxy?.close();
  await hq.close();
});

async function terminalBehindProxy(options: ProxyOptions = {}): Promise<Proxy> {
  proxy = await startProxy(hq.url, options);
  terminal = await createTerminal(hq, 'T1', { url: proxy.url(hq.url) });
  return proxy;
}

const sale = (id: string, quantity: number): void => {
  sell(terminal.pos, { id, terminal: 'term-1', product: 'tea', quantity, cents: 250 });
};

/** Starts a run and stops it where its COMMIT leaves. */
async function runUntilCommit(
  network: Proxy,
): Promise<{ wire: Wire; failing: Promise<RunReport> }> {
  const commit = network.stopAt(COMMIT);
  const failing = terminal.trySync();
  const tooSoon = failing.then((report) => {
    throw new Error(`the run ended before its COMMIT: ${JSON.stringify(report)}`);
  });
  tooSoon.catch(() => undefined);
  return { wire: await Promise.race([commit, tooSoon]), failing };
}

const waitingInOutbox = (): number =>
  (terminal.pos.prepare('SELECT count(*) AS count FROM sync_outbox').get() as { count: number })
    .count;

const stockAtHq = async (db: pg.Client): Promise<number> => {
  const { rows } = await db.query<{ stock: number }>(
    `SELECT master_stock_quantity AS stock FROM products WHERE id = 'tea'`,
  );
  return rows[0]?.stock ?? Number.NaN;
};

async function expectNothingLeft(): Promise<void> {
  const again = await terminal.sync();
  expect(again).toMatchObject({
    status: 'completed',
    download: { applied: 0, deleted: 0 },
    upload: { applied: 0, deleted: 0 },
  });
}

/** Both sides agree, every sale is at HQ once, and there is nothing left to move. */
async function expectExactlyOnce(sales: number, stock: number): Promise<void> {
  await expectNothingLeft();
  expect(waitingInOutbox()).toBe(0);
  expect(await stockAtHq(hq.db)).toBe(stock);
  expect(terminal.row('products', 'tea', 'stock_quantity')).toEqual({ stock_quantity: stock });
  const { rows } = await hq.db.query(`
    SELECT (SELECT count(*) FROM orders)::int AS orders, (SELECT count(*) FROM order_items)::int AS lines,
           (SELECT count(*) FROM payments)::int AS payments, (SELECT count(*) FROM inventory_transactions)::int AS moves`);
  expect(rows).toEqual([{ orders: sales, lines: sales, payments: sales, moves: sales }]);
  expect(
    await differences(hq.db, terminal.pos, {
      products: {},
      orders: {},
      order_items: {},
      payments: {},
      inventory_transactions: {},
    }),
  ).toEqual([]);
}

/** Waits until somebody waits at HQ's gate; only hanging ends it otherwise. */
async function untilWaitingAtGate(): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const { rows } = await hq.db.query(`
      SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%payflow_sync.gate%'`);
    if (rows.length > 0) return;
    await sleep(50);
  }
  throw new Error('nobody waits at the gate');
}

test('6.1: a reply that was lost after the commit costs nothing and doubles nothing', async () => {
  const network = await terminalBehindProxy();
  sale('first', 2);

  const { wire, failing } = await runUntilCommit(network);
  wire.deliverAndLoseReply();
  const failed = await failing;

  expect(failed).toMatchObject({ status: 'failed', error: { code: 'HQ_CONNECTION_LOST' } });
  expect(await stockAtHq(hq.db)).toBe(OPENING - 2);
  expect(waitingInOutbox()).toBeGreaterThan(0);
  await hq.db.query(`UPDATE products SET master_stock_quantity = master_stock_quantity - 30`);
  await terminal.sync();
  await expectExactlyOnce(1, OPENING - 2 - 30);
});

async function saleWithLostReply(): Promise<void> {
  const network = await terminalBehindProxy();
  sale('first', 2);
  const { wire, failing } = await runUntilCommit(network);
  wire.deliverAndLoseReply();
  await failing;
}

test('6.1, 9: where HQ takes no writes any more, a batch it has is settled from its record, and its changes come', async () => {
  await saleWithLostReply();
  const { rows } = await hq.db.query<{ name: string }>('SELECT current_database() AS name');
  const database = `ALTER DATABASE "${rows[0]?.name ?? ''}"`;
  await hq.db.query(`UPDATE products SET name = 'Green tea'`);
  await hq.db.query(`${database} SET default_transaction_read_only = on`);
  await hq.db.query(`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  sale('second', 3);

  const during = await terminal.trySync();

  expect(during.error).toMatchObject({ code: 'HQ_READ_ONLY' });
  expect(terminal.row('products', 'tea', 'name')).toEqual({ name: 'Green tea' });
  expect(terminal.row('orders', 'first', 'sync_status')).toEqual({ sync_status: 'synced' });
  expect(terminal.row('orders', 'second', 'sync_status')).toEqual({ sync_status: 'pending' });
  expect(await stockAtHq(hq.db)).toBe(OPENING - 2);
  await hq.db.query(`${database} RESET default_transaction_read_only`);
  await hq.db.query(`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  // The connection of before is found to be dead by the first try.
  await expect.poll(async () => (await terminal.trySync()).error).toBeUndefined();
  await expectExactlyOnce(2, OPENING - 2 - 3);
});

test('6.1, 6.2: a batch that lay open longer than anything is kept is still settled as it was', async () => {
  await saleWithLostReply();
  // A year in which both sides have cleared up.
  await hq.db.query('DELETE FROM payflow_sync.upload_entry');
  const db = openLocal(terminal.path);
  const store = createLocalStore(db, () => new Date().toISOString());
  store.write(() => {
    store.prune('9999-01-01T00:00:00.000Z');
  });
  db.close();

  await terminal.sync();

  expect(terminal.row('orders', 'first', 'sync_status')).toEqual({ sync_status: 'synced' });
  await expectExactlyOnce(1, OPENING - 2);
});

test('6.1: where nobody knows any more what became of a batch, nothing is sent on a guess', async () => {
  await saleWithLostReply();
  await hq.db.query('DELETE FROM payflow_sync.upload_outcome');
  sale('second', 3);
  const waiting = waitingInOutbox();

  for (let tries = 0; tries < 2; tries += 1)
    expect((await terminal.trySync()).error).toMatchObject({ code: 'UPLOAD_OUTCOME_LOST' });

  expect(await stockAtHq(hq.db)).toBe(OPENING - 2);
  expect(waitingInOutbox()).toBe(waiting);
});

test('6.5: an edit made between a lost reply and its settling stays pending and goes next', async () => {
  const network = await terminalBehindProxy();
  sale('first', 2);
  const { wire, failing } = await runUntilCommit(network);
  wire.deliverAndLoseReply();
  await failing;

  sale('second', 3);
  terminal.pos.exec(`UPDATE products SET name = 'Green tea' WHERE local_id = 'tea'`);
  terminal.pos.exec(`UPDATE orders SET notes = 'gift' WHERE local_id = 'first'`);
  const settled = await terminal.sync();

  expect(settled.error).toBeUndefined();
  const { rows } = await hq.db.query(
    `SELECT (SELECT name FROM products WHERE id = 'tea'), (SELECT notes FROM orders WHERE order_number = 'first')`,
  );
  expect(rows).toEqual([{ name: 'Green tea', notes: 'gift' }]);
  await expectExactlyOnce(2, OPENING - 2 - 3);
});

test('6.2: a second try waits for the first one that is still alive, and learns that it was applied', async () => {
  const network = await terminalBehindProxy({ idleInTransactionSeconds: '90' });
  sale('first', 2);
  const { wire: first, failing } = await runUntilCommit(network);
  first.cutTerminal();
  expect(await failing).toMatchObject({ status: 'failed', error: { code: 'HQ_CONNECTION_LOST' } });
  // HQ has not heard of it: the first try's transaction is open and holds the row of the stock.
  const { rows } = await hq.db.query(
    `SELECT FROM products WHERE id = 'tea' FOR UPDATE SKIP LOCKED`,
  );
  expect(rows).toHaveLength(0);
  sale('second', 3);

  let over = false;
  const second = terminal.sync().finally(() => (over = true));
  await untilWaitingAtGate();
  expect(over).toBe(false);
  expect(await stockAtHq(hq.db)).toBe(OPENING);
  first.deliver();
  await second;

  await expectExactlyOnce(2, OPENING - 2 - 3);
});

test('6.2: a second try that waits for a first one which is rolled back applies the batch itself', async () => {
  const network = await terminalBehindProxy({ idleInTransactionSeconds: '90' });
  sale('first', 2);
  const { wire: first, failing } = await runUntilCommit(network);
  first.cutTerminal();
  await failing;

  const second = terminal.sync();
  await untilWaitingAtGate();
  expect(await stockAtHq(hq.db)).toBe(OPENING);
  first.cutHq();
  await second;

  await expectExactlyOnce(1, OPENING - 2);
});

test('6.7: a terminal that vanished inside its transaction holds up neither its next try nor the feed', async () => {
  const network = await terminalBehindProxy({ idleInTransactionSeconds: '04' });
  sale('first', 2);
  const { wire: first, failing } = await runUntilCommit(network);
  first.cutTerminal();
  await failing;

  await terminal.sync();
  await hq.db.query(`UPDATE products SET name = 'Black tea'`);
  await terminal.sync();

  expect(terminal.row('products', 'tea', 'name')).toEqual({ name: 'Black tea' });
  await expectExactlyOnce(1, OPENING - 2);
});

test('6.2: a batch whose statements reached HQ without COMMIT is applied once by the next try', async () => {
  const network = await terminalBehindProxy();
  sale('first', 2);
  const { failing } = await runUntilCommit(network);
  network.cutAll();
  expect(await failing).toMatchObject({ status: 'failed', error: { code: 'HQ_CONNECTION_LOST' } });

  await terminal.sync();

  await expectExactlyOnce(1, OPENING - 2);
});

for (const [outcome, end] of Object.entries({
  'never got its COMMIT': (wire: Wire) => {
    wire.cutHq();
    wire.cutTerminal();
  },
  'has taken it': (wire: Wire) => {
    wire.deliverAndLoseReply();
  },
}))
  test(`6.1: a batch with rows and increments of tables that the company stops syncing, of which HQ ${outcome}, holds nothing up and counts once`, async () => {
    using file = temporaryFile();
    const whole = readFileSync(join(import.meta.dirname, '../../resources/manifest.yaml'), 'utf8');
    const less = whole.replaceAll(
      /^ {2}(?:inventory_transactions|discounts):\n(?: {4}.*\n)+/gm,
      '',
    );
    expect(less).not.toMatch(/^ {2}(?:inventory_transactions|discounts):/m);
    await hq.db.query(`
      INSERT INTO discounts (id, discount_name, discount_value, store_id, used_count, updated_at)
      VALUES ('happy', 'Happy hour', 10, 'store-1', 10, now())`);
    writeFileSync(`${file.path}.yaml`, less);
    const install = async (manifest: string | null): Promise<void> => {
      const admin = await openApp(readSettings({ DATABASE_URL: hq.url }), quietLog);
      await admin.installHq({ withSchema: false, manifest, notify: null });
      await admin.close();
    };
    const network = await terminalBehindProxy();
    sale('first', 2);
    terminal.pos.exec(`UPDATE discounts SET used_count = used_count + 1 WHERE local_id = 'happy'`);
    const { wire, failing } = await runUntilCommit(network);
    end(wire);
    await failing;
    await install(`${file.path}.yaml`);

    expect(await terminal.sync()).toMatchObject({ status: 'completed' });

    expect(await stockAtHq(hq.db)).toBe(OPENING - 2);
    await install(null);
    await terminal.sync();
    await expectExactlyOnce(1, OPENING - 2);
    expect(terminal.row('discounts', 'happy', 'used_count')).toEqual({ used_count: 11 });
    expect(await differences(hq.db, terminal.pos, { discounts: {} })).toEqual([]);
  });

test('9, 6.2: of a real deadlock with a program of HQ the batch is the one that is tried again, and counts once', async () => {
  await hq.db.query(`
    INSERT INTO customers (id, customer_code, store_id, updated_at) VALUES ('ana', 'ana', 'store-1', now())`);
  terminal = await createTerminal(hq, 'T1');
  sale('first', 2);
  terminal.pos.exec(`UPDATE customers SET first_name = 'Ana' WHERE local_id = 'ana'`);
  const [program, watcher] = [await hq.connect(), await hq.connect()];
  const deadlocks = async (): Promise<number> => {
    const { rows } = await watcher.query<{ count: string }>(
      'SELECT deadlocks AS count FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(rows[0]?.count);
  };
  // The other one looks for a deadlock first, and is its victim.
  await program.query(`SET deadlock_timeout = '30s'`);
  await program.query('BEGIN');
  await program.query(`UPDATE products SET brand = 'b' WHERE id = 'tea'`);
  const syncing = terminal.sync();
  await expect
    .poll(async () => {
      const { rows } = await watcher.query(`
        SELECT FROM pg_stat_activity
         WHERE datname = current_database() AND application_name LIKE 'payflow%' AND wait_event_type = 'Lock'`);
      return rows.length;
    })
    .toBe(1);

  await program.query(`UPDATE customers SET credit_limit = 5 WHERE id = 'ana'`);
  await program.query('COMMIT');
  await syncing;

  await expect.poll(deadlocks).toBe(1);
  const { rows } = await hq.db.query(`SELECT first_name FROM customers WHERE id = 'ana'`);
  expect(rows).toEqual([{ first_name: 'Ana' }]);
  await terminal.sync();
  await expectExactlyOnce(1, OPENING - 2);
});

test('1, 6.5: an acknowledgement that a power cut takes back is made again, and nothing goes twice', async () => {
  using file = temporaryFile();
  const onDisk = `${file.path}.cut`;
  const copy = (from: string, to: string): void => {
    for (const end of ['', '-wal']) execFileSync('cp', [from + end, to + end]);
  };
  let isCut = false;
  terminal = await createTerminal(hq, 'T1', {
    path: file.path,
    batchSize: 1,
    compose: (ports) => ({
      ...ports,
      local: {
        ...ports.local,
        write(work, options) {
          const result = ports.local.write(work, options);
          if (isCut) return result;
          // What the disk is sure to have: the file and its log as the last flushed COMMIT left them.
          if (options?.flush !== false) copy(file.path, onDisk);
          else {
            isCut = true;
            throw new Error('the power is cut');
          }
          return result;
        },
      },
    }),
  });
  terminal.pos.exec(`
    INSERT INTO customers (local_id, customer_code, first_name, last_name, store_id, updated_at)
    VALUES ('ana', 'c-1', 'Ana', 'Lopez', 'store-1', '2026-11-23T10:00:00.000Z'),
           ('ben', 'c-2', 'Ben', 'Okoro', 'store-1', '2026-11-23T10:00:00.000Z')`);
  const here = () =>
    terminal.pos
      .prepare('SELECT local_id, server_id, sync_status FROM customers ORDER BY local_id')
      .all();
  const waiting = [
    { local_id: 'ana', server_id: null, sync_status: 'pending' },
    { local_id: 'ben', server_id: null, sync_status: 'pending' },
  ];

  await terminal.trySync();
  expect(isCut).toBe(true);
  expect(here()).not.toEqual(waiting);
  await terminal.close();
  rmSync(`${file.path}-shm`, { force: true });
  copy(onDisk, file.path);
  terminal = await createTerminal(hq, 'T1', { path: file.path, init: false });
  expect(here()).toEqual(waiting);
  await terminal.sync();

  const { rows } = await hq.db.query<{ id: string; first_name: string }>(
    'SELECT id, first_name FROM customers ORDER BY first_name',
  );
  expect(rows.map(({ first_name }) => first_name)).toEqual(['Ana', 'Ben']);
  expect(here()).toEqual([
    { local_id: 'ana', server_id: rows[0]?.id, sync_status: 'synced' },
    { local_id: 'ben', server_id: rows[1]?.id, sync_status: 'synced' },
  ]);
  expect(waitingInOutbox()).toBe(0);
  await expectNothingLeft();
});
