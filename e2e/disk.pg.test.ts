/** Invariants 1 and 8 on bad disks: one clear code, nothing lost or doubled at HQ, and it goes on when the disk is well again. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFile } from './support/children.ts';
import { sourceCli } from './support/cli.ts';
import { sell } from './support/sale.ts';
import { LONG, scaled } from './support/scale.ts';
import { createHq, createTerminal, differences, type TestHq } from './support/shop.ts';

const TABLES = { products: {}, orders: {}, order_items: {}, payments: {} };
let hq: TestHq;

beforeEach(async () => {
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    SELECT 'p' || g, 'sku-' || g, 'Product ' || g, g, 1000, 'store-1', now() FROM generate_series(1, 2000) g`);
});

afterEach(async () => {
  await hq.close();
});

const salesAtHq = async (): Promise<string[]> => {
  const { rows } = await hq.db.query<{ sale: string }>(
    'SELECT order_number AS sale FROM orders ORDER BY 1',
  );
  return rows.map(({ sale }) => sale);
};

const sale = (id: string) => ({ id, terminal: 'term-1', product: 'p1', quantity: 1, cents: 100 });

test('1, 8: a disk that fills up stops the sync in one code, keeps every sale, and goes on when there is room', async ({
  skip,
}) => {
  const room = mkdtempSync(join(tmpdir(), 'payflow-room-'));
  // In a mount namespace of its own: it is gone with the process, whatever happens.
  const script = `mount -t tmpfs -o size=6m none "$ROOM" || exit 77; exec "$NODE" "$CHILD" "$HQ" "$ROOM"`;
  const ran = spawnSync('unshare', ['-m', 'sh', '-c', script], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      ROOM: room,
      NODE: process.execPath,
      CHILD: join(import.meta.dirname, 'support', 'full-disk-child.ts'),
      HQ: hq.url,
    },
  });
  rmSync(room, { recursive: true, force: true });
  if (ran.error !== undefined || ran.status === 77 || /unshare/.test(ran.stderr))
    skip('no small disk can be mounted here');
  expect(ran.stderr).toBe('');
  expect(JSON.parse(ran.stdout)).toEqual({
    said: ['LOCAL_FULL', 'LOCAL_FULL', null, null],
    waiting: { count: 0 },
    check: { integrity_check: 'ok' },
    // Six megabytes are never enough: the status says so although everything is sent.
    causes: [{ code: 'STATUS_DISK_LOW', params: {} }],
  });
  expect(await salesAtHq()).toEqual(['after', 'before-1', 'before-2']);
});

test('8: a file that another program holds for long is waited for, again and again', async () => {
  using file = temporaryFile();
  const terminal = await createTerminal(hq, 'T1', { path: file.path });
  sell(terminal.pos, sale('one'));
  // Another process: POSIX locks do not hold between two SQLite libraries of one.
  const other = spawn(
    process.execPath,
    [
      '-e',
      `const { DatabaseSync } = require('node:sqlite');
       const db = new DatabaseSync(process.argv[1], { timeout: 5000 });
       db.exec('BEGIN IMMEDIATE'); console.log('held'); setInterval(() => db, 1000);`,
      file.path,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  using held = { [Symbol.dispose]: () => void other.kill('SIGKILL') };
  await once(other.stdout, 'data');

  const during = await terminal.trySync().then(
    ({ error }) => error,
    (error: unknown) => error,
  );
  held[Symbol.dispose]();
  await once(other, 'exit');
  await terminal.sync();

  expect(during).toMatchObject({ code: 'LOCAL_LOCKED' });
  expect(await salesAtHq()).toEqual(['one']);
  expect(await differences(hq.db, terminal.pos, TABLES)).toEqual([]);
  await terminal.close();
});

test('1, 7: from a damaged or truncated file nothing wrong reaches HQ, and the file put right goes on', async () => {
  using file = temporaryFile();
  const made = await createTerminal(hq, 'T1', { path: file.path });
  sell(made.pos, sale('one'));
  made.pos.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  await made.close();
  using kept = temporaryFile();
  copyFileSync(file.path, kept.path);
  const size = readFileSync(kept.path).length;
  const spoil: [name: string, how: () => void][] = [
    ['cut in the middle', () => truncateSync(file.path, Math.floor(size / 2 / 4096) * 4096)],
    ['cut inside a page', () => truncateSync(file.path, size - 2_000)],
    ['without its header', () => writeFileSync(file.path, Buffer.alloc(size))],
  ];
  // Whole pages of noise, all over the file, the first page with the schema aside: that is the case above.
  const pages = Math.floor(size / 4096);
  for (let share = 1; share <= scaled(4, 40); share += 1) {
    const page = 1 + Math.floor(((pages - 2) * share) / scaled(4, 40));
    spoil.push([
      `with noise in page ${String(page)}`,
      () => {
        const bytes = readFileSync(file.path);
        bytes.fill(0xa5, page * 4096, (page + 1) * 4096);
        writeFileSync(file.path, bytes);
      },
    ]);
  }
  for (const [name, how] of spoil) {
    copyFileSync(kept.path, file.path);
    how();
    const damaged = await createTerminal(hq, 'T1', { path: file.path, init: false });
    const { error } = await damaged.trySync().catch((failure: unknown) => ({ error: failure }));
    await damaged.close();
    rmSync(`${file.path}-wal`, { force: true });
    rmSync(`${file.path}-shm`, { force: true });

    // A page that nobody needed stays unseen until the data check; every other damage has its code.
    const codes = [undefined, 'LOCAL_DAMAGED', 'LOCAL_NOT_A_DATABASE', 'LOCAL_ERROR'];
    expect(codes, name).toContain((error as { code?: string } | undefined)?.code);
    expect(['', 'one'], name).toContain((await salesAtHq()).join());
    const { rows } = await hq.db.query('SELECT count(*)::int AS count FROM products');
    expect(rows, name).toEqual([{ count: 2000 }]);
  }
});

test('1: a till that died keeps what it had committed in the write-ahead log', async () => {
  using file = temporaryFile();
  await (await createTerminal(hq, 'T1', { path: file.path })).close();
  const died = spawnSync(
    process.execPath,
    [
      '-e',
      `const { DatabaseSync } = require('node:sqlite');
       const pos = new DatabaseSync(process.argv[1]);
       pos.exec("INSERT INTO customers (local_id, customer_code, first_name, last_name, store_id, created_at, updated_at) VALUES ('c', 'C', 'Una', 'Sent', 'store-1', '2026-11-22T10:00:00.000Z', '2026-11-22T10:00:00.000Z')");
       process.kill(process.pid, 'SIGKILL');`,
      file.path,
    ],
    { encoding: 'utf8' },
  );
  expect(died.signal, died.stderr).toBe('SIGKILL');
  expect(readFileSync(`${file.path}-wal`).length).toBeGreaterThan(0);

  const terminal = await createTerminal(hq, 'T1', { path: file.path, init: false });
  await terminal.sync();

  const { rows } = await hq.db.query('SELECT first_name FROM customers');
  expect(rows).toEqual([{ first_name: 'Una' }]);
  await terminal.close();
});

test('8.2, 11: a file whose write-ahead log was deleted is found to be an older one, and gets back what HQ has', async () => {
  using file = temporaryFile();
  using kept = temporaryFile();
  await (await createTerminal(hq, 'T1', { path: file.path })).close();
  const before = await createTerminal(hq, 'T1', { path: file.path, init: false });
  sell(before.pos, sale('sent'));
  await before.sync();
  // As a power cut would leave it: everything of this run is in the log only.
  copyFileSync(file.path, kept.path);
  await before.close();
  copyFileSync(kept.path, file.path);

  const after = await createTerminal(hq, 'T1', { path: file.path, init: false });
  expect(after.row('orders', 'sent')).toBeUndefined();
  sell(after.pos, sale('after'));
  await after.sync();
  const { causes } = (await after.app.status()).status;
  await after.sync();

  expect(causes.map(({ code }) => code)).toContain('STATUS_FILE_RESTORED');
  expect(await salesAtHq()).toEqual(['after', 'sent']);
  expect(await differences(hq.db, after.pos, TABLES)).toEqual([]);
  expect(after.row('products', 'p1', 'stock_quantity')).toEqual({ stock_quantity: 998 });
  await after.close();
});

test.runIf(LONG)(
  '1: a disk that fails to flush is never taken for one that has: each flush of a cycle fails once',
  { timeout: 3_600_000 },
  async ({ skip }) => {
    if (spawnSync('strace', ['-V']).error !== undefined) skip('strace is not here');
    using file = temporaryFile();
    await (await createTerminal(hq, 'T1', { path: file.path })).close();
    const ledger: string[] = [];
    for (let flush = 1; flush <= 12; flush += 1) {
      const pos = new DatabaseSync(file.path, { timeout: 5_000 });
      const id = `sale-${String(flush).padStart(2, '0')}`;
      sell(pos, sale(id));
      ledger.push(id);
      pos.close();
      await hq.db.query('UPDATE products SET selling_price = selling_price + 1');
      const inject = `inject=fdatasync,fsync:error=EIO:when=${String(flush)}+`;
      spawnSync(
        'strace',
        [
          '-f',
          '-qq',
          '-o',
          '/dev/null',
          '-e',
          inject,
          process.execPath,
          sourceCli,
          'sync',
          '--json',
        ],
        {
          env: {
            PATH: process.env['PATH'],
            HOME: join(file.path, '..'),
            DATABASE_URL: hq.url,
            PAYFLOW_DB: file.path,
            PAYFLOW_TERMINAL: 'T1',
            PAYFLOW_LOG_DIR: join(file.path, '..', 'logs'),
          },
        },
      );
      await sleep(10);

      const terminal = await createTerminal(hq, 'T1', { path: file.path, init: false });
      await terminal.sync();

      expect(await salesAtHq()).toEqual(ledger);
      expect(await differences(hq.db, terminal.pos, TABLES), inject).toEqual([]);
      await terminal.close();
    }
  },
);
