/** DESIGN 8.1, 8.2: an HQ that was restored gets back what it had confirmed, each sale once, and its feed goes on. */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { temporaryFile } from '../../e2e/support/children.ts';
import { atPos } from '../../e2e/support/rows.ts';
import { sell } from '../../e2e/support/sale.ts';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import {
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import { openApp } from '../host/app.ts';
import { startEmbeddedHq, type EmbeddedHq } from '../host/embedded-hq.ts';
import { readSettings } from '../host/settings.ts';
import { META } from './meta.ts';
import type { HqIdentity } from './ports.ts';

const OPENING = 100;
// Every commit is on its way to the disk before it is answered: a killed HQ that lost some would be a restored one.
const SPEED = { fsync: 'off', full_page_writes: 'off' };
const COMPANY = `
  INSERT INTO stores (id, store_code, name, updated_at) VALUES ('store-1', 'S1', 'Main street', now());
  INSERT INTO terminals (id, terminal_code, name, store_id, updated_at) VALUES
    ('term-1', 'T1', 'Till 1', 'store-1', now()), ('term-2', 'T2', 'Till 2', 'store-1', now());
  INSERT INTO users (id, username, store_id, updated_at) VALUES ('user-1', 'ana', 'store-1', now());
  INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
  VALUES ('tea', 'tea', 'Tea', 2.5, ${String(OPENING)}, 'store-1', now())`;

let closing: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

async function server(): Promise<EmbeddedHq> {
  const hq = await startEmbeddedHq({ settings: SPEED });
  closing.push(() => hq.stop());
  return hq;
}

async function connect(hq: EmbeddedHq): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: hq.url() });
  client.on('error', () => undefined);
  await client.connect();
  closing.push(() => client.end().catch(() => undefined));
  return client;
}

async function install(hq: EmbeddedHq): Promise<void> {
  const app = await openApp(readSettings({ DATABASE_URL: hq.url() }), quietLog);
  await app.installHq({ withSchema: true, manifest: null, notify: null });
  await app.close();
}

const shut = new WeakSet<TestTerminal>();

async function stop(terminal: TestTerminal): Promise<void> {
  if (shut.has(terminal)) return;
  shut.add(terminal);
  await terminal.close();
}

function place(): string {
  const file = temporaryFile();
  closing.push(() => {
    file[Symbol.dispose]();
  });
  return file.path;
}

/** The till's side stays where it is: the address leads to whatever HQ is now. */
async function till(
  url: string,
  path: string,
  { code = 'T1', at }: { code?: string; at?: (step: string) => void } = {},
): Promise<TestTerminal> {
  const terminal = await createTerminal({ url } as TestHq, code, {
    path,
    init: !existsSync(path),
    ...(at === undefined ? {} : { at }),
  });
  closing.push(() => stop(terminal));
  return terminal;
}

const sale = ({ pos, code }: TestTerminal, id: string): void => {
  sell(pos, {
    id,
    terminal: code === 'T1' ? 'term-1' : 'term-2',
    product: 'tea',
    quantity: 1,
    cents: 250,
  });
};

/** Each sale that the ledger knows is at HQ once with all that belongs to it, and both sides agree. */
async function expectBooks(
  db: pg.Client,
  terminal: TestTerminal,
  ledger: readonly string[],
): Promise<void> {
  const { rows } = await db.query<{ number: string }>('SELECT order_number AS number FROM orders');
  expect(rows.map(({ number }) => number).toSorted()).toEqual(ledger.toSorted());
  const { rows: counts } = await db.query(`
    SELECT (SELECT count(*) FROM order_items)::int AS lines, (SELECT count(*) FROM payments)::int AS payments,
           (SELECT count(*) FROM inventory_transactions)::int AS moves,
           (SELECT master_stock_quantity FROM products WHERE id = 'tea') AS stock`);
  const count = ledger.length;
  expect(counts).toEqual([{ lines: count, payments: count, moves: count, stock: OPENING - count }]);
  // A till has its own sales only.
  const mine = `source_terminal_id = '${terminal.code === 'T1' ? 'term-1' : 'term-2'}'`;
  expect(await differences(db, terminal.pos, { products: {}, orders: { where: mine } })).toEqual(
    [],
  );
  expect(terminal.pos.prepare('SELECT * FROM sync_outbox').all()).toEqual([]);
}

const standing = async ({ app }: TestTerminal): Promise<string[]> =>
  (await app.status()).facts.notices.map(({ code }) => code);

/** The data folder of an HQ that is not running, kept and put back as it was. */
function coldCopy({ dir }: EmbeddedHq): { putBack(): void } {
  const [data, saved] = [join(dir, 'data'), join(dir, 'saved')];
  execFileSync('cp', ['-a', data, saved]);
  return {
    putBack() {
      rmSync(data, { recursive: true });
      execFileSync('cp', ['-a', saved, data]);
    },
  };
}

/** What is there of an HQ that is not running starts as a copy that waits for its primary. */
function makeStandby({ dir }: EmbeddedHq): void {
  execFileSync('touch', [join(dir, 'data', 'standby.signal')]);
}

/** The HQ that the till last met, as it remembers it. */
const hqOf = ({ pos }: TestTerminal): HqIdentity => {
  const row = pos.prepare('SELECT value FROM sync_meta WHERE name = ?').get(META.hq);
  return JSON.parse(String(row?.['value'])) as HqIdentity;
};

test(
  '8.2: lost batches come back under the names that their rows have by then, and touch no row that took an old one',
  { timeout: 240_000 },
  async () => {
    const hq = await server();
    await install(hq);
    await (await connect(hq)).query(COMPANY);
    const path = place();
    let sent: () => void = () => undefined;
    const first = await till(hq.url(), path, {
      at: (step) => {
        if (step === 'upload:after-send') sent();
      },
    });
    await hq.kill();
    const copy = coldCopy(hq);
    await hq.restart();
    const customer = (localId: string, code: string): void => {
      atPos(first.pos, 'customers', { local_id: localId, customer_code: code });
    };
    const rename = (from: string, to: string): void => {
      first.pos.exec(`UPDATE customers SET local_id = '${to}' WHERE local_id = '${from}'`);
    };
    customer('a', 'stays');
    customer('b', 'goes');
    customer('c', 'is renamed while it is sent again');
    await first.sync();
    rename('a', 'a-2');
    rename('b', 'b-2');
    customer('a', 'has the name now');
    customer('b', 'has the other name now');
    await first.sync();
    first.pos.exec(`DELETE FROM customers WHERE local_id = 'b-2'`);
    await first.sync();
    await hq.kill();
    copy.putBack();
    await hq.restart();
    const db = await connect(hq);
    sent = () => {
      sent = () => undefined;
      rename('c', 'c-2');
      customer('c', 'came in between');
    };

    await first.sync();
    await first.sync();

    const { rows } = await db.query('SELECT customer_code AS code FROM customers ORDER BY 1');
    expect(rows.map(({ code }: { code: string }) => code)).toEqual([
      'came in between',
      'has the name now',
      'has the other name now',
      'is renamed while it is sent again',
      'stays',
    ]);
    expect(await differences(db, first.pos, { customers: {} })).toEqual([]);
    expect(first.pos.prepare('SELECT * FROM sync_outbox').all()).toEqual([]);
    expect((await first.app.verify(() => undefined, new AbortController().signal)).equal).toBe(
      true,
    );
  },
);

test(
  '8.2: an HQ restored from a cold copy gets every lost batch again, also when recovery is killed',
  {
    timeout: 240_000,
  },
  async () => {
    const hq = await server();
    await install(hq);
    await (await connect(hq)).query(COMPANY);
    const first = await till(hq.url(), place());
    const second = await till(hq.url(), place(), { code: 'T2' });
    sale(first, 'kept');
    await first.sync();
    await second.sync();
    await hq.kill();
    const copy = coldCopy(hq);
    await hq.restart();
    const lost = await connect(hq);
    // Both tills sell on; HQ's office works on; each till sees what the others did.
    sale(first, 'lost-1');
    await first.sync();
    first.pos.exec(`UPDATE orders SET notes = 'gift' WHERE local_id = 'lost-1'`);
    sale(first, 'lost-2');
    await first.sync();
    sale(second, 'lost-3');
    await second.sync();
    await lost.query(`UPDATE products SET name = 'Green tea' WHERE id = 'tea'`);
    await first.sync();
    sale(first, 'unsent');
    await hq.kill();
    copy.putBack();
    await hq.restart();
    const db = await connect(hq);

    await stop(first);
    for (const step of [
      'identity:before-claim',
      'identity:claimed',
      'upload:after-send',
      'rebaseline:done',
    ]) {
      const dying = await till(hq.url(), first.path, {
        at: (at) => {
          if (at === step) throw new Error(`killed at ${step}`);
        },
      });
      expect((await dying.trySync()).status, step).toBe('failed');
      await stop(dying);
    }
    const again = await till(hq.url(), first.path);
    await again.sync();
    expect(await standing(again)).toEqual(['STATUS_HQ_RESTORED']);
    expect((await second.sync()).error).toBeUndefined();
    await again.sync();
    await second.sync();

    const ledger = ['kept', 'lost-1', 'lost-2', 'lost-3', 'unsent'];
    await expectBooks(db, again, ledger);
    await expectBooks(db, second, ledger);
    const { rows } = await db.query(`SELECT notes FROM orders WHERE order_number = 'lost-1'`);
    expect(rows).toEqual([{ notes: 'gift' }]);
    expect((await again.app.verify(() => undefined, new AbortController().signal)).equal).toBe(
      true,
    );
    expect(await standing(again), 'a data check that passed settles it').toEqual([]);
  },
);

/** What pg_dump and psql would do, for the tables of PayFlow's schema and of payflow_sync. */
async function dumpInto(from: pg.Client, to: pg.Client): Promise<void> {
  const { rows: tables } = await from.query<{ name: string; columns: string }>(`
    SELECT c.oid::regclass::text AS name,
           (SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname IN ('public', 'payflow_sync')`);
  const names = tables.map(({ name }) => name);
  await to.query(
    `BEGIN; SET LOCAL session_replication_role = replica; TRUNCATE ${names.join(', ')}`,
  );
  for (const { name, columns } of tables.toSorted((a) => (a.name.endsWith('feed') ? 1 : -1))) {
    if (name.endsWith('.feed')) await to.query('DELETE FROM payflow_sync.feed');
    const { rows } = await from.query<{ body: string }>(
      `SELECT coalesce(json_agg(t), '[]')::text AS body FROM ${name} t`,
    );
    await to.query(
      `INSERT INTO ${name} (${columns}) OVERRIDING SYSTEM VALUE
       SELECT ${columns} FROM json_populate_recordset(NULL::${name}, $1)`,
      [rows[0]?.body],
    );
  }
  await to.query(`
    SELECT setval('payflow_sync.feed_seq_seq', (SELECT coalesce(max(seq), 1) FROM payflow_sync.feed));
    COMMIT`);
}

test(
  '8.1: a dump restored into another cluster neither stalls nor skips its feed',
  {
    timeout: 240_000,
  },
  async () => {
    const [old, other] = [await server(), await server()];
    for (const hq of [old, other]) await install(hq);
    const before = await connect(old);
    await before.query(COMPANY);
    // The old cluster has had far more transactions than the new one will have for a long time.
    await before.query(
      `DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`,
    );
    const terminal = await till(old.url(), place());
    sale(terminal, 'kept');
    await terminal.sync();
    const db = await connect(other);
    await dumpInto(before, db);
    sale(terminal, 'lost');
    await terminal.sync();
    await stop(terminal);

    const moved = await till(other.url(), terminal.path);
    sale(moved, 'after');
    await moved.sync();
    await db.query(`UPDATE products SET name = 'Green tea' WHERE id = 'tea'`);
    await moved.sync();

    expect(moved.row('products', 'tea', 'name')).toEqual({ name: 'Green tea' });
    await expectBooks(db, moved, ['kept', 'lost', 'after']);
    expect(await standing(moved)).toEqual(['STATUS_HQ_RESTORED']);
    // Nothing is compared a second time: the floor is this cluster's.
    const idle = await moved.app.checkpoints();
    expect(idle.filter(({ reload }) => reload)).toEqual([]);
    const { rows } = await db.query(`
    SELECT (SELECT count(*) FROM payflow_sync.feed WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()))::int AS alien`);
    expect(rows).toEqual([{ alien: 0 }]);
  },
);

test('8.1: a standby is no HQ until it is promoted: then the same one on a new timeline, compared once, and no sale goes twice', async () => {
  const hq = await server();
  await install(hq);
  const before = await connect(hq);
  await before.query(COMPANY);
  const terminal = await till(hq.url(), place());
  sale(terminal, 'kept');
  await terminal.sync();
  const met = hqOf(terminal);
  // HQ's office worked on, and this till had not heard of it.
  await before.query(`UPDATE products SET name = 'Green tea' WHERE id = 'tea'`);
  await hq.kill();
  makeStandby(hq);
  await hq.restart();
  sale(terminal, 'waits');
  expect((await terminal.trySync()).error?.code).toBe('HQ_STANDBY');
  expect(hqOf(terminal)).toEqual(met);

  const db = await connect(hq);
  await db.query('SELECT pg_promote()');
  const report = await terminal.sync();

  expect(report).toMatchObject({ status: 'completed', upload: { rejected: 0, held: 0 } });
  expect(hqOf(terminal)).toEqual({ ...met, timeline: '00000002' });
  expect(await standing(terminal)).toEqual(['STATUS_HQ_MOVED']);
  expect(terminal.row('products', 'tea', 'name')).toEqual({ name: 'Green tea' });
  await expectBooks(db, terminal, ['kept', 'waits']);
  expect((await terminal.sync()).upload.applied, 'a second cycle').toBe(0);
  expect((await terminal.app.checkpoints()).filter(({ reload }) => reload)).toEqual([]);
  expect(await standing(terminal), 'told once').toEqual(['STATUS_HQ_MOVED']);
});
