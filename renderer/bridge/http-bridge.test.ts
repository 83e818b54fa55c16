import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostEvent } from '../../shared/contract.ts';
import { TOPICS } from '../../shared/contract.ts';
import { CallFailed, type LinkState } from './bridge.ts';
import { eventData } from './event-stream.ts';
import { httpBridge, type HttpBridge } from './http-bridge.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server;
let handler: Handler;
let base: string;
const bridges: HttpBridge[] = [];

beforeEach(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      handler(request, response, body);
    });
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  for (const bridge of bridges.splice(0)) bridge.close();
  server.closeAllConnections();
  await new Promise((done) => {
    server.close(done);
  });
});

function open(): HttpBridge {
  const bridge = httpBridge({ base, retryAfter: [0, 5] });
  bridges.push(bridge);
  return bridge;
}

const reply = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

/** Waits for the moment that `holds`, however long the machine takes. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test('a call goes to its method with its arguments, and its value comes back', async () => {
  const seen: string[] = [];
  handler = (request, response, body) => {
    seen.push(`${request.method} ${request.url} ${body}`);
    reply(response, { ok: true, value: { queued: true, runId: 'r1' } });
  };

  const answer = await open().call('startSync', { direction: 'both' });

  expect(seen).toEqual(['POST /api/call/startSync {"direction":"both"}']);
  expect(answer).toEqual({ queued: true, runId: 'r1' });
});

test("the host's refusal arrives with code and parameters, whatever the HTTP status", async () => {
  handler = (_request, response) => {
    reply(
      response,
      { ok: false, error: { code: 'TERMINAL_UNKNOWN', params: { code: 'T-9' } } },
      409,
    );
  };

  await expect(open().call('settings', {})).rejects.toMatchObject({
    code: 'TERMINAL_UNKNOWN',
    params: { code: 'T-9' },
  });
});

test('a stopped server and a page of another one are a lost link, not an error of the window', async () => {
  handler = (_request, response) => {
    response.writeHead(502, { 'content-type': 'text/html' });
    response.end('<h1>Bad gateway</h1>');
  };
  await expect(open().call('status', {})).rejects.toMatchObject({ code: 'LINK_LOST' });

  const nowhere = httpBridge({ base: 'http://127.0.0.1:1' });
  const failure = await nowhere.call('status', {}).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CallFailed);
  expect(failure).toMatchObject({ code: 'LINK_LOST' });
});

test('events arrive in order; after a break the stream comes back and every list asks again', async () => {
  const streams: ServerResponse[] = [];
  handler = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
    streams.push(response);
  };
  const events: HostEvent[] = [];
  open().subscribe((event) => events.push(event));
  await until(() => streams.length === 1);
  streams[0]?.write('data: {"type":"changed","topics":["held"]}\n\n');
  // Cut in the middle of a line and of a letter.
  const second = Buffer.from('data: {"type":"navigate","screen":"held","note":"é"}\n\n');
  streams[0]?.write(second.subarray(0, second.length - 6));
  streams[0]?.write(second.subarray(second.length - 6));
  streams[0]?.write('data: not json\n\ndata: {"type":"unknown"}\n\n');
  await until(() => events.length === 2);

  streams[0]?.end();
  await until(() => events.length === 3);

  expect(events.map(({ type }) => type)).toEqual(['changed', 'navigate', 'changed']);
  expect(events[2]).toEqual({ type: 'changed', topics: TOPICS });
});

test('a link that stays away is said once, and once when it is back', async () => {
  let away = false;
  const streams: ServerResponse[] = [];
  handler = (request, response) => {
    if (away) {
      request.socket.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    streams.push(response);
  };
  const states: LinkState[] = [];
  const bridge = open();
  bridge.watchLink((state) => states.push(state));
  bridge.subscribe(() => undefined);
  await until(() => streams.length === 1);

  away = true;
  streams[0]?.destroy();
  await until(() => states.length === 1);
  away = false;
  await until(() => states.length === 2);

  expect(states).toEqual(['lost', 'up']);
});

test('without a session the link is signed out, and a sign-in brings it and the events back', async () => {
  let signedIn = false;
  const asked: string[] = [];
  handler = (request, response, body) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === '/api/session') {
      const good = body === '{"token":"good"}';
      signedIn = good;
      reply(
        response,
        good
          ? { ok: true, value: { role: 'manager', endsAt: 1 } }
          : { ok: false, error: { code: 'API_SIGN_IN', params: {} } },
        good ? 200 : 401,
      );
    } else if (!signedIn) {
      reply(response, { ok: false, error: { code: 'API_SIGN_IN', params: {} } }, 401);
    } else {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"type":"changed","topics":["runs"]}\n\n');
    }
  };
  const states: LinkState[] = [];
  const events: HostEvent[] = [];
  const bridge = open();
  bridge.watchLink((state) => states.push(state));
  bridge.subscribe((event) => events.push(event));
  await until(() => states.length === 1);
  expect(states).toEqual(['signed-out']);
  const askedBefore = asked.filter((line) => line.endsWith('/api/events')).length;
  expect(askedBefore, 'it does not knock again and again').toBe(1);

  await expect(bridge.signIn({ token: 'bad' })).rejects.toMatchObject({ code: 'API_SIGN_IN' });
  await bridge.signIn({ token: 'good' });
  await until(() => events.length >= 2);

  expect(states).toEqual(['signed-out', 'up']);
  expect(events).toContainEqual({ type: 'changed', topics: ['runs'] });
});

test('the data of an event may have several lines, and lines may end as in Windows', async () => {
  const body = new Blob([
    'event: x\r\ndata: a\r\ndata:b\r\n\r\n:note\n\ndata: c\n\ndata: cut',
  ]).stream();
  const found: string[] = [];
  for await (const data of eventData(body)) found.push(data);
  expect(found).toEqual(['a\nb', 'c']);
});
