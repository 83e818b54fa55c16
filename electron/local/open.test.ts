import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import { listBackups, backupTo } from './backup.ts';
import { localError } from './errors.ts';
import { acquireLock } from './lock.ts';
import { migrateLocal } from './migrate.ts';
import { assertUndamaged, assertVersion, openLocal } from './open.ts';
import { localMigrations, makeShop, tempFolder } from './testing.ts';

function codeFrom(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PayflowError) return error.code;
    throw error;
  }
  return 'no error';
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const moduleUrl = (name: string): string => pathToFileURL(join(import.meta.dirname, name)).href;

describe('opening', () => {
  test('a new file is for its owner alone, -wal and -shm too', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    const db = openLocal(path);
    db.exec('CREATE TABLE t (x)');
    expect([path, `${path}-wal`, `${path}-shm`].map(mode)).toEqual(['600', '600', '600']);
    db.close();
  });

  test('1: commits are flushed, in WAL, and SQLite changes no row of its own accord', () => {
    using folder = tempFolder();
    const db = openLocal(join(folder.path, 'payflow.db'));
    const settings = [
      'journal_mode',
      'synchronous',
      'foreign_keys',
      'busy_timeout',
      'trusted_schema',
    ];
    expect(settings.map((name) => db.pragma(name, { simple: true }))).toEqual([
      'wal',
      2,
      0,
      5000,
      0,
    ]);
    db.close();
  });

  test('a connection that only reads cannot write', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    openLocal(path).close();
    const db = openLocal(path, { readonly: true });
    expect(() => db.exec('CREATE TABLE t (x)')).toThrow('readonly');
    db.close();
  });

  test('a text file is left byte for byte as it is', () => {
    using folder = tempFolder();
    for (const content of ['hello', 'my diary\n'.repeat(1000)]) {
      const path = join(folder.path, 'diary.txt');
      writeFileSync(path, content);
      const before = statSync(path);
      expect(codeFrom(() => openLocal(path))).toBe('LOCAL_NOT_A_DATABASE');
      expect(codeFrom(() => openLocal(path, { readonly: true }))).toBe('LOCAL_NOT_A_DATABASE');
      expect(readFileSync(path, 'utf8')).toBe(content);
      expect(statSync(path).mtimeMs).toBe(before.mtimeMs);
    }
  });

  test('a folder, a missing file and a missing folder are told apart', () => {
    using folder = tempFolder();
    const missing = join(folder.path, 'none.db');
    expect(codeFrom(() => openLocal(folder.path))).toBe('LOCAL_NOT_A_DATABASE');
    expect(codeFrom(() => openLocal(missing, { readonly: true }))).toBe('LOCAL_NOT_FOUND');
    expect(codeFrom(() => openLocal(missing, { create: false }))).toBe('LOCAL_NOT_FOUND');
    expect(codeFrom(() => openLocal(join(missing, 'x.db')))).toBe('LOCAL_NOT_FOUND');
    expect(statSync(missing, { throwIfNoEntry: false })).toBeUndefined();
  });

  // The other program must be another process: POSIX locks do not hold between two SQLite libraries of one.
  test('a file that another program has locked is not waited for without end, and not changed', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    const child = startNode(
      `const { DatabaseSync } = await import('node:sqlite');
       const db = new DatabaseSync(process.argv[1]);
       db.exec('CREATE TABLE t (x); BEGIN EXCLUSIVE'); console.log('held'); setInterval(() => db, 1000);`,
      path,
    );
    await said(child);
    const bytes = readFileSync(path);
    expect(codeFrom(() => openLocal(path, { busyTimeoutMs: 100 }))).toBe('LOCAL_LOCKED');
    expect(readFileSync(path)).toEqual(bytes);
    child.kill('SIGKILL');
    await once(child, 'exit');
    openLocal(path).close();
  });

  test('9: a file that is open under another name is refused: two names are two write-ahead logs', async () => {
    using folder = tempFolder();
    const [path, other] = [join(folder.path, 'payflow.db'), join(folder.path, 'other')];
    const link = join(other, 'payflow.db');
    openLocal(path).close();
    mkdirSync(other);
    linkSync(path, link);
    const child = startNode(
      `const { DatabaseSync } = await import('node:sqlite');
       const db = new DatabaseSync(process.argv[1]);
       db.exec('CREATE TABLE sales (x)'); console.log('open'); process.stdin.once('data', () => { db.close(); process.exit(); });`,
      path,
    );
    await said(child);

    expect(codeFrom(() => openLocal(link, { busyTimeoutMs: 100 }))).toBe('LOCAL_LOCKED');
    expect(codeFrom(() => openLocal(link, { readonly: true, busyTimeoutMs: 100 }))).toBe(
      'LOCAL_LOCKED',
    );
    expect(readdirSync(other)).toEqual(['payflow.db']);
    // The name that is in use stays usable: a backup program's link stops nobody.
    openLocal(path).close();

    child.stdin?.write('end');
    await once(child, 'exit');
    const db = openLocal(link);
    expect(db.prepare('SELECT count(*) FROM sales').pluck().get()).toBe(0);
    // Nor does the second connection, the window's, meet the first.
    openLocal(link, { readonly: true, busyTimeoutMs: 100 }).close();
    db.close();
  });

  test('another connection of this process keeps its lock when the file is opened again', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    const first = openLocal(path);
    first.pragma('journal_mode = DELETE');
    first.exec('CREATE TABLE t (x); BEGIN EXCLUSIVE');
    expect(codeFrom(() => openLocal(path, { busyTimeoutMs: 10 }))).toBe('LOCAL_LOCKED');
    const child = startNode(
      `const { DatabaseSync } = await import('node:sqlite');
       try { new DatabaseSync(process.argv[1]).exec('INSERT INTO t VALUES (1)'); console.log('wrote'); } catch (error) { console.log(error.message); }`,
      path,
    );
    expect(await said(child)).toContain('locked');
    first.close();
  });

  test('a POS that keeps its file in rollback mode and busy is waited for until WAL is set', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    const child = startNode(
      `
      const { DatabaseSync } = await import('node:sqlite');
      const db = new DatabaseSync(process.argv[1]);
      db.exec('CREATE TABLE t (x); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)');
      console.log('held');
      setTimeout(() => { db.exec('COMMIT'); db.close(); }, 300);
    `,
      path,
    );
    await said(child);
    const db = openLocal(path);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    db.close();
  });

  test('damage is said and changes nothing', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    const made = makeShop(path);
    made.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      INSERT INTO categories (local_id, name) SELECT i, 'n' FROM n`);
    made.pragma('journal_mode = DELETE');
    made.close();
    const bytes = readFileSync(path);
    const schemaGone = Buffer.from(bytes).fill(0xff, 100, 200);
    writeFileSync(path, schemaGone);
    expect(codeFrom(() => openLocal(path))).toBe('LOCAL_DAMAGED');
    expect(readFileSync(path)).toEqual(schemaGone);

    writeFileSync(path, Buffer.from(bytes).fill(0xff, bytes.length - 4096));
    const db = openLocal(path, { readonly: true });
    expect(codeFrom(() => assertUndamaged(db))).toBe('LOCAL_DAMAGED');
    db.close();
  });

  test('a full disk has its own code', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    const db = openLocal(path);
    db.exec('CREATE TABLE t (x)');
    db.pragma('max_page_count = 3');
    expect(
      codeFrom(() => {
        try {
          db.exec('INSERT INTO t VALUES (zeroblob(100000))');
        } catch (error) {
          throw localError(error, path);
        }
      }),
    ).toBe('LOCAL_FULL');
    db.close();
  });

  test.runIf(process.getuid?.() === 0)(
    'a file that others own or that is write-protected is not ours to write',
    () => {
      using folder = tempFolder();
      chmodSync(folder.path, 0o777);
      const [secret, fixed, wal] = ['secret.db', 'fixed.db', 'wal.db'].map((name) =>
        join(folder.path, name),
      );
      for (const path of [secret, fixed, wal]) {
        const db = openLocal(path ?? '');
        if (path !== wal) db.pragma('journal_mode = DELETE');
        db.close();
      }
      chmodSync(fixed ?? '', 0o444);
      chmodSync(wal ?? '', 0o444);
      const script = `
      const { openLocal } = await import('${moduleUrl('open.ts')}');
      process.setgid(65534); process.setuid(65534);
      const codes = process.argv.slice(1).map((path) => { try { openLocal(path).close(); return 'opened'; } catch (error) { return error.code; } });
      console.log(codes.join());
    `;
      const { stdout } = spawnSync(
        process.execPath,
        ['--input-type=module', '-e', script, secret ?? '', fixed ?? '', wal ?? ''],
        { encoding: 'utf8' },
      );
      expect(stdout.trim()).toBe('LOCAL_NO_PERMISSION,LOCAL_READ_ONLY,LOCAL_READ_ONLY');
    },
  );

  test.each([
    ['3.51.3', 'no error'],
    ['3.54.1', 'no error'],
    ['4.0.0', 'no error'],
    ['3.51.2', 'LOCAL_SQLITE_TOO_OLD'],
    ['3.9.99', 'LOCAL_SQLITE_TOO_OLD'],
  ])('SQLite %s: %s', (version, code) => {
    expect(codeFrom(() => assertVersion(version))).toBe(code);
  });
});

describe('one engine per file', () => {
  test('a second one is refused, also by another name of the file', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    const link = join(folder.path, 'link.db');
    openLocal(path).close();
    symlinkSync(path, link);
    const lock = acquireLock(link, folder.path);
    expect(codeFrom(() => acquireLock(path, folder.path))).toBe('ENGINE_RUNNING');
    lock.release();
    lock.release();
    const next = acquireLock(path, folder.path);
    expect(mode(`${path}.lock`)).toBe('600');
    next.release();
  });

  test('a file that is still to be made, in a folder with two names', () => {
    using folder = tempFolder();
    const [real, link] = [join(folder.path, 'real'), join(folder.path, 'link')];
    mkdirSync(real);
    symlinkSync(real, link);
    const lock = acquireLock(join(link, 'payflow.db'), folder.path);
    expect(codeFrom(() => acquireLock(join(real, 'payflow.db'), folder.path))).toBe(
      'ENGINE_RUNNING',
    );
    lock.release();
    expect(codeFrom(() => acquireLock(join(folder.path, 'none', 'payflow.db'), folder.path))).toBe(
      'LOCAL_NOT_FOUND',
    );
  });

  test('9: whatever name the file has or gets: a hard link, another folder, a new name', () => {
    using folder = tempFolder();
    const [path, state] = [join(folder.path, 'payflow.db'), join(folder.path, 'state')];
    const [link, moved] = [join(folder.path, 'link.db'), join(folder.path, 'other', 'moved.db')];
    mkdirSync(join(folder.path, 'other'));
    openLocal(path).close();
    linkSync(path, link);
    const lock = acquireLock(path, state);
    expect(codeFrom(() => acquireLock(link, state))).toBe('ENGINE_RUNNING');
    renameSync(path, moved);
    expect(codeFrom(() => acquireLock(moved, state))).toBe('ENGINE_RUNNING');
    // Nothing was put beside the names that were refused.
    expect(readdirSync(folder.path)).not.toContain('link.db.lock');
    expect(readdirSync(join(folder.path, 'other'))).toEqual(['moved.db']);

    lock.release();

    acquireLock(link, state).release();
  });

  test('9: a file that is made while its name is locked is held like one that was there', () => {
    using folder = tempFolder();
    const [path, state] = [join(folder.path, 'payflow.db'), join(folder.path, 'state')];
    const lock = acquireLock(path, state);
    openLocal(path).close();
    lock.holdFile();
    linkSync(path, join(folder.path, 'link.db'));

    expect(codeFrom(() => acquireLock(join(folder.path, 'link.db'), state))).toBe('ENGINE_RUNNING');

    lock.release();
  });

  test('a process that keeps nothing but the lock keeps it; killed, it frees it', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    const child = startNode(
      `const { acquireLock } = await import('${moduleUrl('lock.ts')}');
       acquireLock(process.argv[1], process.argv[2]);
       (await import('node:v8')).setFlagsFromString('--expose-gc');
       const gc = (await import('node:vm')).runInNewContext('gc');
       for (let turn = 0; turn < 3; turn += 1) { await new Promise(setImmediate); gc(); }
       console.log('held'); setInterval(() => {}, 1000);`,
      path,
      folder.path,
    );
    await said(child);
    expect(codeFrom(() => acquireLock(path, folder.path))).toBe('ENGINE_RUNNING');
    child.kill('SIGKILL');
    await once(child, 'exit');
    acquireLock(path, folder.path).release();
  });

  test('the POS writes while it is held', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'payflow.db');
    makeShop(path).close();
    const lock = acquireLock(path, folder.path);
    using pos = new DatabaseSync(path);
    pos.exec(`INSERT INTO categories (local_id, name) VALUES ('c', 'n')`);
    expect(pos.prepare('SELECT count(*) AS n FROM sync_outbox').get()).toMatchObject({ n: 1 });
    lock.release();
  });
});

describe('migrations', () => {
  test('make the tables once; a second start changes nothing', () => {
    using folder = tempFolder();
    const db = openLocal(join(folder.path, 'payflow.db'));
    db.pragma('user_version = 7');
    const version = migrateLocal(db, localMigrations);
    const tables = db.prepare('SELECT sql FROM sqlite_master').all();
    db.exec(`INSERT INTO sync_outbox (tbl) VALUES ('x')`);
    expect(migrateLocal(db, localMigrations)).toBe(version);
    expect(db.prepare('SELECT sql FROM sqlite_master').all()).toEqual(tables);
    expect(db.prepare('SELECT count(*) FROM sync_outbox').pluck().get()).toBe(1);
    expect(db.pragma('user_version', { simple: true })).toBe(7);
    db.close();
  });

  test('one that fails leaves the file as it was', () => {
    using folder = tempFolder();
    writeFileSync(
      join(folder.path, '001_a.sql'),
      readFileSync(join(localMigrations, '001_sync.sql')),
    );
    writeFileSync(
      join(folder.path, '002_b.sql'),
      'CREATE TABLE sync_b (x); CREATE TABLE sync_b (x);',
    );
    const db = openLocal(join(folder.path, 'payflow.db'));
    expect(codeFrom(() => migrateLocal(db, folder.path))).toBe('LOCAL_ERROR');
    expect(db.prepare(`SELECT name FROM sqlite_master WHERE name = 'sync_b'`).all()).toEqual([]);
    expect(
      db.prepare(`SELECT value FROM sync_meta WHERE name = 'local_version'`).pluck().get(),
    ).toBe('1');
    db.close();
  });

  test.each([
    ['LOCAL_TOO_NEW', `UPDATE sync_meta SET value = '99' WHERE name = 'local_version'`],
    ['LOCAL_CAPTURE_OFF', 'UPDATE sync_session SET applying = 1'],
    ['LOCAL_CAPTURE_OFF', 'DELETE FROM sync_session'],
  ])('%s after %s', (code, sql) => {
    using folder = tempFolder();
    const db = makeShop(join(folder.path, 'payflow.db'));
    db.exec(sql);
    expect(codeFrom(() => migrateLocal(db, localMigrations))).toBe(code);
    db.close();
  });

  test("a table of the POS's that has one of our names is kept", () => {
    using folder = tempFolder();
    const db = openLocal(join(folder.path, 'payflow.db'));
    db.exec('CREATE TABLE sync_batch (mine)');
    expect(codeFrom(() => migrateLocal(db, localMigrations))).toBe('LOCAL_NAME_TAKEN');
    expect(db.prepare('SELECT name FROM sqlite_master').pluck().all()).toEqual(['sync_batch']);
    db.close();
  });
});

describe('backups', () => {
  const at = (text: string): Date => new Date(text);

  test('a backup is one whole, private file with everything committed', async () => {
    using folder = tempFolder();
    const db = makeShop(join(folder.path, 'payflow.db'));
    db.exec(`INSERT INTO categories (local_id, name) VALUES ('c', 'n')`);
    const backups = join(folder.path, 'backups');
    const path = await backupTo(db, backups, { keep: 3, now: at('2026-11-22T15:04:05.678Z') });
    db.close();
    expect(path).toBe(join(backups, 'payflow-20261122T150405.db'));
    expect([mode(backups), mode(path)]).toEqual(['700', '600']);
    using copy = new DatabaseSync(path, { readOnly: true });
    expect({ ...copy.prepare('SELECT local_id FROM categories').get() }).toEqual({ local_id: 'c' });
    expect(listBackups(backups)).toEqual([path]);
  });

  test('the newest stay, also of one second, and nothing else is removed', async () => {
    using folder = tempFolder();
    const db = makeShop(join(folder.path, 'payflow.db'));
    const backups = join(folder.path, 'backups');
    mkdirSync(backups);
    writeFileSync(join(backups, 'payflow-notes.db'), 'mine');
    for (const second of ['01', '02', '03', '03', '03']) {
      await backupTo(db, backups, { keep: 3, now: at(`2026-11-22T15:04:${second}Z`) });
    }
    db.close();
    expect(listBackups(backups).map((path) => path.slice(backups.length + 1))).toEqual([
      'payflow-20261122T150403.db',
      'payflow-20261122T150403-2.db',
      'payflow-20261122T150403-3.db',
    ]);
    expect(readFileSync(join(backups, 'payflow-notes.db'), 'utf8')).toBe('mine');
  });
});

function startNode(script: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // A test that fails before it ends the process would keep the runner waiting for it.
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function said(child: ChildProcess): Promise<string> {
  if (child.stdout === null) return '';
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return chunk.toString();
}
