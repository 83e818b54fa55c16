/**
 * What the engine needs from the world, written down by the engine (it imports no driver and no node
 * built-in): time, hashing and HQ; payflow.db is in `local-port.ts`. `electron/local` and `electron/remote` implement
 * the two stores, `electron/host` the rest.
 */
import type { MessageParams } from '../../shared/errors.ts';
import type { ColumnPlan, Plan, TablePlan } from '../../shared/plan.ts';
import type { MissingParent } from '../../shared/rows.ts';
import type { Canonical } from './codec.ts';

/** Injected time, so that tests own it. */
export interface Clock {
  /** Wall time, UTC, `2026-11-22T15:04:05.678Z`. */
  now(): string;
  /** Monotonic milliseconds, for durations. */
  ticks(): number;
}

/** Pure functions that need node's crypto. */
export interface Hashing {
  /** First 16 hex digits of md5, the row hash (`hashText` is what goes in). */
  rowHash(text: string): string;
  /** UUIDv5 over the joined parts: the server_id of a row that has no UUID of its own (DESIGN 6.3). */
  uuidOf(...parts: string[]): string;
}

export interface Logger {
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
}

// ---------------------------------------------------------------------------------------------- HQ

/** A row as HQ has it: canonical values in the order of `TablePlan.columns`, and the hash over them. */
export interface HqRow {
  readonly key: string;
  readonly hash: string;
  readonly values: Canonical[];
}

/** A position in the feed: compared as a pair, numerically (DESIGN 3.3). Decimal text. */
export interface Cursor {
  readonly xid: string;
  readonly seq: string;
}

export interface FeedEntry extends Cursor {
  /** I insert, U update or entered this scope, D delete, R left this scope, T reload the table (key null). */
  readonly op: 'I' | 'U' | 'D' | 'R' | 'T';
  readonly key: string | null;
  readonly was: string | null;
  readonly editedAt: string;
  /** Who wrote it. */
  readonly origin: string | null;
}

/** HQ's last edit of a row: its side of `newest` (DESIGN 7.4). */
export interface HqEdit {
  /** ISO text, UTC. */
  readonly at: string;
  /** A terminal's code, or the name of another program's login; null: unknown. */
  readonly by: string | null;
}

/** One table's page of the feed, with both entries of a changed key or none. `full`: there may be more behind its last entry. */
export interface FeedPage {
  readonly table: string;
  readonly entries: readonly FeedEntry[];
  readonly full: boolean;
}

export interface FeedRead {
  /** Everything below this transaction id is final and was seen. */
  readonly bound: string;
  /** Everything below this transaction id has been purged (DESIGN 3.5). */
  readonly floor: string;
  /** Changes when a synced table's columns, types or keys change (DESIGN 3.8). */
  readonly schemaStamp: string;
  readonly pages: readonly FeedPage[];
}

/** Rows of one bucket: how many, and the sum over md5(key:hash), its first 64 bits as a signed number each. */
export interface BucketHash {
  readonly rows: number;
  readonly sum: bigint;
}

/** Some buckets of a table: names of `digits` hex digits. */
export interface BucketChoice {
  readonly digits: number;
  readonly names: ReadonlySet<string>;
}

/** Where money stands (DESIGN 10 `verify --books`): places in the columns of two tables of the plan. */
export interface Book {
  readonly table: TablePlan;
  /** Has the receipt and the shift: the table itself, or the one that its column `through` points at. */
  readonly parent: TablePlan;
  readonly through: number | null;
  /** Columns of `parent`. */
  readonly receipt: number;
  readonly shift: number;
  /** Columns of `table`: net, tax, total; null: the book has none. */
  readonly tender: number;
  readonly amounts: readonly (number | null)[];
}

/** A shift by HQ's key and a tender; null where the rows name none. */
export interface BookGroup {
  readonly shift: string | null;
  readonly tender: string | null;
}

/** Exact decimals as canonical text. */
export interface BookAmounts {
  readonly net: string;
  readonly tax: string;
  readonly total: string;
}

export interface BookSums extends BookGroup, BookAmounts {
  readonly count: number;
}

/** One row of a book. */
export interface BookLine extends BookAmounts {
  readonly key: string;
  readonly receipt: string | null;
}

/** Which HQ this is: transaction ids mean something only within one of these (DESIGN 8.1). */
export interface HqIdentity {
  /** System identifier and database. */
  readonly cluster: string;
  readonly timeline: string;
  readonly feedId: string;
}

/** What a terminal left at HQ at the end of a cycle that moved data: whoever has another one is not where it was. */
export interface Token {
  readonly counter: number;
  readonly random: string;
}

/** What HQ has of this terminal. */
export interface Binding {
  readonly epoch: number;
  /** Digest of the key of the instance it is bound to; null: of none yet. */
  readonly instance: string | null;
  /** The machine's name, for people, and since when it is this terminal. */
  readonly holder: string | null;
  readonly heldSince: string | null;
  readonly lastSeenAt: string;
  /** It was at HQ a moment ago. */
  readonly leased: boolean;
  readonly token: Token;
  /** Of this epoch; 0: none. */
  readonly lastBatch: number;
}

/** Who HQ says we are, and who HQ is. */
export interface Hello {
  /** HQ's time at the moment of the answer. */
  readonly serverTime: string;
  readonly schemaStamp: string;
  /** HQ takes no writes now: an administrator's doing, or a failover under way. */
  readonly readOnly: boolean;
  readonly hq: HqIdentity;
  /** As in `FeedRead`. */
  readonly bound: string;
  readonly floor: string;
  /** Null: HQ has never heard of this terminal. */
  readonly binding: Binding | null;
  /** Our row in the terminals table: its key and its store's key. */
  readonly terminal: { readonly key: string; readonly store: string };
}

/** Rows of one table that share an operation and a set of columns: column-major, as unnest() wants them. */
export interface BatchGroup {
  readonly table: string;
  readonly op: 'insert' | 'update' | 'delete';
  /** Indexes into `TablePlan.columns`: what an insert or update sets. */
  readonly columns: readonly number[];
  /** Indexes (a subset of `columns`) whose values are increments (DESIGN 7.3 `add`). */
  readonly adds: readonly number[];
  readonly keys: string[];
  readonly localIds: string[];
  /** Per column of `columns`, one value per row; increments for `adds`. */
  readonly values: (readonly Canonical[])[];
  /** Per column of `columns`, the base each row's value is compared with (empty for inserts and adds). */
  readonly bases: (readonly Canonical[])[];
  /** The row hash HQ will have if nobody else touched the row; deletes: the hash of the last sync. */
  readonly hashes: (string | null)[];
  /** Newest outbox entry each row's change covers. */
  readonly upto: number[];
  /** Ids of the outbox entries each row's change covers, joined by commas. */
  readonly entries: string[];
  /** Edit time per row, corrected (DESIGN 7.4); of an insert as it was captured: it is compared with nothing. */
  readonly at: string[];
}

/** Exactly what is sent, committed in payflow.db before it is (DESIGN 6.1). */
export interface Batch {
  readonly number: number;
  /** The batch that HQ's gate has to stand at; absent: number - 1. */
  readonly after?: number;
  readonly terminal: string;
  readonly epoch: number;
  /** What `fill: batch` columns get: one UUID for the batch. */
  readonly id: string;
  /** Highest outbox sequence at the time of reading. */
  readonly upto: number;
  /** In sending order: parents first, deletes last and children first. */
  readonly groups: readonly BatchGroup[];
}

/** What became of one row of a batch that is not plainly accepted as sent. */
export interface RowOutcome {
  readonly table: string;
  readonly key: string;
  /** Of the row's group: a row can be inserted and then set (DESIGN 6.3). */
  readonly op: BatchGroup['op'];
  /**
   * changed: the row is not as the terminal knew it, HQ's is in `rows`; gone: there is no such row in its scope; held: its
   * parent was refused.
   */
  readonly result: 'rejected' | 'changed' | 'gone' | 'held';
  /** Gone, but HQ has it for others. */
  readonly elsewhere?: boolean;
  readonly code?: string;
  readonly params?: MessageParams;
  /** SQLSTATE of a rejection, for the second try of unique and foreign-key refusals. */
  readonly sqlState?: string;
  readonly missing?: readonly MissingParent[];
}

export interface BatchReply {
  readonly number: number;
  readonly outcomes: readonly RowOutcome[];
  /**
   * HQ's rows that differ from what was sent: swaps that failed and what HQ's own triggers made of the batch
   * (DESIGN 6.5). Travel in the reply only; empty when the outcome is read after a lost reply.
   */
  readonly rows: readonly {
    readonly table: string;
    readonly row: HqRow;
    readonly edit: HqEdit;
  }[];
  /** The transaction, when every feed entry it wrote in our scope is answered by this reply; else null. */
  readonly ownXid: string | null;
}

/** HQ took every row of a batch as it was sent and changed none. */
export type PlainAnswer = Pick<BatchReply, 'ownXid'>;

/** HQ as the engine sees it. All calls may throw PayflowError; none waits without a deadline. */
export interface RemoteStore {
  hello(terminalCode: string): Promise<Hello>;
  /** Reads the manifest stored at HQ and the catalogue. */
  loadPlan(): Promise<Plan>;
  /** The plan and scopes all following calls work with. */
  use(plan: Plan, scopes: readonly string[]): void;
  register(terminal: string, code: string, epoch: number): Promise<string>;
  /** Binds the terminal to an instance and an epoch; answers with the epoch's last batch (DESIGN 8.1). */
  claim(claim: Claim): Promise<number>;
  /** Of these outbox entries, those HQ has applied, with the key it drew for their row where it drew one. */
  appliedEntries(terminal: string, ids: readonly string[]): Promise<Map<string, string | null>>;
  readFeed(cursors: ReadonlyMap<string, Cursor>, limit: number): Promise<FeedRead>;
  /** In-scope rows with these keys; absent keys are simply not answered. */
  readRows(table: TablePlan, keys: readonly string[]): Promise<HqRow[]>;
  /** Rows whatever their scope, for kept rows. */
  readAnyRows(table: TablePlan, keys: readonly string[]): Promise<HqRow[]>;
  /** Edits of rows read outside the feed, deleted ones too: newest feed entry, else the floor's time (DESIGN 7.4). */
  editTimes(table: TablePlan, keys: readonly string[]): Promise<Map<string, HqEdit>>;
  /** For each key that exists: is it in scope? */
  scopesOf(table: TablePlan, keys: readonly string[]): Promise<Map<string, boolean>>;
  /** In-scope rows whose `column` is one of these keys, and the first transaction id not yet assigned then. */
  readChildren(
    table: TablePlan,
    column: string,
    keys: readonly string[],
  ): Promise<{ rows: HqRow[]; nextXid: string }>;
  /** All in-scope rows in key order, from behind `after`. Pages of some thousand rows. */
  streamRows(table: TablePlan, after: string | null): AsyncIterable<HqRow[]>;
  /** Key and hash of all in-scope rows (null), or of those in some buckets, in byte order of the key's text. */
  streamHashes(
    table: TablePlan,
    only?: BucketChoice | null,
  ): AsyncIterable<{ key: string; hash: string }[]>;
  /** One line per bucket of the in-scope rows (DESIGN 10 `verify`); buckets by the first `digits` digits of md5(key). */
  bucketHashes(table: TablePlan, digits: number): Promise<Map<string, BucketHash>>;
  /** A book's sums over the in-scope rows, but for those with the keys in `aside`. */
  sumBook(book: Book, aside: readonly string[]): Promise<BookSums[]>;
  /** The rows behind one of its lines. */
  linesOfBook(book: Book, aside: readonly string[], group: BookGroup): Promise<BookLine[]>;
  /** Which of these keys have a feed entry behind the cursor, final or not: HQ's news of them is still to come. */
  keysBehind(table: TablePlan, cursor: Cursor, keys: readonly string[]): Promise<Set<string>>;
  /** Fresh values of the table's sequence (DESIGN 6.3). */
  drawKeys(table: TablePlan, count: number): Promise<string[]>;
  /**
   * `meanwhile` is called at most once, in time that would be spent waiting for HQ, and awaited whatever becomes of the
   * batch. It is to let the event loop turn between its parts: what HQ has answered is taken up then.
   */
  send(batch: Batch, meanwhile?: () => Promise<void>): Promise<BatchReply>;
  /** The recorded outcome of the last batch, for a reply that was lost. */
  outcomeOf(batch: Batch): Promise<BatchReply>;
  /** At most once a minute, and after runs that moved something. `purgeDue`: HQ's feed waits for a `purge`. */
  heartbeat(beat: Heartbeat): Promise<{ readonly purgeDue: boolean }>;
  /** Purges a slice of HQ's feed, unless another terminal has done so meanwhile (DESIGN 3.5). */
  purge(): Promise<void>;
  /** One row in HQ's sync_logs per run that moved something, if HQ has that table. Told twice, it stands there once. */
  recordRun(run: HqRunRecord): Promise<void>;
  /** `sync.checkpoint.<terminal>.<table>` in HQ's settings, for people (DESIGN 10). `terminal`: its code. */
  saveCheckpoints(terminal: string, checkpoints: readonly Checkpoint[]): Promise<void>;
  /** Into the terminal's own row, its other columns and other rows are left alone. False: another program has it in hand. */
  saveLiveness(terminal: string, values: readonly Liveness[]): Promise<boolean>;
}

export interface Claim {
  readonly terminal: string;
  readonly code: string;
  readonly epoch: number;
  /** A new epoch goes on from this number, or from the highest that HQ has had. */
  readonly lastBatch: number;
  readonly instance: Instance;
  readonly token: Token;
  /** What HQ had when it said hello: the claim fails where it has moved on since. */
  readonly seen: { readonly epoch: number; readonly counter: number };
}

/** This installation: a digest of its key, and the machine's name for people. */
export interface Instance {
  readonly digest: string;
  readonly holder: string;
}

export interface Heartbeat {
  readonly terminal: string;
  readonly epoch: number;
  readonly instance: Instance;
  readonly cursorXid: string;
  readonly waiting: number;
  /** HQ's token must be `was`. */
  readonly was: Token;
  readonly token: Token;
}

/** How far a terminal has come in the feed of one table, and when something last came of it. */
export interface Checkpoint extends Cursor {
  readonly table: string;
  readonly at: string;
}

/** One value that a terminal says of itself. */
export interface Liveness {
  readonly column: ColumnPlan;
  readonly value: Canonical;
}

export interface HqRunRecord {
  /** The run's own id: at most 36 characters. */
  readonly id: string;
  readonly terminal: string;
  readonly store: string;
  readonly direction: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly records: number;
  readonly status: string;
  readonly error: string | null;
}

// ---------------------------------------------------------------------------------------- payflow.db
