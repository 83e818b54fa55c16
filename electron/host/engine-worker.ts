/**
 * Entry of the host's threads: the engine, which writes payflow.db and talks to HQ, and the reader, which answers lists
 * while a cycle runs. Calls come as messages and are answered as messages; see `thread-messages.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PayflowError } from '../../shared/errors.ts';
import { openApp } from './app.ts';
import { engineCalls } from './engine-calls.ts';
import { asFailure } from './failure.ts';
import { giveWay } from './give-way.ts';
import { createLog } from './log.ts';
import { collectGarbage, memoryAtRest } from './memory-at-rest.ts';
import { readerCalls } from './reader-calls.ts';
import { systemTimers } from './scheduler-shell.ts';
import type { FromThread, ThreadData, ThreadEvent, ToThread, Watch } from './thread-messages.ts';

type AnyCall = (args: unknown, watch: Watch) => Promise<unknown>;

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a thread');
const { role, settings, secrets } = workerData as ThreadData;
const log = createLog(settings.logFolder, secrets);
const post = (message: FromThread): void => {
  port.postMessage(message);
};
const emit = (event: ThreadEvent): void => {
  post({ kind: 'event', event });
};

if (role === 'engine') {
  try {
    giveWay();
  } catch (error) {
    // A system without /proc, or one that forbids it: a sync in the way of a click is better than none.
    log.warn('engine thread: it keeps its priority', { error });
  }
}
const app = await openApp(settings, log);
const { calls, close } =
  role === 'engine'
    ? engineCalls({ app, settings, log, emit })
    : readerCalls({ app, settings, emit });
const byName = new Map(Object.entries(calls as unknown as Record<string, AnyCall>));
const underWay = new Map<number, AbortController>();
const ends = new Set<Promise<void>>();
const memory = memoryAtRest({
  timers: systemTimers,
  isBusy: () => underWay.size > 0,
  async giveBack() {
    app.giveMemoryBack();
    await collectGarbage();
  },
  onError: (error) => {
    log.error(`${role} thread: memory`, error);
  },
});

async function answer(id: number, name: string, args: unknown): Promise<void> {
  const stop = new AbortController();
  underWay.set(id, stop);
  memory.stir();
  try {
    const call = byName.get(name);
    if (call === undefined) throw new Error(`the ${role} thread has no call ${name}`);
    const value = await call(args, {
      signal: stop.signal,
      onProgress: (progress) => {
        post({ kind: 'progress', id, progress });
      },
    });
    post({ kind: 'done', id, value: value ?? null });
  } catch (error) {
    if (!(error instanceof PayflowError)) log.error(`${role} thread: ${name}`, error);
    const { code, params } = asFailure(error, log.path);
    post({ kind: 'failed', id, code, params });
  } finally {
    underWay.delete(id);
    memory.stir();
  }
}

/** Work under way ends at its next safe point; what it has committed stays. */
async function end(): Promise<void> {
  for (const stop of underWay.values()) stop.abort();
  await Promise.all(ends);
  memory.close();
  await close();
  await app.close();
  post({ kind: 'closed' });
  port?.close();
}

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'call': {
      const work = answer(message.id, message.name, message.args).finally(() => ends.delete(work));
      ends.add(work);
      break;
    }
    case 'abort':
      underWay.get(message.id)?.abort();
      break;
    case 'close':
      void end().catch((error: unknown) => {
        log.error(`${role} thread: close`, error);
        process.exit(1);
      });
      break;
  }
});
post({ kind: 'ready' });
