/** Who may do what over HTTP: `payflow serve` as it runs, asked by programs that hold other keys than they should. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostEvent } from '../shared/contract.ts';
import { readEvents } from './support/events.ts';
import { createCli } from './support/cli.ts';
import { makeToken } from './support/jwt.ts';
import { startServe, TEST_JWT_SECRET, type ServeProcess } from './support/serve-process.ts';
import { createHq, type TestHq } from './support/shop.ts';

let hq: TestHq;
let serve: ServeProcess;
const folder = mkdtempSync(join(tmpdir(), 'payflow-api-'));

beforeAll(async () => {
  hq = await createHq();
  serve = await startServe({
    url: hq.url,
    folder,
    db: join(folder, 'payflow.db'),
    env: { SYNC_MODE: 'manual' },
  });
  // Lists answer once the first load has made the file.
  while ((await ask('GET', '/api/sync/stats', { token: manager() })).status !== 200)
    await sleep(100);
});

afterAll(async () => {
  await serve.stop();
  await hq.close();
  rmSync(folder, { recursive: true, force: true });
});

const seconds = (): number => Math.floor(Date.now() / 1000);

const claims = (more: Record<string, string | number> = {}): Record<string, string | number> => ({
  role: 'cashier',
  use: 'token',
  iss: 'payflow',
  aud: 'payflow-api',
  iat: seconds(),
  exp: seconds() + 600,
  ...more,
});

const cashier = (): string => makeToken(claims(), TEST_JWT_SECRET);
const manager = (): string => makeToken(claims({ role: 'manager' }), TEST_JWT_SECRET);

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** As any program would, with headers that a browser's fetch would not let through. */
function ask(
  method: string,
  path: string,
  options: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const text = options.body === undefined ? undefined : JSON.stringify(options.body);
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, serve.origin),
      {
        method,
        headers: {
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
      },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (part: string) => (body += part));
        answer.on('end', () => {
          let parsed: unknown = body;
          try {
            parsed = JSON.parse(body);
          } catch {
            // Not JSON: the text itself is the answer.
          }
          resolve({ status: answer.statusCode ?? 0, body: parsed });
        });
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

const trigger = (token?: string, headers?: Record<string, string>): Promise<Answer> =>
  ask('POST', '/api/sync/trigger?direction=both', {
    ...(token === undefined ? {} : { token }),
    ...(headers === undefined ? {} : { headers }),
  });

test('without a token, and with a wrong, expired, unsigned or borrowed one, nothing is told and nothing starts', async () => {
  const other = 'another secret, which this server does not have and never had';
  const refused: Record<string, string | undefined> = {
    none: undefined,
    'not a token': 'abc',
    'signed by another': makeToken(claims({ role: 'manager' }), other),
    expired: makeToken(claims({ iat: seconds() - 7200, exp: seconds() - 3600 }), TEST_JWT_SECRET),
    unsigned: makeToken(claims({ role: 'manager' }), '', 'none'),
    'another algorithm': makeToken(claims({ role: 'manager' }), TEST_JWT_SECRET, 'HS512'),
    'of another product': makeToken(claims({ iss: 'other' }), TEST_JWT_SECRET),
    'for another use': makeToken(claims({ use: 'session' }), TEST_JWT_SECRET),
    'an unknown role': makeToken(claims({ role: 'owner' }), TEST_JWT_SECRET),
    endless: makeToken(
      Object.fromEntries(Object.entries(claims()).filter(([name]) => name !== 'exp')),
      TEST_JWT_SECRET,
    ),
  };
  for (const [which, token] of Object.entries(refused)) {
    const answers = [
      await trigger(token),
      await ask('GET', '/api/sync/logs', token === undefined ? {} : { token }),
      await ask('POST', '/api/call/status', {
        ...(token === undefined ? {} : { token }),
        body: {},
      }),
      await ask('GET', '/api/events', token === undefined ? {} : { token }),
    ];
    expect(
      answers.map(({ status }) => status),
      which,
    ).toEqual([401, 401, 401, 401]);
    expect(JSON.stringify(answers), which).not.toContain('T1');
  }
});

test('a cashier sees and syncs, and is refused what only a manager may', async () => {
  expect(await trigger(cashier())).toMatchObject({
    status: 200,
    body: { ok: true, runId: expect.any(String) as string },
  });
  expect(await ask('POST', '/api/call/status', { token: cashier(), body: {} })).toMatchObject({
    status: 200,
    body: { ok: true, value: { terminal: 'T1' } },
  });

  const refused = await ask('POST', '/api/call/settings', { token: cashier(), body: {} });
  expect(refused).toMatchObject({ status: 403, body: { ok: false } });
  expect((await ask('DELETE', '/api/sync/checkpoints', { token: cashier() })).status).toBe(403);

  expect(await ask('POST', '/api/call/settings', { token: manager(), body: {} })).toMatchObject({
    status: 200,
    body: { ok: true, value: { terminal: 'T1' } },
  });
});

test('the token that `payflow token` prints is good at the server that runs', async () => {
  const cli = createCli(hq.url);
  try {
    const { exit, json } = await cli.json(['token', '--role', 'cashier'], {
      env: { JWT_SECRET: TEST_JWT_SECRET },
    });
    expect(exit).toBe(0);
    const { token } = json as { token: string };
    // Whatever the first load has come to: the status is always there.
    expect((await ask('GET', '/api/sync/status', { token })).status).toBe(200);
  } finally {
    cli.close();
  }
});

test('no answer of settings or diagnostics holds the password of HQ', async () => {
  const { password } = new URL(hq.url);
  const answers = [
    await ask('POST', '/api/call/settings', { token: manager(), body: {} }),
    await ask('POST', '/api/call/diagnostics', { token: manager(), body: {} }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(JSON.stringify(answers)).not.toContain(password);
});

test('a page of another site and a borrowed name of this machine are refused', async () => {
  const { port } = new URL(serve.origin);
  expect((await trigger(manager(), { origin: 'http://evil.example' })).status).toBe(403);
  expect((await trigger(manager(), { host: `evil.example:${port}` })).status).toBeGreaterThan(399);
  expect((await trigger(manager(), { origin: serve.origin })).status).toBe(200);
});

test('arguments that do not fit, unknown methods and paths out of the folder are refused', async () => {
  const token = manager();
  const call = (method: string, body: unknown): Promise<Answer> =>
    ask('POST', `/api/call/${method}`, { token, body });
  for (const [method, body] of [
    ['startSync', { direction: 'sideways' }],
    ['heldRows', { offset: 0, limit: 1e9, group: null }],
    ['heldRow', { ref: 'x; DROP TABLE orders' }],
    ['constructor', {}],
    ['nothing-like-it', {}],
  ] as const) {
    const { status, body: answer } = await call(method, body);
    expect(status, method).toBeGreaterThanOrEqual(400);
    expect(status, method).toBeLessThan(500);
    expect(answer, method).toMatchObject({
      ok: false,
      error: { code: expect.any(String) as string },
    });
  }
  for (const path of [
    '/../../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
  ]) {
    expect(JSON.stringify((await ask('GET', path, { token })).body), path).not.toContain('private');
  }
});

test('the one-time link is good once', async () => {
  const code = new URL(serve.link).searchParams.get('login');
  const signIn = (): Promise<Answer> =>
    ask('POST', '/api/session', { body: { code }, headers: { origin: serve.origin } });
  expect(await signIn()).toMatchObject({ status: 200, body: { ok: true } });
  const again = await signIn();
  expect(again.status).toBe(401);
  expect(again.body).toMatchObject({ ok: false });
});

test('events come as they happen, the status first', async () => {
  const stop = new AbortController();
  const answer = await fetch(new URL('/api/events', serve.origin), {
    headers: { authorization: `Bearer ${cashier()}` },
    signal: stop.signal,
  });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const seen: HostEvent[] = [];
  const reading = readEvents(answer, (event) => seen.push(event));
  await expect.poll(() => seen[0]?.type).toBe('status');
  const lastRuns = (): number[] =>
    seen.flatMap((event) => (event.type === 'status' ? [event.status.lastRun?.at ?? 0] : []));
  const before = Math.max(...lastRuns());
  await trigger(cashier());
  await expect.poll(() => Math.max(...lastRuns())).toBeGreaterThan(before);
  stop.abort();
  await reading;
});
