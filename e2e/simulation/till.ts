/** A terminal of the simulation: its file, its POS program and its engine, with a line between engine and stores. */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type pg from 'pg';
import { openApp } from '../../electron/host/app.ts';
import type { HostedApp } from '../../electron/host/desk-types.ts';
import { readSettings } from '../../electron/host/settings.ts';
import type { EnginePorts } from '../../electron/sync/engine.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { RunDirection, RunReport } from '../../shared/report.ts';
import { quietLog } from '../support/quiet-log.ts';
import type { Place } from './company.ts';
import type { Ledger } from './ledger.ts';
import { Janitor } from './janitor.ts';
import { Line, type Others } from './line.ts';
import { pick, PosProgram } from './pos-program.ts';

/** What a mutant may use to go wrong. */
export interface MutantTools {
  readonly place: Place;
  /** HQ, as another session. */
  readonly hq: pg.Client;
  /** payflow.db, as another connection. */
  readonly file: Database.Database;
}

export type Mutate = (ports: EnginePorts, tools: MutantTools) => EnginePorts;

export interface TillOptions {
  readonly place: Place;
  readonly url: string;
  readonly folder: string;
  readonly batchSize: number;
  readonly ledger: () => Ledger;
  readonly others: Others;
  readonly hq: pg.Client;
}

const nothing = (): void => undefined;
const { signal } = new AbortController();

export class Till {
  readonly place: Place;
  readonly line: Line;
  readonly #options: TillOptions;
  readonly #path: string;
  /** The file as it was when the company opened. */
  readonly #start: string;
  readonly #copy: string;
  #mutate: Mutate | null = null;
  #app: HostedApp | null = null;
  #db: Database.Database | null = null;
  #pos: PosProgram | null = null;
  #janitor: Janitor | null = null;
  #clone: { readonly app: HostedApp; readonly janitor: Janitor } | null = null;

  constructor(options: TillOptions) {
    this.#options = options;
    this.place = options.place;
    this.line = new Line(options.others);
    this.#path = join(options.folder, `${options.place.code}.db`);
    this.#copy = join(options.folder, `${options.place.code}-copy.db`);
    this.#start = join(options.folder, `${options.place.code}-start.db`);
  }

  /** The POS program's connection; the tests look at the file through it too. */
  get db(): Database.Database {
    if (this.#db === null) throw new Error('the terminal is not open');
    return this.#db;
  }

  get pos(): PosProgram {
    if (this.#pos === null) throw new Error('the terminal is not open');
    return this.#pos;
  }

  /** Makes and loads the file, and remembers it. */
  async make(): Promise<void> {
    const app = await this.#openApp((ports) => ports);
    await app.init(nothing, signal);
    // A second cycle reads the feed behind the load.
    await app.sync({ direction: 'both', table: null, dryRun: false, onProgress: nothing, signal });
    await app.close();
    copyFileSync(this.#path, this.#start);
    await this.open(null);
  }

  /** `mutate`: what stands in the place of the engine's own parts; null: nothing. */
  async open(mutate: Mutate | null): Promise<void> {
    const { place, ledger, hq } = this.#options;
    this.#mutate = mutate;
    const db = new Database(this.#path);
    this.#db = db;
    this.#pos = new PosProgram(db, place, ledger, () => this.line.skew);
    this.#app = await this.#openApp((ports) =>
      this.line.compose(mutate === null ? ports : mutate(ports, { place, hq, file: db })),
    );
  }

  async close(): Promise<void> {
    this.#janitor?.close();
    this.#clone?.janitor.close();
    await this.#clone?.app.close();
    this.#db?.close();
    await this.#app?.close();
    this.#janitor = null;
    this.#clone = null;
    this.#db = null;
    this.#app = null;
  }

  /** One cycle; a failure is in the report. */
  async sync(direction: RunDirection, table: string | null): Promise<RunReport> {
    return this.#running.sync({ direction, table, dryRun: false, onProgress: nothing, signal });
  }

  /** Answers with the values there were to choose from; a choice that nothing can be made of any more is none. */
  async resolve(number: number, keep: 'local' | 'hq'): Promise<readonly (string | null)[]> {
    const chosen = pick(await this.#running.conflicts(), number);
    if (chosen === undefined) return [];
    try {
      await this.#running.resolveConflict({ id: chosen.id, keep });
    } catch (error) {
      if (!(error instanceof PayflowError)) throw error;
    }
    return [chosen, ...chosen.also].flatMap(({ kept, lost }) => [kept, lost]);
  }

  /** Somebody copies the file. */
  copy(): void {
    this.db.pragma('wal_checkpoint(TRUNCATE)');
    copyFileSync(this.#path, this.#copy);
  }

  /** Somebody puts the copy back, if there is one; `note` is told of the file before and after. */
  async restore(
    note: (file: Database.Database, when: 'before' | 'after') => Promise<void>,
  ): Promise<void> {
    if (!existsSync(this.#copy)) return;
    await note(this.db, 'before');
    await this.close();
    for (const beside of ['-wal', '-shm']) rmSync(`${this.#path}${beside}`, { force: true });
    copyFileSync(this.#copy, this.#path);
    await this.open(this.#mutate);
    await note(this.db, 'after');
  }

  /** One cycle on a copy of the file, on another machine. */
  async syncClone(): Promise<RunReport> {
    this.#clone ??= await this.#makeClone();
    this.#clone.janitor.restore();
    return this.#clone.app.sync({
      direction: 'both',
      table: null,
      dryRun: false,
      onProgress: nothing,
      signal,
    });
  }

  /** The other machine stays; what it has of the file is copied for each of its cycles. */
  async #makeClone(): Promise<{ readonly app: HostedApp; readonly janitor: Janitor }> {
    this.db.pragma('wal_checkpoint(TRUNCATE)');
    const path = join(this.#options.folder, `${this.place.code}-clone.db`);
    for (const beside of ['', '-wal', '-shm']) rmSync(`${path}${beside}`, { force: true });
    copyFileSync(this.#path, path);
    const app = await this.#openApp((ports) => ports, path, 'elsewhere');
    return { app, janitor: new Janitor(path, this.#path) };
  }

  /** What a person asks for who does not trust a table. */
  async askToCompare(table: string | null): Promise<void> {
    await this.#running.reset(table);
  }

  /** Rows that the product's own data check names. */
  async verify(): Promise<string[]> {
    const { equal, tables } = await this.#running.verify(nothing, signal);
    const named = Object.entries(tables).flatMap(([table, { differing }]) =>
      differing.map((id) => `verify of ${this.place.code} names ${table}:${id}`),
    );
    return equal || named.length > 0 ? named : [`verify of ${this.place.code} is not equal`];
  }

  get #running(): HostedApp {
    if (this.#app === null) throw new Error('the terminal is not open');
    return this.#app;
  }

  /** The file's rows as they were when the company opened; connections and their caches stay. */
  reset(): void {
    this.line.skew = 0;
    this.line.begin(null);
    this.line.forgetLate();
    rmSync(this.#copy, { force: true });
    this.#janitor ??= new Janitor(this.#path, this.#start);
    this.#janitor.restore();
  }

  #openApp(
    compose: (ports: EnginePorts) => EnginePorts,
    path = this.#path,
    state = 'state',
  ): Promise<HostedApp> {
    const { place, url, batchSize } = this.#options;
    const settings = readSettings({
      DATABASE_URL: url,
      PAYFLOW_DB: path,
      PAYFLOW_STATE_DIR: join(this.#options.folder, state),
      PAYFLOW_TERMINAL: place.code,
      SYNC_BATCH_SIZE: String(batchSize),
    });
    return openApp(settings, quietLog, nothing, compose);
  }
}
