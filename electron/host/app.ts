/** Composition of the product for the command line and, later, the desktop app: stores, engine, checks. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import type { Plan } from '../../shared/plan.ts';
import type { RunReport } from '../../shared/report.ts';
import type { BooksReport, VerifyReport } from '../../shared/rows.ts';
import { compareBooks } from '../check/books.ts';
import { repair } from '../check/repair.ts';
import { lookAgain, verify } from '../check/verify.ts';
import { rebuildTriggers, verifyTriggers } from '../local/capture.ts';
import { conflictRows } from '../local/conflict-log.ts';
import { askedQuestions } from '../local/gate-store.ts';
import { acquireLock, type EngineLock } from '../local/lock.ts';
import { oversoldRows } from '../local/oversold.ts';
import { localVersion, migrateLocal } from '../local/migrate.ts';
import { noticePage, settleNotices } from '../local/notices.ts';
import { openLocal, type ReadableDb, type WritableDb } from '../local/open.ts';
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
import { readCatalogue } from '../remote/catalogue.ts';
import { Connections } from '../remote/connection.ts';
import { statusOfHq } from '../remote/hq-status.ts';
import { readHqManifest } from '../remote/hq-plan.ts';
import { installCapture } from '../remote/install.ts';
import { newestMigration } from '../remote/migrations.ts';
import { createRemoteStore } from '../remote/store.ts';
import { uninstallCapture } from '../remote/uninstall.ts';
import { applyFix, checkSchema, createOrAlign } from '../schema/align.ts';
import { effectivePlan } from '../schema/effective-plan.ts';
import { printManifest } from '../schema/print-manifest.ts';
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
  SchemaDifference,
  SchemaFixReport,
  SchemaReport,
} from './app-types.ts';
import { createDesk } from './desk.ts';
import type { CycleAsked, Desk, HostedApp } from './desk-types.ts';
import { shownConflict } from './conflict-choices.ts';
import { fileProblem } from './file-problem.ts';
import { hashing } from './hashing.ts';
import { instanceOf } from './instance-key.ts';
import type { Log } from './log.ts';
import type { PlannedFile } from './planned-file.ts';
import { booksIn, readBooks } from './read-books.ts';
import { openReadable } from './readable-file.ts';
import { answerRemovals } from './removal-answers.ts';
import { resourcesFolder } from './resources.ts';
import { requireHq, requireTerminal, type Settings } from './settings.ts';
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
  #engine: EnginePorts | null = null;
  #checked: { version: number; fingerprint: string; plan: Plan } | null = null;
  #listed: { version: number; text: string; plan: Plan } | null = null;
  #connections: Connections | null = null;
  #key: Instance | null = null;
  #lock: EngineLock | null = null;
  #writer: WritableDb | null = null;
  #reader: ReadableDb | null = null;

  constructor(settings: Settings, log: Log, at: (step: string) => void, compose: Compose) {
    this.#settings = settings;
    this.#log = log;
    this.#at = at;
    this.#compose = compose;
    this.desk = createDesk({
      readable: () => this.#plannedFile(),
      file: () => {
        const db = this.#initialised();
        return { db, plan: storedPlan(db), terminal: metaValue(db, META.terminal) ?? '' };
      },
      connect: () => this.#connect(this.#initialised(), WHOLE_CYCLE, NOBODY_LISTENS),
      differences: async () => (await this.schemaCheck()).differences,
      fix: (agreed) => this.#fixSchema(agreed),
      defaultManifest: () => readManifestFile(join(resourcesFolder, 'manifest.yaml')),
    });
  }

  // ------------------------------------------------------------------------------------------ HQ

  async installHq(options: Parameters<App['installHq']>[0]) {
    const { text, path } = await readManifestFile(
      options.manifest ?? join(resourcesFolder, 'manifest.yaml'),
    );
    const manifest = readManifest(text, path);
    return this.#hq().use((client) =>
      installCapture(client, {
        manifest,
        withSchema: options.withSchema,
        ...(options.notify === null ? {} : { notify: options.notify }),
      }),
    );
  }

  hqStatus() {
    return this.#hq().use((client) => statusOfHq(client));
  }

  uninstallHq() {
    return this.#hq().use((client) => uninstallCapture(client));
  }

  manifest() {
    return this.#hq().use(async (client) => {
      const manifest = await readHqManifest(client);
      return printManifest(
        manifest,
        await readCatalogue(client, manifest.schema, Object.keys(manifest.tables)),
      );
    });
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
    const db = this.#writable(true);
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
    const db = this.#initialised();
    this.#refuseUnknownTable(db, table);
    if (dry) return dryRun(await this.#connect(db, request, { onProgress, signal }));
    return this.#run(db, request, { onProgress, signal });
  }

  async retry(
    rows: Parameters<App['retry']>[0],
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<RunReport> {
    const db = this.#initialised();
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
    return this.#run(this.#initialised(), request, { onProgress, signal }, takeOver);
  }

  async verify(onProgress: OnProgress, signal: AbortSignal) {
    const db = this.#initialised();
    const watch = { onProgress, signal };
    const began = new Date().toISOString();
    const first = await verify(await this.#connect(db, WHOLE_CYCLE, watch));
    const report = first.equal ? first : await this.#afterACycle(db, first, watch);
    // What was restored has been looked at, and both sides agree (DESIGN 8.1).
    if (report.equal) settleNotices(db, new Date().toISOString(), began);
    return this.#noteCheck(db, report);
  }

  async repair({ log }: { readonly log: boolean }, onProgress: OnProgress, signal: AbortSignal) {
    const db = this.#initialised();
    const watch = { onProgress, signal };
    const { local } = this.#ports(db);
    local.write(() => {
      local.setMeta(META.scanDue, randomUUID());
    });
    refuseFailure(await this.#run(db, WHOLE_CYCLE, watch));
    const repaired = await repair(await this.#connect(db, WHOLE_CYCLE, watch), { log });
    local.write(() => {
      local.setMeta(META.comparedAt, this.#ports(db).clock.now());
    });
    refuseFailure(await this.#run(db, WHOLE_CYCLE, watch));
    return { ...(await this.verify(onProgress, signal)), repaired };
  }

  async books(onProgress: OnProgress, signal: AbortSignal): Promise<BooksReport> {
    const db = this.#initialised();
    const watch = { onProgress, signal };
    const compare = async (): Promise<BooksReport> => {
      const run = await this.#connect(db, WHOLE_CYCLE, watch);
      return compareBooks(run, booksIn(run.index.plan, readBooks()));
    };
    const report = await compare();
    if (report.equal) return report;
    refuseFailure(await this.#run(db, WHOLE_CYCLE, watch));
    return compare();
  }

  /** What differs is looked at again when a cycle has brought what was on its way (DESIGN 10). */
  async #afterACycle(db: WritableDb, report: VerifyReport, watch: Watch): Promise<VerifyReport> {
    refuseFailure(await this.#run(db, WHOLE_CYCLE, watch));
    return lookAgain(await this.#connect(db, WHOLE_CYCLE, watch), report);
  }

  #noteCheck(db: WritableDb, report: VerifyReport): VerifyReport {
    const { local, clock } = this.#ports(db);
    local.write(() => {
      local.setMeta(META.lastCheckAt, clock.now());
      local.setMeta(
        META.lastCheckDiffering,
        String(
          Object.values(report.tables).reduce((sum, { differing }) => sum + differing.length, 0),
        ),
      );
    });
    return report;
  }

  async schemaCheck(): Promise<SchemaReport> {
    const { db, plan } = await this.#planned();
    return checkSchema(db, plan);
  }

  async schemaFix({ apply }: { readonly apply: boolean }) {
    if (apply) return this.#fixSchema(() => undefined);
    const { differences } = await this.schemaCheck();
    return { differences, applied: [], backup: null, remaining: differences };
  }

  // --------------------------------------------------------------------------------------- local

  status() {
    const { databasePath, mode } = this.#settings;
    if (!existsSync(databasePath))
      return Promise.resolve(statusReport(null, this.#settings, Date.now()));
    const db = this.#readable();
    return Promise.resolve(
      statusReport(localVersion(db) === 0 ? null : db, { ...this.#settings, mode }, Date.now()),
    );
  }

  held() {
    return Promise.resolve(heldRows(this.#readable()));
  }

  conflicts() {
    const db = this.#readable();
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
    return Promise.resolve(noticePage(this.#readable(), { offset: 0, limit: -1 }).rows);
  }

  dismissNotice(asked: Parameters<App['dismissNotice']>[0]) {
    return this.desk.dismissNotice(asked);
  }

  oversold() {
    return Promise.resolve(oversoldRows(this.#readable()));
  }

  removals() {
    return Promise.resolve(askedQuestions(this.#readable()));
  }

  answerRemovals(asked: Parameters<App['answerRemovals']>[0]) {
    return Promise.resolve(answerRemovals(this.#initialised(), asked));
  }

  rejected() {
    return Promise.resolve(rejectedRows(this.#readable()));
  }

  logs({ limit }: { readonly limit: number }) {
    return Promise.resolve(loggedRuns(this.#readable(), limit));
  }

  stats() {
    const db = this.#readable();
    return Promise.resolve({ tables: tableCounts(db, storedPlan(db)) });
  }

  checkpoints() {
    return Promise.resolve(savedCursors(this.#readable()));
  }

  reset(table: string | null) {
    const db = this.#initialised();
    this.#refuseUnknownTable(db, table);
    return Promise.resolve(markForReload(db, table));
  }

  giveMemoryBack(): void {
    for (const db of [this.#reader, this.#writer]) db?.pragma('shrink_memory');
  }

  async close(): Promise<void> {
    this.#reader?.close();
    this.#writer?.close();
    this.#lock?.release();
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
      migration: newestMigration(join(resourcesFolder, 'hq')),
    });
  }

  /** The file for writing, with the lock on it: one engine per file. */
  #writable(create: boolean): WritableDb {
    if (this.#writer !== null) return this.#writer;
    const { databasePath, stateFolder } = this.#settings;
    if (!create && !existsSync(databasePath))
      throw new PayflowError('LOCAL_NOT_FOUND', { file: databasePath });
    this.#lock ??= acquireLock(databasePath, stateFolder, () => {
      this.#look(create);
    });
    const db = openLocal(databasePath, { create });
    try {
      this.#lock.holdFile();
    } catch (error) {
      db.close();
      throw error;
    }
    return (this.#writer = db);
  }

  /** A mistyped PAYFLOW_DB gets no lock file beside somebody's document, and a database of others no WAL mode. */
  #look(create: boolean): void {
    const { databasePath } = this.#settings;
    if (!existsSync(databasePath)) return;
    const db = openLocal(databasePath, { readonly: true });
    const version = localVersion(db);
    db.close();
    if (version === 0 && !create)
      throw new PayflowError('LOCAL_NOT_INITIALISED', { file: databasePath });
  }

  /** The file for writing, once `init` has been there. Missing capture triggers are mended at every start (DESIGN 4.4). */
  #initialised(): WritableDb {
    const db = this.#writable(false);
    if (localVersion(db) === 0)
      throw new PayflowError('LOCAL_NOT_INITIALISED', { file: this.#settings.databasePath });
    migrateLocal(db, join(resourcesFolder, 'local'));
    const plan = metaValue(db, META.plan);
    if (plan !== null) this.#effective(db, JSON.parse(plan) as Plan);
    return db;
  }

  /**
   * The plan as far as the file can follow it, its capture triggers mended (DESIGN 4.4). Looked at again only when the
   * file's schema or the plan has changed: a cycle a second must not read the whole schema each time. A schema that was
   * changed by somebody else, also while no engine ran and also if the triggers are there again, makes a scan due.
   */
  #effective(db: WritableDb, plan: Plan): Plan {
    const version = (): number => db.pragma('schema_version', { simple: true }) as number;
    const seen = this.#checked;
    if (seen?.version === version() && seen.fingerprint === plan.fingerprint) return seen.plan;
    const { missing, changed, extra } = verifyTriggers(db, plan);
    const count = missing.length + changed.length + extra.length;
    const before = metaValue(db, META.schemaSeen);
    const { local } = this.#ports(db);
    // Noted before they are mended: a crash between the two must not lose the evidence.
    if (count > 0 || (before !== null && before !== String(version())))
      local.write(() => {
        local.setMeta(META.scanDue, randomUUID());
      });
    if (count > 0) {
      rebuildTriggers(db, plan);
      this.#log.warn('capture triggers were not as they should be and have been mended', { count });
    }
    if (before !== String(version()))
      local.write(() => {
        local.setMeta(META.schemaSeen, String(version()));
      });
    const effective = effectivePlan(db, plan);
    this.#checked = { version: version(), fingerprint: plan.fingerprint, plan: effective };
    return effective;
  }

  #readable(): ReadableDb {
    const db = (this.#reader ??= openReadable(this.#settings.databasePath));
    if (localVersion(db) === 0)
      throw new PayflowError('LOCAL_NOT_INITIALISED', { file: this.#settings.databasePath });
    return db;
  }

  /** For the window's lists: no HQ, no lock, and no failure where nothing has been set up yet. */
  #plannedFile(): PlannedFile | null {
    if (!existsSync(this.#settings.databasePath)) return null;
    const db = (this.#reader ??= openReadable(this.#settings.databasePath));
    if (localVersion(db) === 0) return null;
    const text = metaValue(db, META.plan);
    if (text === null) return null;
    const version = db.pragma('schema_version', { simple: true }) as number;
    if (this.#listed?.version !== version || this.#listed.text !== text)
      this.#listed = { version, text, plan: storedPlan(db) };
    return { db, plan: this.#listed.plan, terminal: metaValue(db, META.terminal) ?? '' };
  }

  /** Applies the fix of what differs now, once `agreed` has seen it and has not thrown. */
  async #fixSchema(
    agreed: (differences: readonly SchemaDifference[]) => void,
  ): Promise<SchemaFixReport> {
    const { db, plan } = await this.#planned();
    const report = checkSchema(db, plan);
    agreed(report.differences);
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
    const db = this.#initialised();
    const remote = this.#remote();
    const hello = await remote.hello(requireTerminal(this.#settings));
    refuseForeignFile(this.#ports(db), requireTerminal(this.#settings), hello);
    return { db, plan: await remote.loadPlan() };
  }

  #ports(db: WritableDb): EnginePorts {
    const now = (): string => new Date().toISOString();
    return (this.#engine ??= this.#compose({
      local: createLocalStore(db, now),
      remote: this.#remote(),
      clock: { now, ticks: () => performance.now() },
      hashing,
      log: this.#log,
      at: this.#at,
    }));
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
      effectivePlan: (plan) => this.#effective(db, plan),
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
    const plan = table === null ? null : metaValue(db, META.plan);
    if (table === null || plan === null) return;
    if (!this.#effective(db, JSON.parse(plan) as Plan).tables.some(({ name }) => name === table))
      throw new PayflowError('TABLE_UNKNOWN', { table });
  }
}

/** Puts other parts in the place of the engine's own: the product has none, the tests' faults and clocks come in here. */
export type Compose = (ports: EnginePorts) => EnginePorts;

interface Watch {
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** The plan of the last run, narrowed to the file. */
function storedPlan(db: ReadableDb): Plan {
  const text = metaValue(db, META.plan);
  if (text === null) throw new PayflowError('LOCAL_NOT_INITIALISED', { file: db.name });
  return effectivePlan(db, JSON.parse(text) as Plan);
}

async function readManifestFile(path: string): Promise<{ text: string; path: string }> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const problem = fileProblem(error);
    throw new PayflowError('MANIFEST_UNREADABLE', { path, problem }, { cause: error });
  });
  return { text, path };
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
