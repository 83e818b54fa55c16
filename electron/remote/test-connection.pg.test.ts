/** The connection test of the settings form: it names the step that failed, and nothing is changed. */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../e2e/support/postgres.ts';
import { createHq, type TestHq } from '../../e2e/support/shop.ts';
import { parseDatabaseUrl } from '../host/database-url.ts';
import { readManifest } from '../schema/read-manifest.ts';
import { testConnection, type TestOptions } from './test-connection.ts';

const manifestPath = join(import.meta.dirname, '../../resources/manifest.yaml');
const manifest = readManifest(readFileSync(manifestPath, 'utf8'), manifestPath);
const login = 'connection_test_login';

let hq: TestHq;
let bare: TestDatabase;
const servers: Server[] = [];

beforeAll(async () => {
  hq = await createHq();
  bare = await createTestDatabase();
  await hq.db.query(`DROP ROLE IF EXISTS ${login}`);
  await hq.db.query(`CREATE ROLE ${login} LOGIN PASSWORD 'tea'`);
});

afterAll(async () => {
  for (const server of servers) server.close();
  await hq.db.query(`DROP OWNED BY ${login}; DROP ROLE ${login}`);
  await bare.drop();
  await hq.close();
});

type Address = TestOptions['address'];

const attempt = (
  change: Partial<Address> = {},
  more: Partial<Pick<TestOptions, 'terminal' | 'deadlineMs'>> = {},
) =>
  testConnection({
    address: { ...parseDatabaseUrl(hq.url), ...change },
    applicationName: 'connection test',
    manifest,
    terminal: null,
    ...more,
  });

/** A server on a free port that does with each connection what the test says. */
async function listen(onConnection: (socket: import('node:net').Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  servers.push(server);
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  return (server.address() as AddressInfo).port;
}

test('a good connection passes every step and lists the terminals with their stores', async () => {
  expect(await attempt({}, { terminal: 'T2' })).toEqual({
    ok: true,
    passed: ['name', 'connect', 'tls', 'login', 'tables', 'version', 'terminal'],
    failed: null,
    terminals: [
      { code: 'T1', name: 'Till 1', store: 'Main street' },
      { code: 'T2', name: 'Till 2', store: 'Main street' },
      { code: 'T3', name: 'Till 3', store: 'Harbour' },
    ],
  });
  expect(await attempt()).toMatchObject({ ok: true });
});

test('a name that nobody knows', async () => {
  expect(await attempt({ host: 'no-such-host.invalid' })).toMatchObject({
    ok: false,
    passed: [],
    failed: { step: 'name', message: { code: 'HQ_DNS' } },
  });
});

test('a port where nothing listens', async () => {
  const port = await listen(() => undefined);
  await new Promise((done) => servers.pop()?.close(done));
  expect(await attempt({ port })).toMatchObject({
    passed: ['name'],
    failed: { step: 'connect', message: { code: 'HQ_REFUSED' } },
  });
});

test('a server that takes the connection and never answers: the answer comes at the deadline', async () => {
  const port = await listen(() => undefined);
  expect(await attempt({ port }, { deadlineMs: 300 })).toMatchObject({
    passed: ['name'],
    failed: { step: 'connect', message: { code: 'HQ_TIMEOUT' } },
  });
});

test('something that is no PostgreSQL', async () => {
  const port = await listen((socket) => {
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  const { ok, failed } = await attempt({ port }, { deadlineMs: 3000 });
  expect([ok, failed?.step]).toEqual([false, 'connect']);
});

test('a server without encryption where the form asks for it', async () => {
  expect(await attempt({ ssl: { rejectUnauthorized: true } })).toMatchObject({
    passed: ['name', 'connect'],
    failed: { step: 'tls', message: { code: 'HQ_TLS' } },
  });
});

test('a wrong password, an unknown user, an unknown database', async () => {
  expect(await attempt({ user: login, password: 'coffee' })).toMatchObject({
    passed: ['name', 'connect', 'tls'],
    failed: { step: 'login', message: { code: 'HQ_LOGIN_REFUSED', params: { user: login } } },
  });
  expect(await attempt({ user: 'nobody-here' })).toMatchObject({ failed: { step: 'login' } });
  expect(await attempt({ user: login, password: undefined })).toMatchObject({
    failed: { step: 'login', message: { code: 'HQ_LOGIN_REFUSED' } },
  });
  expect(await attempt({ database: 'no_such_database' })).toMatchObject({
    failed: { step: 'login', message: { code: 'HQ_DATABASE_MISSING' } },
  });
});

test('a database without the tables says which, also where PayFlow is not installed', async () => {
  expect(await attempt({ database: bare.name })).toMatchObject({
    passed: ['name', 'connect', 'tls', 'login'],
    failed: { step: 'tables', message: { code: 'HQ_TABLE_MISSING', params: { table: 'stores' } } },
    terminals: [],
  });
  await hq.db.query('ALTER TABLE payments RENAME TO payments_old');
  expect(await attempt()).toMatchObject({
    failed: {
      step: 'tables',
      message: { code: 'HQ_TABLE_MISSING', params: { table: 'payments' } },
    },
  });
  await hq.db.query('ALTER TABLE payments_old RENAME TO payments');
  expect(await attempt()).toMatchObject({ ok: true });
});

test('tables without PayFlow', async () => {
  const shop = await createHq({
    install: false,
    schemaSql: readFileSync(
      join(import.meta.dirname, '../../resources/hq/payflow-schema.sql'),
      'utf8',
    ),
  });
  const { database } = parseDatabaseUrl(shop.url);
  expect(await attempt({ database })).toMatchObject({
    passed: ['name', 'connect', 'tls', 'login', 'tables'],
    failed: { step: 'version', message: { code: 'HQ_NOT_INSTALLED' } },
  });
  await shop.close();
});

test('a login that may not read', async () => {
  expect(await attempt({ user: login, password: 'tea' })).toMatchObject({
    passed: ['name', 'connect', 'tls', 'login'],
    failed: { step: 'tables', message: { code: 'HQ_PRIVILEGE_MISSING' } },
  });
});

test('a terminal that HQ does not know, beside the list of those it does', async () => {
  const result = await attempt({}, { terminal: 'T9' });
  expect(result).toMatchObject({
    ok: false,
    passed: ['name', 'connect', 'tls', 'login', 'tables', 'version'],
    failed: { step: 'terminal', message: { code: 'TERMINAL_UNKNOWN', params: { code: 'T9' } } },
  });
  expect(result.terminals.map(({ code }) => code)).toEqual(['T1', 'T2', 'T3']);
});
