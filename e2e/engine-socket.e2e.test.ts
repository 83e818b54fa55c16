/** A command beside a running `payflow serve` asks it (DESIGN 10); it prints and ends as it does without one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { builtCli } from './support/built-desktop.ts';
import { createCli, type TestCli } from './support/cli.ts';
import { atHq } from './support/rows.ts';
import { sell } from './support/sale.ts';
import { startServe, type ServeProcess } from './support/serve-process.ts';
import { createHq, type TestHq } from './support/shop.ts';

let hq: TestHq;
let till: TestCli;
let serve: ServeProcess | null = null;

beforeAll(async () => {
  hq = await createHq();
  await atHq(hq.db, 'products', { id: 'tea', name: 'Tea', master_stock_quantity: 100 });
  till = createCli(hq.url);
  const { exit, err } = await till.run(['init']);
  if (exit !== 0) throw new Error(err);
});

afterEach(async () => {
  await serve?.kill();
  serve = null;
});

afterAll(async () => {
  till.close();
  await hq.close();
});

const socket = (): string => join(`${till.db}.engine`, 'socket');

/** What only says who did the work: none of DATABASE_URL and PAYFLOW_TERMINAL is the command's own. */
const asking = { env: { DATABASE_URL: '', PAYFLOW_TERMINAL: '' } };

async function serving(): Promise<ServeProcess> {
  serve = await startServe({
    url: hq.url,
    folder: till.folder,
    db: till.db,
    // Only what is asked for runs.
    env: { SYNC_MODE: 'manual', PAYFLOW_NO_TIMER: '1' },
  });
  return serve;
}

function sellTea(number: string): void {
  const pos = new DatabaseSync(till.db, { timeout: 5000 });
  sell(pos, { id: number, terminal: 'term-1', product: 'tea', quantity: 1, cents: 500 });
  pos.close();
}

const timesAtHq = async (number: string): Promise<number> =>
  (await hq.db.query('SELECT 1 FROM orders WHERE order_number = $1', [number])).rowCount ?? 0;

/** Names and times of a run differ between any two. */
const plain = (json: unknown): unknown =>
  JSON.parse(
    JSON.stringify(json, (key, value: unknown) =>
      ['runId', 'durationMs'].includes(key) ? undefined : value,
    ),
  );

test('10: beside a running engine, sync goes both ways through it and says the same as alone', async () => {
  sellTea('S-1');
  await atHq(hq.db, 'products', { id: 'jam', name: 'Jam', master_stock_quantity: 5 });
  const alone = await till.json(['sync']);
  expect(await timesAtHq('S-1')).toBe(1);

  const engine = await serving();
  sellTea('S-2');
  await atHq(hq.db, 'products', { id: 'rice', name: 'Rice', master_stock_quantity: 5 });
  const beside = await till.json(['sync'], asking);
  expect(await timesAtHq('S-2')).toBe(1);
  expect({ ...beside, json: plain(beside.json) }).toEqual({ ...alone, json: plain(alone.json) });
  const pos = new DatabaseSync(till.db, { readOnly: true });
  expect(pos.prepare(`SELECT name FROM products WHERE server_id = 'rice'`).all()).toHaveLength(1);
  pos.close();
  // The window knows of it: the run stands in its list under the name that the command printed.
  const { json } = await till.json(['logs'], asking);
  expect(json).toMatchObject([{ runId: (beside.json as { runId: string }).runId }, {}, {}]);
  expect(statSync(socket()).mode & 0o777).toBe(0o600);
  expect(statSync(`${till.db}.engine`).mode & 0o777).toBe(0o700);
  await engine.stop();
  expect(existsSync(`${till.db}.engine`)).toBe(false);
});

test('10: the other commands that write ask it too, with the same words and ends', async () => {
  const commands = [
    ['verify'],
    ['retry'],
    ['schema', 'fix'],
    ['reset', '--table', 'products'],
    ['init'],
    ['sync', '--table', 'nothing'],
  ];
  const alone = [];
  for (const args of commands) {
    const { exit, out, err } = await till.run(args);
    alone.push({ args, exit, out, err });
  }
  await serving();
  // The lock is the engine's: a command that did not ask would be refused.
  expect((await till.run(['sync'], asking)).exit).toBe(0);
  const beside = [];
  for (const args of commands) {
    const { exit, out, err } = await till.run(args, asking);
    beside.push({ args, exit, out, err });
  }
  expect(beside).toEqual(alone);
  expect(alone.map(({ exit }) => exit)).toEqual([0, 0, 0, 0, 0, 2]);
});

test('10: kill -9 leaves no obstacle: a command works by itself, and the next engine is asked', async () => {
  const killed = await serving();
  // A second engine is refused at once, also before the first has run a cycle.
  expect(await till.json(['serve', '--port', '0'])).toMatchObject({
    exit: 1,
    json: { error: { code: 'ENGINE_RUNNING' } },
  });
  await killed.kill();
  expect(existsSync(socket())).toBe(true);
  sellTea('S-3');
  expect((await till.run(['sync'])).exit).toBe(0);
  expect(await timesAtHq('S-3')).toBe(1);
  await serving();
  sellTea('S-4');
  expect((await till.run(['sync'], asking)).exit).toBe(0);
  expect(await timesAtHq('S-4')).toBe(1);
});

test('9: through another name of the file no second engine starts, and one of a symlink is asked', async () => {
  const other = join(till.folder, 'other');
  const [hard, soft] = [join(other, 'hard.db'), join(other, 'soft.db')];
  mkdirSync(other);
  const engine = await serving();
  expect((await till.run(['sync'], asking)).exit).toBe(0);
  linkSync(till.db, hard);
  symlinkSync(till.db, soft);

  for (const args of [['sync'], ['serve', '--port', '0']])
    expect(await till.json(args, { env: { PAYFLOW_DB: hard } })).toMatchObject({
      exit: 1,
      json: { error: { code: 'ENGINE_RUNNING' } },
    });
  sellTea('S-6');
  expect((await till.run(['sync'], { env: { ...asking.env, PAYFLOW_DB: soft } })).exit).toBe(0);
  expect(await timesAtHq('S-6')).toBe(1);
  // Not even looked at: a log beside the wrong name is how SQLite files with two names are ruined.
  expect(readdirSync(other).toSorted()).toEqual(['hard.db', 'soft.db']);

  await engine.stop();
  rmSync(other, { recursive: true });
});

test('10: Ctrl-C takes the command back; the engine goes on', async () => {
  await serving();
  // Somebody else's long transaction on the orders: the upload waits for it.
  sellTea('S-5');
  const blocker = hq.db;
  await blocker.query('BEGIN');
  await blocker.query('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
  try {
    const child = spawn(process.execPath, [builtCli, 'sync', '--json'], {
      cwd: till.folder,
      env: { PATH: process.env['PATH'], HOME: till.folder, PAYFLOW_DB: till.db },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    const ended = once(child, 'close') as Promise<[number | null]>;
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    const look = async (): Promise<number | null> => {
      // Within a transaction PostgreSQL answers from what it saw first.
      await blocker.query('SELECT pg_stat_clear_snapshot()');
      return (await blocker.query(waiting)).rowCount;
    };
    await expect.poll(look).toBeGreaterThan(0);
    child.kill('SIGINT');
    await blocker.query('ROLLBACK');
    const [exit] = await ended;
    const { status } = JSON.parse(out) as { status: string };
    expect([exit, status]).toEqual(status === 'cancelled' ? [1, 'cancelled'] : [0, 'completed']);
  } finally {
    await blocker.query('ROLLBACK');
  }
  expect((await till.run(['sync'], asking)).exit).toBe(0);
  expect(await timesAtHq('S-5')).toBe(1);
});
