import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TOPICS, type HostEvent } from '../../shared/contract.ts';
import { testApi, testSecret, type TestApi } from './testing.ts';
import { issueToken } from './tokens.ts';

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

/** A client as a browser is one: it reads the stream, and says when it ends. */
async function listen(api: TestApi, headers: Record<string, string> = {}) {
  if (!api.app.server.listening) await api.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = api.app.server.address() as AddressInfo;
  const { token } = await issueToken(testSecret, 'cashier', 1);
  const by = 'cookie' in headers ? {} : { authorization: `Bearer ${token}` };
  const stop = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${String(port)}/api/events`, {
    headers: { ...by, ...headers },
    signal: stop.signal,
  });
  let text = '';
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) text += decoder.decode(chunk, { stream: true });
  })().catch(() => undefined);
  return {
    answer,
    ended,
    stop: () => {
      stop.abort();
    },
    text: () => text,
    events: () =>
      [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as HostEvent),
  };
}

const held: HostEvent = { type: 'changed', topics: ['held'] };

test('a client gets the status first, then what happens, in its order', async () => {
  await using api = await testApi();
  const client = await listen(api);
  expect(client.answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(client.answer.headers.get('cache-control')).toBe('no-store');
  expect(client.answer.headers.get('access-control-allow-origin')).toBeNull();
  await until(() => client.events().length === 1);
  api.host.emit(held);
  api.host.emit({ type: 'navigate', screen: 'held' });
  await until(() => client.events().length === 3);
  expect(client.events()).toEqual([
    { type: 'status', status: api.host.current() },
    held,
    { type: 'navigate', screen: 'held' },
  ]);
  client.stop();
});

test('whoever comes back is told that all lists may have changed', async () => {
  await using api = await testApi();
  const client = await listen(api, { 'last-event-id': '7' });
  await until(() => client.events().length === 2);
  expect(client.events()[1]).toEqual({ type: 'changed', topics: TOPICS });
  client.stop();
});

test('text of a database cannot end an event and start another', async () => {
  await using api = await testApi();
  const client = await listen(api);
  const view = api.host.current();
  const status = { ...view, terminal: 'a\n\ndata: {"type":"navigate","screen":"setup"}\r\r' };
  api.host.emit({ type: 'status', status });
  await until(() => client.events().length === 2);
  expect(client.events()[1]).toEqual({ type: 'status', status });
  client.stop();
});

test('a client that is gone leaves nothing behind', async () => {
  await using api = await testApi();
  const client = await listen(api);
  await until(() => client.events().length === 1);
  expect(api.host.listeners.size).toBe(1);
  client.stop();
  await until(() => api.host.listeners.size === 0);
});

test('a client that does not read is let go before it fills the memory', async () => {
  await using api = await testApi();
  await api.app.ready();
  const client = await listen(api);
  await until(() => client.events().length === 1);
  const status = { ...api.host.current(), store: 'x'.repeat(100_000) };
  // Nothing is read while this loop holds the thread.
  for (let n = 0; n < 100; n += 1) api.host.emit({ type: 'status', status });
  await until(() => api.host.listeners.size === 0);
  await client.ended;
  expect(client.events().length).toBeLessThan(100);
});

test('there is room for so many streams, and an ended one makes room', async () => {
  await using api = await testApi({ limits: { streams: 1 } });
  const first = await listen(api);
  expect((await listen(api)).answer.status).toBe(429);
  first.stop();
  await until(() => api.host.listeners.size === 0);
  const again = await listen(api);
  expect(again.answer.status).toBe(200);
  again.stop();
});

test('signing out ends the streams of its session, and no other', async () => {
  await using api = await testApi();
  const page = { host: 'localhost', origin: 'http://localhost' };
  const script = await listen(api);
  const { port } = api.app.server.address() as AddressInfo;
  const signIn = async () => {
    const payload = { code: api.codes.issue('manager') };
    const { headers } = await api.app.inject({
      method: 'POST',
      url: '/api/session',
      headers: page,
      payload,
    });
    // The cookie's name holds the port that the request came to.
    return String(headers['set-cookie'])
      .replace(/;.*/, '')
      .replace(/^\w+/, `payflow_session_${String(port)}`);
  };
  const [mine, other] = [await signIn(), await signIn()];
  const open = (cookie: string) => listen(api, { cookie });
  const [ended, stays] = [await open(mine), await open(other)];
  await until(() => ended.events().length === 1 && stays.events().length === 1);

  const out = await fetch(`http://127.0.0.1:${String(port)}/api/session`, {
    method: 'DELETE',
    headers: { cookie: mine, origin: `http://127.0.0.1:${String(port)}` },
  });
  expect(out.status).toBe(200);
  await ended.ended;
  api.host.emit(held);
  await until(() => script.events().length === 2 && stays.events().length === 2);
  expect(ended.events()).toHaveLength(1);
  script.stop();
  stays.stop();
});

test('the server ends its streams when it ends', async () => {
  await using api = await testApi();
  const client = await listen(api);
  await until(() => client.events().length === 1);
  await api.app.close();
  await client.ended;
  expect(api.host.listeners.size).toBe(0);
});

test('a question for the headers alone takes no place', async () => {
  await using api = await testApi({ limits: { streams: 1 } });
  const { token } = await issueToken(testSecret, 'cashier', 1);
  const headers = { authorization: `Bearer ${token}`, host: 'localhost' };
  for (let n = 0; n < 2; n += 1) {
    const { statusCode } = await api.app.inject({ method: 'HEAD', url: '/api/events', headers });
    expect(statusCode).toBe(404);
  }
  expect(api.host.listeners.size).toBe(0);
  const client = await listen(api);
  expect(client.answer.status).toBe(200);
  client.stop();
});
