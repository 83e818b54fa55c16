/** DESIGN 8.1, 8.2, invariant 11: restored and cloned files are found out before a row moves. */
import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFile } from '../../e2e/support/children.ts';
import { sell } from '../../e2e/support/sale.ts';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

const OPENING = 100;
const BOOKS = {
  products: {},
  orders: {},
  order_items: {},
  payments: {},
  inventory_transactions: {},
};

let hq: TestHq;
let file: ReturnType<typeof temporaryFile>;
let open: TestTerminal[];

beforeEach(async () => {
  open = [];
  file = temporaryFile();
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    VALUES ('tea', 'tea', 'Tea', 2.5, ${String(OPENING)}, 'store-1', now())`);
});

afterEach(async () => {
  for (const terminal of open) await terminal.close();
  file[Symbol.dispose]();
  await hq.close();
});

async function start(path = file.path, at?: (step: string) => void): Promise<TestTerminal> {
  const init = !existsSync(path);
  const terminal = await createTerminal(hq, 'T1', {
    path,
    init,
    ...(at === undefined ? {} : { at }),
  });
  open.push(terminal);
  return terminal;
}

async function stop(terminal: TestTerminal): Promise<void> {
  open = open.filter((other) => other !== terminal);
  await terminal.close();
}

const sale = ({ pos }: TestTerminal, id: string): void => {
  sell(pos, { id, terminal: 'term-1', product: 'tea', quantity: 1, cents: 250 });
};

/** The file as it lies there; nobody has it open. */
const save = (path = file.path): string => {
  copyFileSync(path, `${path}.saved`);
  return `${path}.saved`;
};

const putBack = (saved: string): void => {
  for (const suffix of ['-wal', '-shm']) rmSync(file.path + suffix, { force: true });
  copyFileSync(saved, file.path);
};

/** Receipt numbers at HQ, as often as they are there. */
async function receipts(): Promise<string[]> {
  const { rows } = await hq.db.query<{ number: string }>(
    'SELECT order_number AS number FROM orders ORDER BY order_number',
  );
  return rows.map(({ number }) => number);
}

async function expectBooks(terminal: TestTerminal, sold: readonly string[]): Promise<void> {
  expect(await receipts()).toEqual(sold.toSorted());
  const { rows } = await hq.db.query(`
    SELECT (SELECT count(*) FROM order_items)::int AS lines, (SELECT count(*) FROM payments)::int AS payments,
           (SELECT count(*) FROM inventory_transactions)::int AS moves,
           (SELECT master_stock_quantity FROM products WHERE id = 'tea') AS stock`);
  const count = sold.length;
  expect(rows).toEqual([{ lines: count, payments: count, moves: count, stock: OPENING - count }]);
  expect(await differences(hq.db, terminal.pos, BOOKS)).toEqual([]);
  expect(terminal.pos.prepare('SELECT * FROM sync_outbox').all()).toEqual([]);
  expect(await terminal.app.rejected()).toEqual([]);
}

const causes = async ({ app }: TestTerminal): Promise<string[]> =>
  (await app.status()).status.causes.map(({ code }) => code);

/** A copy is made with one sale unsent; the original sends it and sells on; then the copy is put back. */
async function restoreOlder(): Promise<void> {
  const before = await start();
  sale(before, 'sent');
  await before.sync();
  sale(before, 'unsent');
  await stop(before);
  const saved = save();
  const later = await start();
  await later.sync();
  sale(later, 'after');
  await later.sync();
  await hq.db.query(`UPDATE products SET name = 'Green tea' WHERE id = 'tea'`);
  await later.sync();
  await stop(later);
  putBack(saved);
}

test('8.2: an older payflow.db that was put back sends nothing twice and gets its lost sales back', async () => {
  await restoreOlder();

  const restored = await start();
  sale(restored, 'new');
  const report = await restored.sync();

  expect(report).toMatchObject({ upload: { rejected: 0, held: 0 } });
  expect(await causes(restored)).toContain('STATUS_FILE_RESTORED');
  await restored.sync();
  await expectBooks(restored, ['sent', 'unsent', 'after', 'new']);
  const { rows } = await hq.db.query(
    'SELECT epoch, closed, last_batch::int AS last FROM payflow_sync.upload ORDER BY epoch',
  );
  expect(rows).toMatchObject([
    { epoch: 1, closed: true },
    { epoch: 2, closed: false },
  ]);
  // No number of a batch comes twice.
  expect((rows[1] as { last: number }).last).toBeGreaterThan((rows[0] as { last: number }).last);
});

test('8.2: a restored file is found out before a row moves, and by a run that only downloads too', async () => {
  await restoreOlder();
  const steps: string[] = [];
  const restored = await start(file.path, (step) => steps.push(step));

  await restored.sync({ direction: 'push' });

  expect(steps.indexOf('identity:claimed')).toBeGreaterThanOrEqual(0);
  expect(steps.findIndex((step) => /^(download|upload|load)/.test(step))).toBeGreaterThan(
    steps.indexOf('identity:recovered'),
  );
  expect(restored.pos.prepare('SELECT * FROM sync_outbox').all()).toEqual([]);
  await expectBooks(restored, ['sent', 'unsent', 'after']);
});

test('8.2: the recovery of a restored file that is killed at any step is done again', async () => {
  await restoreOlder();
  for (const step of ['identity:before-claim', 'identity:claimed', 'identity:recovered']) {
    const terminal = await start(file.path, (at) => {
      if (at === step) throw new Error(`killed at ${step}`);
    });
    sale(terminal, step.slice('identity:'.length));
    expect((await terminal.trySync()).error?.code, step).toBe('INTERNAL');
    expect(await receipts(), 'no row moves before the recovery is complete').toHaveLength(3);
    await stop(terminal);
  }

  const after = await start();
  await after.sync();

  await expectBooks(after, ['sent', 'unsent', 'after', 'before-claim', 'claimed', 'recovered']);
});

test('8.1: a copy at another place is refused with the reason, and nothing moves', async () => {
  const original = await start();
  sale(original, 'first');
  await original.sync();
  await stop(original);
  const folder = join(file.path, '..', 'copied');
  mkdirSync(folder);
  const copy = join(folder, 'payflow.db');
  copyFileSync(file.path, copy);

  const clone = await start(copy);
  sale(clone, 'clone');
  const refused = await clone.trySync();

  expect(refused).toMatchObject({ status: 'failed', error: { code: 'CLONE_REFUSED' } });
  expect(await receipts()).toEqual(['first']);
  const again = await start();
  sale(again, 'second');
  await again.sync();
  await expectBooks(again, ['first', 'second']);
  expect((await clone.trySync()).error?.code).toBe('CLONE_REFUSED');
  expect(await receipts()).toEqual(['first', 'second']);
});

test('8.1: the same file by a hard link, in the state folder of another user, is refused like a copy', async () => {
  const original = await start();
  sale(original, 'first');
  await original.sync();
  await stop(original);
  const folder = join(file.path, '..', 'linked');
  mkdirSync(folder);
  const link = join(folder, 'payflow.db');
  linkSync(file.path, link);

  const linked = await start(link);
  sale(linked, 'linked');
  const refused = await linked.trySync();

  expect(refused).toMatchObject({ status: 'failed', error: { code: 'CLONE_REFUSED' } });
  expect(await receipts()).toEqual(['first']);
  await stop(linked);
  // One file: what was sold through the link is here, and goes by the one who is the terminal.
  const again = await start();
  await again.sync();
  await expectBooks(again, ['first', 'linked']);
});

test('8.2: new hardware takes over: its own sales go, and the old machine is the one refused', async () => {
  const original = await start();
  sale(original, 'first');
  await original.sync();
  await stop(original);
  const copy = `${file.path}.elsewhere`;
  copyFileSync(file.path, copy);
  const old = await start();
  sale(old, 'late');
  await old.sync();
  sale(old, 'stranded');

  const taking = await start(copy);
  sale(taking, 'here');
  const { signal } = new AbortController();
  await taking.app.init(() => undefined, signal, undefined, { takeOver: true });
  await taking.sync();

  await expectBooks(taking, ['first', 'late', 'here']);
  expect((await old.trySync()).error?.code).toBe('CLONE_REFUSED');
  expect(await receipts()).not.toContain('stranded');
  expect((await old.app.status()).facts.waiting).toBeGreaterThan(0);
});

test('8.1: a file that is made anew on the same machine goes on as the same terminal', async () => {
  const first = await start();
  sale(first, 'first');
  await first.sync();
  await stop(first);
  for (const suffix of ['', '-wal', '-shm']) rmSync(file.path + suffix, { force: true });

  const anew = await start();
  sale(anew, 'second');
  await anew.sync();

  await expectBooks(anew, ['first', 'second']);
  expect(await causes(anew)).not.toContain('STATUS_FILE_RESTORED');
});

test('8.1: a new file on another machine is refused before it is made', async () => {
  await stop(await start());

  const elsewhere = `${file.path}.elsewhere`;
  const terminal = await createTerminal(hq, 'T1', { path: elsewhere, init: false });
  open.push(terminal);
  const { signal } = new AbortController();
  await expect(terminal.app.init(() => undefined, signal)).rejects.toMatchObject({
    code: 'CLONE_REFUSED',
  });

  expect(existsSync(elsewhere)).toBe(false);
});

test('8.1: a token whose answer was lost is no riddle to the next cycle', async () => {
  await stop(await start());
  for (const step of ['report:saved', 'report:told']) {
    let alive = true;
    const terminal = await start(file.path, (at) => {
      if (alive && at === step) throw new Error(`killed at ${step}`);
    });
    sale(terminal, step.slice('report:'.length));
    expect((await terminal.trySync()).status, step).toBe('failed');
    alive = false;
    await terminal.sync();
    expect(await causes(terminal), step).toEqual([]);
    await stop(terminal);
  }

  const after = await start();
  await expectBooks(after, ['saved', 'told']);
  const { rows } = await hq.db.query('SELECT epoch FROM payflow_sync.terminal');
  expect(rows).toEqual([{ epoch: 1 }]);
});
