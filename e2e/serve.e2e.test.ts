/** `payflow serve` and `payflow token` as processes: how they start, what they say, how they end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLocal } from '../electron/local/open.ts';
import { builtCli } from './support/built-desktop.ts';
import { bareEnvironment, createCli, type TestCli } from './support/cli.ts';
import { createHq, type TestHq } from './support/shop.ts';

let hq: TestHq;
let till: TestCli;

beforeAll(async () => {
  hq = await createHq();
  till = createCli(hq.url);
  const { exit, err } = await till.run(['init']);
  if (exit !== 0) throw new Error(err);
});

afterAll(async () => {
  till.close();
  await hq.close();
});

/** The terminal's `serve`, on any free port. It ends with the test, however that ends. */
async function serving(args: readonly string[] = [], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [builtCli, 'serve', '--port', '0', '--json', ...args], {
    cwd: till.folder,
    env: {
      ...bareEnvironment(),
      DATABASE_URL: hq.url,
      PAYFLOW_DB: till.db,
      PAYFLOW_TERMINAL: 'T1',
      PAYFLOW_LOG_DIR: join(till.folder, 'logs'),
      HOME: join(till.folder, 'home'),
      XDG_CONFIG_HOME: join(till.folder, 'home'),
      APPDATA: join(till.folder, 'home'),
      SYNC_MODE: 'manual',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await expect.poll(() => out.endsWith('}\n') || child.exitCode !== null).toBe(true);
  return {
    said: JSON.parse(out) as { url: string; loginUrl: string; warnings: string[] },
    err: () => err,
    out: () => out,
    async stop(signal: NodeJS.Signals) {
      child.kill(signal);
      return (await ended)[0];
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

test('serve says where it is in one document, and ends cleanly on Ctrl-C and on SIGTERM', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    await using serve = await serving();
    const { url, loginUrl } = serve.said;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(loginUrl).toMatch(new RegExp(`^${url}/\\?login=[\\w-]{43}$`));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await serve.stop(signal)).toBe(0);
    expect(serve.err()).toBe('');
    expect(JSON.parse(serve.out())).toEqual(serve.said);
    // Nothing of it holds the file any more.
    openLocal(till.db).close();
    expect((await till.run(['sync'])).exit).toBe(0);
  }
});

test('a second engine on the same file is refused before it does anything', async () => {
  await using serve = await serving();
  await expect
    .poll(async () => (await till.json(['serve', '--port', '0'])).json)
    .toMatchObject({ error: { code: 'ENGINE_RUNNING' } });
  expect((await fetch(`${serve.said.url}/healthz`)).status).toBe(200);
});

test('a port that is taken and a host that is not ours are one sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { exit, out, err } = await till.run(['serve', '--port', String(port)]);
  expect([exit, out]).toEqual([1, '']);
  expect(err).toBe(
    `Nothing was started or changed. Another program already uses the port ${String(port)}. ` +
      'Choose another with --port or the setting PORT.\n',
  );
  other.close();
  expect(await till.json(['serve', '--port', '0', '--host', '203.0.113.7'])).toMatchObject({
    exit: 1,
    json: { error: { code: 'API_NOT_LISTENING' } },
  });
  expect((await till.run(['sync'])).exit).toBe(0);
});

test('reachable from elsewhere, it warns that nothing is encrypted', async () => {
  await using serve = await serving(['--host', '0.0.0.0']);
  expect(serve.said.warnings).toContainEqual(expect.stringContaining('not encrypted'));
});

test('the demo shop syncs in its own place and leaves nothing of it', async () => {
  const before = till.files();
  const logBefore = till.log();
  await using serve = await serving(['--demo'], { TMPDIR: till.folder });
  const demoFolders = (): string[] =>
    readdirSync(till.folder).filter((name) => name.startsWith('payflow-'));
  expect(demoFolders().filter((name) => name.startsWith('payflow-demo-'))).not.toEqual([]);
  const signIn = await fetch(`${serve.said.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: new URL(serve.said.loginUrl).searchParams.get('login') }),
  });
  const [cookie = ''] = (signIn.headers.get('set-cookie') ?? '').split(';');
  const status = await fetch(`${serve.said.url}/api/sync/status`, { headers: { cookie } });
  expect(await status.json()).toMatchObject({ terminal: 'TILL-1' });
  expect(await serve.stop('SIGTERM')).toBe(0);
  expect(demoFolders()).toEqual([]);
  expect([till.files(), till.log()]).toEqual([before, logBefore]);
});

test('a key that can be guessed is refused', async () => {
  const env = { JWT_SECRET: 'short' };
  for (const args of [['serve'], ['token', '--role', 'cashier']])
    expect(await till.json(args, { env })).toMatchObject({
      exit: 2,
      json: {
        error: {
          code: 'SETTINGS_INVALID',
          message: expect.stringContaining('JWT_SECRET') as string,
        },
      },
    });
});

test('token prints the token alone; serve knows it by the key both keep for this user', async () => {
  const { exit, out, err } = await till.run(['token', '--role', 'cashier', '--hours', '2']);
  expect([exit, err]).toEqual([0, '']);
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const key = join(till.folder, 'home', 'PayFlow', 'api-secret');
  expect(statSync(key).mode & 0o777).toBe(0o600);

  await using serve = await serving();
  const ask = (token: string, method = 'GET', path = '/api/sync/checkpoints') =>
    fetch(serve.said.url + path, { method, headers: { authorization: `Bearer ${token}` } });
  expect((await ask(out.trim())).status).toBe(200);
  expect((await ask(out.trim(), 'DELETE')).status).toBe(403);
  const { json } = await till.json(['token', '--role', 'manager']);
  const { token, expiresAt } = json as { token: string; role: string; expiresAt: string };
  expect(json).toMatchObject({ role: 'manager' });
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(3_600_000);
  expect((await ask(token, 'DELETE')).status).toBe(200);
});
