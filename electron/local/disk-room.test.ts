import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isDiskLow, LOW_DISK_BYTES } from './disk-room.ts';
import { tempFolder } from './testing.ts';

test('a disk is low by what this user may still write, on the disk of the file itself', () => {
  using folder = tempFolder();
  const asked: string[] = [];
  const withRoom = (bytes: number) => (place: string) => {
    asked.push(place);
    return { bavail: bytes / 4096, bsize: 4096 };
  };
  const path = join(folder.path, 'payflow.db');
  expect(isDiskLow(path, withRoom(LOW_DISK_BYTES - 4096))).toBe(true);
  expect(isDiskLow(path, withRoom(LOW_DISK_BYTES))).toBe(false);
  expect(new Set(asked)).toEqual(new Set([folder.path]));
});

test('a folder that is not there, or says nothing of its room, is no alarm', () => {
  using folder = tempFolder();
  expect(isDiskLow(join(folder.path, 'none', 'payflow.db'))).toBe(false);
  const silent = (): never => {
    throw Object.assign(new Error('not supported'), { code: 'ENOSYS' });
  };
  expect(isDiskLow(join(folder.path, 'payflow.db'), silent)).toBe(false);
});
