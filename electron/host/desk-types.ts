import type { Service, Topic } from '../../shared/contract.ts';
import type { Catalogue } from '../../shared/messages.ts';
import type { Message, RunDirection, RunReport } from '../../shared/report.ts';
import type {
  ConflictSide,
  MissingWhy,
  RemovalAnswer,
  RemovalQuestion,
  RowDirection,
} from '../../shared/rows.ts';
import type {
  BooksResult,
  ConflictShown,
  ConnectionTest,
  DifferingRow,
  NoticeShown,
  OversoldShown,
  ReceiptAnswer,
  RunPoint,
  RunShown,
  SchemaFinding,
  ShownValue,
} from '../../shared/views.ts';
import type { App, OnProgress, RowName } from './app-types.ts';
import type { HqAddress } from './database-url.ts';
import type { DesktopPorts } from './host-types.ts';
import type { SettingsStore } from './settings-store.ts';
import type { Settings } from './settings.ts';

/**
 * What the window's lists ask of payflow.db and HQ. The calls run inside a thread, beside the engine or beside the
 * read-only connection; arguments and answers are plain data, so that they cross as messages. Tables and ids are named
 * here: they come from the host's own refs, never from a renderer. Every call may throw PayflowError.
 */

export interface PageAsked {
  readonly offset: number;
  readonly limit: number;
}

export interface PageFound<T> {
  readonly rows: readonly T[];
  /** Of the whole list. */
  readonly total: number;
}

/** A held or rejected row. */
export interface RowKey {
  readonly table: string;
  /** HQ's key (download) or the local_id (upload). */
  readonly id: string;
  readonly direction: RowDirection;
}

/** The parent that held rows wait for. */
export interface GroupKey {
  readonly direction: RowDirection;
  readonly parentTable: string;
  readonly parentId: string;
}

/** Times are milliseconds since 1970. */
export interface GroupFound {
  readonly key: GroupKey;
  readonly why: MissingWhy;
  readonly waiting: number;
  readonly since: number;
  readonly tries: number;
  /** Why the parent itself does not come, where that is known. */
  readonly detail: Message | null;
}

export interface HeldFound {
  readonly key: RowKey;
  readonly message: Message;
  readonly since: number;
  readonly tries: number;
}

export interface RejectedFound extends HeldFound {
  readonly editable: boolean;
}

export interface DetailFound {
  readonly key: RowKey;
  readonly message: Message;
  readonly values: readonly ShownValue[];
}

export interface RejectedDetailFound extends DetailFound {
  /** Places in `values` that may be edited. */
  readonly editable: readonly number[];
}

/** One line of the export of what waits; `rejected`: HQ or payflow.db refused it. */
export interface ListedFound {
  readonly key: RowKey;
  readonly rejected: boolean;
  readonly message: Message;
  readonly missing: readonly {
    readonly table: string;
    readonly id: string;
    readonly why: string;
  }[];
  readonly since: number;
  readonly tries: number;
}

/** An entry of the conflict log; the host names it by a ref of its own. */
export type ConflictFound = Omit<ConflictShown, 'ref'>;

export type RunFilter = 'all' | 'completed' | 'partial' | 'failed' | 'cancelled';

/**
 * Calls that only read payflow.db (the *reader* thread), and the connection test, which needs neither payflow.db nor
 * settings.
 */
export interface DeskReader {
  heldGroups(page: PageAsked): Promise<PageFound<GroupFound>>;
  /** Rows of one group (null: all), oldest first. */
  heldRows(asked: PageAsked & { readonly group: GroupKey | null }): Promise<PageFound<HeldFound>>;
  rejectedRows(page: PageAsked): Promise<PageFound<RejectedFound>>;
  /** Null: the row is not held any more. */
  heldRow(key: RowKey): Promise<DetailFound | null>;
  /** Null: the row is not rejected any more. */
  rejectedRow(key: RowKey): Promise<RejectedDetailFound | null>;
  /** Held and rejected rows, held ones first, oldest first; for exports and "retry all". */
  listed(asked: { readonly limit: number }): Promise<readonly ListedFound[]>;
  /** Names of the rows that wait for a parent. */
  waitersOf(group: GroupKey): Promise<readonly RowName[]>;
  conflicts(asked: PageAsked & { readonly search: string }): Promise<PageFound<ConflictFound>>;
  oversold(page: PageAsked): Promise<PageFound<OversoldShown>>;
  findReceipt(asked: { readonly number: string }): Promise<readonly ReceiptAnswer[]>;
  runs(asked: PageAsked & { readonly status: RunFilter }): Promise<PageFound<RunShown>>;
  /** Newest first. */
  notices(page: PageAsked): Promise<PageFound<NoticeShown>>;
  /** Mass removals that wait for a manager, oldest first. */
  removals(): Promise<readonly RemovalQuestion[]>;
  /** The last 50 runs that moved something, oldest first. */
  runPoints(): Promise<readonly RunPoint[]>;
  testConnection(asked: {
    readonly address: HqAddress;
    readonly terminal: string | null;
  }): Promise<ConnectionTest>;
}

/** Calls that write payflow.db or read HQ with its plan (the *engine* thread, between two cycles). */
export interface DeskEngine {
  /**
   * Changes values of a rejected upload as the POS would. `column` counts in the values of its detail. Throws
   * ROW_NOT_LISTED, EDIT_NOT_ALLOWED, EDIT_IMPOSSIBLE. The caller asks for a cycle afterwards.
   */
  editRejected(asked: {
    readonly key: RowKey;
    readonly values: readonly { readonly column: number; readonly value: string | null }[];
  }): Promise<null>;
  /** Throws REMOVAL_NOT_ASKED, REMOVAL_BOTH_WAYS (`direction` null). The caller asks for a cycle afterwards. */
  answerRemovals(asked: {
    readonly table: string;
    readonly direction: RowDirection | null;
    readonly answer: RemovalAnswer;
  }): Promise<RemovalQuestion>;
  /** Decides a conflict; see `App.resolveConflict`. The caller asks for a cycle afterwards. */
  resolveConflict(asked: {
    readonly id: number;
    readonly keep: ConflictSide;
  }): Promise<{ readonly changed: boolean }>;
  /** Throws NOTICE_SETTLED. */
  dismissNotice(asked: { readonly id: number }): Promise<{ readonly id: number }>;
  /** Both sides' values, as text, of rows that the data check named. */
  differingRows(asked: {
    readonly table: string;
    readonly ids: readonly string[];
  }): Promise<readonly DifferingRow[]>;
  /** `shown` null: nothing that could be fixed; else the fingerprint of the fix for `schemaFix`. */
  schemaCheck(): Promise<{
    readonly shown: string | null;
    readonly findings: readonly SchemaFinding[];
  }>;
  /** Throws SCHEMA_CHANGED where the fix would be another by now. `backup` is a file name. */
  schemaFix(asked: { readonly shown: string }): Promise<{
    readonly applied: number;
    readonly backup: string | null;
    readonly remaining: readonly SchemaFinding[];
  }>;
}

export interface Desk extends DeskReader, DeskEngine {}

/** For the thread's dispatcher: which call runs where. */
export const DESK_READER = [
  'heldGroups',
  'heldRows',
  'rejectedRows',
  'heldRow',
  'rejectedRow',
  'listed',
  'waitersOf',
  'conflicts',
  'oversold',
  'findReceipt',
  'runs',
  'notices',
  'runPoints',
  'removals',
  'testConnection',
] as const satisfies readonly (keyof DeskReader)[];

export const DESK_ENGINE = [
  'editRejected',
  'answerRemovals',
  'resolveConflict',
  'dismissNotice',
  'differingRows',
  'schemaCheck',
  'schemaFix',
] as const satisfies readonly (keyof DeskEngine)[];

/** What a cycle is asked to do beside its direction. */
export interface CycleAsked {
  readonly direction: RunDirection;
  /** Held and rejected rows that are tried whatever stood against them; those that are not listed any more are skipped. */
  readonly retry: readonly RowName[];
  /** HQ's rows that are read now, listed or not. */
  readonly fetch: readonly RowName[];
  /** The name of its run where it has one beforehand; a UUID. */
  readonly runId?: string;
  /** A manager has said that this installation is the terminal from now on (DESIGN 8.2). Holds for this one cycle. */
  readonly takeOver?: boolean;
}

/** What `openApp` (electron/host/app.ts) gives to the threads: the command line's app, with these beside it. */
export interface HostedApp extends App {
  readonly desk: Desk;
  /** One cycle; unlike `retry` it takes rows that have gone meanwhile as done. Never throws for a failed run: see its report. */
  cycle(asked: CycleAsked, onProgress: OnProgress, signal: AbortSignal): Promise<RunReport>;
  /** Lets go of the pages of payflow.db that were read or written lately. */
  giveMemoryBack(): void;
}

/** The last data check of this process, as the host keeps it. */
export interface CheckRun {
  /** When it ended. */
  readonly at: number;
  readonly durationMs: number;
  /** Rows a repair brought in step; null: it was a check, which repairs none. */
  readonly repaired: number | null;
  readonly equal: boolean;
  readonly explained: number;
  readonly tables: readonly {
    readonly table: string;
    readonly hq: number;
    readonly terminal: number;
    readonly same: number;
    /** Keys of the rows that differ. */
    readonly differing: readonly string[];
  }[];
  readonly error: Message | null;
}

/** What the host gives to `deskService` (electron/host/desk-service.ts). */
export interface DeskServiceDeps {
  /** Calls cross to the threads; they work also after the threads were started anew. */
  readonly desk: Desk;
  readonly store: SettingsStore;
  readonly logPath: () => string;
  /** Starts a cycle now, or queues exactly one more, which takes these rows with it. */
  requestCycle(asked: CycleAsked): { readonly queued: boolean };
  /** When a cycle comes by itself; null: none is planned. */
  nextRunAt(): number | null;
  lastCheck(): CheckRun | null;
  lastBooks(): BooksResult | null;
  /** The first load is complete, under way, or ended with this. */
  load(): { readonly loaded: boolean; readonly running: boolean; readonly error: Message | null };
  /** Makes payflow.db and loads it (`App.init`) in the engine thread; resolves when it has begun. */
  startLoad(): Promise<void>;
  /** Ends what runs, closes the threads and opens them with these settings. */
  restart(settings: Settings): Promise<void>;
  changed(topics: readonly Topic[]): void;
  /** Why the web console is off although it is switched on. */
  apiProblem(): Message | null;
  /** A program of the demo has ended by itself; null: none. */
  demoProblem(problem: Message | null): void;
  /** Absent in `serve`. */
  readonly desktop?: DesktopPorts;
  /** False where no demo can be started inside (no PostgreSQL of its own at hand). */
  readonly demoAllowed: boolean;
  /** For texts in exported files. */
  readonly catalogue: Catalogue;
}

/** `deskService`'s part of the contract. */
export type DeskCalls = Pick<
  Service,
  | 'heldGroups'
  | 'heldRows'
  | 'rejectedRows'
  | 'heldRow'
  | 'rejectedRow'
  | 'retryRows'
  | 'fetchParent'
  | 'editRejected'
  | 'exportHeld'
  | 'confirmQuestions'
  | 'answerConfirm'
  | 'conflicts'
  | 'resolveConflict'
  | 'oversold'
  | 'findReceipt'
  | 'runs'
  | 'notices'
  | 'dismissNotice'
  | 'runPoints'
  | 'exportRuns'
  | 'logTail'
  | 'openLog'
  | 'lastCheck'
  | 'lastBooks'
  | 'differingRows'
  | 'schemaCheck'
  | 'schemaFix'
  | 'settings'
  | 'saveSettings'
  | 'testConnection'
  | 'setup'
  | 'finishSetup'
  | 'startDemo'
>;

export interface DeskService {
  readonly calls: DeskCalls;
  /** The host works on the built-in demo shop at the moment. */
  isDemo(): boolean;
  /** Ends the demo and removes it, if it runs. After the threads have been closed. */
  close(): Promise<void>;
}
