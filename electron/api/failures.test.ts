import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { tempFolder } from '../local/testing.ts';
import { testApi, type TestApi } from './testing.ts';

/** As it is on the wire: a client's library would tidy the address up. */
async function raw({ app }: TestApi, target: string, ...headers: readonly string[]) {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  const lines = [`GET ${target} HTTP/1.1`, 'host: 127.0.0.1', 'connection: close', ...headers];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const answer = await text(socket);
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s);
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body) as Record<string, unknown> };
}

const failure = (code: string) => ({
  ok: false,
  error: { code, params: expect.any(Object) as object, message: expect.any(String) as string },
});

/** A server with a built page of one file. */
async function withPage(folder: string): Promise<TestApi> {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<p>PayFlow</p>');
  writeFileSync(join(folder, 'assets', 'app-1.js'), '1');
  return testApi({ rendererFolder: folder });
}

test.each([
  ['/../x', 404, 'API_NOT_FOUND'],
  ['/%2e%2e/x', 404, 'API_NOT_FOUND'],
  ['/assets/..%5c..%5cx', 404, 'API_NOT_FOUND'],
  ['//evil.com/', 404, 'API_NOT_FOUND'],
  ['http://evil.com/', 404, 'API_NOT_FOUND'],
  ['/%00', 404, 'API_NOT_FOUND'],
  ['/%', 400, 'API_BAD_INPUT'],
])('%s is the refusal of a request, and nothing for the log', async (target, status, code) => {
  using folder = tempFolder();
  await using api = await withPage(folder.path);
  expect(await raw(api, target)).toEqual({ status, body: failure(code) });
  expect(api.logged).toEqual([]);
});

test('a part of a file that is not there is not found', async () => {
  using folder = tempFolder();
  await using api = await withPage(folder.path);
  const answer = await raw(api, '/assets/app-1.js', 'range: bytes=500-600');
  expect(answer).toEqual({ status: 404, body: failure('API_NOT_FOUND') });
  expect(api.logged).toEqual([]);
});

test('where the log lies is told to nobody who is not signed in', async () => {
  await using api = await testApi();
  api.codes.redeem = () => {
    throw new Error('nobody expected this');
  };
  const { statusCode, body } = await api.app.inject({
    method: 'POST',
    url: '/api/session',
    headers: { host: 'localhost' },
    payload: { code: 'x' },
  });
  expect([statusCode, JSON.parse(body)]).toMatchObject([500, failure('INTERNAL')]);
  expect(body).toContain('did not expect');
  expect(body).not.toContain('/log');
  expect(api.logged).toHaveLength(1);
});
