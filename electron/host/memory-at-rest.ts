import { getHeapStatistics } from 'node:v8';
import type { Timers } from './scheduler-shell.ts';

/** The cleaning takes some 50 ms: not between two clicks of somebody who works with the window. */
const restMs = 8_000;
/** Less is not worth the work: a quiet till that sells now and then cleans up once in a while, not after each sale. */
const worthBytes = 12 * 1024 * 1024;

export interface MemoryAtRest {
  /** Something was done; the rest begins anew. */
  stir(): void;
  close(): void;
}

export interface RestOptions {
  readonly timers: Timers;
  /** Work that is still under way makes no rest, however long it says nothing. */
  readonly isBusy: () => boolean;
  /** What this thread can let go of. */
  readonly giveBack: () => Promise<void>;
  /** It could not be let go of; the next rest tries again. */
  readonly onError: (error: unknown) => void;
  /** What this thread holds, in bytes. */
  readonly held?: () => number;
}

/**
 * After a start and after a large download a thread keeps what it needed then, because V8 and SQLite clean up when they
 * need room, and a thread at rest needs none: 40 MB after a start, 100 after a first load. So it is cleaned up once
 * when it has had nothing to do for a while and has grown since the last time.
 */
export function memoryAtRest(options: RestOptions): MemoryAtRest {
  const {
    timers,
    isBusy,
    giveBack,
    onError,
    held = () => getHeapStatistics().total_heap_size,
  } = options;
  let kept = 0;
  let unset: (() => void) | null = null;
  let closed = false;
  const rest = (): void => {
    unset = null;
    if (isBusy()) stir();
    else if (held() - kept >= worthBytes)
      giveBack().then(() => {
        kept = held();
      }, onError);
  };
  const stir = (): void => {
    unset?.();
    if (!closed) unset = timers.after(restMs, rest);
  };
  return {
    stir,
    close() {
      closed = true;
      unset?.();
    },
  };
}

/**
 * A full collection of this thread's heap. Refused: `--expose-gc`, which is for whoever starts the process to say, and
 * set later costs the compile cache. Where Node came without its inspector the memory stays: nothing depends on it.
 */
export async function collectGarbage(): Promise<void> {
  const { Session } = await import('node:inspector/promises').catch(() => ({ Session: null }));
  if (Session === null) return;
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.collectGarbage');
  } finally {
    session.disconnect();
  }
}
