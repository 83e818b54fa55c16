import type pg from 'pg';
import type { Writable } from 'node:stream';

/**
 * Time in which HQ works and this process would only wait. `use` runs the work once, after a statement has left for
 * HQ: begun earlier, it would keep the statement itself from leaving.
 */
export class IdleTime {
  #work: (() => void) | null;

  constructor(work: (() => void) | undefined) {
    this.#work = work ?? null;
  }

  /** Waits for `query`, working meanwhile. The work's failure is the caller's own and passes through. */
  async use<T>(client: pg.PoolClient, query: Promise<T>): Promise<T> {
    const work = this.#work;
    if (work === null) return query;
    this.#work = null;
    // Whoever throws first, the other must not end as an unhandled rejection.
    query.catch(() => undefined);
    await sent(client);
    work();
    return query;
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
