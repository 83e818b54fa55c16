import type { Facts, Running, Status } from '../../shared/status.ts';
import type { RunDirection, RunReport } from '../../shared/report.ts';
import type {
  BooksReport,
  ConflictRow,
  ConflictSide,
  HeldRow,
  NoticeRow,
  OversoldRow,
  RejectedRow,
  RemovalAnswer,
  RemovalQuestion,
  RowDirection,
  VerifyReport,
} from '../../shared/rows.ts';

/**
 * What the command line needs from PayFlow, written down by the command line. `electron/host/app.ts` implements it.
 * Every call may throw PayflowError. HQ is connected to when a call needs it and not before: the calls under "local"
 * work without HQ and without DATABASE_URL. A call that writes payflow.db throws ENGINE_RUNNING beside an engine.
 */

/** Called often and cheaply; whoever listens decides what to show. */
export type OnProgress = (progress: Running) => void;

export interface HqInstallOptions {
  readonly withSchema: boolean;
  /** Path of a manifest file; null: PayFlow's own. */
  readonly manifest: string | null;
  /** Null: as installed before. */
  readonly notify: boolean | null;
  /** How long HQ's feed is kept for a terminal that is away; null, absent: as installed before. */
  readonly keepDays?: number | null;
}

/** Tables by name. */
export interface HqInstallReport {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: readonly string[];
  readonly dropped: readonly string[];
  readonly migrations: readonly number[];
  readonly notify: boolean;
  /** Null: as installed before. */
  readonly keepDays: number | null;
}

export interface HqTerminal {
  readonly code: string;
  readonly lastSeenAt: Date;
  /** The machine that is this terminal, since when, and until when HQ takes it to be at work (DESIGN 8.1); null: none yet. */
  readonly holder: string | null;
  readonly heldSince: Date | null;
  readonly leaseUntil: Date | null;
  /** Feed entries it has not read yet; `behindMore`: there are more than that. */
  readonly behind: number;
  readonly behindMore: boolean;
  /** Its own rows that wait for upload, as it last said. */
  readonly waiting: number;
}

/** Who delays the feed (DESIGN 3.7). */
export interface FeedHolder {
  readonly kind: string;
  readonly pid: number | null;
  readonly database: string | null;
  readonly who: string | null;
  readonly application: string | null;
  readonly since: Date | null;
}

export interface CaptureFinding {
  readonly table: string;
  readonly relation: string;
  readonly object: string | null;
  readonly problem: string;
}

export interface HqStatus {
  readonly terminals: readonly HqTerminal[];
  readonly feed: {
    /** `estimated`: too many to be counted. */
    readonly entries: number;
    readonly estimated: boolean;
    readonly keepDays: number;
    readonly bytes: number;
    readonly oldestAt: Date | null;
  };
  readonly holders: readonly FeedHolder[];
  readonly captured: readonly string[];
  readonly findings: readonly CaptureFinding[];
}

export interface InitReport {
  readonly database: string;
  readonly terminal: string;
  /** False: the file was there and has been aligned. */
  readonly created: boolean;
  /** Rows that came with the first load, by table. */
  readonly tables: Readonly<Record<string, number>>;
  readonly held: number;
  readonly rejected: number;
  /** The statements that aligned an existing file; none for a new one. */
  readonly applied: readonly string[];
  /** The file as it was before them. */
  readonly backup: string | null;
  /** How the file still differs from HQ: what `schema fix` or a person has to do. */
  readonly remaining: readonly SchemaDifference[];
}

export interface InitOptions {
  /** A person has said that this installation is the terminal from now on; the one before is refused (DESIGN 8.2). */
  readonly takeOver?: boolean;
}

export interface SyncRequest {
  readonly direction: RunDirection;
  readonly table: string | null;
  readonly dryRun: boolean;
  /** Names the run beforehand; absent: the run names itself. A UUID that no other run has. */
  readonly runId?: string;
  readonly onProgress: OnProgress;
  /** Aborted by Ctrl-C: the run ends `cancelled` at its next safe point. */
  readonly signal: AbortSignal;
}

/** `status` of DESIGN 10; the facts that the status came from stand beside it. */
export interface StatusReport {
  readonly status: Status;
  readonly facts: Facts;
  readonly terminal: string | null;
}

export interface LogEntry {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly report: RunReport;
}

export interface TableStats {
  readonly rows: number;
  readonly pending: number;
  readonly held: number;
  readonly rejected: number;
}

export interface Stats {
  readonly tables: Readonly<Record<string, TableStats>>;
}

export interface Checkpoint {
  readonly table: string;
  /** The pair of DESIGN 3.3, decimal text. */
  readonly xid: string;
  readonly seq: string;
  readonly loaded: boolean;
  readonly reload: boolean;
  readonly updatedAt: string | null;
}

/** A row as the command line names it: `table:id`. */
export interface RowName {
  readonly table: string;
  readonly id: string;
}

/** One difference between payflow.db and HQ. `fix` null: nothing automatic. */
export interface SchemaDifference {
  readonly code: string;
  readonly severity: string;
  readonly table: string;
  readonly column?: string;
  readonly detail?: string;
  readonly fix: readonly string[] | null;
}

export interface SchemaReport {
  readonly differences: readonly SchemaDifference[];
}

export interface SchemaFixReport {
  /** What was to be mended, with the statements that do it. */
  readonly differences: readonly SchemaDifference[];
  /** The statements that ran; empty where nothing was applied. */
  readonly applied: readonly string[];
  readonly backup: string | null;
  /** What no statement mends. */
  readonly remaining: readonly SchemaDifference[];
}

export interface ConflictResolved {
  readonly id: number;
  readonly keep: ConflictSide;
  /** The value had lost and stands again: an edit that the next sync sends. */
  readonly changed: boolean;
}

/** The data check after a repair; `repaired`: rows that were brought in step. */
export interface RepairReport extends VerifyReport {
  readonly repaired: number;
}

export interface App {
  /** Ends as HQ_CONNECTION_LOST when `signal` is aborted; the next one goes on where it was. */
  installHq(options: HqInstallOptions, signal?: AbortSignal): Promise<HqInstallReport>;
  hqStatus(): Promise<HqStatus>;
  /** The tables that are captured no longer. */
  uninstallHq(): Promise<{ readonly tables: readonly string[] }>;
  /** The manifest that HQ follows or, before `installHq`, PayFlow's own, as YAML with HQ's catalogue beside it. */
  manifest(): Promise<string>;

  /** `runId` names the run of the load beforehand. */
  init(
    onProgress: OnProgress,
    signal: AbortSignal,
    runId?: string,
    options?: InitOptions,
  ): Promise<InitReport>;
  sync(request: SyncRequest): Promise<RunReport>;
  /** Tries held and rejected rows again now; no names: all of them. */
  retry(rows: readonly RowName[], onProgress: OnProgress, signal: AbortSignal): Promise<RunReport>;
  /** Compares both sides; where they differ, a cycle runs and the rows are looked at once more. */
  verify(onProgress: OnProgress, signal: AbortSignal): Promise<VerifyReport>;
  /**
   * Scans for what capture missed, brings what differs in step, and compares again. `log`: all that is overwritten goes to
   * the conflict log and upload-only tables are sent again; else only what HQ's triggers missed is downloaded (DESIGN 3.8).
   */
  repair(
    options: { readonly log: boolean },
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<RepairReport>;
  /** The money check; where the books differ, a cycle runs and they are added up once more. */
  books(onProgress: OnProgress, signal: AbortSignal): Promise<BooksReport>;
  schemaCheck(): Promise<SchemaReport>;
  /** `shown` null: says what it would do; else applies that fix (`fixOf`), or throws SCHEMA_CHANGED. */
  schemaFix(options: { readonly shown: string | null }): Promise<SchemaFixReport>;

  // local
  status(): Promise<StatusReport>;
  held(): Promise<readonly HeldRow[]>;
  /** The conflict log, newest first, values as people read them. */
  conflicts(): Promise<readonly ConflictRow[]>;
  /** Mass removals that wait for a manager (DESIGN 5.3), oldest first. */
  removals(): Promise<readonly RemovalQuestion[]>;
  /**
   * Answers one; the next sync carries it out. `direction` null: the one in which this table is asked about. Throws
   * REMOVAL_NOT_ASKED, REMOVAL_BOTH_WAYS where it is asked about in both.
   */
  answerRemovals(asked: {
    readonly table: string;
    readonly direction: RowDirection | null;
    readonly answer: RemovalAnswer;
  }): Promise<RemovalQuestion>;
  /**
   * Decides a conflict: the value of that side stands from now on. `changed`: it had lost, and is an edit that the next
   * sync sends. Throws CONFLICT_UNKNOWN, CONFLICT_RESOLVED, or why the value cannot come back.
   */
  resolveConflict(asked: {
    readonly id: number;
    readonly keep: ConflictSide;
  }): Promise<ConflictResolved>;
  /** What was restored, moved or taken over, newest first, whether it stands or not. */
  notices(): Promise<readonly NoticeRow[]>;
  /** Settles one that stands, with the older ones of its kind. Throws NOTICE_SETTLED. */
  dismissNotice(asked: { readonly id: number }): Promise<{ readonly id: number }>;
  /** Counted things below zero, newest first. */
  oversold(): Promise<readonly OversoldRow[]>;
  rejected(): Promise<readonly RejectedRow[]>;
  /** Newest first. */
  logs(options: { readonly limit: number }): Promise<readonly LogEntry[]>;
  stats(): Promise<Stats>;
  checkpoints(): Promise<readonly Checkpoint[]>;
  /** Marks tables (null: all) for a re-baseline at the next sync; answers with their names. */
  reset(table: string | null): Promise<readonly string[]>;

  /** Lets go of files and connections; called once, also after a failure. */
  close(): Promise<void>;
}

/** What `payflow demo` asks of `runDemo` (`electron/host/demo/demo.ts`), which needs neither settings nor HQ. */
export interface DemoOptions {
  /** One round, then the end; otherwise until `signal`. */
  readonly once: boolean;
  /** Rows of the sample shop, about; null: the demo's own size. */
  readonly rows: number | null;
  /** Shows a line as it happens. */
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface DemoResult {
  /** The last cycles' reports. */
  readonly reports: readonly RunReport[];
  /** Null: it was stopped before there was anything to compare. */
  readonly verify: VerifyReport | null;
  /** The rows that had to wait for a parent, as they stood then. */
  readonly held: readonly HeldRow[];
  /** Whether they went by themselves once the parent was mended. */
  readonly released: boolean;
  /** Sales and money as the till counted them, and as HQ's tables say. */
  readonly books: DemoBooks | null;
  /** Rows that the back office has written at HQ, by kind of work. */
  readonly office: Readonly<Record<string, number>>;
  /** What the demo ends with. */
  readonly text: string;
}

export interface DemoBooks {
  readonly till: { readonly sales: number; readonly total: string };
  readonly hq: { readonly sales: number; readonly total: string };
}
