/**
 * What a person meets when something is wrong: one sentence in three parts, the exit code of DESIGN 10, a stable code
 * in JSON, the trace in the log only, and nothing changed on either side.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyFile } from '../electron/host/instance-key.ts';
import { builtCli } from './support/built-desktop.ts';
import { createCli, hqDigest, type CliResult, type TestCli } from './support/cli.ts';
import { expectSentence } from './support/failure-sentence.ts';
import { startMute } from './support/mute-server.ts';
import { LONG } from './support/scale.ts';
import { createHq, type TestHq } from './support/shop.ts';

let hq: TestHq;
let till: TestCli;
let pos: DatabaseSync;

beforeAll(async () => {
  hq = await createHq();
  await hq.db.query(
    `INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
     VALUES ('p-1', 'TEA', 'Tea', 2, 'store-1', now())`,
  );
  till = createCli(hq.url);
  const { exit, err } = await till.run(['init']);
  if (exit !== 0) throw new Error(err);
  pos = new DatabaseSync(till.db, { timeout: 5000 });
  pos.exec(`INSERT INTO customers (local_id, customer_code, first_name, last_name, store_id, created_at, updated_at)
            VALUES ('c-1', 'C1', 'Una', 'Sent', 'store-1', '2026-11-22T10:00:00.000Z', '2026-11-22T10:00:00.000Z')`);
  // Everything into the one file, and no connection beside the program's own: its bytes can be compared.
  pos.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  pos.close();
});

afterAll(async () => {
  till.close();
  await hq.close();
});

interface Expected {
  readonly exit: number;
  readonly code: string;
  /** What the middle part must say. */
  readonly says: RegExp | string;
}

/** Exit codes whose JSON form has been looked at. */
const seenAsJson = new Set<number>();

/**
 * The failure as text; as JSON too for the first of each exit code, and for all in `npm run test:long`: both forms
 * are made of one code in one place. Returns the text run.
 */
async function expectFailure(
  cli: TestCli,
  args: readonly string[],
  env: Record<string, string>,
  { exit, code, says }: Expected,
): Promise<CliResult> {
  const text = await cli.run(args, { env });
  expect(text, text.err).toMatchObject({ exit, out: '' });
  expectSentence(text.err, code);
  expect(text.err).toMatch(says);
  const logged = cli.log();
  expect(logged).toContain(code);
  expect(logged, 'the trace stands in the log').toMatch(/^\s+at .+:\d+/m);
  if (LONG || !seenAsJson.has(exit)) await expectSameAsJson(cli, args, env, text, code);
  const password = new URL(hq.url).password;
  expect(text.err + logged).not.toContain(password);
  return text;
}

async function expectSameAsJson(
  cli: TestCli,
  args: readonly string[],
  env: Record<string, string>,
  text: CliResult,
  code: string,
): Promise<void> {
  seenAsJson.add(text.exit ?? -1);
  const { exit, json } = await cli.json(args, { env });
  expect(exit).toBe(text.exit);
  expect(json).toMatchObject({ error: { code, message: text.err.trimEnd() } });
}

/** A file of the terminal's own, so that a test may spoil it. */
function copyOfTill(): TestCli {
  const copy = createCli(hq.url);
  copyFileSync(till.db, copy.db);
  // As somebody does who moves a till with all that belongs to it: the key goes along, or it would be a stranger.
  const [from, to] = [till, copy].map(({ folder, db }) => keyFile(join(folder, 'state'), db));
  mkdirSync(join(copy.folder, 'state'));
  copyFileSync(from ?? '', to ?? '');
  return copy;
}

/** HQ's URL with something else in it. */
function withUrl(change: (url: URL) => void): Record<string, string> {
  const url = new URL(hq.url);
  change(url);
  return { DATABASE_URL: url.href };
}

describe('the way to HQ', () => {
  const cases: [name: string, env: () => Record<string, string>, expected: Expected][] = [
    [
      'a malformed URL',
      () => ({ DATABASE_URL: 'postgresql://till:se#cret@hq/shop' }),
      { exit: 2, code: 'SETTINGS_INVALID', says: /DATABASE_URL is wrong: .*percent-encoded/ },
    ],
    [
      'a wrong port',
      () => withUrl((url) => void (url.port = '1')),
      { exit: 1, code: 'HQ_REFUSED', says: /127\.0\.0\.1:1\b.*refused/ },
    ],
    [
      'an unknown host',
      () => withUrl((url) => void (url.href = 'postgres://u:p@no-hq.invalid/shop?sslmode=disable')),
      { exit: 1, code: 'HQ_DNS', says: /no-hq\.invalid/ },
    ],
    [
      'a wrong password',
      () => withUrl((url) => void (url.password = 'wrong-one')),
      { exit: 1, code: 'HQ_LOGIN_REFUSED', says: /sign-in as postgres.*password/ },
    ],
    [
      'an unknown database',
      () => withUrl((url) => void (url.pathname = '/no_such_shop')),
      { exit: 1, code: 'HQ_DATABASE_MISSING', says: /no database called no_such_shop/ },
    ],
    [
      'an HQ without capture',
      () => withUrl((url) => void (url.pathname = '/postgres')),
      { exit: 1, code: 'HQ_NOT_INSTALLED', says: 'payflow hq install' },
    ],
  ];
  test.each(cases)('%s', async (_, env, expected) => {
    const before = till.tables();
    const atHq = await hqDigest(hq.db);
    await expectFailure(till, ['sync'], env(), expected);
    expect(till.tables()).toEqual(before);
    expect(await hqDigest(hq.db)).toEqual(atHq);
    if (expected.exit === 2) return;
    // The status tells it afterwards, without HQ.
    const { json } = await till.json(['status']);
    expect(json).toMatchObject({ waiting: { upload: 1 } });
    const offline = ['HQ_REFUSED', 'HQ_DNS'].includes(expected.code);
    expect(json).toMatchObject(
      offline ? { state: 'offline' } : { state: 'error', code: expected.code },
    );
  });

  test('init says the same and makes no file', async () => {
    const fresh = createCli(hq.url);
    const url = new URL(hq.url);
    url.pathname = '/no_such_shop';
    await expectFailure(
      fresh,
      ['init'],
      { DATABASE_URL: url.href },
      { exit: 1, code: 'HQ_DATABASE_MISSING', says: /no_such_shop/ },
    );
    expect(fresh.files()).toEqual({});
    fresh.close();
  });

  test('hq install on an HQ that is not there', async () => {
    const before = till.files();
    await expectFailure(
      till,
      ['hq', 'install'],
      withUrl((url) => void (url.port = '1')),
      { exit: 1, code: 'HQ_REFUSED', says: 'refused' },
    );
    expect(till.files()).toEqual(before);
  });
});

/** Side by side, because two of them take as long as a deadline; none of them may change HQ. */
describe('what ends by a deadline, and what never begins', () => {
  test.concurrent(
    'an HQ that accepts and says nothing is given up after its deadline',
    async () => {
      const mute = await startMute();
      const cli = copyOfTill();
      const before = cli.tables();
      const env = withUrl((url) => void (url.port = String(mute.port)));
      const { exit, err, out, durationMs } = await cli.run(['sync'], { env });
      expect([exit, out]).toEqual([1, '']);
      expectSentence(err, 'HQ_TIMEOUT');
      expect(err).toContain('did not answer in time');
      expect(durationMs).toBeGreaterThan(8_000);
      expect(durationMs).toBeLessThan(60_000);
      expect(cli.tables()).toEqual(before);
      cli.close();
      await mute.close();
    },
  );

  test.concurrent(
    'a program that holds the file for ever ends in a sentence, and its end in a sync',
    async () => {
      const cli = copyOfTill();
      const other = new DatabaseSync(cli.db);
      other.exec('BEGIN EXCLUSIVE');
      const before = cli.tables();
      const { exit, out, err, durationMs } = await cli.run(['sync']);
      expect([exit, out]).toEqual([1, '']);
      expectSentence(err, 'LOCAL_LOCKED');
      expect(durationMs).toBeLessThan(60_000);
      expect(cli.log()).toMatch(/^\s+at .+:\d+/m);
      other.exec('ROLLBACK');
      other.close();
      expect(cli.tables()).toEqual(before);
      cli.close();
    },
  );

  const notOne = { exit: 1, code: 'LOCAL_NOT_A_DATABASE', says: 'is not an SQLite database' };
  const made: Record<string, (path: string) => void> = {
    'a text file': (path) => writeFileSync(path, 'Dear diary. '.repeat(50)),
    'random bytes': (path) => writeFileSync(path, randomBytes(8192)),
    'a folder': (path) => mkdirSync(path),
  };
  const cases = Object.keys(made).flatMap((name) =>
    ['sync', 'init', 'held'].map((command) => [name, command] as const),
  );
  test.concurrent.each(cases)('%s: %s', async (name, command) => {
    const cli = createCli(hq.url);
    made[name]?.(cli.db);
    const before = readdirSync(cli.folder);
    const bytes = bytesOf(cli.db);
    const look = await hq.connect();
    const atHq = await hqDigest(look);
    await expectFailure(cli, [command], {}, notOne);
    expect(bytesOf(cli.db)).toEqual(bytes);
    // Not even a lock file beside somebody's document.
    expect(readdirSync(cli.folder).filter((name) => name !== 'logs')).toEqual(before);
    expect(await hqDigest(look)).toEqual(atHq);
    cli.close();
  });

  test.concurrent.each(['sync', 'held', 'reset', 'schema check', 'verify', 'retry'])(
    '%s before init',
    async (command) => {
      const cli = createCli(hq.url);
      await expectFailure(
        cli,
        command.split(' '),
        {},
        { exit: 1, code: 'LOCAL_NOT_FOUND', says: 'payflow init' },
      );
      expect(cli.files()).toEqual({});
      cli.close();
    },
  );

  test.concurrent('a folder that does not exist', async () => {
    const cli = createCli(hq.url);
    const env = { PAYFLOW_DB: join(cli.folder, 'nowhere', 'payflow.db') };
    await expectFailure(cli, ['init'], env, { exit: 1, code: 'LOCAL_NOT_FOUND', says: 'nowhere' });
    expect(readdirSync(cli.folder)).not.toContain('nowhere');
    cli.close();
  });
});

describe('payflow.db', () => {
  test('an empty file is one to be set up: sync refuses it, init takes it', async () => {
    const cli = createCli(hq.url, 'T3');
    writeFileSync(cli.db, '');
    await expectFailure(
      cli,
      ['sync'],
      {},
      { exit: 1, code: 'LOCAL_NOT_INITIALISED', says: 'payflow init' },
    );
    expect(bytesOf(cli.db)).toEqual('');
    expect((await cli.run(['init'])).exit).toBe(0);
    cli.close();
  });

  test('a database that this user may not read', async ({ skip }) => {
    // Root may read everything: the program runs as another user then.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined;
    const reachable = spawnSync(process.execPath, [builtCli, '--help'], {
      ...(uid === undefined ? {} : { uid, gid: uid }),
      cwd: tmpdir(),
    });
    if (process.platform === 'win32') skip('no such rights on Windows');
    if (reachable.status !== 0) skip('another user cannot read this checkout, so cannot run it');
    const cli = copyOfTill();
    const bytes = bytesOf(cli.db);
    chmodSync(cli.db, 0o000);
    mkdirSync(join(cli.folder, 'logs'));
    for (const path of [cli.folder, join(cli.folder, 'logs'), join(cli.folder, 'home')])
      chmodSync(path, 0o777);
    for (const args of [['sync'], ['held'], ['init']]) {
      const { exit, out, err } = await cli.run(args, uid === undefined ? {} : { uid });
      expect([exit, out]).toEqual([1, '']);
      expectSentence(err, 'LOCAL_NO_PERMISSION');
    }
    chmodSync(cli.db, 0o444);
    const { exit, err } = await cli.run(['sync'], uid === undefined ? {} : { uid });
    expect(exit).toBe(1);
    expectSentence(err, 'LOCAL_READ_ONLY');
    chmodSync(cli.db, 0o600);
    expect(bytesOf(cli.db)).toEqual(bytes);
    cli.close();
  });

  test('a program that holds it for a second is waited for', async () => {
    const cli = copyOfTill();
    const other = new DatabaseSync(cli.db);
    other.exec('BEGIN EXCLUSIVE');
    const running = cli.run(['sync', '--direction', 'push']);
    await sleep(2_500);
    other.exec('ROLLBACK');
    other.close();
    expect(await running).toMatchObject({ exit: 0, err: '' });
    cli.close();
  });

  test('a disk that is full', ({ skip }) => {
    const room = mkdtempSync(join(tmpdir(), 'payflow-full-'));
    // In a mount namespace of its own: it is gone with the process, whatever happens.
    const script = `mount -t tmpfs -o size=700k none "$ROOM" || exit 77
      cd "$ROOM"; "$NODE" "$MAIN" init; code=$?; rm -f "$ROOM"/payflow.db*; exit $code`;
    const ran = spawnSync('unshare', ['-m', 'sh', '-c', script], {
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        ROOM: room,
        NODE: process.execPath,
        MAIN: builtCli,
        DATABASE_URL: hq.url,
        PAYFLOW_DB: join(room, 'payflow.db'),
        PAYFLOW_TERMINAL: 'T2',
        PAYFLOW_LOG_DIR: join(till.folder, 'full-logs'),
        PAYFLOW_STATE_DIR: join(till.folder, 'full-state'),
      },
    });
    rmSync(room, { recursive: true, force: true });
    if (ran.error !== undefined || ran.status === 77 || /unshare/.test(ran.stderr))
      skip('no small disk can be mounted here');
    expect([ran.status, ran.stdout]).toEqual([1, '']);
    expectSentence(ran.stderr, 'LOCAL_FULL');
  });
});

describe('whose file, whose HQ, whose turn', () => {
  test('a second engine beside a running one', async () => {
    const cli = copyOfTill();
    // The lock of a running engine: held by this process, another one than the command's.
    const { acquireLock } = await import('../electron/local/lock.ts');
    const lock = acquireLock(cli.db, join(cli.folder, 'state'));
    const before = cli.files();
    for (const args of [['sync'], ['init'], ['verify'], ['reset'], ['retry'], ['schema', 'fix']])
      await expectFailure(cli, args, {}, { exit: 1, code: 'ENGINE_RUNNING', says: 'already' });
    expect(cli.files()).toEqual(before);
    // Who only looks is never refused.
    expect((await cli.run(['held'])).exit).toBe(0);
    expect((await cli.run(['status'])).exit).toBe(0);
    lock.release();
    expect((await cli.run(['sync', '--dry-run'])).exit).toBe(0);
    cli.close();
  });

  test.each([['sync'], ['init'], ['verify']])(
    '%s on the file of another terminal',
    async (command) => {
      const cli = copyOfTill();
      const before = cli.tables();
      const atHq = await hqDigest(hq.db);
      await expectFailure(
        cli,
        [command],
        { PAYFLOW_TERMINAL: 'T2' },
        { exit: 1, code: 'TERMINAL_DIFFERS', says: /belongs to the terminal T1, not to T2/ },
      );
      expect(cli.tables()).toEqual(before);
      expect(await hqDigest(hq.db)).toEqual(atHq);
      cli.close();
    },
  );

  describe('with another HQ', () => {
    let other: TestHq;
    beforeAll(async () => {
      other = await createHq();
      await other.db.query('ALTER TABLE products ADD COLUMN shelf text');
    });
    afterAll(() => other.close());

    test.each(['sync', 'init', 'verify', 'schema fix'])('%s', async (command) => {
      const cli = copyOfTill();
      const before = cli.tables();
      const atHq = await hqDigest(other.db);
      await expectFailure(
        cli,
        command.split(' '),
        { DATABASE_URL: other.url },
        { exit: 1, code: 'HQ_DIFFERS', says: 'not the HQ' },
      );
      expect(cli.tables()).toEqual(before);
      expect(await hqDigest(other.db)).toEqual(atHq);
      cli.close();
    });
  });

  test.each([['sync'], ['init']])('%s as a terminal HQ does not know', async (command) => {
    const cli = createCli(hq.url, 'T99');
    if (command === 'sync') copyFileSync(till.db, cli.db);
    const state = (): object => (existsSync(cli.db) ? cli.tables() : cli.files());
    const before = state();
    await expectFailure(
      cli,
      [command],
      {},
      { exit: 1, code: 'TERMINAL_UNKNOWN', says: /no terminal with the code T99/ },
    );
    expect(state()).toEqual(before);
    cli.close();
  });

  test('a table that is gone at HQ', async () => {
    const broken = await createHq();
    const cli = createCli(broken.url);
    expect(await cli.run(['init'])).toMatchObject({ exit: 0, err: '' });
    await broken.db.query('DROP TABLE receipts');
    const before = cli.tables();
    const atHq = await hqDigest(broken.db);
    await expectFailure(
      cli,
      ['sync'],
      {},
      { exit: 1, code: 'HQ_TABLE_MISSING', says: /table receipts .*does not exist at HQ/ },
    );
    expect(cli.tables()).toEqual(before);
    expect(await hqDigest(broken.db)).toEqual(atHq);
    cli.close();
    await broken.close();
  });
});

describe('the manifest', () => {
  const shipped = readFileSync(join(import.meta.dirname, '../resources/manifest.yaml'), 'utf8');
  const cases: [name: string, yaml: string | null, expected: Expected][] = [
    [
      'that is no YAML',
      'version: 1\ntables: { [',
      { exit: 2, code: 'MANIFEST_INVALID', says: /in line 2/ },
    ],
    [
      'with an unknown key',
      shipped.replace('version: 1', 'version: 1\nspeed: high'),
      { exit: 2, code: 'MANIFEST_INVALID', says: /in line \d+: .*speed/ },
    ],
    [
      'with a strategy that does not exist',
      shipped.replace('    strategy: newest\n', '    strategy: oldest\n'),
      { exit: 2, code: 'MANIFEST_INVALID', says: /in line \d+: tables\.products\.strategy/ },
    ],
    [
      'with a name that is none',
      shipped.replace('  stores:', `  'x"; drop table stores;--':`),
      { exit: 2, code: 'MANIFEST_INVALID', says: /line 18: .*not a plain identifier/ },
    ],
    ['that is not there', null, { exit: 2, code: 'MANIFEST_UNREADABLE', says: /no such file/ }],
    [
      'with an unknown table',
      `${shipped}\n  drones: { scope: everyone, direction: download, strategy: hq }\n`,
      { exit: 1, code: 'HQ_TABLE_MISSING', says: /table drones/ },
    ],
    [
      'with an unknown column',
      shipped.replace('quiet: [last_online_at,', 'quiet: [last_seen_on_mars,'),
      { exit: 2, code: 'MANIFEST_COLUMN_UNKNOWN', says: /last_seen_on_mars of terminals/ },
    ],
    [
      'with a scope by what is no foreign key',
      shipped.replace('{ via: product_id }', '{ via: attribute_name }'),
      { exit: 2, code: 'MANIFEST_VIA_NOT_FOREIGN_KEY', says: /attribute_name.*not a foreign key/ },
    ],
  ];
  test.each(cases)('%s', async (_, yaml, expected) => {
    const atHq = await hqDigest(hq.db);
    const file = join(till.folder, 'manifest.yaml');
    rmSync(file, { force: true });
    if (yaml !== null) writeFileSync(file, yaml);
    await expectFailure(till, ['hq', 'install', '--manifest', file], {}, expected);
    expect(await hqDigest(hq.db)).toEqual(atHq);
  });
});

/** A file's bytes as text; a folder's list of names. */
function bytesOf(path: string): string {
  if (!existsSync(path)) return 'absent';
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return readdirSync(path).join('/');
  }
}
