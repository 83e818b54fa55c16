import pg from 'pg';
import { clientConfig, type ConnectionOptions } from './connection.ts';
import { hangUp } from './end-silence.ts';
import { toPayflowError } from './errors.ts';

const probeDeadlineMs = 5_000;

/**
 * Is HQ there, and does it let us in? A connection of its own, because a pooled one may be the very one that died
 * without a word. Throws PayflowError.
 */
export async function probe(options: ConnectionOptions): Promise<void> {
  const client = new pg.Client({
    ...clientConfig({ ...options, connectTimeoutMs: probeDeadlineMs }),
    query_timeout: probeDeadlineMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } catch (error) {
    throw toPayflowError(error, options.address);
  } finally {
    await hangUp(client);
  }
}
