import { readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

const lowered = (): number =>
  readdirSync('/proc/self/task').filter((thread) => getPriority(Number(thread)) === 10).length;

test.runIf(process.platform === 'linux')(
  'the thread that gives way is lowered, and no other of its process',
  async () => {
    const before = { lowered: lowered(), own: getPriority() };
    const entry = new URL('give-way.ts', import.meta.url).href;
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       import(${JSON.stringify(entry)}).then(({ giveWay }) => { giveWay(); parentPort.postMessage('done'); });
       parentPort.once('message', () => process.exit());`,
      { eval: true },
    );
    try {
      await new Promise((done, failed) => worker.once('message', done).once('error', failed));

      expect(lowered() - before.lowered).toBe(1);
      expect(getPriority()).toBe(before.own);
    } finally {
      await worker.terminate();
    }
  },
);
