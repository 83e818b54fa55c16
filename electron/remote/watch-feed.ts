import pg from 'pg';
import { z } from 'zod';
import type { PayflowError } from '../../shared/errors.ts';
import { feedChannel } from './capture-body.ts';
import { clientConfig, type ConnectionOptions } from './connection.ts';
import { hangUp } from './end-silence.ts';
import { toPayflowError } from './errors.ts';
import { lookAtFeed, type FeedSeen } from './feed-gate.ts';
import { id } from './identifiers.ts';

/** The safety net under NOTIFY, which an install may leave out and a crowded HQ may drop (DESIGN 9). */
const pollMs = 1_000;
/** One look is one line each way. With the probe that follows, a network that has gone is known within 15 seconds. */
const queryDeadlineMs = 7_000;

/** Reads no table: one page of the sequence and the snapshot. Prepared once. */
const positionSql = `SELECT s.last_value::text AS last, pg_snapshot_xmin(n.now)::text AS xmin, pg_snapshot_xmax(n.now)::text AS xmax
  FROM payflow_sync.feed_seq_seq s CROSS JOIN pg_current_snapshot() n(now)`;

const positionRow = z.tuple([
  z.object({ last: z.string(), xmin: z.coerce.bigint(), xmax: z.coerce.bigint() }),
]);

export interface FeedWatch {
  /** False once it was lost or closed. */
  readonly open: boolean;
  close(): Promise<void>;
}

export interface FeedListener {
  /** There may be something to download: at the first look, and whenever the feed has moved. */
  onMoved(): void;
  /** The watch has ended by itself; called at most once. */
  onLost(failure: PayflowError): void;
}

/** Listens at HQ on a connection of its own. Throws PayflowError where it cannot begin. */
export async function watchFeed(
  options: ConnectionOptions,
  listener: FeedListener,
): Promise<FeedWatch> {
  const watch = new Watch(options, listener);
  await watch.begin();
  return watch;
}

class Watch implements FeedWatch {
  readonly #options: ConnectionOptions;
  readonly #listener: FeedListener;
  readonly #client: pg.Client;
  #open = true;
  #seen: FeedSeen | null = null;
  #looking = false;
  #again = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ConnectionOptions, listener: FeedListener) {
    this.#options = options;
    this.#listener = listener;
    this.#client = new pg.Client({ ...clientConfig(options), query_timeout: queryDeadlineMs });
  }

  get open(): boolean {
    return this.#open;
  }

  async begin(): Promise<void> {
    this.#client.on('error', (error) => {
      this.#lose(error);
    });
    this.#client.on('end', () => {
      this.#lose(new Error('Connection terminated'));
    });
    this.#client.on('notification', () => {
      void this.#look();
    });
    try {
      await this.#client.connect();
      await this.#client.query(`LISTEN ${id(feedChannel)}`);
    } catch (error) {
      await this.close();
      throw toPayflowError(error, this.#options.address);
    }
    await this.#look();
  }

  async close(): Promise<void> {
    this.#open = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await hangUp(this.#client);
  }

  /** One look at a time; a notification that comes meanwhile asks for one more. */
  async #look(): Promise<void> {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    try {
      do {
        this.#again = false;
        const { rows } = await this.#client.query({ name: 'feed_position', text: positionSql });
        const [position] = positionRow.parse(rows);
        const { seen, moved } = lookAtFeed(this.#seen, position);
        this.#seen = seen;
        if (moved && this.#open) this.#listener.onMoved();
      } while (this.#again && this.#open);
    } catch (error) {
      this.#lose(error);
    } finally {
      this.#looking = false;
    }
    this.#plan();
  }

  #plan(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (!this.#open) return;
    this.#timer = setTimeout(() => {
      void this.#look();
    }, pollMs);
  }

  #lose(error: unknown): void {
    if (!this.#open) return;
    void this.close();
    this.#listener.onLost(toPayflowError(error, this.#options.address));
  }
}
