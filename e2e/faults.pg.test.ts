/**
 * Invariant 8, by the host as it runs in the app: whatever happens to the network or to HQ, the till sells on, the state says
 * so, nothing storms, and when the fault has healed the outbox is empty within a minute, without a human.
 */
import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApp } from '../electron/host/app.ts';
import { startEmbeddedHq, type EmbeddedHq } from '../electron/host/embedded-hq.ts';
import { createHost, type FullHost } from '../electron/host/host.ts';
import { loadCatalogue } from '../electron/host/messages.ts';
import { openSettingsStore } from '../electron/host/settings-store.ts';
import { readSettings } from '../electron/host/settings.ts';
import type { StatusView } from '../shared/views.ts';
import { startBadNetwork, type BadNetwork } from './support/bad-network.ts';
import { quietLog } from './support/quiet-log.ts';
import { sell } from './support/sale.ts';
import { LONG, scaled } from './support/scale.ts';
import { COMPANY, differences } from './support/shop.ts';

/** DESIGN 11.8 says a minute; a machine that does eight other things is given another half. */
const HEALED_MS = 90_000;
const MAX_CONNECTIONS = 14;

let server: EmbeddedHq;
let network: BadNetwork;
let hq: pg.Client;
let host: FullHost;
let pos: DatabaseSync;
let folder: string;
let sales = 0;

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url() });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

beforeAll(async () => {
  server = await startEmbeddedHq({
    settings: { fsync: 'off', max_connections: String(MAX_CONNECTIONS) },
  });
  const app = await openApp(readSettings({ DATABASE_URL: server.url() }), quietLog);
  await app.installHq({ withSchema: true, manifest: null, notify: null });
  await app.close();
  hq = await connect();
  await hq.query(`${COMPANY};
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    SELECT 'p' || g, 'sku-' || g, 'Product', g, 100000, 'store-1', now() FROM generate_series(1, 20) g`);
  network = await startBadNetwork(server.url());
  folder = mkdtempSync(join(tmpdir(), 'payflow-faults-'));
  const url = network.url(server.url());
  let kept: string | null = null;
  host = await createHost({
    settingsStore: openSettingsStore({
      folder,
      secrets: {
        read: () => kept,
        write: (secret) => {
          kept = secret;
        },
        isSafe: true,
      },
      env: {
        DATABASE_URL: url,
        PAYFLOW_TERMINAL: 'T1',
        PAYFLOW_STATE_DIR: join(folder, 'state'),
        SYNC_MODE: 'live',
      },
      envFolder: folder,
    }),
    log: quietLog,
    catalogue: loadCatalogue(),
    workerUrl: new URL('../electron/host/engine-worker.ts', import.meta.url),
    automatic: true,
  });
  await until('loaded', ({ status, facts }) => facts.loaded && status.state === 'idle');
  // The engine's own SQLite: it runs in a thread of this process, where the locks of another library would be none
  // (sqlite.org/howtocorrupt.html, 2.2), and a sale beside a cycle could be lost.
  pos = new Database(join(folder, 'payflow.db'), { timeout: 5_000 }) as unknown as DatabaseSync;
});

afterAll(async () => {
  pos.close();
  await host.close();
  await network.close();
  await hq.end().catch(() => undefined);
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function until(what: string, fits: (status: StatusView) => boolean): Promise<StatusView> {
  const end = performance.now() + HEALED_MS;
  for (;;) {
    const status = host.current();
    if (fits(status)) return status;
    if (performance.now() > end) {
      const { state, reason, causes } = status.status;
      throw new Error(`not ${what} in time: ${JSON.stringify({ state, reason, causes })}`);
    }
    await sleep(20);
  }
}

/** The till sells whatever happens; each of these throws when it cannot. */
function sellSome(count = 1): void {
  for (let left = count; left > 0; left -= 1) {
    sales += 1;
    const id = `sale-${String(sales)}`;
    sell(pos, { id, terminal: 'term-1', product: 'p1', quantity: 1, cents: 100 });
  }
}

const changePrices = (): Promise<unknown> =>
  hq.query(`UPDATE products SET selling_price = selling_price + 1 WHERE id IN ('p1', 'p2')`);

const waitingHere = (): number =>
  (pos.prepare('SELECT count(*) AS count FROM sync_outbox').get() as { count: number }).count;

/** Waits until both sides say the same, and answers with what HQ has then. */
async function healed(): Promise<{ readonly orders: number; readonly sold: number } | undefined> {
  await until('drained', ({ facts }) => facts.waiting === 0 && waitingHere() === 0);
  await until('idle', ({ status }) => status.state === 'idle');
  const tables = { products: {}, orders: {}, order_items: {}, payments: {} };
  await expect
    .poll(() => differences(hq, pos, tables), { timeout: HEALED_MS, interval: 50 })
    .toEqual([]);
  const { rows } = await hq.query<{ orders: number; sold: number }>(
    `SELECT (SELECT count(*)::int FROM orders) AS orders,
            (SELECT 100000 - master_stock_quantity FROM products WHERE id = 'p1') AS sold`,
  );
  return rows[0];
}

/** The till's own book. */
const allSold = () => ({ orders: sales, sold: sales });

/** No more tries than this in so many seconds: one look or two, each with its own connections. */
const fewTries = (seconds: number): number => 12 + seconds * 3;

const endSessions = (): Promise<unknown> =>
  hq.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'payflow%'`,
  );

describe('8, 9: the network', () => {
  test('a blackhole is noticed, and when it ends the outbox drains', async () => {
    network.set({ kind: 'blackhole' });
    sellSome(3);
    await until('offline', ({ status }) => status.state === 'offline');
    await sleep(scaled(1_000, 3_000));
    expect(network.connections).toBeLessThan(fewTries(60));
    await changePrices();

    network.set({ kind: 'fair' });

    expect(await healed()).toEqual(allSold());
  });

  test.runIf(LONG)(
    'half-open connections, whose other end is long gone, are given up by themselves',
    async () => {
      // What is open now is swallowed for good; new connections work.
      network.set({ kind: 'blackhole' });
      network.set({ kind: 'fair' });
      sellSome(3);
      await changePrices();

      expect(await healed()).toEqual(allSold());
    },
  );

  test('a network that comes and goes costs time only', async () => {
    network.set({ kind: 'flapping', lifeMs: 60 });
    const start = performance.now();
    for (let round = 0; round < 4; round += 1) {
      sellSome(5);
      await changePrices();
      await sleep(500);
    }
    expect(network.connections).toBeLessThan(fewTries((performance.now() - start) / 1_000));

    network.set({ kind: 'fair' });

    expect(await healed()).toEqual(allSold());
  });

  test('a slow line, a tenth of a second late and 10 kB/s, is slow and works', async () => {
    network.set({ kind: 'slow', latencyMs: 100, bytesPerSecond: 10_000 });
    sellSome(scaled(8, 20));
    await changePrices();

    await until('drained on a slow line', () => waitingHere() === 0);
    network.set({ kind: 'fair' });

    expect(await healed()).toEqual(allSold());
  });
});

describe('8, 9: payflow.db', () => {
  test('one that another program holds for long is waited for, and nobody has to click', async () => {
    sellSome(2);
    // Another process: POSIX locks do not hold between two SQLite libraries of one.
    const other = spawn(
      process.execPath,
      [
        '-e',
        `const { DatabaseSync } = require('node:sqlite');
         const db = new DatabaseSync(process.argv[1], { timeout: 20000 });
         db.exec('BEGIN IMMEDIATE'); console.log('held'); setInterval(() => db, 1000);`,
        join(folder, 'payflow.db'),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(other, 'exit');
    try {
      await once(other.stdout, 'data');
      await changePrices();
      await until('told', ({ facts }) => facts.error?.code === 'LOCAL_LOCKED');
    } finally {
      other.kill('SIGKILL');
      await ended;
    }

    expect(await healed()).toEqual(allSold());
  });
});

describe('8, 9: PostgreSQL', () => {
  test('sessions that are ended', async () => {
    sellSome(5);
    await endSessions();
    await changePrices();
    await endSessions();

    expect(await healed()).toEqual(allSold());
  });

  test('a restart in good order, and one after a crash', async () => {
    for (const end of [() => Promise.resolve(), () => server.kill()]) {
      sellSome(2);
      await hq.end();
      await end();
      await server.restart();
      sellSome(2);
      hq = await connect();
      await changePrices();

      expect(await healed()).toEqual(allSold());
    }
  });

  test("one that takes no writes: sales wait and say so, HQ's prices come down all the same", async () => {
    await hq.query('ALTER DATABASE postgres SET default_transaction_read_only = on');
    await endSessions();
    await until('back', ({ status }) => status.state !== 'offline');
    sellSome(2);
    const { facts } = await until('told', (status) => status.facts.error?.code === 'HQ_READ_ONLY');
    expect(facts.waiting).toBeGreaterThan(0);
    await hq.query('SET default_transaction_read_only = off');
    await changePrices();
    const price = async (): Promise<string> => {
      const { rows } = await hq.query<{ price: string }>(
        `SELECT selling_price::text AS price FROM products WHERE id = 'p2'`,
      );
      return rows[0]?.price ?? '';
    };
    const wanted = Number(await price());
    await until('the price', () => {
      const [row] = pos.prepare(`SELECT selling_price FROM products WHERE local_id = 'p2'`).all();
      return Number(row?.['selling_price']) === wanted;
    });
    expect(waitingHere()).toBeGreaterThan(0);

    await hq.query('ALTER DATABASE postgres RESET default_transaction_read_only');
    await endSessions();

    expect(await healed()).toEqual(allSold());
  });

  test('one that is out of connections', async () => {
    const hogs: pg.Client[] = [];
    const isTold = (): boolean => {
      const { facts } = host.current();
      return facts.error !== null || facts.hq === 'unreachable';
    };
    // Whoever comes first has the place: until it is not ours.
    for (let tries = 0; tries < 60 && !isTold(); tries += 1) {
      await endSessions();
      for (let hog = await connect().catch(() => null); hog !== null;) {
        hogs.push(hog);
        hog = await connect().catch(() => null);
      }
      sellSome();
      await sleep(500);
    }
    const told = isTold();

    await Promise.all(hogs.map((hog) => hog.end()));
    expect(told).toBe(true);
    await changePrices();

    expect(await healed()).toEqual(allSold());
  });

  test.runIf(LONG)('a password that was changed, and changed back', async () => {
    const { password } = new URL(server.url());
    await hq.query(`ALTER ROLE postgres PASSWORD 'another one'`);
    await endSessions();
    sellSome(2);
    await until('told', ({ facts }) => facts.error?.code === 'HQ_LOGIN_REFUSED');
    network.set({ kind: 'fair' });
    await sleep(3_000);
    expect(network.connections, 'no hammering at the door').toBeLessThanOrEqual(2);

    await hq.query(`ALTER ROLE postgres PASSWORD ${pg.escapeLiteral(password)}`);

    expect(await healed()).toEqual(allSold());
  });

  test('3.7: a transaction that stays open delays what comes after it, and HQ can say whose it is', async () => {
    const forgetful = await connect();
    await forgetful.query(`SET application_name = 'forgetful import'; BEGIN`);
    await forgetful.query(`UPDATE products SET name = 'Held up' WHERE id = 'p9'`);
    await hq.query(`UPDATE products SET name = 'Behind it' WHERE id = 'p8'`);
    sellSome(2);
    await until('drained meanwhile', () => waitingHere() === 0);
    const { rows } = await hq.query(`SELECT application FROM payflow_sync.holders()`);
    expect(rows).toContainEqual({ application: 'forgetful import' });
    expect(pos.prepare(`SELECT name FROM products WHERE local_id = 'p8'`).get()).toMatchObject({
      name: 'Product',
    });

    await forgetful.query('COMMIT');
    await forgetful.end();

    expect(await healed()).toEqual(allSold());
  });

  test.each(LONG ? ['40P01', '40001'] : ['40P01'])(
    '%s: a batch that lost against another transaction is tried again, and each sale counts once',
    async (state) => {
      await hq.query(`
        CREATE SEQUENCE clashes;
        CREATE FUNCTION clash() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF nextval('clashes') <= 7 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '${state}'; END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER clash AFTER INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION clash()`);
      sellSome(2);

      expect(await healed()).toEqual(allSold());

      const { rows } = await hq.query<{ tries: string }>('SELECT last_value AS tries FROM clashes');
      expect(Number(rows[0]?.tries)).toBe(8);
      await hq.query('DROP TRIGGER clash ON orders; DROP FUNCTION clash; DROP SEQUENCE clashes');
    },
  );
});
