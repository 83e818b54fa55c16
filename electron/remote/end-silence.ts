import type { Socket } from 'node:net';
import type pg from 'pg';

/**
 * A connection on which nothing came while a statement was under way is dead, whatever TCP believes: longer than any
 * statement may take at HQ, and short enough that a network which comes back has the outbox empty within a minute
 * (DESIGN 9, 11.8).
 */
export const SILENCE_MS = 40_000;

const goodbyeMs = 1_000;
/** In each silence. */
const looks = 4;

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

/**
 * Breaks the connection when HQ has been silent for so long while it owed an answer; its statements fail as timed out.
 * Each byte is a sign of life: node-postgres' own `query_timeout` counts the whole transfer, so that a slow line could
 * never finish a long answer. Streams have a watch of their own (`stream.ts`).
 */
export function endSilence(client: pg.Client, silenceMs: number): void {
  // Nobody else may listen for data: a COPY takes that over (pg-copy-streams).
  const stream = client.connection.stream as Socket;
  const ask = client.query.bind(client) as (...given: unknown[]) => unknown;
  let owed = 0;
  let timer: NodeJS.Timeout | null = null;
  let heard = 0;
  let quiet = 0;
  const look = (): void => {
    quiet = stream.bytesRead > heard ? 0 : quiet + 1;
    heard = stream.bytesRead;
    if (quiet < looks) return;
    stream.destroy(Object.assign(new Error('HQ is silent'), { code: 'ETIMEDOUT' }));
  };
  const settled = (): void => {
    owed -= 1;
    if (owed > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
  client.query = ((...given: unknown[]) => {
    const answer = ask(...given);
    if (!(answer instanceof Promise)) return answer;
    owed += 1;
    if (timer === null) {
      quiet = 0;
      heard = stream.bytesRead;
      timer = setInterval(look, silenceMs / looks);
    }
    answer.then(settled, settled);
    return answer;
  }) as typeof client.query;
}
