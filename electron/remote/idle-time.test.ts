import type pg from 'pg';
import { expect, test } from 'vitest';
import { IdleTime } from './idle-time.ts';

/** A connection with so much that has not left yet. */
function wire(writableLength: number): {
  client: pg.PoolClient;
  stream: { writableLength: number };
} {
  const stream = { writableLength };
  return { client: { connection: { stream } } as unknown as pg.PoolClient, stream };
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1)
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
};

test('the work begins when what HQ is to work on has left, and only once', async () => {
  const { client, stream } = wire(1);
  let begun = 0;
  const idle = new IdleTime(() => {
    begun += 1;
    return Promise.resolve();
  });

  idle.begin(client);
  idle.begin(client);
  await turns(5);
  expect(begun).toBe(0);
  stream.writableLength = 0;
  await idle.end();

  expect(begun).toBe(1);
});

test('work that fails is told at its end, and to who would begin something at HQ', async () => {
  const failure = new Error('disk full');
  const idle = new IdleTime(() => Promise.reject(failure));
  idle.check();

  idle.begin(wire(0).client);
  await turns(3);

  expect(() => {
    idle.check();
  }).toThrow(failure);
  await expect(idle.end()).rejects.toThrow(failure);
});

test('without work, or before it began, there is nothing to wait for', async () => {
  const without = new IdleTime(undefined);
  without.begin(wire(0).client);

  await expect(without.end()).resolves.toBeUndefined();
  const before = new IdleTime(() => Promise.reject(new Error('not begun')));
  await expect(before.end()).resolves.toBeUndefined();
});
