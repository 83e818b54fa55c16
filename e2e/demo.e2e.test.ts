import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { DemoResult } from '../electron/host/app-types.ts';
import { sourceCli } from './support/cli.ts';

interface Home extends AsyncDisposable {
  readonly folder: string;
}

/** An empty temporary folder, of one demo alone: two of them run side by side, because each shows its shop in a person's time. */
async function emptyHome(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'payflow-demo-test-'));
  // The server runs as another user when we are root.
  await chmod(folder, 0o711);
  return {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Ended {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
  readonly processes: readonly number[];
}

/** Processes that came from this one, by `ps`; nothing where there is no `ps`. */
function descendants(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = (stdout ?? '').split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const parent of found)
    found.push(...pairs.flatMap(([child = 0, of]) => (of === parent ? [child] : [])));
  return found;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The demo with that folder as its home; `onText` sees its output so far, and its processes. */
async function demo(
  { folder }: Home,
  args: readonly string[],
  onText: (out: string, pid: number, processes: readonly number[]) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [sourceCli, 'demo', ...args], {
    env: { ...process.env, TMPDIR: folder, HOME: folder, XDG_CONFIG_HOME: folder },
  });
  const pid = child.pid ?? 0;
  const processes = new Set<number>();
  const look = (): void => descendants(pid).forEach((each) => processes.add(each));
  const watch = setInterval(look, 300);
  let [out, err] = ['', ''];
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString();
    look();
    onText(out, pid, [...processes]);
  });
  const exit = await new Promise<number | null>((done) => child.once('close', done));
  clearInterval(watch);
  return { exit, out, err, processes: [...processes] };
}

async function expectNothingLeft({ folder }: Home, { processes }: Ended): Promise<void> {
  // Itself, the server, its guard, the till, the back office.
  expect(processes.length).toBeGreaterThanOrEqual(5);
  await vi.waitUntil(() => !processes.some(isRunning), { timeout: 15_000 });
  expect(await readdir(folder)).toEqual([]);
}

test.concurrent(
  'demo --once shows a row that waits and is released, ends equal, and leaves nothing',
  async () => {
    await using home = await emptyHome();
    const ended = await demo(home, ['--once']);
    expect({ exit: ended.exit, err: ended.err }).toEqual({ exit: 0, err: '' });
    expect(ended.out).toMatch(/^Sample shop .* 2 stores, 4 tills, 40 users, 500 products, /m);
    const skipped =
      /Skipped orders:(ord_\d+) - missing FK dependencies: shift_id->shifts\[shift_\d+\]/;
    const order = skipped.exec(ended.out)?.[1];
    expect(order).toBeDefined();
    expect(ended.out.indexOf(`Released by itself: orders:${order}`)).toBeGreaterThan(
      ended.out.search(skipped),
    );
    expect(ended.out).toMatch(/Verify: both sides are equal, \d+ rows in \d+ tables/);
    const [, tookTotal, tookSales, hqTotal, hqSales] =
      /took ([\d.]+) in (\d+) sales; HQ has ([\d.]+) in (\d+)/.exec(ended.out) ?? [];
    expect(Number(tookSales)).toBeGreaterThan(0);
    expect([hqTotal, hqSales]).toEqual([tookTotal, tookSales]);
    const office = /^Office: .*/m.exec(ended.out)?.[0] ?? '';
    for (const kind of ['price changes', 'new products', 'products deleted'])
      expect(office).toMatch(new RegExp(`\\b${kind} [1-9]`));
    const [push = '', pull = '', total = ''] = ended.out.trimEnd().split('\n').slice(-3);
    expect(push).toMatch(/^PUSH \(PostgreSQL -> SQLite\): [1-9]\d* records synced$/);
    expect(pull).toMatch(/^PULL \(SQLite -> PostgreSQL\): [1-9]\d* records synced$/);
    expect(total).toMatch(/^Total: [1-9]\d* records - 0 errors$/);
    await expectNothingLeft(home, ended);
  },
);

test.concurrent('demo --once --json prints one document and nothing else', async () => {
  await using home = await emptyHome();
  const ended = await demo(home, ['--once', '--json', '--rows', '400']);
  expect({ exit: ended.exit, err: ended.err }).toEqual({ exit: 0, err: '' });
  const result = JSON.parse(ended.out) as DemoResult;
  expect(result.verify).toMatchObject({ equal: true, explained: 0 });
  expect(result.released).toBe(true);
  expect(result.held.map(({ table }) => table)).toContain('orders');
  expect(result.books?.hq).toEqual(result.books?.till);
  // What the back office did to products is here, or gone: `verify` has compared each. A product that is deleted may be one of
  // the other store, which no cycle of this till has to bring.
  const { office } = result;
  for (const kind of ['price changes', 'new products', 'products deleted'])
    expect(office[kind], kind).toBeGreaterThan(0);
  const came = result.reports.map(({ tables }) => tables['products']?.download.applied ?? 0);
  expect(Math.max(...came)).toBeGreaterThan(0);
});

test('Ctrl-C in the middle of the endless demo ends it well and leaves nothing', async () => {
  let told = false;
  await using home = await emptyHome();
  const ended = await demo(home, [], (out, pid) => {
    if (told || !/^ {2}2 {2}\d+ rows/m.test(out)) return;
    told = true;
    process.kill(pid, 'SIGINT');
  });
  expect({ exit: ended.exit, err: ended.err }).toEqual({ exit: 0, err: '' });
  expect(ended.out).toContain('payflow.db   ');
  expect(ended.out).toContain('Verify: both sides are equal');
  expect(ended.out).toMatch(/- 0 errors\n$/);
  await expectNothingLeft(home, ended);
});

test.concurrent('Ctrl-C before the first sync ends it too', async () => {
  let told = false;
  await using home = await emptyHome();
  const ended = await demo(home, [], (out, pid) => {
    if (told || !out.includes('PayFlow demo')) return;
    told = true;
    process.kill(pid, 'SIGINT');
  });
  expect({ exit: ended.exit, err: ended.err }).toEqual({ exit: 0, err: '' });
  expect(ended.out).toContain('Stopped before the first sync. Nothing of the demo is left.');
  await vi.waitUntil(() => !ended.processes.some(isRunning), { timeout: 15_000 });
  expect(await readdir(home.folder)).toEqual([]);
});

test.concurrent(
  'a program of the demo that dies ends the demo with one sentence and leaves nothing',
  async () => {
    let told = false;
    await using home = await emptyHome();
    const ended = await demo(home, [], (out, _, processes) => {
      if (told || !/^ {2}2 {2}\d+ rows/m.test(out)) return;
      told = true;
      for (const pid of processes) {
        const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], {
          encoding: 'utf8',
        });
        if (stdout.includes('pos.ts')) process.kill(pid, 'SIGKILL');
      }
    });
    expect(ended.exit).toBe(1);
    expect(ended.err).toMatch(/^The demo has ended .* the till, stopped working: SIGKILL\. .*\n$/);
    // The trace, in the log of the user's folder.
    expect(await readdir(home.folder)).toEqual(['PayFlow']);
    await vi.waitUntil(() => !ended.processes.some(isRunning), { timeout: 15_000 });
  },
);
