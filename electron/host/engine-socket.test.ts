/** The socket by which commands ask a running engine (DESIGN 10), without an engine behind it. */
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import { findEngine, isEngineThere, type ClientLimits } from './engine-client.ts';
import type { Command } from './engine-commands.ts';
import { serveEngine, type EngineServer } from './engine-server.ts';
import type { Watch } from './thread-messages.ts';

let folder = '';
let db = '';
let warned: unknown[] = [];
const servers: EngineServer[] = [];
const limits: ClientLimits = { greetingMs: 5_000, silenceMs: 30_000 };
const log = {
  path: '/nowhere/payflow.log',
  info: () => undefined,
  warn: (_message: string, facts?: Record<string, unknown>) => void warned.push(facts),
  error: () => undefined,
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'payflow-socket-'));
  db = join(folder, 'payflow.db');
  writeFileSync(db, '');
  warned = [];
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});

type Answer = (command: Command, watch: Watch) => Promise<unknown>;

async function serving(answer: Answer, version = '1.0.0', databasePath = db) {
  const server = await serveEngine({ databasePath, version, log, answer });
  if (server !== null) servers.push(server);
  return server;
}

const engine = async (version = '1.0.0', databasePath = db) => {
  const found = await findEngine(databasePath, version, limits);
  if (found === null) throw new Error('no engine was found');
  return found;
};

/** As an antivirus program's hold on Windows: what stands there cannot be removed as a socket is. */
function blockRemoval(socket: string): void {
  rmSync(socket);
  mkdirSync(socket);
}

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no failure',
    (error: unknown) => (error instanceof PayflowError ? error.code : String(error)),
  );

test('10: a command comes to the engine as it was said, and its answer and progress come back', async () => {
  const heard: Command[] = [];
  await serving((command, { onProgress }) => {
    heard.push(command);
    onProgress({ phase: 'upload', table: 'orders', done: 1, total: 2 });
    return Promise.resolve(['products']);
  });
  const seen: unknown[] = [];
  const found = await engine();
  expect(await found.reset('products')).toEqual(['products']);
  await found.sync({
    direction: 'pull',
    table: null,
    dryRun: true,
    onProgress: (progress) => seen.push(progress),
    signal: new AbortController().signal,
  });
  expect(heard).toEqual([
    { name: 'reset', args: { table: 'products' } },
    { name: 'sync', args: { direction: 'pull', table: null, dryRun: true } },
  ]);
  expect(seen).toEqual([{ phase: 'upload', table: 'orders', done: 1, total: 2 }]);
});

test('10: a failure crosses with its code and parameters', async () => {
  await serving(() => Promise.reject(new PayflowError('TABLE_UNKNOWN', { table: 'tables' })));
  await expect((await engine()).reset('tables')).rejects.toMatchObject({
    code: 'TABLE_UNKNOWN',
    params: { table: 'tables' },
  });
});

test('10: the engine is found by the file behind a link, and by nobody once it is closed', async () => {
  expect(await findEngine(join(folder, 'nowhere', 'payflow.db'), '1.0.0')).toBeNull();
  expect(await findEngine(db, '1.0.0')).toBeNull();
  const server = await serving(() => Promise.resolve([]));
  symlinkSync(db, join(folder, 'link.db'));
  expect(await (await engine('1.0.0', join(folder, 'link.db'))).reset(null)).toEqual([]);
  await server?.close();
  expect(await findEngine(db, '1.0.0')).toBeNull();
  expect(readdirSync(folder).toSorted()).toEqual(['link.db', 'payflow.db']);
});

test("10: the socket is its user's alone, in a folder of its user's alone", async () => {
  await serving(() => Promise.resolve([]));
  const place = `${db}.engine`;
  expect(statSync(place).mode & 0o777).toBe(0o700);
  expect(statSync(join(place, 'socket')).mode & 0o777).toBe(0o600);
});

test('10: a folder that others may write to, or that is a link, is neither used nor believed', async () => {
  const elsewhere = mkdtempSync(join(folder, 'elsewhere-'));
  symlinkSync(elsewhere, `${db}.engine`);
  expect(await serving(() => Promise.resolve([]))).toBeNull();
  rmSync(`${db}.engine`);
  mkdirSync(`${db}.engine`);
  chmodSync(`${db}.engine`, 0o777);
  expect(await serving(() => Promise.resolve([]))).toBeNull();
  expect(warned).toHaveLength(2);
  // Somebody else's socket in it is no engine of ours.
  const theirs = createServer().listen(join(`${db}.engine`, 'socket'));
  await once(theirs, 'listening');
  expect(await findEngine(db, '1.0.0', limits)).toBeNull();
  expect(await isEngineThere(db)).toBe(false);
  theirs.close();
  expect(readdirSync(elsewhere)).toEqual([]);
});

test('10: a path too long for a socket leaves the engine without one, and nothing behind', async () => {
  const deep = join(folder, 'a'.repeat(120));
  mkdirSync(deep);
  const path = join(deep, 'payflow.db');
  writeFileSync(path, '');
  expect(await serving(() => Promise.resolve([]), '1.0.0', path)).toBeNull();
  expect(warned).toHaveLength(1);
  expect(readdirSync(deep)).toEqual(['payflow.db']);
  expect(await findEngine(path, '1.0.0')).toBeNull();
});

test('10: what a killed engine has left is no engine and no obstacle; a living one keeps its place', async () => {
  const place = `${db}.engine`;
  mkdirSync(place, { mode: 0o700 });
  const killed = createServer().listen(join(place, 'old'));
  await once(killed, 'listening');
  const { renameSync } = await import('node:fs');
  renameSync(join(place, 'old'), join(place, 'socket'));
  killed.close();
  await once(killed, 'close');
  chmodSync(join(place, 'socket'), 0o600);
  expect(await findEngine(db, '1.0.0')).toBeNull();
  await serving(() => Promise.resolve(['first']));
  expect(await (await engine()).reset(null)).toEqual(['first']);
  expect(await serving(() => Promise.resolve(['second']))).toBeNull();
  expect(await (await engine()).reset(null)).toEqual(['first']);
});

test('10: an engine of another version is named, and is asked for nothing', async () => {
  let asked = 0;
  await serving(() => Promise.resolve((asked += 1)), '2.0.0');
  await expect(engine('1.0.0')).rejects.toMatchObject({
    code: 'ENGINE_OTHER_VERSION',
    params: { running: '2.0.0', version: '1.0.0' },
  });
  expect(asked).toBe(0);
});

test('10: an engine that does not greet, falls silent or goes away ends the wait', async () => {
  const place = `${db}.engine`;
  mkdirSync(place, { mode: 0o700 });
  let greet = '';
  let hangUp = false;
  const mute = createServer((socket) => {
    socket.on('error', () => undefined);
    if (greet !== '') socket.write(greet);
    socket.on('data', () => hangUp && socket.destroy());
  }).listen(join(place, 'socket'));
  await once(mute, 'listening');
  chmodSync(join(place, 'socket'), 0o600);
  const soon: ClientLimits = { greetingMs: 50, silenceMs: 50 };
  expect(await codeOf(findEngine(db, '1.0.0', soon))).toBe('ENGINE_SILENT');
  greet = '{"payflow":"1.0.0"}\n';
  const found = await findEngine(db, '1.0.0', { ...limits, silenceMs: 50 });
  expect(await codeOf(found?.reset(null) ?? Promise.resolve())).toBe('ENGINE_SILENT');
  hangUp = true;
  expect(await codeOf((await engine()).reset(null))).toBe('ENGINE_GONE');
  mute.close();
  await once(mute, 'close');
  expect(await findEngine(db, '1.0.0', soon)).toBeNull();
});

/** What the server does with bytes that are no client of ours. */
async function raw(text: string): Promise<string> {
  const socket = connect(join(`${db}.engine`, 'socket'));
  let said = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(text);
  // A reset connection is an end like any other.
  await new Promise((resolve) => socket.once('close', resolve));
  return said;
}

test('10: no method beyond the commands, no arguments beyond theirs, no endless line', async () => {
  let asked = 0;
  await serving(() => Promise.resolve((asked += 1)));
  const refused = '{"failed":{"code":"BAD_REQUEST"';
  expect(await raw('{"ask":"uninstallHq","args":{}}\n')).toContain(refused);
  expect(await raw('{"ask":"constructor","args":{}}\n')).toContain(refused);
  expect(await raw('{"ask":"reset","args":{"table":null,"sql":"x"}}\n')).toContain(refused);
  expect(await raw('{"ask":"sync","args":{"direction":"up"}}\n')).toContain(refused);
  for (const text of ['hello\n', '{"ask":"reset"\n', 'x'.repeat(2 * 1024 * 1024)])
    expect(await raw(text)).not.toMatch(/done|failed/);
  expect(asked).toBe(0);
  expect(await codeOf((await engine()).reset(null))).toBe('no failure');
  expect(asked).toBe(1);
});

test('10: who hangs up or says stop takes the command back', async () => {
  const ended: string[] = [];
  await serving(
    ({ name }, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          ended.push(name);
          reject(new PayflowError('CANCELLED'));
        });
      }),
  );
  const stop = new AbortController();
  const found = await engine();
  const asked = found.verify(() => undefined, stop.signal);
  stop.abort();
  expect(await codeOf(asked)).toBe('CANCELLED');
  const socket = connect(join(`${db}.engine`, 'socket'));
  await once(socket, 'data');
  socket.write('{"ask":"reset","args":{"table":null}}\n');
  // Heard before the connection goes: the server has one loop with us.
  await new Promise((resolve) => setImmediate(resolve));
  socket.end();
  await expect.poll(() => ended).toEqual(['verify', 'reset']);
  // An endless line behind the question is no way to stay.
  expect(await raw(`{"ask":"retry","args":{"rows":[]}}\n${'x'.repeat(2 * 1024 * 1024)}`)).toBe(
    '{"payflow":"1.0.0"}\n',
  );
  expect(ended).toEqual(['verify', 'reset', 'retry']);
});

test('10: closing lets a command that is under way answer first', async () => {
  const gate = Promise.withResolvers<string[]>();
  const begun = Promise.withResolvers<void>();
  const server = await serving(() => {
    begun.resolve();
    return gate.promise;
  });
  const asked = (await engine()).reset(null);
  await begun.promise;
  const closed = server?.close();
  gate.resolve(['products']);
  expect(await asked).toEqual(['products']);
  await closed;
  expect(existsSync(`${db}.engine`)).toBe(false);
});

test('10: a socket that cannot be taken away is a line in the log, and the engine ends all the same', async () => {
  const server = await serving(() => Promise.resolve([]));
  blockRemoval(join(`${db}.engine`, 'socket'));
  await server?.close();
  expect(warned).toHaveLength(1);
});
