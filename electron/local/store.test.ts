import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLocalStore } from './store.ts';
import { makeShop, tempFolder } from './testing.ts';

const FULL = 2;
const NORMAL = 1;

test('only the write that says so is not flushed: the next one is, also behind one that fails', () => {
  using folder = tempFolder();
  const db = makeShop(join(folder.path, 'payflow.db'));
  const store = createLocalStore(db, () => '2026-11-23T08:00:00.000Z');
  const flushing = () => db.pragma('synchronous', { simple: true }) as number;
  const note = (value: string): number => {
    store.setMeta('noted', value);
    return flushing();
  };

  expect(store.write(() => note('a'))).toBe(FULL);
  expect(store.write(() => note('b'), { flush: false })).toBe(NORMAL);
  expect(store.write(() => note('c'))).toBe(FULL);
  const failing = () =>
    store.write(
      () => {
        note('d');
        throw new Error('no');
      },
      { flush: false },
    );

  expect(failing).toThrow('no');
  expect(store.meta('noted')).toBe('c');
  expect(store.write(() => note('e'))).toBe(FULL);
  db.close();
});
