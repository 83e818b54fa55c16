import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { contract, METHODS, type Role } from '../../shared/contract.ts';
import { makeToken } from '../../e2e/support/jwt.ts';
import { HANDED_CODE_MS, LOGIN_CODE_MS } from './login-codes.ts';
import { SESSION_MAX_SECONDS, SESSION_SECONDS } from './sessions.ts';
import { runId, testApi, testSecret, type TestApi } from './testing.ts';
import { issueToken } from './tokens.ts';

const seconds = (): number => Math.floor(Date.now() / 1000);
const claims = (more: Record<string, string | number> = {}) => ({
  role: 'manager',
  use: 'token',
  iss: 'payflow',
  aud: 'payflow-api',
  iat: seconds(),
  exp: seconds() + 600,
  ...more,
});
const token = (role: Role = 'manager'): string => makeToken(claims({ role }), testSecret);
const bearer = (text: string) => ({ authorization: `Bearer ${text}`, host: '127.0.0.1:4000' });
const as = (role: Role) => bearer(token(role));
const anyText = expect.stringMatching(/\S.*\.$/) as string;
const failure = (code: string) => ({
  ok: false,
  error: { code, params: expect.any(Object) as object, message: anyText },
});

/** What the server answers, as status and body; every answer of the API is JSON. */
async function ask(
  { app }: TestApi,
  request: {
    method?: 'GET' | 'POST' | 'DELETE' | 'PUT';
    url: string;
    headers?: Record<string, string>;
    body?: unknown;
  },
) {
  const { method = 'POST', url, headers = as('manager'), body } = request;
  const answer = await app.inject({
    method,
    url,
    headers,
    ...(body === undefined ? {} : { payload: body as object }),
  });
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.body).not.toMatch(/\bat .*\.(ts|js):\d+/);
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>(), answer };
}

describe('who is let in', () => {
  const url = '/api/call/status';
  const expired = claims({ iat: seconds() - 700, exp: seconds() - 60 });
  const cases: [name: string, header: string, code: string][] = [
    ['a word that is no token', 'Bearer abc', 'API_SIGN_IN'],
    ['another scheme', `Basic ${token()}`, 'API_SIGN_IN'],
    ['another key', `Bearer ${makeToken(claims(), 'x'.repeat(40))}`, 'API_SIGN_IN'],
    ['alg none', `Bearer ${makeToken(claims(), '', 'none')}`, 'API_SIGN_IN'],
    ['another algorithm', `Bearer ${makeToken(claims(), testSecret, 'HS512')}`, 'API_SIGN_IN'],
    ['expired', `Bearer ${makeToken(expired, testSecret)}`, 'API_SESSION_ENDED'],
    ['expired, another key', `Bearer ${makeToken(expired, 'x'.repeat(40))}`, 'API_SIGN_IN'],
    ['another issuer', `Bearer ${makeToken(claims({ iss: 'other' }), testSecret)}`, 'API_SIGN_IN'],
    [
      'another audience',
      `Bearer ${makeToken(claims({ aud: 'other' }), testSecret)}`,
      'API_SIGN_IN',
    ],
    [
      'an unknown role',
      `Bearer ${makeToken(claims({ role: 'admin' }), testSecret)}`,
      'API_SIGN_IN',
    ],
    [
      "a session's token",
      `Bearer ${makeToken(claims({ use: 'session' }), testSecret)}`,
      'API_SIGN_IN',
    ],
    [
      'without an end',
      `Bearer ${makeToken({ role: 'manager', use: 'token', iss: 'payflow', aud: 'payflow-api', iat: seconds() }, testSecret)}`,
      'API_SIGN_IN',
    ],
  ];
  test('nobody without a token', async () => {
    await using api = await testApi();
    const { status, body, answer } = await ask(api, { url, headers: { host: 'localhost' } });
    expect([status, body]).toEqual([401, failure('API_SIGN_IN')]);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(api.host.calls).toEqual([]);
  });
  test.each(cases)('nobody with %s', async (_name, authorization, code) => {
    await using api = await testApi();
    const { status, body } = await ask(api, { url, headers: { host: 'localhost', authorization } });
    expect([status, body]).toEqual([401, failure(code)]);
    expect(api.host.calls).toEqual([]);
  });
  test('who has a token of `payflow token`, with its role and no other', async () => {
    await using api = await testApi();
    const issued = await issueToken(testSecret, 'cashier', 1);
    const { status, body } = await ask(api, { url, headers: bearer(issued.token), body: {} });
    expect([status, body]).toEqual([200, { ok: true, value: null }]);
    expect(api.host.calls[0]?.caller).toMatchObject({ role: 'cashier', surface: 'console' });
    expect(issued.expiresAt - Date.now()).toBeGreaterThan(3_590_000);
  });
});

describe('every method of the contract', () => {
  test.each(METHODS)(
    '%s: none without a token, a cashier only where the contract says so',
    async (method) => {
      await using api = await testApi();
      const url = `/api/call/${method}`;
      expect((await ask(api, { url, headers: { host: 'localhost' }, body: {} })).status).toBe(401);
      const cashier = await ask(api, { url, headers: as('cashier'), body: {} });
      const allowed = contract[method].role === 'cashier';
      const value = method === 'startSync' ? { queued: false, runId } : null;
      const answer = allowed ? [200, { ok: true, value }] : [403, failure('API_ROLE')];
      expect([cashier.status, cashier.body]).toEqual(answer);
      expect(api.host.calls.length).toBe(allowed ? 1 : 0);
      expect((await ask(api, { url, body: {} })).status).toBe(200);
    },
  );

  test('arguments reach the host as they were sent, and its failure comes back with its sentence', async () => {
    await using api = await testApi();
    api.host.answer = () => ({ ok: false, error: { code: 'REF_STALE', params: {} } });
    const { status, body } = await ask(api, { url: '/api/call/heldRow', body: { ref: 'r1' } });
    expect(api.host.calls).toMatchObject([{ method: 'heldRow', args: { ref: 'r1' } }]);
    expect([status, body]).toEqual([409, failure('REF_STALE')]);
  });

  test('a method that is none is not there', async () => {
    await using api = await testApi();
    for (const name of ['nothing', 'constructor', '__proto__', 'status/x']) {
      const { status, body } = await ask(api, { url: `/api/call/${name}`, body: {} });
      expect([status, body]).toEqual([404, failure('API_NOT_FOUND')]);
    }
    expect(api.host.calls).toEqual([]);
  });
});

describe('published endpoints', () => {
  test('trigger answers with the run it started, in the direction that was asked for', async () => {
    await using api = await testApi();
    for (const [query, direction] of [
      ['?direction=push', 'push'],
      ['?direction=pull', 'pull'],
      ['', 'both'],
    ] as const) {
      const { status, body } = await ask(api, {
        url: `/api/sync/trigger${query}`,
        headers: as('cashier'),
      });
      expect([status, body]).toEqual([200, { ok: true, runId }]);
      expect(api.host.calls.at(-1)).toMatchObject({ method: 'startSync', args: { direction } });
    }
  });

  test('lists and numbers have the shapes of --json', async () => {
    await using api = await testApi();
    const get = async (name: string) =>
      (await ask(api, { method: 'GET', url: `/api/sync/${name}`, headers: as('cashier') })).body;
    expect(await get('status')).toMatchObject({
      state: 'syncing',
      reason: anyText,
      terminal: 'T1',
      waiting: { upload: 3, held: 2, rejected: 1, conflicts: 4 },
      oldestUnsentAt: '2027-01-15T07:59:50.000Z',
      clockSkewMs: 12,
    });
    expect(await get('logs?limit=5')).toMatchObject([
      { runId, startedAt: expect.any(String) as string, status: 'completed' },
    ]);
    expect(await get('rejected')).toMatchObject([{ code: 'APPEND_ONLY', message: anyText }]);
    expect(await get('held')).toMatchObject([{ table: 'orders', id: 'o1', tries: 2 }]);
    expect(await get('conflicts')).toEqual([]);
    expect(await get('stats')).toEqual({ tables: {} });
    expect(await get('checkpoints')).toEqual([]);
    expect(api.api.asked).toEqual([
      'logs 5',
      'rejected',
      'held',
      'conflicts',
      'stats',
      'checkpoints',
    ]);
  });

  test('retry takes rows by name, or all', async () => {
    await using api = await testApi();
    const rows = [{ table: 'orders', id: 'a:b' }];
    for (const body of [{ rows }, undefined])
      expect(
        (await ask(api, { url: '/api/sync/retry', headers: as('cashier'), body })).body,
      ).toEqual({
        ok: true,
        runId,
      });
    expect(api.api.asked).toEqual([`retry ${JSON.stringify(rows)}`, 'retry []']);
  });

  test('8.2: only a manager takes a terminal over, and hears where nothing is to be taken', async () => {
    await using api = await testApi();
    const takeOver = (role: Role) => ask(api, { url: '/api/sync/take-over', headers: as(role) });
    expect(await takeOver('cashier')).toMatchObject({ status: 403 });
    expect(api.host.calls).toEqual([]);
    expect((await takeOver('manager')).body).toEqual({ ok: true, runId });
    expect(api.host.calls).toMatchObject([{ method: 'takeOver', caller: { role: 'manager' } }]);
    api.host.answer = () => ({ ok: false, error: { code: 'TAKE_OVER_NOT_ASKED', params: {} } });
    expect(await takeOver('manager')).toMatchObject({
      status: 409,
      body: failure('TAKE_OVER_NOT_ASKED'),
    });
  });

  test('8.1: notices are listed for all; only a manager dismisses one', async () => {
    await using api = await testApi();
    const list = await ask(api, {
      method: 'GET',
      url: '/api/sync/notices',
      headers: as('cashier'),
    });
    expect(list.body).toMatchObject([
      {
        id: 3,
        code: 'STATUS_HQ_MOVED',
        headline: 'HQ has moved to another server',
        message: anyText,
        settledAt: null,
      },
    ]);
    const dismiss = (role: Role, id: number) =>
      ask(api, { url: '/api/sync/notices/dismiss', headers: as(role), body: { id } });
    expect(await dismiss('cashier', 3)).toMatchObject({ status: 403 });
    expect((await dismiss('manager', 3)).body).toEqual({ ok: true, id: 3 });
    expect(await dismiss('manager', 4)).toMatchObject({
      status: 409,
      body: failure('NOTICE_SETTLED'),
    });
    expect(api.api.asked).toEqual(['notices', 'dismiss 3']);
  });

  test('only a manager resets', async () => {
    await using api = await testApi();
    const reset = (headers: Record<string, string>, query = '') =>
      ask(api, { method: 'DELETE', url: `/api/sync/checkpoints${query}`, headers });
    expect((await reset(as('cashier'))).body).toEqual(failure('API_ROLE'));
    expect(api.api.asked).toEqual([]);
    expect((await reset(as('manager'))).body).toEqual({ ok: true, tables: ['orders'] });
    expect((await reset(as('manager'), '?table=orders')).status).toBe(200);
    expect(api.api.asked).toEqual(['reset null', 'reset orders']);
    expect(await reset(as('manager'), '?table=nothing')).toMatchObject({
      status: 400,
      body: failure('TABLE_UNKNOWN'),
    });
  });

  test('metrics need a token and speak of the state', async () => {
    await using api = await testApi();
    expect(
      (await ask(api, { method: 'GET', url: '/metrics', headers: { host: 'localhost' } })).status,
    ).toBe(401);
    const { statusCode, body } = await api.app.inject({ url: '/metrics', headers: as('cashier') });
    expect(statusCode).toBe(200);
    expect(body).toMatch(/^payflow_held_rows 2$/m);
    expect(body).toMatch(/^payflow_oldest_unsent_seconds 10$/m);
    expect(body).toMatch(/^payflow_state\{state="syncing"\} 1$/m);
    expect(body).toMatch(/^payflow_http_answers_total\{status="401"\} 1$/m);
  });

  test('health and documentation need none', async () => {
    await using api = await testApi();
    const open = { host: 'localhost:4000' };
    expect((await ask(api, { method: 'GET', url: '/healthz', headers: open })).body).toEqual({
      ok: true,
    });
    const docs = await ask(api, { method: 'GET', url: '/api/docs/json', headers: open });
    const { paths } = docs.body as { paths: Record<string, unknown> };
    for (const method of METHODS) expect(paths).toHaveProperty([`/api/call/${method}`]);
    expect(paths).toHaveProperty(
      ['/api/sync/trigger', 'post', 'parameters', 0, 'schema', 'enum'],
      ['push', 'pull', 'both'],
    );
    const page = await api.app.inject({ url: '/api/docs', headers: open });
    expect(page.headers['content-type']).toMatch(/html/);
    const script = await api.app.inject({
      url: '/api/docs/static/swagger-ui-bundle.js',
      headers: open,
    });
    expect(script.headers['content-type']).toMatch(/javascript/);
    const { etag = '' } = script.headers;
    const again = await api.app.inject({
      url: '/api/docs/static/swagger-ui-bundle.js',
      headers: { ...open, 'if-none-match': String(etag) },
    });
    expect([script.statusCode, again.statusCode]).toEqual([200, 304]);
    expect((await ask(api, { method: 'GET', url: '/api/docs/no', headers: open })).status).toBe(
      404,
    );
  });
});

describe('bad input is one sentence with a code', () => {
  const cases: [url: string, payload: string, type: string, status: number, code: string][] = [
    ['/api/sync/trigger?direction=up', '', '', 400, 'API_BAD_INPUT'],
    ['/api/sync/trigger?x=1', '', '', 400, 'API_BAD_INPUT'],
    ['/api/sync/retry', '{"rows":[{"table":1}]}', 'application/json', 400, 'API_BAD_INPUT'],
    ['/api/sync/retry', '{"rows":', 'application/json', 400, 'API_BAD_INPUT'],
    ['/api/sync/retry', '{"__proto__":{"x":1}}', 'application/json', 400, 'API_BAD_INPUT'],
    ['/api/sync/retry', 'rows=1', 'application/x-www-form-urlencoded', 400, 'API_BAD_INPUT'],
    ['/api/session', '{}', 'application/json', 400, 'API_BAD_INPUT'],
    ['/api/session', '{"code":7}', 'application/json', 400, 'API_BAD_INPUT'],
    ['/nowhere', '', '', 404, 'API_NOT_FOUND'],
    ['/api/sync/nowhere', '', '', 404, 'API_NOT_FOUND'],
  ];
  test.each(cases)('%s %s', async (url, payload, type, status, code) => {
    await using api = await testApi();
    const answer = await api.app.inject({
      method: 'POST',
      url,
      headers: { ...as('manager'), ...(type === '' ? {} : { 'content-type': type }) },
      ...(payload === '' ? {} : { payload }),
    });
    expect([answer.statusCode, answer.json()]).toEqual([status, failure(code)]);
    expect(api.api.asked).toEqual([]);
  });

  test('a body that is too large is not read to its end', async () => {
    await using api = await testApi({ limits: { body: 100 } });
    const { status, body } = await ask(api, {
      url: '/api/sync/retry',
      body: { rows: 'x'.repeat(200) },
    });
    expect([status, body]).toEqual([413, failure('API_TOO_LARGE')]);
  });

  test('what nobody expected is said without its trace, which goes to the log', async () => {
    await using api = await testApi();
    api.host.call = () => Promise.reject(new Error('secret detail'));
    const { status, body, answer } = await ask(api, { url: '/api/call/status', body: {} });
    expect([status, body]).toEqual([500, failure('INTERNAL')]);
    expect(answer.body).not.toContain('secret detail');
    expect(api.logged).toMatchObject([{ code: 'INTERNAL', cause: { message: 'secret detail' } }]);
  });
});

describe('the address of a request', () => {
  const cases: [headers: Record<string, string>, welcome: boolean][] = [
    [{ host: '127.0.0.1:4000' }, true],
    [{ host: 'localhost:4000' }, true],
    [{ host: '[::1]:4000' }, true],
    [{ host: 'LOCALHOST' }, true],
    [{ host: 'evil.example' }, false],
    [{ host: 'evil.example:4000' }, false],
    [{ host: '127.0.0.1.evil.example' }, false],
    [{ host: 'localhost.evil.example:4000' }, false],
    [{ host: '192.168.1.5:4000' }, false],
    [{ host: 'localhost:4000', origin: 'http://localhost:4000' }, true],
    [{ host: 'localhost:4000', origin: 'http://localhost:4001' }, false],
    [{ host: 'localhost:4000', origin: 'http://evil.example' }, false],
    [{ host: 'localhost:4000', origin: 'null' }, false],
    [{ host: 'localhost:4000', 'sec-fetch-site': 'same-origin' }, true],
    [{ host: 'localhost:4000', 'sec-fetch-site': 'same-site' }, false],
    [{ host: 'localhost:4000', 'sec-fetch-site': 'cross-site' }, false],
  ];
  test.each(cases)('%j: %s', async (headers, welcome) => {
    await using api = await testApi();
    const { status, body } = await ask(api, {
      url: '/api/sync/trigger',
      headers: { ...as('manager'), ...headers },
    });
    const answer = welcome ? [200, { ok: true, runId }] : [403, failure('API_FOREIGN')];
    expect([status, body]).toEqual(answer);
    expect(api.host.calls.length).toBe(welcome ? 1 : 0);
  });

  test('a link elsewhere may open the page', async () => {
    await using api = await testApi();
    const headers = {
      host: 'localhost',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
    };
    expect((await ask(api, { method: 'GET', url: '/healthz', headers })).status).toBe(200);
    expect((await ask(api, { url: '/api/session', headers, body: { code: 'x' } })).status).toBe(
      403,
    );
  });

  test('listening for others, it answers to its own name and to addresses, never to other names', async () => {
    await using api = await testApi({ listenHost: 'till-1.shop.lan' });
    const status = async (host: string) =>
      (await ask(api, { method: 'GET', url: '/healthz', headers: { host } })).status;
    expect(await status('till-1.shop.lan:4000')).toBe(200);
    expect(await status('192.168.1.5:4000')).toBe(200);
    expect(await status('localhost:4000')).toBe(200);
    expect(await status('evil.example:4000')).toBe(403);
  });
});

test('too many requests are told to wait, also those without a token', async () => {
  await using api = await testApi({ limits: { requestsPerMinute: 3 } });
  const url = '/api/call/status';
  const nobody = { host: 'localhost' };
  for (let n = 0; n < 3; n += 1)
    expect((await ask(api, { url, headers: nobody })).status).toBe(401);
  const { status, body, answer } = await ask(api, { url, body: {} });
  expect([status, body]).toEqual([429, failure('API_TOO_MANY')]);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(api.host.calls).toEqual([]);
});

test('guessing sign-ins ends sooner', async () => {
  await using api = await testApi({ limits: { signInsPerMinute: 2 } });
  const guess = () =>
    ask(api, { url: '/api/session', headers: { host: 'localhost' }, body: { code: 'guess' } });
  expect((await guess()).status).toBe(401);
  expect((await guess()).status).toBe(401);
  expect((await guess()).body).toEqual(failure('API_TOO_MANY'));
});

describe('the session of the console', () => {
  const page = { host: 'localhost:4000', origin: 'http://localhost:4000' };
  const cookieOf = (answer: { headers: Record<string, unknown> }): string =>
    String(answer.headers['set-cookie']);
  const signIn = (api: TestApi, body: object) =>
    ask(api, { url: '/api/session', headers: page, body });
  const withCookie = (cookie: string) => ({ ...page, cookie: cookie.replace(/;.*/, '') });

  test('the one-time code opens it once, as a cookie that no script can read', async () => {
    await using api = await testApi();
    const code = api.codes.issue('manager');
    const first = await signIn(api, { code });
    expect(first.body).toEqual({
      ok: true,
      value: { role: 'manager', endsAt: expect.any(Number) as number },
    });
    const cookie = cookieOf(first.answer);
    expect(cookie).toMatch(
      /^payflow_session_\d+=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=900$/,
    );
    expect(await signIn(api, { code })).toMatchObject({
      status: 401,
      body: failure('API_LOGIN_USED'),
    });
    const { status } = await ask(api, {
      url: '/api/call/settings',
      headers: withCookie(cookie),
      body: {},
    });
    expect(status).toBe(200);
    expect(api.host.calls).toMatchObject([{ caller: { role: 'manager' }, method: 'settings' }]);
  });

  test('a code is good for some minutes only', async () => {
    let now = 1_000;
    await using api = await testApi({ now: () => now });
    const [code, late] = [api.codes.issue('manager'), api.codes.issue('cashier')];
    now += LOGIN_CODE_MS;
    expect((await signIn(api, { code })).status).toBe(200);
    now += 1;
    expect((await signIn(api, { code: late })).body).toEqual(failure('API_LOGIN_USED'));
  });

  test('a code that the app hands to a browser itself is good for half a minute', async () => {
    let now = 1_000;
    await using api = await testApi({ now: () => now });
    const [code, late] = [1, 2].map(() => api.codes.issue('manager', HANDED_CODE_MS));
    now += HANDED_CODE_MS;
    expect((await signIn(api, { code })).status).toBe(200);
    now += 1;
    expect((await signIn(api, { code: late })).body).toEqual(failure('API_LOGIN_USED'));
  });

  test('a token opens one of its role that does not outlive it', async () => {
    await using api = await testApi();
    const exp = seconds() + 100;
    const { body, answer } = await signIn(api, {
      token: makeToken(claims({ role: 'cashier', exp }), testSecret),
    });
    expect(body).toEqual({ ok: true, value: { role: 'cashier', endsAt: exp * 1000 } });
    expect(cookieOf(answer)).toMatch(/Max-Age=(100|99|98)$/);
    const bad = await signIn(api, { token: makeToken(claims(), 'x'.repeat(40)) });
    expect([bad.status, bad.body]).toEqual([401, failure('API_SIGN_IN')]);
  });

  test('it is renewed at half its time, and never beyond its end', async () => {
    await using api = await testApi();
    const { answer: first } = await signIn(api, { code: api.codes.issue('manager') });
    const [, body = ''] = cookieOf(first).split('.');
    const { sid } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { sid: string };
    const cookie = (age: number, ends: number): string => {
      const iat = seconds() - age;
      const session = claims({ use: 'session', sid, ends, iat, exp: iat + SESSION_SECONDS });
      return `payflow_session_0=${makeToken(session, testSecret)}`;
    };
    const renewed = async (age: number, ends = seconds() + SESSION_MAX_SECONDS) => {
      const headers = withCookie(cookie(age, ends));
      const { status, answer } = await ask(api, { url: '/api/call/status', headers, body: {} });
      expect(status).toBe(200);
      return answer.headers['set-cookie'];
    };
    expect(await renewed(10)).toBeUndefined();
    expect(await renewed(SESSION_SECONDS / 2)).toContain('Max-Age=900');
    expect(await renewed(SESSION_SECONDS / 2, seconds() + 480)).toMatch(/Max-Age=(480|479)$/);
    const over = withCookie(cookie(SESSION_SECONDS + 60, seconds() + 1));
    expect((await ask(api, { url: '/api/call/status', headers: over, body: {} })).body).toEqual(
      failure('API_SESSION_ENDED'),
    );
  });

  test('signing out ends it, for copies of the cookie too', async () => {
    await using api = await testApi();
    const cookie = cookieOf((await signIn(api, { code: api.codes.issue('manager') })).answer);
    const shown = () =>
      ask(api, { method: 'GET', url: '/api/session', headers: withCookie(cookie) });
    expect((await shown()).body).toMatchObject({ ok: true, value: { role: 'manager' } });
    const out = await ask(api, {
      method: 'DELETE',
      url: '/api/session',
      headers: withCookie(cookie),
    });
    expect(cookieOf(out.answer)).toContain('Max-Age=0');
    expect((await shown()).body).toEqual(failure('API_SESSION_ENDED'));
  });

  test('a cookie of the server before opens nothing: nobody knows whether it was signed out', async () => {
    await using before = await testApi();
    await using api = await testApi();
    const code = before.codes.issue('manager');
    const headers = withCookie(cookieOf((await signIn(before, { code })).answer));
    const shown = (of: TestApi) => ask(of, { method: 'GET', url: '/api/session', headers });
    expect((await shown(before)).status).toBe(200);
    expect((await shown(api)).body).toEqual(failure('API_SESSION_ENDED'));
  });

  test('a change needs the page it comes from; a token of scripts is no session', async () => {
    await using api = await testApi();
    const cookie = cookieOf((await signIn(api, { code: api.codes.issue('manager') })).answer);
    const { origin: _, ...bare } = withCookie(cookie);
    expect((await ask(api, { url: '/api/sync/trigger', headers: bare })).body).toEqual(
      failure('API_FOREIGN'),
    );
    const other = { ...page, cookie: `payflow_session_0=${token()}` };
    expect((await ask(api, { url: '/api/sync/trigger', headers: other })).body).toEqual(
      failure('API_SIGN_IN'),
    );
    expect(api.host.calls).toEqual([]);
  });
});

describe('the page', () => {
  test('that is not built says how to build it', async () => {
    await using api = await testApi();
    const { status, body } = await ask(api, {
      method: 'GET',
      url: '/',
      headers: { host: 'localhost' },
    });
    expect([status, body]).toEqual([503, failure('CONSOLE_NOT_BUILT')]);
  });

  test('comes with a policy that lets only itself in, and nothing beside its folder comes out', async () => {
    using place = mkdtempDisposableSync(join(tmpdir(), 'payflow-page-'));
    const folder = place.path;
    const root = join(folder, 'renderer');
    mkdirSync(join(root, 'assets'), { recursive: true });
    writeFileSync(join(root, 'index.html'), '<p>PayFlow</p>');
    writeFileSync(join(root, 'assets', 'app-1.js'), '1');
    writeFileSync(join(root, '.hidden'), 'hidden');
    writeFileSync(join(folder, 'secret'), 'secret');
    {
      await using api = await testApi({ rendererFolder: root });
      const get = (url: string) => api.app.inject({ url, headers: { host: 'localhost' } });
      const index = await get('/?login=code');
      expect([index.statusCode, index.body]).toEqual([200, '<p>PayFlow</p>']);
      expect(index.headers).toMatchObject({
        'content-security-policy':
          "default-src 'none';script-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' data:;" +
          "connect-src 'self';font-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      expect(index.headers).not.toHaveProperty('access-control-allow-origin');
      expect((await get('/assets/app-1.js')).headers['cache-control']).toContain('immutable');
      for (const url of ['/../secret', '/%2e%2e/secret', '/..%2fsecret', '/.hidden', '/assets/'])
        expect((await get(url)).statusCode, url).toBe(404);
    }
  });
});
