/** What the screens show: the answers of the contract. Times are milliseconds since 1970 unless said otherwise. */
import type { Message, RunReport, RunStatus } from './report.ts';
import type {
  BooksReport,
  ConflictSide,
  ConflictValue,
  MissingWhy,
  RemovalQuestion,
  RowDirection,
} from './rows.ts';
import type { Facts, Status } from './status.ts';

export interface Page<T> {
  readonly rows: readonly T[];
  /** Of the whole list, not of this page. */
  readonly total: number;
}

export interface AppInfo {
  readonly version: string;
  /** desktop: the Electron window. console: a browser. */
  readonly surface: 'desktop' | 'console';
  readonly role: 'cashier' | 'manager';
  readonly capabilities: {
    readonly openLog: boolean;
    readonly launchAtLogin: boolean;
    readonly notifications: boolean;
    readonly demo: boolean;
  };
  /** A demo runs inside: say so on every screen. */
  readonly demo: boolean;
  readonly language: 'auto' | 'en' | 'es';
  readonly appearance: 'auto' | 'light' | 'dark';
  readonly large: boolean;
}

/** One table of the run that is under way. */
export interface TableProgress {
  readonly table: string;
  readonly phase: 'load' | 'compare' | 'download' | 'upload' | 'check' | 'settle';
  readonly done: number;
  readonly total: number | null;
}

export interface StatusView {
  readonly status: Status;
  readonly facts: Facts;
  readonly terminal: string | null;
  readonly store: string | null;
  /** Rows HQ has for this terminal and has not brought; null: not known (never asked, or HQ is away). */
  readonly waitingAtHq: number | null;
  readonly lastRun: {
    readonly at: number;
    readonly status: RunStatus;
    readonly received: number;
    readonly sent: number;
  } | null;
  /** The last run that left nothing open. */
  readonly lastCompleteAt: number | null;
  /** When this terminal last knew that it has HQ's prices; null before the first load. */
  readonly pricesAt: number | null;
  readonly nextRunAt: number | null;
  /** Of the run under way, in the order the tables came; empty when none runs. */
  readonly progress: readonly TableProgress[];
  /** One more cycle follows the one that runs. */
  readonly queued: boolean;
  /** This terminal's own rows that HQ has not got although they were tried: held or refused ones. */
  readonly keptBack: number;
}

/** Rows of one table that stand here and not at HQ. */
export interface UnsentRows {
  readonly table: string;
  readonly rows: number;
}

/** A parent that rows wait for. */
export interface HeldGroup {
  readonly ref: string;
  readonly parentTable: string;
  readonly parentId: string;
  readonly why: MissingWhy;
  /** From the terminal's view: the parent is to come from HQ, or to go there. */
  readonly direction: RowDirection;
  readonly waiting: number;
  readonly since: number;
  readonly tries: number;
  readonly nextTryAt: number | null;
  /** Why the parent itself does not come, where that is known: its own rejection, or that HQ lacks it. */
  readonly detail: Message | null;
}

/** May these removals go? As `RemovalQuestion` says, named by a ref. */
export interface ConfirmQuestion extends Omit<RemovalQuestion, 'since'> {
  readonly ref: string;
  readonly since: number;
}

export interface HeldRowShown {
  readonly ref: string;
  readonly table: string;
  readonly id: string;
  readonly direction: RowDirection;
  readonly message: Message;
  readonly since: number;
  readonly tries: number;
}

/** One value of a row as people read it; null: empty. `secret`: there is one, and it is not shown. */
export interface ShownValue {
  readonly column: string;
  readonly value: string | null;
  readonly secret: boolean;
}

export interface RowDetail {
  readonly ref: string;
  readonly table: string;
  readonly id: string;
  readonly direction: RowDirection;
  readonly message: Message;
  readonly values: readonly ShownValue[];
}

export interface RejectedRowListed {
  readonly ref: string;
  readonly table: string;
  readonly id: string;
  readonly direction: RowDirection;
  readonly message: Message;
  readonly since: number;
  readonly tries: number;
  /** An edit can help: the row is this terminal's own and stands in payflow.db. */
  readonly editable: boolean;
}

export interface RejectedRowDetail extends RowDetail {
  /** Places in `values` that may be edited: no keys, no references, no secrets. */
  readonly editable: readonly number[];
}

export interface ConflictShown {
  readonly id: number;
  readonly table: string;
  readonly rowId: string;
  readonly column: string;
  readonly kept: string | null;
  readonly lost: string | null;
  readonly winner: 'hq' | 'terminal';
  readonly rule: string;
  readonly hqAt: number | null;
  readonly localAt: number | null;
  readonly who: string | null;
  readonly at: number;
  // Merge: what a person can do about it.
  readonly ref: string;
  /** Overwritten along with it and restored with it: times of last change beside the value itself. */
  readonly also: readonly ConflictValue[];
  /** The value that lost can be brought back as a new edit. */
  readonly restorable: boolean;
  /** What a person decided; null: the rule's choice stands. */
  readonly resolved: { readonly keep: ConflictSide; readonly at: number } | null;
}

/** A counted thing below zero: two terminals have sold the last one. */
export interface OversoldShown {
  readonly table: string;
  readonly id: string;
  readonly column: string;
  /** An exact number below zero, as text. */
  readonly value: string;
  readonly since: number;
  /** The row's first texts, so that people know it. */
  readonly names: readonly string[];
}

/** Where a sale stands. saved: on this terminal and not sent yet. unknown: not on this terminal. */
export type ReceiptState = 'at-hq' | 'queued' | 'held' | 'rejected' | 'unknown';

export interface ReceiptAnswer {
  readonly number: string;
  readonly table: string;
  readonly state: ReceiptState;
  /** Printed or sold here, by this terminal. */
  readonly here: boolean;
  /** When it was made here. */
  readonly madeAt: number | null;
  /** When HQ took it; null where it has not, or long ago enough that nobody knows. */
  readonly atHqSince: number | null;
  readonly hqId: string | null;
  /** Why it waits; null where it does not. */
  readonly message: Message | null;
}

export interface RunShown {
  readonly runId: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly report: RunReport;
}

/** What was restored, moved or taken over. */
export interface NoticeShown extends Message {
  /** For `dismissNotice`. */
  readonly id: number;
  readonly at: number;
  /** Null: it stands. check: a data check has passed since; person: somebody has dismissed it. */
  readonly settled: { readonly by: 'check' | 'person'; readonly at: number } | null;
}

export interface RunPoint {
  readonly at: number;
  readonly received: number;
  readonly sent: number;
  readonly durationMs: number;
  readonly status: RunStatus;
}

/** A file for the caller to save; the renderer makes the download. */
export interface ExportedFile {
  readonly name: string;
  readonly type: 'text/csv' | 'application/json';
  readonly content: string;
}

/** The money check: per shift and tender, both sides' count and amounts in exact decimals. */
export interface BooksResult extends BooksReport {
  readonly at: number;
  readonly durationMs: number;
  /** Why it did not come to its end. */
  readonly error: Message | null;
}

export interface CheckResult {
  readonly at: number;
  readonly durationMs: number;
  /** Rows a repair brought in step; null: it was a check, which repairs none. */
  readonly repaired: number | null;
  readonly equal: boolean;
  readonly explained: number;
  readonly tables: readonly {
    /** For `differingRows`. */
    readonly ref: string;
    readonly table: string;
    readonly hq: number;
    readonly terminal: number;
    /** Compared and equal; what is set aside is not among them. */
    readonly same: number;
    readonly differing: number;
  }[];
  /** Why it did not come to its end. */
  readonly error: Message | null;
}

export interface DifferingRow {
  readonly id: string;
  /** null: this side lacks the row. */
  readonly hq: readonly (string | null)[] | null;
  readonly terminal: readonly (string | null)[] | null;
  readonly columns: readonly string[];
}

export interface SchemaFinding {
  readonly code: string;
  readonly severity: string;
  readonly table: string;
  readonly column: string | null;
  readonly detail: string | null;
  readonly statements: readonly string[];
}

export interface SchemaShown {
  /** Names this very fix for `schemaFix`; null: there is nothing to fix. */
  readonly shown: string | null;
  readonly findings: readonly SchemaFinding[];
}

export interface SchemaFixShown {
  readonly applied: number;
  /** File name of the backup; null: nothing was changed. */
  readonly backup: string | null;
  readonly remaining: readonly SchemaFinding[];
}

export interface SettingsShown {
  readonly hq: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly hasPassword: boolean;
    readonly tls: 'verify' | 'off';
  } | null;
  readonly terminal: string | null;
  readonly mode: 'live' | 'cron' | 'manual';
  readonly cron: string;
  readonly batchSize: number;
  readonly backupKeep: number;
  readonly apiEnabled: boolean;
  readonly apiPort: number;
  readonly notifications: {
    readonly attention: boolean;
    readonly error: boolean;
    readonly offline: boolean;
  };
  readonly language: 'auto' | 'en' | 'es';
  readonly appearance: 'auto' | 'light' | 'dark';
  readonly large: boolean;
  readonly launchAtLogin: boolean;
  /** Desktop: say that PayFlow goes on when its window closes. */
  readonly stillHereHint: boolean;
  readonly databasePath: string;
  readonly backups: readonly {
    readonly name: string;
    readonly at: number;
    readonly bytes: number;
  }[];
  /** Keys of this object that the environment or .env decides; the form shows them locked. */
  readonly locked: readonly string[];
  /** False: this system keeps the password without real encryption; the form warns. */
  readonly secretsAreSafe: boolean;
  /** Why the web console is off although it is switched on; three texts, as a state's (`renderStatus`). */
  readonly apiProblem: Message | null;
}

export const CONNECTION_STEPS = [
  'name',
  'connect',
  'tls',
  'login',
  'tables',
  'version',
  'terminal',
] as const;
export type ConnectionStep = (typeof CONNECTION_STEPS)[number];

export interface ConnectionTest {
  readonly ok: boolean;
  /** Those that passed. */
  readonly passed: readonly ConnectionStep[];
  readonly failed: { readonly step: ConnectionStep; readonly message: Message } | null;
  /** Terminal codes that HQ knows, once its tables could be read. */
  readonly terminals: readonly {
    readonly code: string;
    readonly name: string;
    readonly store: string;
  }[];
}

/** How far the first run has come; each step can be gone back to. */
export interface SetupShown {
  readonly step: 'language' | 'server' | 'terminal' | 'load' | 'done';
  readonly running: boolean;
  readonly error: Message | null;
}
