import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostEvent, Method, Reply } from '../../shared/contract.ts';
import type { Page, RunShown, StatusView } from '../../shared/views.ts';
import { startProxy } from '../../e2e/support/proxy.ts';
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

function memorySecrets() {
  let kept: string | null = null;
  return {
    read: () => kept,
    write(secret: string | null) {
      kept = secret;
    },
    isSafe: true,
  };
}

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
    secrets: memorySecrets(),
    env: {
      DATABASE_URL: hq.url,
      PAYFLOW_TERMINAL: 'T1',
      PAYFLOW_STATE_DIR: join(folder, 'state'),
      ...env,
    },
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
  const pos = openPos();

  sell(pos, sale('sale-1'));
  await atHq('SELECT 1 FROM orders WHERE order_number = $1', 'sale-1');
  await until(({ facts, status }) => facts.waiting === 0 && status.state === 'idle');

  await hq.db.query(`UPDATE products SET selling_price = 3, updated_at = now() WHERE id = 'tea'`);
  const price = pos.prepare(`SELECT selling_price AS price FROM products WHERE local_id = 'tea'`);
  while (Number((price.get() as { price: string }).price) !== 3)
    await new Promise((resolve) => setTimeout(resolve, 5));
  pos.close();
  expect((await until(isIdle)).waitingAtHq).toBe(0);
});

/** Leaves the first load behind; what stands is the file, as after a restart. */
async function loadOnce(): Promise<void> {
  // Not by itself: a cycle of its own that the close cuts off would stand as the last run.
  const { host, until, call } = await start({}, false);
  await call('startSync', { direction: 'both' });
  await until(isIdle);
  await host.close();
}

/**
 * The POS, as far as it can be in this process: another connection of the same library. A second SQLite library in the
 * process of the threads would drop their locks with its first close (sqlite.org/howtocorrupt.html, 2.2).
 */
function openPos(): DatabaseSync {
  return new Database(join(folder, 'payflow.db'), { timeout: 5000 }) as unknown as DatabaseSync;
}

const sale = (id: string) => ({
  id,
  terminal: 'term-1',
  product: 'tea',
  quantity: 1,
  cents: 200,
});

/** Changes HQ so that a cycle has something to wait for: it cannot read the row before `release`. */
async function holdCycle(): Promise<{ release: () => Promise<void> }> {
  const holder = await hq.connect();
  await holder.query('BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE');
  return {
    async release() {
      await holder.query('COMMIT');
    },
  };
}

const cycles = (): number => {
  const pos = openPos();
  try {
    const { runs } = pos.prepare('SELECT count(*) AS runs FROM sync_run').get() as { runs: number };
    return runs;
  } finally {
    pos.close();
  }
};

test('requests during a cycle queue exactly one more, and say which run they will be', async () => {
  await loadOnce();
  const { host, until, call } = await start({}, false);
  const before = cycles();
  await hq.db.query(`UPDATE products SET selling_price = 4, updated_at = now() WHERE id = 'tea'`);
  const { release } = await holdCycle();

  const first = await call<{ runId: string }>('startSync', { direction: 'both' });
  await until(({ status }) => status.state === 'syncing');
  const second = await call('startSync', { direction: 'push' });
  const third = await call('startSync', { direction: 'both' });
  expect(host.current().queued).toBe(true);
  expect(first).toMatchObject({ ok: true, value: { queued: false } });
  expect(second).toMatchObject({ ok: true, value: { queued: true } });
  expect(third).toEqual(second);

  await release();
  await until((status) => isIdle(status) && !status.queued && status.facts.running === null);
  // The queued one found nothing and left no record: the first one took all there was.
  expect(cycles()).toBe(before + 1);
  const runs = await call<Page<RunShown>>('runs', { offset: 0, limit: 10, status: 'all' });
  expect(runs).toMatchObject({ ok: true });
  expect(first.ok && runs.ok && runs.value.rows[0]?.runId === first.value.runId).toBe(true);
});

test('a pause survives a restart; Sync now runs once and the pause stays', async () => {
  await loadOnce();
  const one = await start();
  await one.until(isIdle);
  await one.call('pause', { how: 'until-resumed' });
  await one.until(({ status }) => status.state === 'paused');
  await one.host.close();

  const { host, until, call, events } = await start();
  expect(host.current().status).toMatchObject({
    state: 'paused',
    reason: { code: 'STATUS_PAUSED' },
  });
  const pos = openPos();
  sell(pos, sale('paused-sale'));
  pos.close();
  await hq.db.query(`UPDATE products SET selling_price = 5, updated_at = now() WHERE id = 'tea'`);
  await until(({ facts }) => facts.waiting > 0);
  expect(events.some((event) => event.type === 'status' && event.status.facts.running)).toBe(false);

  await call('startSync', { direction: 'both' });
  await atHq('SELECT 1 FROM orders WHERE order_number = $1', 'paused-sale');
  const after = await until(({ facts, lastRun }) => facts.waiting === 0 && lastRun !== null);
  expect(after.status.state).toBe('paused');

  await call('resume');
  await until(isIdle);
});

test('what waits at HQ is counted where nothing brings it, own uploads left out', async () => {
  await loadOnce();
  const { until, call } = await start({ SYNC_MODE: 'manual' });
  await until(isIdle);
  const pos = openPos();
  sell(pos, sale('manual-sale'));
  pos.close();
  await until(({ facts }) => facts.waiting > 0);
  await call('startSync', { direction: 'pull' });
  await until(({ facts }) => facts.waiting === 0);
  await hq.db.query(`INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
    SELECT 'p' || n, 'P' || n, 'P', 1, 'store-' || (1 + n % 2), now() FROM generate_series(1, 10) n`);
  await call('pause', { how: '2h' });
  expect(
    (await until(({ waitingAtHq }) => waitingAtHq !== null && waitingAtHq > 0)).waitingAtHq,
  ).toBe(5);
  await call('startSync', { direction: 'push' });
  expect((await until(({ waitingAtHq }) => waitingAtHq === 0)).status.state).toBe('paused');
});

test('HQ gone: offline, calm, with the count; back: it syncs by itself', async () => {
  const proxy = await startProxy(hq.url);
  try {
    const { until } = await start({ DATABASE_URL: proxy.url(hq.url) });
    await until(isIdle);
    await proxy.down();
    const pos = openPos();
    sell(pos, sale('offline-sale'));
    pos.close();
    const offline = await until(
      ({ status, facts }) => status.state === 'offline' && facts.waiting > 0,
    );
    expect(offline.status).toMatchObject({
      reason: { code: 'STATUS_OFFLINE', params: { waiting: offline.facts.waiting } },
      attention: false,
    });
    expect(offline.waitingAtHq).toBeNull();

    await proxy.up();
    await atHq('SELECT 1 FROM orders WHERE order_number = $1', 'offline-sale');
    await until(({ status, facts }) => status.state === 'idle' && facts.waiting === 0);
  } finally {
    await proxy.close();
  }
});

test('a failure and its reason survive a restart, and go with the next cycle that succeeds', async () => {
  await loadOnce();
  const gone = await start({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' }, false);
  await gone.call('startSync', { direction: 'both' });
  await gone.until(({ lastRun }) => lastRun?.status === 'failed');
  await gone.host.close();

  const { host, until, call } = await start({}, false);
  expect(host.current().facts.error?.code).toBe('HQ_REFUSED');
  expect(host.current().status).toMatchObject({ state: 'offline', attention: false });
  await call('startSync', { direction: 'both' });
  await until(isIdle);
  await host.close();
  const again = await start({}, false);
  expect(again.host.current()).toMatchObject({ status: { state: 'idle' }, facts: { error: null } });
});

test('a crash of the engine hangs nothing: what ran fails with a code, and the next cycle comes by itself', async () => {
  const { host, until, call } = await start();
  await until(isIdle);
  const { release } = await holdCycle();
  await hq.db.query(`UPDATE stores SET name = 'Main', updated_at = now() WHERE id = 'store-1'`);
  await hq.db.query(`SELECT pg_notify('payflow_feed', '')`);
  await until(({ facts }) => facts.running !== null || facts.hq === 'reachable');
  const check = call('schemaCheck');

  await host.crashEngine();
  expect(await check).toMatchObject({ ok: false, error: { code: 'ENGINE_THREAD_LOST' } });
  await until(({ facts }) => facts.error?.code === 'ENGINE_THREAD_LOST');
  await release();
  await until((status) => isIdle(status) && status.facts.error === null);
  const pos = openPos();
  sell(pos, sale('after-crash'));
  pos.close();
  await atHq('SELECT 1 FROM orders WHERE order_number = $1', 'after-crash');
});

test('closing in the middle of the first load is clean, and the next start goes on with it', async () => {
  await hq.db.query(`INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
    SELECT 'load-' || n, 'L' || n, 'Load', 1, 'store-1', now() FROM generate_series(1, 60000) n`);
  const { host, until } = await start();
  await until(({ progress }) =>
    progress.some(({ table, done }) => table === 'products' && done > 0),
  );
  await host.close();
  await host.close();
  const pos = openPos();
  const count = (): number =>
    (pos.prepare('SELECT count(*) AS rows FROM products').get() as { rows: number }).rows;
  const kept = count();
  expect(kept).toBeLessThan(60_001);

  const next = await start();
  expect(next.host.current().status.state).not.toBe('idle');
  await next.until(isIdle);
  expect(count()).toBe(60_001);
  pos.close();
});

test('before the setup it works, and saved settings lead on to the first load', async () => {
  const { pathname, hostname, port, username, password } = new URL(hq.url);
  const { host, until, call } = await start({ DATABASE_URL: '', PAYFLOW_TERMINAL: '' });
  expect(host.current().status.state).toBe('setup');
  expect(await call('startSync', { direction: 'both' })).toMatchObject({
    error: { code: 'SETUP_UNFINISHED' },
  });
  expect(await call('heldGroups', { offset: 0, limit: 10 })).toMatchObject({ ok: true });
  const server = {
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    user: username,
    password,
    tls: 'off',
  };
  expect(await call('saveSettings', { hq: server })).toMatchObject({ ok: true });
  expect(await call('saveSettings', { terminal: 'T1' })).toMatchObject({ ok: true });
  expect(await call('setup')).toMatchObject({ value: { step: 'load', running: false } });
  expect(await call('finishSetup')).toMatchObject({ ok: true });
  await until(isIdle);
  expect(await call('setup')).toMatchObject({ value: { step: 'done' } });
});

test('diagnostics say the state, the runs and the settings, and no secret', async () => {
  await loadOnce();
  const { call } = await start({}, false);
  const reply = await call<{ text: string }>('diagnostics');
  const text = reply.ok ? reply.value.text : '';
  expect(text).toMatch(/idle: Up to date/);
  expect(text).toMatch(/both completed \d+ ms: received \d+, sent 0/);
  expect(text).toContain('terminal: "T1"');
  const { password } = new URL(hq.url);
  expect(password).not.toBe('');
  expect(text).not.toContain(password);
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

test('closing in the middle of a cycle is no alarm at the next start, and the sale goes to HQ once', async () => {
  const proxy = await startProxy(hq.url);
  try {
    const first = await start({ DATABASE_URL: proxy.url(hq.url) });
    await first.until(isIdle);
    const commit = proxy.stopAt('COMMIT\0');
    const pos = new DatabaseSync(join(folder, 'payflow.db'), { timeout: 5000 });
    sell(pos, { id: 'cut-short', terminal: 'term-1', product: 'tea', quantity: 1, cents: 200 });
    pos.close();
    const wire = await commit;
    const closed = first.host.close();
    wire.deliver();
    await closed;

    const second = await start({ DATABASE_URL: proxy.url(hq.url) });
    const shown = [second.host.current()];
    second.host.subscribe((event) => {
      if (event.type === 'status') shown.push(event.status);
    });
    await second.until(isIdle);
    const sold = `SELECT 1 FROM orders WHERE order_number = 'cut-short'`;
    expect((await hq.db.query(sold)).rowCount).toBe(1);
    const alarms = shown.filter(({ status }) => status.attention);
    expect(alarms.map(({ status }) => status.causes)).toEqual([]);
  } finally {
    await proxy.close();
  }
});

test('9: settings are taken, and sales go on, also where the engine before left its socket behind', async () => {
  const { host, until, call } = await start();
  await until(isIdle);
  const socket = join(folder, 'payflow.db.engine', 'socket');
  rmSync(socket);
  mkdirSync(socket);
  expect(await call('saveSettings', { batchSize: 400 })).toMatchObject({ ok: true });
  rmSync(socket, { recursive: true });
  expect(await call('saveSettings', { batchSize: 300 })).toMatchObject({ ok: true });
  const pos = openPos();
  sell(pos, sale('after-settings'));
  pos.close();
  await atHq('SELECT 1 FROM orders WHERE order_number = $1', 'after-settings');
  await until(({ facts }) => facts.waiting === 0);
  await host.close();
});

test('9: a window that fails at what it hears stops neither the others nor the next cycle', async () => {
  await loadOnce();
  const { host, until, call } = await start({}, false);
  host.subscribe((event) => {
    if (event.type === 'changed') throw new Error('a window that is gone');
  });
  // Behind it, so that its failure comes first.
  const heard: HostEvent['type'][] = [];
  host.subscribe(({ type }) => heard.push(type));
  for (const id of ['first', 'second']) {
    const pos = openPos();
    sell(pos, sale(id));
    pos.close();
    await call('startSync', { direction: 'both' });
    await atHq('SELECT 1 FROM orders WHERE order_number = $1', id);
    await until((status) => isIdle(status) && status.facts.running === null);
  }
  expect(heard).toContain('changed');
});

/** payflow.db as a person restores it: the files are removed, and a copy takes their place when `put` is called. */
function removeFile(): { put: (copy: string) => void } {
  const path = join(folder, 'payflow.db');
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  return {
    put(copy) {
      renameSync(copy, path);
    },
  };
}

test('8.1: a copy that takes the place of payflow.db while PayFlow runs is found, and its sales are sent', async () => {
  const { until } = await start();
  await until(isIdle);
  const order = 'SELECT 1 FROM orders WHERE order_number = $1';
  const pos = openPos();
  const copy = join(folder, 'copy.db');
  pos.exec(`VACUUM INTO '${copy}'`);
  sell(pos, sale('not-in-the-copy'));
  pos.close();
  await atHq(order, 'not-in-the-copy');
  await until(({ facts, status }) => facts.waiting === 0 && status.state === 'idle');

  removeFile().put(copy);
  const restored = openPos();
  for (const id of ['a', 'b', 'c']) sell(restored, sale(id));
  await atHq(order, 'c');
  const { facts } = await until((status) => status.facts.waiting === 0 && isCopyFound(status));
  expect(facts.error).toBeNull();
  const known = restored.prepare('SELECT order_number FROM orders ORDER BY 1').all();
  expect(known.map((row) => row['order_number'])).toEqual(['a', 'b', 'c', 'not-in-the-copy']);
  restored.close();
});

const isCopyFound = ({ facts }: StatusView): boolean =>
  facts.notices.some(({ code }) => code === 'STATUS_FILE_RESTORED');

test('8.1: a payflow.db that is gone is said, not made anew, and taken up again when it is back', async () => {
  await loadOnce();
  const { until, call } = await start({}, false);
  await call('startSync', { direction: 'both' });
  await until(isIdle);
  const pos = openPos();
  const copy = join(folder, 'copy.db');
  pos.exec(`VACUUM INTO '${copy}'`);
  pos.close();

  const lists = () => call('heldGroups', { offset: 0, limit: 10 });
  expect(await lists()).toMatchObject({ ok: true });

  const gone = removeFile();
  await call('startSync', { direction: 'both' });
  const { status } = await until(({ facts }) => facts.error !== null);
  expect(status).toMatchObject({ state: 'error', reason: { code: 'LOCAL_GONE' } });
  expect(await lists()).toMatchObject({ error: { code: 'LOCAL_GONE' } });
  expect(existsSync(join(folder, 'payflow.db'))).toBe(false);

  gone.put(copy);
  const restored = openPos();
  sell(restored, sale('back'));
  restored.close();
  await call('startSync', { direction: 'both' });
  await atHq('SELECT 1 FROM orders WHERE order_number = $1', 'back');
  await until((now) => isIdle(now) && now.facts.error === null);
});
