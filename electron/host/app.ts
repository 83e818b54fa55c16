/** Composition of the product for the command line and the desktop app: stores, engine, checks. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import type { Plan } from '../../shared/plan.ts';
import type { RunReport } from '../../shared/report.ts';
import type { BooksReport } from '../../shared/rows.ts';
import { conflictRows } from '../local/conflict-log.ts';
import { askedQuestions } from '../local/gate-store.ts';
import { oversoldRows } from '../local/oversold.ts';
import { localVersion, migrateLocal } from '../local/migrate.ts';
import { noticePage } from '../local/notices.ts';
import type { WritableDb } from '../local/open.ts';
import { savedPlan } from '../local/saved-plan.ts';
import { createLocalStore } from '../local/store.ts';
import {
  heldRows,
  loggedRuns,
  markForReload,
  metaValue,
  rejectedRows,
  savedCursors,
  tableCounts,
} from '../local/views.ts';
import { Connections } from '../remote/connection.ts';
import { statusOfHq } from '../remote/hq-status.ts';
import { installCapture } from '../remote/install.ts';
import { knownMigrations } from '../remote/migrations.ts';
import { createRemoteStore } from '../remote/store.ts';
import { uninstallCapture } from '../remote/uninstall.ts';
import { applyFix, checkSchema, createOrAlign } from '../schema/align.ts';
import { readManifest } from '../schema/read-manifest.ts';
import { Cancelled } from '../sync/cancelled.ts';
import { connect, refuseForeignFile, type ConnectOptions } from '../sync/connect.ts';
import { runCycle } from '../sync/cycle.ts';
import { identify, identifyNew } from '../sync/identify.ts';
import { META } from '../sync/meta.ts';
import type { CycleRequest, EnginePorts } from '../sync/engine.ts';
import type { Instance } from '../sync/ports.ts';
import type {
  App,
  InitOptions,
  InitReport,
  OnProgress,
  SchemaFixReport,
  SchemaReport,
} from './app-types.ts';
import { checkBooks, repairBoth, verifyBoth, type Checking } from './checks.ts';
import { createDesk } from './desk.ts';
import type { CycleAsked, Desk, HostedApp } from './desk-types.ts';
import { shownConflict } from './conflict-choices.ts';
import { hashing } from './hashing.ts';
import { instanceOf } from './instance-key.ts';
import type { Log } from './log.ts';
import { manifestFile, shownManifest } from './manifest.ts';
import { OpenedFile, storedPlan } from './opened-file.ts';
import { answerRemovals } from './removal-answers.ts';
import { resourcesFolder } from './resources.ts';
import { requireHq, requireTerminal, type Settings } from './settings.ts';
import { requireShown } from './shown-fix.ts';
import { statusReport } from './status-report.ts';
import { appVersion } from './version.ts';
import { dryRun } from './dry-run.ts';

const NOBODY_LISTENS = { onProgress: () => undefined, signal: new AbortController().signal };
/** Differences whose fix leaves less in the file than HQ has. */
const REFILLED: ReadonlySet<string> = new Set(['table-missing', 'column-lossy']);
const WHOLE_CYCLE: CycleRequest = { direction: 'both', table: null, retry: [] };

/** One process's hold on payflow.db and HQ. Opens each when it is first needed. */
class LocalApp implements HostedApp {
  readonly desk: Desk;
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #at: (step: string) => void;
  readonly #compose: Compose;
  readonly #file: OpenedFile;
  /** What the engine works with, of one connection: another file has another. */
  #engine: { readonly db: WritableDb; readonly ports: EnginePorts } | null = null;
  #connections: Connections | null = null;
  #key: Instance | null = null;

  constructor(settings: Settings, log: Log, at: (step: string) => void, compose: Compose) {
    this.#settings = settings;
    this.#log = log;
    this.#at = at;
    this.#compose = compose;
    this.#file = new OpenedFile(settings, log, (db) => this.#ports(db).local);
    this.desk = createDesk({
      readable: () => this.#file.planned(),
      file: () => {
        const db = this.#file.initialised();
        return { db, plan: storedPlan(db), terminal: metaValue(db, META.terminal) ?? '' };
      },
      connect: () => this.#connect(this.#file.initialised(), WHOLE_CYCLE, NOBODY_LISTENS),
      differences: async () => (await this.schemaCheck()).differences,
      fix: (shown) => this.#fixSchema(shown),
      defaultManifest: () => manifestFile(null),
    });
  }

  // ------------------------------------------------------------------------------------------ HQ

  async installHq(options: Parameters<App['installHq']>[0], signal?: AbortSignal) {
    const { text, path } = await manifestFile(options.manifest);
    const manifest = readManifest(text, path);
    return this.#hq().useForLong(
      (client) =>
        installCapture(client, {
          manifest,
          withSchema: options.withSchema,
          ...(options.notify === null ? {} : { notify: options.notify }),
          ...(options.keepDays == null ? {} : { keepDays: options.keepDays }),
        }),
      signal,
    );
  }

  hqStatus() {
    return this.#hq().use((client) =>
      statusOfHq(client, knownMigrations(join(resourcesFolder, 'hq')).needed),
    );
  }

  uninstallHq() {
    return this.#hq().use((client) => uninstallCapture(client));
  }

  manifest() {
    return this.#hq().use((client) => shownManifest(client));
  }

  // ---------------------------------------------------------------------------------------- runs

  async init(
    onProgress: OnProgress,
    signal: AbortSignal,
    runId?: string,
    { takeOver = false }: InitOptions = {},
  ): Promise<InitReport> {
    const created = !existsSync(this.#settings.databasePath);
    // HQ first: a file is made or changed only when there is a plan to make it by.
    const remote = this.#remote();
    const hello = await remote.hello(requireTerminal(this.#settings));
    if (created) identifyNew(hello, this.#instance(), takeOver);
    const plan = await remote.loadPlan();
    const db = this.#file.writable(true);
    // Somebody else's file gets no table of ours before it is known that it may become this terminal's.
    if (!created && localVersion(db) === 0) identifyNew(hello, this.#instance(), takeOver);
    migrateLocal(db, join(resourcesFolder, 'local'));
    refuseForeignFile(this.#ports(db), requireTerminal(this.#settings), hello);
    identify(this.#ports(db), hello, this.#instance(), takeOver);
    const aligned = await createOrAlign(db, plan, this.#backups());
    const request = runId === undefined ? WHOLE_CYCLE : { ...WHOLE_CYCLE, runId };
    const report = await this.#run(db, request, { onProgress, signal }, takeOver);
    refuseFailure(report);
    return {
      database: this.#settings.databasePath,
      terminal: requireTerminal(this.#settings),
      created,
      tables: Object.fromEntries(
        Object.entries(report.tables).map(([name, table]) => [name, table.download.applied]),
      ),
      held: report.download.held + report.upload.held,
      rejected: report.download.rejected + report.upload.rejected,
      applied: created ? [] : aligned.applied,
      backup: aligned.backup,
      remaining: aligned.remaining,
    };
  }

  async sync({
    direction,
    table,
    dryRun: dry,
    runId,
    onProgress,
    signal,
  }: Parameters<App['sync']>[0]): Promise<RunReport> {
    const named = runId === undefined ? {} : { runId };
    const request: CycleRequest = { direction, table, retry: [], ...named };
    const db = this.#file.initialised();
    this.#refuseUnknownTable(db, table);
    if (dry) return dryRun(await this.#connect(db, request, { onProgress, signal }));
    return this.#run(db, request, { onProgress, signal });
  }

  async retry(
    rows: Parameters<App['retry']>[0],
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<RunReport> {
    const db = this.#file.initialised();
    // What waits for a person's yes is not tried.
    const held = heldRows(db).filter((row) => row.missing.every(({ why }) => why !== 'confirm'));
    const listed = [...held, ...rejectedRows(db)].map(({ table, id }) => ({ table, id }));
    const unknown = rows.find(
      (row) => !listed.some(({ table, id }) => table === row.table && id === row.id),
    );
    if (unknown !== undefined)
      throw new PayflowError('ROW_NOT_LISTED', { table: unknown.table, id: unknown.id });
    return this.#run(
      db,
      { ...WHOLE_CYCLE, retry: rows.length === 0 ? listed : rows },
      { onProgress, signal },
    );
  }

  async cycle(
    { takeOver = false, ...asked }: CycleAsked,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<RunReport> {
    const request: CycleRequest = { ...asked, table: null };
    return this.#run(this.#file.initialised(), request, { onProgress, signal }, takeOver);
  }

  async verify(onProgress: OnProgress, signal: AbortSignal) {
    return verifyBoth(this.#checking({ onProgress, signal }));
  }

  async repair({ log }: { readonly log: boolean }, onProgress: OnProgress, signal: AbortSignal) {
    return repairBoth(this.#checking({ onProgress, signal }), log);
  }

  async books(onProgress: OnProgress, signal: AbortSignal): Promise<BooksReport> {
    return checkBooks(this.#checking({ onProgress, signal }));
  }

  #checking(watch: Watch): Checking {
    const db = this.#file.initialised();
    return {
      db,
      ports: this.#ports(db),
      connect: () => this.#connect(db, WHOLE_CYCLE, watch),
      cycle: async () => {
        refuseFailure(await this.#run(db, WHOLE_CYCLE, watch));
      },
    };
  }

  async schemaCheck(): Promise<SchemaReport> {
    const { db, plan } = await this.#planned();
    return checkSchema(db, plan);
  }

  async schemaFix({ shown }: Parameters<App['schemaFix']>[0]): Promise<SchemaFixReport> {
    if (shown !== null) return this.#fixSchema(shown);
    const { differences } = await this.schemaCheck();
    return { differences, applied: [], backup: null, remaining: differences };
  }

  // --------------------------------------------------------------------------------------- local

  status() {
    const { databasePath, mode } = this.#settings;
    if (!existsSync(databasePath))
      return Promise.resolve(statusReport(null, this.#settings, Date.now()));
    const db = this.#file.readable();
    return Promise.resolve(
      statusReport(localVersion(db) === 0 ? null : db, { ...this.#settings, mode }, Date.now()),
    );
  }

  held() {
    return Promise.resolve(heldRows(this.#file.readable()));
  }

  conflicts() {
    const db = this.#file.readable();
    const file = { db, plan: storedPlan(db), terminal: metaValue(db, META.terminal) ?? '' };
    return Promise.resolve(
      conflictRows(db).map(({ resolvedAt: _, ...row }) => shownConflict(file, row)),
    );
  }

  async resolveConflict({ id, keep }: Parameters<App['resolveConflict']>[0]) {
    const { changed } = await this.desk.resolveConflict({ id, keep });
    return { id, keep, changed };
  }

  notices() {
    return Promise.resolve(noticePage(this.#file.readable(), { offset: 0, limit: -1 }).rows);
  }

  dismissNotice(asked: Parameters<App['dismissNotice']>[0]) {
    return this.desk.dismissNotice(asked);
  }

  oversold() {
    return Promise.resolve(oversoldRows(this.#file.readable()));
  }

  removals() {
    return Promise.resolve(askedQuestions(this.#file.readable()));
  }

  answerRemovals(asked: Parameters<App['answerRemovals']>[0]) {
    return Promise.resolve(answerRemovals(this.#file.initialised(), asked));
  }

  rejected() {
    return Promise.resolve(rejectedRows(this.#file.readable()));
  }

  logs({ limit }: { readonly limit: number }) {
    return Promise.resolve(loggedRuns(this.#file.readable(), limit));
  }

  stats() {
    const db = this.#file.readable();
    return Promise.resolve({ tables: tableCounts(db, storedPlan(db)) });
  }

  checkpoints() {
    return Promise.resolve(savedCursors(this.#file.readable()));
  }

  reset(table: string | null) {
    const db = this.#file.initialised();
    this.#refuseUnknownTable(db, table);
    return Promise.resolve(markForReload(db, table));
  }

  giveMemoryBack(): void {
    this.#file.giveMemoryBack();
  }

  async close(): Promise<void> {
    this.#file.close();
    await this.#connections?.close();
  }

  // ------------------------------------------------------------------------------------- opening

  #hq(): Connections {
    this.#connections ??= new Connections({
      address: requireHq(this.#settings),
      applicationName: `payflow ${this.#settings.terminal ?? ''}`.trim(),
    });
    return this.#connections;
  }

  #remote() {
    return createRemoteStore(this.#hq(), {
      appVersion: appVersion(),
      known: knownMigrations(join(resourcesFolder, 'hq')),
    });
  }

  async #fixSchema(shown: string): Promise<SchemaFixReport> {
    const { db, plan } = await this.#planned();
    const report = checkSchema(db, plan);
    requireShown(report.differences, shown);
    const fixed = await applyFix(db, plan, report, this.#backups());
    // Otherwise the next look at the triggers would mend them back to the plan of before.
    const { local } = this.#ports(db);
    local.write(() => {
      local.setMeta(META.plan, JSON.stringify(plan));
    });
    // A table made anew is empty, a column retyped still holds the digits that it had left: HQ's rows come again.
    for (const { table, code, fix } of report.differences)
      if (REFILLED.has(code) && fix !== null) markForReload(db, table);
    return {
      differences: report.differences,
      applied: fixed.applied,
      backup: fixed.backup,
      remaining: fixed.remaining,
    };
  }

  async #planned(): Promise<{ db: WritableDb; plan: Plan }> {
    const db = this.#file.prepared();
    const remote = this.#remote();
    const hello = await remote.hello(requireTerminal(this.#settings));
    refuseForeignFile(this.#ports(db), requireTerminal(this.#settings), hello);
    return { db, plan: await remote.loadPlan() };
  }

  #ports(db: WritableDb): EnginePorts {
    if (this.#engine?.db === db) return this.#engine.ports;
    const now = (): string => new Date().toISOString();
    const ports = this.#compose({
      local: createLocalStore(db, now),
      remote: this.#remote(),
      clock: { now, ticks: () => performance.now() },
      hashing,
      log: this.#log,
      at: this.#at,
    });
    this.#engine = { db, ports };
    return ports;
  }

  #options(
    db: WritableDb,
    request: CycleRequest,
    { onProgress, signal } = NOBODY_LISTENS as Watch,
    takeOver = false,
  ): ConnectOptions {
    return {
      code: requireTerminal(this.#settings),
      instance: this.#instance(),
      takeOver,
      request,
      limits: {
        pageSize: Math.min(this.#settings.batchSize, 1000),
        batchSize: this.#settings.batchSize,
      },
      effectivePlan: (plan) => this.#file.effective(db, plan),
      onProgress,
      checkCancelled: () => {
        if (signal.aborted) throw new Cancelled();
      },
    };
  }

  #run(db: WritableDb, request: CycleRequest, watch: Watch, takeOver = false): Promise<RunReport> {
    return runCycle(this.#ports(db), this.#options(db, request, watch, takeOver));
  }

  #instance(): Instance {
    return (this.#key ??= instanceOf(this.#settings.stateFolder, this.#settings.databasePath));
  }

  async #connect(db: WritableDb, request: CycleRequest, watch: Watch) {
    return (await connect(this.#ports(db), this.#options(db, request, watch))).run;
  }

  #backups() {
    return {
      backupDir: join(dirname(this.#settings.databasePath), 'backups'),
      keep: this.#settings.backupKeep,
    };
  }

  #refuseUnknownTable(db: WritableDb, table: string | null): void {
    const plan = table === null ? null : savedPlan(db);
    if (table === null || plan === null) return;
    if (!this.#file.effective(db, plan).tables.some(({ name }) => name === table))
      throw new PayflowError('TABLE_UNKNOWN', { table });
  }
}

/** Puts other parts in the place of the engine's own: the product has none, the tests' faults and clocks come in here. */
export type Compose = (ports: EnginePorts) => EnginePorts;

interface Watch {
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

function refuseFailure(report: RunReport): void {
  if (report.error !== undefined) throw new PayflowError(report.error.code, report.error.params);
  if (report.status === 'cancelled') throw new PayflowError('CANCELLED');
}

/**
 * Opens nothing yet: a command that needs no HQ and no file touches neither. `at` hears the named points of the
 * engine's cycle (crash tests), `compose` gets what the engine is given at its making.
 */
export function openApp(
  settings: Settings,
  log: Log,
  at: (step: string) => void = () => undefined,
  compose: Compose = (ports) => ports,
): Promise<HostedApp> {
  return Promise.resolve(new LocalApp(settings, log, at, compose));
}
