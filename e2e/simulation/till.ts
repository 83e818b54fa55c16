/** A terminal of the simulation: its file, its POS program and its engine, with a line between engine and stores. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type pg from 'pg';
import { openApp } from '../../electron/host/app.ts';
import type { HostedApp } from '../../electron/host/desk-types.ts';
import { readSettings } from '../../electron/host/settings.ts';
import type { EnginePorts } from '../../electron/sync/engine.ts';
import type { RunDirection, RunReport } from '../../shared/report.ts';
import { quietLog } from '../support/quiet-log.ts';
import type { Place } from './company.ts';
import type { Ledger } from './ledger.ts';
import { Line, type Others } from './line.ts';
import { PosProgram } from './pos-program.ts';

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
  #app: HostedApp | null = null;
  #db: Database.Database | null = null;
  #pos: PosProgram | null = null;
  #restoring: readonly Database.Statement[] | null = null;

  constructor(options: TillOptions) {
    this.#options = options;
    this.place = options.place;
    this.line = new Line(options.others);
    this.#path = join(options.folder, `${options.place.code}.db`);
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
    const db = new Database(this.#path);
    this.#db = db;
    db.exec(`ATTACH '${this.#start.replaceAll("'", "''")}' AS start`);
    this.#pos = new PosProgram(db, place, ledger, () => this.line.skew);
    this.#app = await this.#openApp((ports) =>
      this.line.compose(mutate === null ? ports : mutate(ports, { place, hq, file: db })),
    );
  }

  async close(): Promise<void> {
    this.#db?.close();
    await this.#app?.close();
    this.#db = null;
    this.#app = null;
    this.#restoring = null;
  }

  /** One cycle; a failure is in the report. */
  async sync(direction: RunDirection, table: string | null): Promise<RunReport> {
    return this.#running.sync({ direction, table, dryRun: false, onProgress: nothing, signal });
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
    this.#pos?.reset();
    const { db } = this;
    this.#restoring ??= restoring(db);
    const restore = this.#restoring;
    db.pragma('foreign_keys = OFF');
    db.transaction(() => {
      for (const statement of restore) statement.run();
    }).immediate();
    db.pragma('foreign_keys = ON');
  }

  #openApp(compose: (ports: EnginePorts) => EnginePorts): Promise<HostedApp> {
    const { place, url, batchSize } = this.#options;
    const settings = readSettings({
      DATABASE_URL: url,
      PAYFLOW_DB: this.#path,
      PAYFLOW_STATE_DIR: join(this.#options.folder, 'state'),
      PAYFLOW_TERMINAL: place.code,
      SYNC_BATCH_SIZE: String(batchSize),
    });
    return openApp(settings, quietLog, nothing, compose);
  }
}

/** Statements that give every table the rows it had at the start, unseen by capture; prepared once, because of its triggers. */
function restoring(db: Database.Database): Database.Statement[] {
  const tables = db
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .pluck()
    .all() as string[];
  return [
    'UPDATE sync_session SET applying = 1',
    ...tables
      .filter((table) => table !== 'sync_session')
      .flatMap((table) => {
        const columns = db
          .prepare(
            `SELECT group_concat('"' || name || '"') FROM pragma_table_xinfo(?) WHERE hidden = 0`,
          )
          .pluck()
          .get(table) as string;
        return [
          `DELETE FROM main."${table}"`,
          `INSERT INTO main."${table}" (${columns}) SELECT ${columns} FROM start."${table}"`,
        ];
      }),
    'UPDATE sync_session SET applying = 0',
  ].map((sql) => db.prepare(sql));
}
