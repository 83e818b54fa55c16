/** The published endpoints of one `payflow serve`, a process of its own, between a real HQ and a real payflow.db. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Role } from '../../shared/contract.ts';
import { sourceCli } from '../../e2e/support/cli.ts';
import { startServe, TEST_JWT_SECRET, type ServeProcess } from '../../e2e/support/serve-process.ts';
import { sell } from '../../e2e/support/sale.ts';
import { createHq, createTerminal, type TestHq } from '../../e2e/support/shop.ts';
import { issueToken } from './tokens.ts';

let hq: TestHq;
let serve: ServeProcess;
let startedAt = 0;
const folder = mkdtempSync(join(tmpdir(), 'payflow-serve-'));
const db = join(folder, 'payflow.db');

beforeAll(async () => {
  hq = await createHq();
  await hq.db.query(
    `INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
     VALUES ('p-1', 'TEA', 'Tea', 2.50, 10, 'store-1', now())`,
  );
  await (await createTerminal(hq, 'T1', { path: db })).close();
  startedAt = Date.now();
  serve = await startServe({
    url: hq.url,
    folder,
    db,
    env: { SYNC_MODE: 'manual' },
    main: sourceCli,
  });
});

afterAll(async () => {
  await serve.stop();
  await hq.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(method: string, path: string, role: Role = 'cashier', body?: unknown) {
  const { token } = await issueToken(TEST_JWT_SECRET, role, 1);
  const answer = await fetch(new URL(path, serve.origin), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as unknown };
}

interface Status {
  readonly state: string;
  readonly lastRun: { readonly at: string } | null;
}

interface Logged {
  readonly runId: string;
  readonly status: string;
  readonly direction: string;
  readonly upload: { readonly applied: number };
}

const logs = async (): Promise<Logged[]> =>
  (await ask('GET', '/api/sync/logs?limit=50')).body as Logged[];

/** A limit against hanging, never a measure. */
const soon = { timeout: 60_000 };
async function inLog(runId: string): Promise<void> {
  await expect.poll(async () => (await logs()).map((run) => run.runId), soon).toContain(runId);
}

function pos(work: (till: DatabaseSync) => void): void {
  const till = new DatabaseSync(db, { timeout: 5000 });
  try {
    work(till);
  } finally {
    till.close();
  }
}

test('a sale, a trigger, and the run it named stands in the log with what it sent', async () => {
  // A start brings both sides in step once, whatever the mode; begun later, that run would send the sale.
  await expect
    .poll(async () => {
      const { state, lastRun } = (await ask('GET', '/api/sync/status')).body as Status;
      return state === 'idle' && lastRun !== null && Date.parse(lastRun.at) >= startedAt;
    }, soon)
    .toBe(true);
  pos((till) => {
    sell(till, { id: 'ord_1', terminal: 'term-1', product: 'p-1', quantity: 2, cents: 250 });
  });
  await expect
    .poll(async () => (await ask('GET', '/api/sync/status')).body, soon)
    .toMatchObject({ terminal: 'T1', waiting: { upload: 5, held: 0, rejected: 0 } });

  const { status, body } = await ask('POST', '/api/sync/trigger?direction=both');
  expect([status, body]).toEqual([200, { ok: true, runId: expect.any(String) as string }]);
  const { runId } = body as { runId: string };

  await inLog(runId);
  const run = (await logs()).find((each) => each.runId === runId);
  expect(run).toMatchObject({ status: 'completed', direction: 'both', upload: { applied: 5 } });
  const { rows } = await hq.db.query(`SELECT order_number FROM orders`);
  expect(rows).toEqual([{ order_number: 'ord_1' }]);
  await expect
    .poll(async () => (await ask('GET', '/api/sync/status')).body, soon)
    .toMatchObject({ waiting: { upload: 0 }, lastRun: { status: 'completed' } });
});

test('a held row is listed, and goes by its name when its parent has come', async () => {
  pos((till) => {
    till.exec('PRAGMA foreign_keys = OFF');
    sell(till, { id: 'ord_2', terminal: 'term-1', product: 'p-1', quantity: 1, cents: 250 });
    till.exec(`UPDATE orders SET shift_id = 'shift_001' WHERE local_id = 'ord_2'`);
  });
  await ask('POST', '/api/sync/trigger');
  await expect
    .poll(async () => (await ask('GET', '/api/sync/held')).body, soon)
    .toContainEqual(
      expect.objectContaining({ table: 'orders', id: 'ord_2', direction: 'upload', tries: 1 }),
    );
  expect(
    await ask('POST', '/api/sync/retry', 'cashier', { rows: [{ table: 'orders', id: 'x' }] }),
  ).toMatchObject({ status: 400, body: { ok: false, error: { code: 'ROW_NOT_LISTED' } } });

  pos((till) => {
    till.exec(`INSERT INTO shifts (local_id, shift_number, terminal_id, user_id, start_time, updated_at)
      VALUES ('shift_001', 'SH1', 'term-1', 'user-1', '2026-11-22T08:00:00.000Z', '2026-11-22T08:00:00.000Z')`);
  });
  const { body } = await ask('POST', '/api/sync/retry', 'cashier', {
    rows: [{ table: 'orders', id: 'ord_2' }],
  });
  const { runId } = body as { runId: string };
  await inLog(runId);
  await expect.poll(async () => (await ask('GET', '/api/sync/held')).body, soon).toEqual([]);
});

test('tables and checkpoints are listed; a reset marks them, and the next run clears the mark', async () => {
  expect((await ask('GET', '/api/sync/stats')).body).toMatchObject({
    tables: { orders: { rows: 2, pending: 0, held: 0, rejected: 0 } },
  });
  const marked = async (): Promise<string[]> => {
    const { body } = await ask('GET', '/api/sync/checkpoints');
    return (body as { table: string; reload: boolean }[])
      .filter(({ reload }) => reload)
      .map(({ table }) => table);
  };
  expect(await marked()).toEqual([]);
  const reset = (table: string) => ask('DELETE', `/api/sync/checkpoints?table=${table}`, 'manager');
  expect(await reset('products')).toEqual({
    status: 200,
    body: { ok: true, tables: ['products'] },
  });
  expect(await marked()).toEqual(['products']);
  expect(await reset('nothing')).toMatchObject({
    status: 400,
    body: { error: { code: 'TABLE_UNKNOWN' } },
  });
  await ask('POST', '/api/sync/trigger?direction=push');
  await expect.poll(marked, soon).toEqual([]);
});

test('the other lists are there, and the metrics say the same numbers', async () => {
  expect((await ask('GET', '/api/sync/rejected')).body).toEqual([]);
  expect((await ask('GET', '/api/sync/conflicts')).body).toEqual([]);
  const { token } = await issueToken(TEST_JWT_SECRET, 'cashier', 1);
  const metrics = await fetch(new URL('/metrics', serve.origin), {
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await metrics.text();
  expect(text).toMatch(/^payflow_unsent_changes 0$/m);
  expect(text).toMatch(/^payflow_held_rows 0$/m);
});
