import type { Socket } from 'node:net';
import type pg from 'pg';

/**
 * A connection on which nothing came while a statement was under way is dead, whatever TCP believes: longer than any
 * statement may take at HQ, and short enough that a network which comes back has the outbox empty within a minute
 * (DESIGN 9, 11.8).
 */
const SILENCE_MS = 40_000;

/**
 * After this much of it HQ is asked by another way whether it is there at all: a network that has gone is known within
 * 12 seconds, and a statement that takes its time is waited for.
 */
const DOUBT_MS = 6_000;
/** For the answer to that. */
export const ANSWER_MS = 6_000;

const LOOK_MS = 2_000;
const goodbyeMs = 1_000;

/** Ends a connection, without waiting for a network that has gone. Never throws. */
export async function hangUp(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => client.connection.stream.destroy(), goodbyeMs);
  try {
    await client.end();
  } catch {
    client.connection.stream.destroy();
  } finally {
    clearTimeout(timer);
  }
}

/** Does anything answer at HQ's address? */
type AskHq = () => Promise<boolean>;

/**
 * Waits for bytes on one connection, and gives up: after a long silence, or a short one where HQ is not there any more.
 * It counts its looks, not the time: what this process did meanwhile is no silence of HQ's.
 */
export class Patience {
  readonly #stream: Socket;
  readonly #askHq: AskHq;
  readonly #giveUp: (error: Error) => void;
  readonly #silenceMs: number;
  readonly #timer: NodeJS.Timeout;
  #heard: number;
  #quiet = 0;

  constructor(
    client: pg.ClientBase,
    giveUp: (error: Error) => void,
    silenceMs: number = SILENCE_MS,
  ) {
    this.#stream = streamOf(client);
    this.#askHq = waysToHq.get(client) ?? (() => Promise.resolve(true));
    this.#giveUp = giveUp;
    this.#silenceMs = silenceMs;
    this.#heard = this.#stream.bytesRead;
    this.#timer = setInterval(() => {
      this.#look();
    }, LOOK_MS);
  }

  /** HQ owes nothing for the time until now. */
  renew(): void {
    this.#quiet = 0;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#quiet = -1;
  }

  #look(): void {
    const { bytesRead } = this.#stream;
    this.#quiet = bytesRead > this.#heard ? 0 : this.#quiet + 1;
    this.#heard = bytesRead;
    const quietMs = this.#quiet * LOOK_MS;
    if (quietMs >= this.#silenceMs) this.#end();
    else if (quietMs > 0 && quietMs % DOUBT_MS === 0) void this.#doubt();
  }

  async #doubt(): Promise<void> {
    const [heard, quiet] = [this.#stream.bytesRead, this.#quiet];
    const there = await this.#askHq();
    if (!there && this.#stream.bytesRead === heard && this.#quiet >= quiet) this.#end();
  }

  #end(): void {
    this.end();
    this.#giveUp(Object.assign(new Error('HQ is silent'), { code: 'ETIMEDOUT' }));
  }
}

const waysToHq = new WeakMap<pg.ClientBase, AskHq>();

function streamOf(client: pg.ClientBase): Socket {
  return (client as pg.Client).connection.stream as Socket;
}

/**
 * Breaks the connection when HQ owes an answer and is silent (`Patience`); its statements fail as timed out. Each byte is a
 * sign of life: node-postgres' own `query_timeout` counts the whole transfer, so that a slow line could never finish a
 * long answer. Nobody else may listen for data: a COPY takes that over (pg-copy-streams), and waits by itself (`stream.ts`).
 * `silenceMs`: of an HQ that is there.
 */
export function endSilence(
  client: pg.ClientBase,
  askHq: AskHq,
  silenceMs: number = SILENCE_MS,
): void {
  waysToHq.set(client, askHq);
  const ask = client.query.bind(client) as (...given: unknown[]) => unknown;
  let owed = 0;
  let patience: Patience | null = null;
  const settled = (): void => {
    owed -= 1;
    if (owed > 0) return;
    patience?.end();
    patience = null;
  };
  client.query = ((...given: unknown[]) => {
    const answer = ask(...given);
    if (!(answer instanceof Promise)) return answer;
    owed += 1;
    patience ??= new Patience(client, (error) => streamOf(client).destroy(error), silenceMs);
    answer.then(settled, settled);
    return answer;
  }) as typeof client.query;
}
