import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostEvent, Method, Reply } from '../../shared/contract.ts';
import type { StatusView } from '../../shared/views.ts';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import { sell } from '../../e2e/support/sale.ts';
import { createHq, type TestHq } from '../../e2e/support/shop.ts';
import { createHost, type FullHost } from './host.ts';
import { loadCatalogue } from './messages.ts';
import { openSettingsStore } from './settings-store.ts';

let hq: TestHq;
let folder: string;
let open: FullHost[];

const manager = { role: 'manager', surface: 'desktop' } as const;
const cashier = { role: 'cashier', surface: 'console' } as const;
const noSecrets = { read: () => null, write: () => undefined, isSafe: true };

beforeEach(async () => {
  hq = await createHq();
  await hq.db
    .query(`INSERT INTO products (id, sku, name, selling_price, store_id, master_stock_quantity, updated_at)
    VALUES ('tea', 'TEA', 'Tea', 2, 'store-1', 10, now())`);
  folder = mkdtempSync(join(tmpdir(), 'payflow-host-'));
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((host) => host.close()));
  rmSync(folder, { recursive: true, force: true });
  await hq.close();
});

interface Watched {
  readonly host: FullHost;
  readonly events: HostEvent[];
  /** Resolves with the first status that fits, the present one among them. */
  readonly until: (fits: (status: StatusView) => boolean) => Promise<StatusView>;
  readonly call: <T>(method: Method, args?: unknown) => Promise<Reply<T>>;
}

async function start(
  env: Readonly<Record<string, string>> = {},
  automatic = true,
): Promise<Watched> {
  const settingsStore = openSettingsStore({
    folder,
    secrets: noSecrets,
    env: { DATABASE_URL: hq.url, PAYFLOW_TERMINAL: 'T1', ...env },
    envFolder: folder,
  });
  const host = await createHost({
    settingsStore,
    log: quietLog,
    catalogue: loadCatalogue(),
    workerUrl: new URL('./engine-worker.ts', import.meta.url),
    automatic,
  });
  open.push(host);
  const events: HostEvent[] = [];
  const waiting = new Set<(status: StatusView) => void>();
  host.subscribe((event) => {
    events.push(event);
    if (event.type === 'status') for (const look of waiting) look(event.status);
  });
  return {
    host,
    events,
    until: (fits) =>
      new Promise((resolve) => {
        const look = (status: StatusView): void => {
          if (!fits(status)) return;
          waiting.delete(look);
          resolve(status);
        };
        waiting.add(look);
        look(host.current());
      }),
    call: <T>(method: Method, args: unknown = {}) =>
      host.call(manager, method, args) as Promise<Reply<T>>,
  };
}

const isIdle = ({ status, lastRun }: StatusView): boolean =>
  status.state === 'idle' && lastRun !== null;

/** Asks HQ until the row is there. */
async function atHq(sql: string, value: string): Promise<void> {
  for (;;) {
    const { rows } = await hq.db.query(sql, [value]);
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a sale that another program commits is at HQ, and a price of HQ here, without a click', async () => {
  const { until } = await start();
  await until(isIdle);
  const pos = new DatabaseSync(join(folder, 'payflow.db'), { timeout: 5000 });

  sell(pos, { id: 'sale-1', terminal: 'term-1', product: 'tea', quantity: 2, cents: 200 });
  await atHq('SELECT 1 FROM orders WHERE order_number = $1', 'sale-1');
  await until(({ facts, status }) => facts.waiting === 0 && status.state === 'idle');

  await hq.db.query(`UPDATE products SET selling_price = 3, updated_at = now() WHERE id = 'tea'`);
  const price = pos.prepare(`SELECT selling_price AS price FROM products WHERE local_id = 'tea'`);
  while (Number((price.get() as { price: string }).price) !== 3)
    await new Promise((resolve) => setTimeout(resolve, 5));
  pos.close();
  expect((await until(isIdle)).waitingAtHq).toBe(0);
});

test('who may not is told so, and what nobody can read as well', async () => {
  const { host } = await start({}, false);
  const reply = (method: string, args: unknown) => host.call(cashier, method, args);
  expect(await reply('settings', {})).toMatchObject({ error: { code: 'NOT_ALLOWED' } });
  expect(await reply('constructor', {})).toMatchObject({ error: { code: 'BAD_REQUEST' } });
  expect(await reply('startSync', { direction: 'sideways' })).toMatchObject({
    error: { code: 'BAD_REQUEST', params: { what: 'startSync.direction' } },
  });
  expect(await reply('status', { more: 1 })).toMatchObject({ error: { code: 'BAD_REQUEST' } });
  expect(await reply('status', {})).toMatchObject({ ok: true });
});
