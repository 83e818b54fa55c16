import { Worker } from 'node:worker_threads';
import { PayflowError } from '../../shared/errors.ts';
import type { Log } from './log.ts';
import type { FromThread, ThreadData, ThreadEvent, ToThread, Watch } from './thread-messages.ts';

/**
 * One of the host's threads, seen from the main thread. `C` is an interface of async methods with one argument; the
 * thread behind it may crash and is then started again, with growing pauses. No call hangs: what was under way fails
 * with ENGINE_THREAD_LOST, and what comes meanwhile waits for the new one up to a deadline.
 */
export interface Thread<C> {
  call<N extends keyof C & string>(name: N, ...rest: CallRest<C[N]>): Promise<CallResult<C[N]>>;
  /** Lets calls under way end (aborted ones soon do), then closes files and connections; after a deadline by force. */
  close(): Promise<void>;
  /** For tests: ends the thread as a crash would. */
  crash(): Promise<void>;
}

type CallResult<F> = F extends (...args: never) => Promise<infer R> ? R : never;
type CallArgs<F> = F extends () => unknown
  ? undefined
  : F extends (args: infer A, ...rest: never) => unknown
    ? A
    : never;
type CallRest<F> =
  undefined extends CallArgs<F>
    ? [args?: CallArgs<F>, watch?: Partial<Watch>]
    : [args: CallArgs<F>, watch?: Partial<Watch>];

export interface ThreadOptions {
  /** `electron/host/engine-worker.ts` in a checkout, `dist/electron/engine-worker.js` in the app. */
  readonly url: URL;
  readonly data: ThreadData;
  readonly log: Log;
  /** Where migrations and manifest stand; absent: beside the code. */
  readonly resources?: string;
  onEvent(event: ThreadEvent): void;
  /** It crashed and will come again. */
  onLost(failure: PayflowError): void;
  /** It is there again after a crash. */
  onBack(): void;
}

/**
 * Three semi-spaces of 8 MB. V8's own choice is twice as much and buys nothing for rows that are garbage a moment
 * later: a bulk load peaked at 400 MB with it and at 290 MB without.
 */
const youngGenerationMb = 24;
const closeDeadlineMs = 20_000;
const startDeadlineMs = 30_000;
const firstPauseMs = 250;
const longestPauseMs = 30_000;
/** A thread that lived so long has earned the short pause again. */
const soundMs = 60_000;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: PayflowError) => void;
  readonly onProgress: Watch['onProgress'] | undefined;
  readonly release: () => void;
}

class WorkerThread<C> implements Thread<C> {
  readonly #options: ThreadOptions;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #worker: Worker | null = null;
  #ready = Promise.withResolvers<Worker>();
  #crashes = 0;
  #startedAt = 0;
  #closing: Promise<void> | null = null;
  #restart: NodeJS.Timeout | null = null;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#start();
  }

  async call<N extends keyof C & string>(
    name: N,
    ...[args, watch]: CallRest<C[N]>
  ): Promise<CallResult<C[N]>> {
    const worker = await this.#whenReady();
    return (await this.#ask(worker, name, args, watch ?? {})) as CallResult<C[N]>;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async crash(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #whenReady(): Promise<Worker> {
    if (this.#closing !== null) throw lost();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(lost());
    }, startDeadlineMs);
    try {
      return await Promise.race([this.#ready.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #ask(worker: Worker, name: string, args: unknown, watch: Partial<Watch>): Promise<unknown> {
    const id = this.#nextId++;
    const { signal, onProgress } = watch;
    const abort = (): void => {
      post(worker, { kind: 'abort', id });
    };
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        resolve,
        reject,
        onProgress,
        release: () => {
          signal?.removeEventListener('abort', abort);
          this.#pending.delete(id);
        },
      });
      post(worker, { kind: 'call', id, name, args });
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });
  }

  #start(): void {
    const { url, data, resources } = this.#options;
    this.#startedAt = performance.now();
    const worker = new Worker(url, {
      name: `payflow-${data.role}`,
      workerData: data,
      env: resources === undefined ? process.env : { ...process.env, PAYFLOW_RESOURCES: resources },
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    this.#worker = worker;
    worker.on('message', (message: FromThread) => {
      this.#hear(worker, message);
    });
    worker.on('error', (error) => {
      this.#options.log.error(`the ${data.role} thread ended by an error`, error);
    });
    worker.on('exit', () => {
      this.#ended(worker);
    });
  }

  #hear(worker: Worker, message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        this.#ready.resolve(worker);
        if (this.#crashes > 0) this.#options.onBack();
        break;
      case 'progress':
        this.#pending.get(message.id)?.onProgress?.(message.progress);
        break;
      case 'event':
        if (this.#closing === null) this.#options.onEvent(message.event);
        break;
      case 'done':
        this.#settle(message.id, (pending) => {
          pending.resolve(message.value);
        });
        break;
      case 'failed':
        this.#settle(message.id, (pending) => {
          pending.reject(new PayflowError(message.code, message.params));
        });
        break;
      case 'closed':
        break;
    }
  }

  #settle(id: number, how: (pending: Pending) => void): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    pending.release();
    how(pending);
  }

  #ended(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const failure = lost();
    for (const id of this.#pending.keys()) {
      this.#settle(id, (pending) => {
        pending.reject(failure);
      });
    }
    if (this.#closing !== null) return;
    this.#ready = Promise.withResolvers<Worker>();
    if (performance.now() - this.#startedAt > soundMs) this.#crashes = 0;
    const pause = Math.min(firstPauseMs * 2 ** this.#crashes, longestPauseMs);
    this.#crashes += 1;
    this.#options.log.warn(`the ${this.#options.data.role} thread is gone and starts again`, {
      pauseMs: pause,
    });
    this.#options.onLost(failure);
    this.#restart = setTimeout(() => {
      this.#start();
    }, pause);
  }

  async #end(): Promise<void> {
    if (this.#restart !== null) clearTimeout(this.#restart);
    // Who waits for a thread that will not come again hears so.
    this.#ready.promise.catch(() => undefined);
    this.#ready.reject(lost());
    const worker = this.#worker;
    if (worker === null) return;
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    post(worker, { kind: 'close' });
    const force = setTimeout(() => {
      void worker.terminate();
    }, closeDeadlineMs);
    await gone;
    clearTimeout(force);
  }
}

function lost(): PayflowError {
  return new PayflowError('ENGINE_THREAD_LOST');
}

function post(worker: Worker, message: ToThread): void {
  worker.postMessage(message);
}

/** Starts a thread; `C` names its calls (`electron/host/engine-worker.ts` has them). */
export function startThread<C>(options: ThreadOptions): Thread<C> {
  return new WorkerThread<C>(options);
}
