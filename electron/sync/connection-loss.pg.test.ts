/** Invariant 8: a lost connection ends a run with one code, and the next run heals it. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy, type Proxy } from '../../e2e/support/proxy.ts';
import { sell } from '../../e2e/support/sale.ts';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import { openApp } from '../host/app.ts';
import { startEmbeddedHq } from '../host/embedded-hq.ts';
import { readSettings } from '../host/settings.ts';

const PRODUCTS = `
  INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
  SELECT 'p' || g, 'sku-' || g, 'Product', g, 1000, 'store-1', now() FROM generate_series(1, 200) g`;
const TABLES = {
  products: {},
  orders: {},
  order_items: {},
  payments: {},
  inventory_transactions: {},
};

let closing: (() => Promise<void>)[];

beforeEach(() => {
  closing = [];
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

async function company(): Promise<{ hq: TestHq; network: Proxy }> {
  const hq = await createHq();
  closing.push(() => hq.close());
  await hq.db.query(PRODUCTS);
  const network = await startProxy(hq.url);
  closing.push(() => network.close());
  return { hq, network };
}

async function openTerminal(
  hq: TestHq,
  url: string,
  at: (step: string) => void,
): Promise<TestTerminal> {
  const terminal = await createTerminal(hq, 'T1', { url, at });
  closing.push(() => terminal.close());
  return terminal;
}

/** Work in both directions. */
async function makeWork(hq: TestHq, terminal: TestTerminal, id: string): Promise<void> {
  await hq.db.query(`UPDATE products SET selling_price = selling_price + 1`);
  sell(terminal.pos, { id, terminal: 'term-1', product: 'p1', quantity: 1, cents: 100 });
}

async function expectHealed(hq: TestHq, terminal: TestTerminal, sales: number): Promise<void> {
  await terminal.sync();
  const again = await terminal.sync();
  expect(again).toMatchObject({
    status: 'completed',
    download: { applied: 0, deleted: 0 },
    upload: { applied: 0, deleted: 0 },
  });
  expect(await differences(hq.db, terminal.pos, TABLES)).toEqual([]);
  const { rows } = await hq.db.query(`
    SELECT (SELECT count(*) FROM orders)::int AS orders, (SELECT count(*) FROM payments)::int AS payments,
           (SELECT 1000 - master_stock_quantity FROM products WHERE id = 'p1') AS sold`);
  expect(rows).toEqual([{ orders: sales, payments: sales, sold: sales }]);
}

test('8, 9: a network that breaks at any step fails the run with one code, and the next run heals', async () => {
  const { hq, network } = await company();
  let breaking: string | null = null;
  const terminal = await openTerminal(hq, network.url(hq.url), (step) => {
    if (step !== breaking) return;
    breaking = null;
    network.cutAll();
  });
  const steps = ['download:read', 'download:applied', 'upload:batch-saved', 'upload:before-send'];
  for (const [index, step] of steps.entries()) {
    await makeWork(hq, terminal, step.replace(':', '-'));
    breaking = step;

    const failed = await terminal.trySync();

    expect(failed, step).toMatchObject({ status: 'failed', error: { code: 'HQ_CONNECTION_LOST' } });
    await expectHealed(hq, terminal, index + 1);
  }
});

test(
  '8, 9: runs whose sessions HQ ends again and again lose nothing',
  { timeout: 240_000 },
  async () => {
    const { hq } = await company();
    const terminal = await openTerminal(hq, hq.url, () => undefined);
    const codes: string[] = [];
    let over = false;
    const ending = (async () => {
      while (!over) {
        await hq.db.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'payflow%'`,
        );
        await sleep(15 + Math.random() * 60);
      }
    })();

    for (let round = 0; round < 40; round += 1) {
      await makeWork(hq, terminal, `sale-${round}`);
      const { error } = await terminal.trySync();
      if (error !== undefined) codes.push(error.code);
    }
    over = true;
    await ending;

    expect(codes.length).toBeGreaterThan(3);
    expect(new Set(codes)).toEqual(new Set(['HQ_CONNECTION_LOST']));
    await expectHealed(hq, terminal, 40);
  },
);

test(
  '2, 8: an HQ that crashes inside an upload and comes back has every sale once',
  { timeout: 240_000 },
  async () => {
    const server = await startEmbeddedHq();
    closing.push(() => server.stop());
    const url = server.url();
    const app = await openApp(readSettings({ DATABASE_URL: url }), quietLog);
    await app.installHq({ withSchema: true, manifest: null, notify: null });
    await app.close();
    const connect = async (): Promise<pg.Client> => {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => undefined);
      await client.connect();
      closing.push(() => client.end().catch(() => undefined));
      return client;
    };
    const before = { url, db: await connect(), connect, close: () => Promise.resolve() };
    await before.db.query(`
    INSERT INTO stores (id, store_code, name, updated_at) VALUES ('store-1', 'S1', 'Main street', now());
    INSERT INTO terminals (id, terminal_code, name, store_id, updated_at) VALUES ('term-1', 'T1', 'Till 1', 'store-1', now());
    INSERT INTO users (id, username, store_id, updated_at) VALUES ('user-1', 'ana', 'store-1', now());
    ${PRODUCTS}`);
    const crashes: Promise<void>[] = [];
    const terminal = await openTerminal(before, url, (step) => {
      // SIGQUIT has left before this returns.
      if (step === 'upload:before-send' && crashes.length === 0) crashes.push(server.kill());
    });
    await makeWork(before, terminal, 'sale');

    const failed = await terminal.trySync();
    await Promise.all(crashes);
    const away = await terminal.trySync();
    await server.restart();
    const after = { ...before, db: await connect() };

    expect(['HQ_CONNECTION_LOST', 'HQ_BUSY', 'HQ_REFUSED']).toContain(failed.error?.code);
    expect(away).toMatchObject({ status: 'failed', error: { code: 'HQ_REFUSED' } });
    await expectHealed(after, terminal, 1);
  },
);
