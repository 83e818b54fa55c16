/** The machine's hardware: one PostgreSQL of its own, one HQ, its terminals' files; all brought back to the start cheaply. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openApp } from '../../electron/host/app.ts';
import { startEmbeddedHq, type EmbeddedHq } from '../../electron/host/embedded-hq.ts';
import { readSettings } from '../../electron/host/settings.ts';
import { quietLog } from '../support/quiet-log.ts';
import { COMPANY, PLACES } from './company.ts';
import { HqReset } from './hq-reset.ts';
import { Ledger } from './ledger.ts';
import { BackOffice } from './back-office.ts';
import type { Others } from './line.ts';
import { Till, type Mutate } from './till.ts';

export interface HouseOptions {
  readonly terminals: number;
}

/** Memory where the machine has it as a folder: each history commits a hundred times, and each commit is synced. */
const FASTEST = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Entries per batch and page of each terminal: pages that end everywhere. */
const BATCH_SIZES = [3, 50, 7, 1, 4, 5000];

export class House {
  readonly db: pg.Client;
  readonly office: BackOffice;
  readonly tills: readonly Till[];
  ledger = new Ledger();
  readonly #server: EmbeddedHq;
  readonly #slow: readonly pg.Client[];
  readonly #reset: HqReset;
  readonly #folder: string;
  /** The others are as they were. */
  #used = 0;

  private constructor(
    server: EmbeddedHq,
    folder: string,
    db: pg.Client,
    slow: readonly pg.Client[],
    reset: HqReset,
    terminals: number,
  ) {
    this.#server = server;
    this.#folder = folder;
    this.#slow = slow;
    this.#reset = reset;
    this.db = db;
    const ledger = (): Ledger => this.ledger;
    this.office = new BackOffice(db, slow, ledger);
    this.tills = PLACES.slice(0, terminals).map((place, index) => {
      const others: Others = {
        pos: (write) => {
          this.tills[index]?.pos.write(write);
        },
        hq: (write) => this.office.write(write),
      };
      return new Till({
        place,
        url: server.url('company'),
        folder,
        batchSize: BATCH_SIZES[index] ?? 10,
        ledger,
        others,
        hq: db,
      });
    });
  }

  /** The caller owes it a `close`. */
  static async open({ terminals }: HouseOptions): Promise<House> {
    const server = await startEmbeddedHq({
      dir: FASTEST,
      settings: {
        fsync: 'off',
        synchronous_commit: 'off',
        full_page_writes: 'off',
        // It would come when it likes, and hold back the feed while it analyses.
        autovacuum: 'off',
      },
    });
    const folder = mkdtempSync(join(FASTEST, 'payflow-simulation-'));
    const connect = async (database?: string): Promise<pg.Client> => {
      const client = new pg.Client({ connectionString: server.url(database) });
      await client.connect();
      return client;
    };
    const admin = await connect();
    await admin.query('CREATE DATABASE company');
    await admin.end();
    const app = await openApp(readSettings({ DATABASE_URL: server.url('company') }), quietLog);
    await app.installHq({ withSchema: true, manifest: null, notify: null });
    await app.close();
    const db = await connect('company');
    await db.query(COMPANY);
    const house = new House(
      server,
      folder,
      db,
      [await connect('company'), await connect('company')],
      new HqReset(db),
      terminals,
    );
    for (const till of house.tills) await till.make();
    await house.#reset.remember();
    return house;
  }

  /** Everything as it was when the company opened, for a history of so many terminals. */
  async reset(terminals: number): Promise<void> {
    await this.office.end('ROLLBACK');
    await this.#reset.restore();
    for (const till of this.tills.slice(0, this.#used)) till.reset();
    this.#used = terminals;
    this.office.reset();
    this.ledger = new Ledger();
  }

  /** Nothing is on its way any more: open transactions are committed, batches that hung have arrived. */
  async settle(): Promise<void> {
    await this.office.end('COMMIT');
    for (const till of this.tills) await till.line.deliverLate();
  }

  /** Lets the terminals' engines be made of other parts. */
  async rewire(mutate: Mutate | null): Promise<void> {
    for (const till of this.tills) {
      await till.close();
      await till.open(mutate);
    }
  }

  async close(): Promise<void> {
    for (const till of this.tills) await till.close();
    for (const client of this.#slow) await client.end();
    await this.db.end();
    await this.#server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
