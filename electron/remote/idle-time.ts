import type pg from 'pg';
import type { Writable } from 'node:stream';

/**
 * Time in which HQ works and this process would only wait: `work` is done in it, beside what is sent and heard, at most
 * once.
 */
export class IdleTime {
  #work: (() => Promise<void>) | null;
  #doing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;

  constructor(work: (() => Promise<void>) | undefined) {
    this.#work = work ?? null;
  }

  /** Begins the work once what was written has left for HQ: begun earlier, it would keep that from leaving. */
  begin(client: pg.PoolClient): void {
    const work = this.#work;
    if (work === null) return;
    this.#work = null;
    this.#doing = sent(client).then(work);
    this.#doing.catch((error: unknown) => {
      this.#failure = { error };
    });
  }

  /** Throws what the work has failed of by now: a process that is in trouble begins nothing more at HQ. */
  check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** The end of the work, if it has begun. Its failure is the caller's own and passes through. */
  end(): Promise<void> {
    return this.#doing;
  }
}

/** Resolves when what was written to HQ has left this process. */
async function sent(client: pg.PoolClient): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  for (let turns = 0; turns < MAX_TURNS && (turns === 0 || stream.writableLength > 0); turns += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** A link too slow to take a statement within so many turns of the event loop has time for the work anyway. */
const MAX_TURNS = 10_000;
