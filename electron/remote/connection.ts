import { isIP } from 'node:net';
import pg from 'pg';
import { ANSWER_MS, endSilence, hangUp } from './end-silence.ts';
import { toPayflowError, type Target } from './errors.ts';
import { isThere } from './is-there.ts';

/**
 * What every session is pinned to, so that a value's text is the same everywhere (DESIGN 7.2), and so that a
 * half-dead terminal never stalls the others' feed (6.7).
 */
const SESSION = {
  DateStyle: 'ISO,YMD',
  TimeZone: 'UTC',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmloption: 'content',
  // The feed is read in the order of its index. Where nothing was counted of it yet, PostgreSQL would take a bitmap instead
  // and sort all that is behind, for each page of it anew.
  enable_bitmapscan: 'off',
  idle_in_transaction_session_timeout: '10s',
  lock_timeout: '20s',
  statement_timeout: '35s',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  client_encoding: 'UTF8',
} as const;

export interface ConnectionOptions {
  /** HQ's address, already parsed: node-postgres never sees the URL. */
  readonly address: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string | undefined;
    readonly database: string;
    readonly ssl: false | { readonly rejectUnauthorized: true; readonly ca?: string };
  };
  readonly applicationName: string;
  readonly connectTimeoutMs?: number;
}

/** Neither an address nor a socket's path, which TLS has no place for: a certificate is compared with `host` then. */
const isName = (host: string): boolean => isIP(host) === 0 && !host.startsWith('/');

/** What every connection of ours is made with. */
export function clientConfig(options: ConnectionOptions) {
  const { host, port, user, password, database, ssl } = options.address;
  return {
    host,
    port,
    user,
    password,
    database,
    ssl:
      ssl === false ? (false as const) : { ...ssl, ...(isName(host) ? { servername: host } : {}) },
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: Object.entries(SESSION)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  };
}

/** The connections of one engine: one that works and, while a table is streamed, a second one. */
export class Connections {
  readonly target: Target;
  readonly #options: ConnectionOptions;
  readonly #pool: pg.Pool;
  readonly #streams: pg.Pool;

  constructor(options: ConnectionOptions) {
    const { host, port, user } = options.address;
    this.target = { host, port, user };
    this.#options = options;
    // The tables of a batch leave together (`apply-range.ts`); streams cannot be sent that way.
    this.#pool = this.#openPool({ max: 2, pipeline: true });
    this.#streams = this.#openPool({ max: 2 });
  }

  #openPool(size: Pick<pg.PoolConfig, 'max' | 'pipeline'>): pg.Pool {
    const pool = new pg.Pool({
      ...clientConfig(this.#options),
      ...size,
      idleTimeoutMillis: 60_000,
      allowExitOnIdle: true,
    });
    // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
    pool.on('error', ignore);
    pool.on('connect', (client) => {
      // For as long as it lives: HQ can end a session in the same packet that it is ready in, before its user has it.
      client.on('error', ignore);
      endSilence(client, () => isThere(this.#options.address, ANSWER_MS));
    });
    return pool;
  }

  /** Lends a connection; what goes wrong leaves as PayflowError and the connection is not used again. */
  async use<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let client: pg.PoolClient | null = null;
    let failed = true;
    try {
      client = await this.#pool.connect();
      const result = await work(client);
      failed = false;
      return result;
    } catch (error) {
      throw toPayflowError(error, this.target);
    } finally {
      client?.release(failed);
    }
  }

  /**
   * A connection of its own, for an administrator's work that takes as long as it takes: it ends when HQ is not there any
   * more or `signal` says so, not because HQ is silent over one statement.
   */
  async useForLong<T>(
    work: (client: pg.ClientBase) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const client = new pg.Client(clientConfig(this.#options));
    client.on('error', ignore);
    const stop = (): void => {
      client.connection.stream.destroy();
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await client.connect();
      endSilence(client, () => isThere(this.#options.address, ANSWER_MS), Infinity);
      return await work(client);
    } catch (error) {
      throw toPayflowError(error, this.target);
    } finally {
      signal?.removeEventListener('abort', stop);
      await hangUp(client);
    }
  }

  /**
   * Lends a connection for a stream. `giveBack(true)` drops it, as must be done when a stream was left half-way;
   * only the first call counts.
   */
  async lend(): Promise<{ client: pg.PoolClient; giveBack(failed: boolean): void }> {
    const client = await this.#streams.connect().catch((error: unknown) => {
      throw this.failure(error);
    });
    let lent = true;
    return {
      client,
      giveBack: (failed) => {
        if (!lent) return;
        lent = false;
        client.release(failed);
      },
    };
  }

  /** Any failure of this HQ in the operator's terms. */
  failure(error: unknown): Error {
    return toPayflowError(error, this.target);
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#streams.end()]);
  }
}

/** The failure of a lent connection reaches its user through the query that fails. */
function ignore(): void {
  // Nothing to do: see above.
}
