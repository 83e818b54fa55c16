import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { categories, makeShop, planOf, tempFolder } from '../local/testing.ts';
import { LocalFile } from './local-facts.ts';
import { watchFile, type FileWatch, type FolderWatch } from './watch-file.ts';

let folder: ReturnType<typeof tempFolder>;
let path = '';
let pos: DatabaseSync;
let file: LocalFile;
let watch: FileWatch | null = null;
/** What was heard, in its order: did a look find changes to send? */
let heard: boolean[] = [];
/** The file system's word that a file of the folder was written. */
let tell: (name: string) => void = () => undefined;
let watched: string[] = [];

const byHand: FolderWatch = (of, onWrite) => {
  watched.push(of);
  tell = onWrite;
  return () => undefined;
};

beforeEach(() => {
  folder = tempFolder();
  path = join(folder.path, 'payflow.db');
  makeShop(path, planOf(categories)).close();
  pos = new DatabaseSync(path, { timeout: 2000 });
  file = new LocalFile(path);
  watched = [];
});

afterEach(() => {
  watch?.close();
  vi.useRealTimers();
  file.close();
  pos.close();
  folder[Symbol.dispose]();
});

const begin = (how?: FolderWatch): void => {
  watch = watchFile(path, file, (outbox) => heard.push(outbox), how);
  heard = [];
};
const sell = (id: string): void => {
  pos.prepare(`INSERT INTO categories (local_id, name) VALUES (?, 'Tea')`).run(id);
};

test("9: the file system's word brings another program's sale before the net does", () => {
  vi.useFakeTimers();
  begin(byHand);
  expect(watched).toEqual([folder.path]);
  sell('p1');
  vi.advanceTimersByTime(200);
  expect(heard).toEqual([]);
  tell('payflow.db-wal');
  vi.advanceTimersByTime(1);
  expect(heard).toEqual([true]);
  vi.advanceTimersByTime(1_000);
  expect(heard).toEqual([true]);
});

test('9: a file system that says nothing, or of other files only, costs a quarter of a second', () => {
  vi.useFakeTimers();
  begin(byHand);
  sell('p1');
  tell('payflow.db');
  vi.advanceTimersByTime(249);
  expect(heard).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(heard).toEqual([true]);
});

test('9: a write during the looks that another one asked for has looks of its own', () => {
  vi.useFakeTimers();
  begin(byHand);
  tell('payflow.db-wal');
  vi.advanceTimersByTime(99);
  tell('payflow.db-wal');
  vi.advanceTimersByTime(11);
  sell('p1');
  vi.advanceTimersByTime(20);
  expect(heard).toEqual([true]);
});

test('9: a commit that leaves nothing to send is heard as one', () => {
  vi.useFakeTimers();
  begin(byHand);
  pos.exec(`CREATE TABLE notes (text)`);
  vi.advanceTimersByTime(250);
  expect(heard).toEqual([false]);
});

test('9: this system tells of a write to the -wal', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  begin();
  sell('p1');
  await expect.poll(() => heard).toEqual([true]);
});

test('8.1: another file in its place is heard as one with changes to send, whatever its number of commits', () => {
  vi.useFakeTimers();
  begin(byHand);
  const copy = join(folder.path, 'copy.db');
  pos.exec(`VACUUM INTO '${copy}'`);
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  vi.advanceTimersByTime(250);
  expect(heard).toEqual([]);
  expect(() => file.open()).toThrow('LOCAL_GONE');
  renameSync(copy, path);
  vi.advanceTimersByTime(250);
  expect(heard).toEqual([true]);
  vi.advanceTimersByTime(1_000);
  expect(heard).toEqual([true]);
});
