/**
 * What the engine needs from the world, written down by the engine (it imports no driver and no node
 * built-in). `electron/local` and `electron/remote` implement the two stores, `electron/host` the rest.
 */
import type { MessageParams } from '../../shared/errors.ts';
import type { ColumnPlan, Plan, TablePlan } from '../../shared/plan.ts';
import type { MissingParent, RemovalAnswer } from '../../shared/rows.ts';
import type { Canonical, LocalValue } from './codec.ts';

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

/** One table's page of the feed. `full`: there may be more behind its last entry. */
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
   * changed: the row is not as the terminal knew it, HQ's is in `rows`; gone: there is no such row; held: its parent was
   * refused.
   */
  readonly result: 'rejected' | 'changed' | 'gone' | 'held';
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
  /** `meanwhile` is called at most once, in time that would be spent waiting for HQ. */
  send(batch: Batch, meanwhile?: () => void): Promise<BatchReply>;
  /** The recorded outcome of the last batch, for a reply that was lost. */
  outcomeOf(batch: Batch): Promise<BatchReply>;
  /** At most once a minute, and after runs that moved something. */
  heartbeat(beat: Heartbeat): Promise<void>;
  /** One row in HQ's sync_logs per run that moved something, if HQ has that table. */
  recordRun(run: HqRunRecord): Promise<void>;
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

export interface HqRunRecord {
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

/** What payflow.db knows of a row that HQ knows too. */
export interface KnownRow {
  readonly key: string;
  readonly localId: string;
  readonly hash: string | null;
  readonly kept: boolean;
  /** False: the POS deleted it and HQ has not heard. */
  readonly present: boolean;
}

/** A row as payflow.db holds it: raw values in the order of `TablePlan.columns`. */
export interface LocalRow {
  readonly localId: string;
  readonly serverId: string | null;
  readonly values: LocalValue[];
  /** HQ's values of references that are null here, by column name; or null. */
  readonly refs: Readonly<Record<string, string>> | null;
}

export interface UpsertRow {
  readonly localId: string;
  readonly serverId: string;
  readonly values: LocalValue[];
  readonly hash: string | null;
  readonly kept: boolean;
  readonly refs: Readonly<Record<string, string>> | null;
  /** True: local edits are still unsent; the row's sync_status is left as it is. */
  readonly pending: boolean;
  /** Of a pending row: columns that stay as the POS wrote them, because HQ cannot hold their values. */
  readonly keep?: ReadonlySet<number>;
}

/** One captured change (DESIGN 4.1). */
export interface OutboxEntry {
  readonly seq: number;
  readonly table: string;
  readonly localId: string;
  readonly oldLocalId: string | null;
  /** R: the row as it stood before a write that may have replaced it (DESIGN 4.3). */
  readonly op: 'I' | 'U' | 'D' | 'R';
  /** Local column name -> [old type, old text, new type, new text]; null: unknown (DESIGN 4.5). */
  readonly changes: Readonly<Record<string, readonly (string | null)[]>> | null;
  readonly at: string;
  readonly id: string;
}

export interface CursorRow extends Cursor {
  readonly table: string;
  readonly loaded: boolean;
  readonly loadKey: string | null;
  readonly reload: boolean;
  /** The re-baseline that is due comes of a move of this terminal or a changed manifest (DESIGN 5.3). */
  readonly exempt: boolean;
  readonly fingerprint: string | null;
  /** When the row was saved; null on one that never was. */
  readonly updatedAt: string | null;
}

export interface Held {
  readonly table: string;
  /** HQ's key (download) or the local_id (upload). */
  readonly id: string;
  readonly direction: 'download' | 'upload';
  readonly op: 'upsert' | 'delete' | 'removal';
  readonly missing: readonly MissingParent[];
  /** For display only; releasing always re-reads the row. */
  readonly payload: string | null;
}

/** Where a row stands that the gate against mass removals holds (DESIGN 5.3); see resources/local/004_scope.sql. */
export type ConfirmState = 'asked' | 'stays' | 'goes';

/** May these removals go? One per table and direction. */
export interface ConfirmQuestion {
  readonly table: string;
  readonly direction: 'download' | 'upload';
  /** Rows of the table when the day began that the gate counts, and what had gone since. */
  readonly size: number;
  readonly removed: number;
  /** hq: HQ's side holds in this table; local: this terminal's. Null: nobody has said yet. */
  readonly answer: RemovalAnswer | null;
}

export interface Rejected {
  readonly table: string;
  readonly id: string;
  readonly direction: 'download' | 'upload';
  readonly code: string;
  readonly params: MessageParams;
  readonly payload: string | null;
  /** Newest outbox entry of the row when HQ refused it; null for downloads. */
  readonly seq: number | null;
}

export interface Conflict {
  readonly table: string;
  readonly rowId: string;
  readonly column: string;
  readonly kept: Canonical;
  readonly lost: Canonical;
  readonly winner: 'hq' | 'terminal';
  readonly rule: string;
  readonly hqAt: string | null;
  readonly localAt: string | null;
  /** Who wrote HQ's side. */
  readonly who: string | null;
  /** The entry that it is shown with; null: it stands for itself. */
  readonly follows: number | null;
}

/** A row as the scan of DESIGN 4.4 looks at it. */
export interface ScannedRow extends LocalRow {
  /** HQ's key; null: HQ does not know the row. */
  readonly key: string | null;
  /** Of the last sync; null: unknown. */
  readonly hash: string | null;
  readonly kept: boolean;
  /** The outbox has an entry of it. */
  readonly captured: boolean;
}

/** A change that capture missed, as an entry of the outbox. What it was before is unknown. */
export interface MissedRow {
  readonly localId: string;
  readonly oldLocalId: string | null;
  readonly op: 'I' | 'U' | 'D';
}

/** A row that points at another: found by `referrers`. */
export interface Referrer {
  readonly table: string;
  readonly column: string;
  readonly localId: string;
  /** The row pointed at. */
  readonly parentId: string;
  readonly nullable: boolean;
}

/** What an acknowledgement writes per row. */
export interface Acknowledged {
  readonly localId: string;
  /** Null: the row was deleted, its sync_row goes. */
  readonly serverId: string | null;
  readonly hash: string | null;
  /** The one outbox entry that was sent of the row; null: several, or none. */
  readonly entry: number | null;
}

/** payflow.db as the engine sees it. Synchronous; every write happens inside `write`. */
export interface LocalStore {
  /** One read snapshot. */
  read<T>(work: () => T): T;
  /** One read snapshot over all that `work` awaits. Nothing may be written meanwhile. */
  snapshot<T>(work: () => Promise<T>): Promise<T>;
  /**
   * One IMMEDIATE transaction whose changes the capture triggers do not see (DESIGN 4.2). `flush: false`: it need not be on the
   * disk before the next one, for what is done anew if a power cut takes it back.
   */
  write<T>(work: () => T, options?: { readonly flush?: boolean }): T;
  /**
   * After a cycle's last write: what it left in the write-ahead log goes into the file now, so that no sale of the POS's
   * pays for it. Never waits for anybody, and does nothing while there is little of it.
   */
  tidyLog(): void;
  use(plan: Plan, terminal: { key: string }): void;
  meta(name: string): string | null;
  setMeta(name: string, value: string | null): void;

  known(table: TablePlan, keys: readonly string[]): Map<string, KnownRow>;
  /** local_id -> HQ's key, for rows HQ knows. */
  serverIds(table: TablePlan, localIds: readonly string[]): Map<string, string>;
  /** By local_id. `known` false: HQ knows none of them, so that nothing is looked up of what it said. */
  rows(table: TablePlan, localIds: readonly string[], known?: boolean): Map<string, LocalRow>;
  /** All rows in byte order of server_id; rows without one are left out. */
  scan(table: TablePlan): Iterable<LocalRow & { kept: boolean }>;
  isEmpty(table: TablePlan): boolean;
  countRows(table: TablePlan): number;
  /** Rows in order of local_id behind `after`, with what capture and sync know of each (DESIGN 4.4). */
  scanPage(table: TablePlan, after: string | null, limit: number): ScannedRow[];
  /** Rows HQ knows, kept ones aside, that are not in payflow.db and of which no entry says why; local_ids in order. */
  vanished(
    table: TablePlan,
    after: string | null,
    limit: number,
  ): { localId: string; key: string }[];
  /** HQ's keys of rows that the POS has deleted and HQ has not heard of. */
  unsentDeletes(table: TablePlan): string[];
  /** local_ids of rows that HQ does not know and of which no entry tells, at most `limit`. */
  unknown(table: TablePlan, limit: number): string[];
  /** Entries for what capture missed; not for a row that has one by now. */
  addMissed(table: TablePlan, rows: readonly MissedRow[]): void;
  /** What the row was found to be the same as at HQ. */
  noteHashes(table: TablePlan, rows: readonly { localId: string; hash: string }[]): void;
  /** HQ knows this row, which it was not known of here. */
  adopt(table: TablePlan, localId: string, key: string): void;
  /** Rows HQ has lost become new ones: nothing is known of them any more. */
  forget(table: TablePlan, localIds: readonly string[]): void;
  upsert(table: TablePlan, rows: readonly UpsertRow[]): void;
  /** Rows, with all that is known of them. */
  remove(table: TablePlan, localIds: readonly string[]): void;
  /** Gives the rows of a moved key their new server_id (DESIGN 3.2). False: a row outside the set holds the key. */
  rekey(table: TablePlan, moves: readonly { was: string; key: string }[]): boolean;
  /** Frees unique values before others take them: the first column gets a placeholder (DESIGN 5.5). */
  placehold(table: TablePlan, columns: readonly number[], localIds: readonly string[]): void;
  /** Rows that hold one of these value tuples under a unique key. */
  findByUnique(
    table: TablePlan,
    columns: readonly number[],
    tuples: readonly LocalValue[][],
  ): { localId: string; tuple: LocalValue[] }[];
  referrers(table: TablePlan, localIds: readonly string[]): Referrer[];
  /** Sets a reference null; `hqValue` is HQ's value where HQ keeps it (a parent out of scope, DESIGN 5.4). */
  setNull(
    table: TablePlan,
    column: ColumnPlan,
    rows: readonly { localId: string; hqValue: string | null }[],
  ): void;
  /** Rows of `table` are here now: references to them that were null because they were out of scope are filled in. */
  fillReferences(table: TablePlan, localIds: ReadonlyMap<string, string>): void;
  childrenOf(table: TablePlan, column: string, parentIds: readonly string[]): string[];
  /** The same of rows that the POS has deleted and HQ has not heard of, by what stood there. */
  deletedChildren(table: TablePlan, column: string, parentIds: readonly string[]): string[];
  /** Is any row of the table here only because others need it? */
  hasKept(table: TablePlan): boolean;
  /** Kept rows that no row refers to any more. */
  orphanedKept(table: TablePlan): string[];

  /** Entries behind `after` in sequence order. */
  entriesAfter(after: number, limit: number): OutboxEntry[];
  entriesOf(table: TablePlan, localIds: readonly string[]): OutboxEntry[];
  /** Number and wall time of the entries between the two numbers (`after` excluded, `upto` included), in order. */
  entryTimes(
    after: number,
    upto: number,
    limit?: number,
  ): readonly (readonly [seq: number, at: string])[];
  /** The rows with more than one entry, at most `limit` of them, as `[table, localId]`. */
  severalEntries(limit: number): (readonly [table: string, localId: string])[];
  /** The rows of the entries behind this sequence number, of at most `limit` entries. */
  entriesBehind(seq: number, limit: number): (readonly [table: string, localId: string])[];
  /** Entries of these rows that do not stand between the two sequence numbers (`after` excluded, `upto` included). */
  entriesBeside(
    table: TablePlan,
    localIds: readonly string[],
    after: number,
    upto: number,
  ): OutboxEntry[];
  hasEntries(table: TablePlan): boolean;
  /** Entries that changed a local_id, and inserts: what `repairOutbox` has to look at. */
  identityEntries(): OutboxEntry[];
  /** Rows of the outbox, for HQ's overview. */
  countWaiting(): number;
  lastSeq(): number;
  /** Moves what was known of a row to its new local_id. */
  moveLocalId(table: TablePlan, entry: OutboxEntry): void;
  /** Restores server_id and status on rows a REPLACE has stripped. */
  restoreServerId(table: TablePlan, localId: string, serverId: string): void;
  /** Stored bases by local_id: HQ's column name -> canonical value. */
  bases(
    table: TablePlan,
    localIds: readonly string[],
  ): Map<string, { seq: number; base: ReadonlyMap<string, Canonical> }>;
  /** `base`: canonical values in plan order. */
  setBase(table: TablePlan, localId: string, seq: number, base: readonly Canonical[]): void;
  /** HQ's row with this hash has been seen, although it is not here (DESIGN 7.5). */
  noteSeen(table: TablePlan, localId: string, hash: string): void;
  /** The row is gone at HQ and is to be made there again, under the key it had (DESIGN 7.5). */
  recreate(table: TablePlan, localId: string): void;
  /** local_ids of such rows. */
  recreated(table: TablePlan): Set<string>;
  /** HQ has these rows again. */
  forgetRecreated(table: TablePlan, localIds: readonly string[]): void;
  /** Drops unsent entries of rows whose net change is nothing. */
  dropEntries(table: TablePlan, rows: readonly { localId: string; upto: number }[]): void;
  /**
   * Accepted rows: the entries that were sent go, newer ones stay. `upto`: the outbox's highest sequence number when
   * the batch was read; a batch covers all entries that its rows had then.
   */
  acknowledge(table: TablePlan, batchId: string, rows: readonly Acknowledged[], upto: number): void;
  setStatus(
    table: TablePlan,
    localIds: readonly string[],
    status: 'held' | 'error' | 'pending',
  ): void;

  /** The first batch that was saved and not acknowledged; with the answer where HQ took it as it was sent. */
  openBatch(): { batch: Batch; answer: PlainAnswer | null } | null;
  /** Numbers: the last batch HQ has certainly taken, the last that was made. */
  batchNumbers(): { confirmed: number; saved: number };
  /** Opens all kept batches above `after` again, in order; answers with how many, and the highest number. */
  reopenBatches(after: number): { count: number; last: number };
  /** Forgets batches whose outcome is unknown; their entries are still in the outbox. */
  dropOpenBatches(): void;
  /** HQ took the batch as it was sent; its acknowledgement follows. */
  answerBatch(number: number, answer: PlainAnswer): void;
  /** The text that `saveBatch` keeps: made beforehand, it costs no time in which HQ waits for the batch. */
  batchText(batch: Batch): string;
  saveBatch(batch: Batch, text: string): void;
  closeBatch(number: number): void;

  cursors(): Map<string, CursorRow>;
  saveCursor(cursor: CursorRow): void;
  subtrees(): { table: string; serverId: string; afterXid: string }[];
  addSubtrees(table: string, serverIds: readonly string[], afterXid: string): void;
  dropSubtree(table: string, serverId: string): void;
  ownXids(): Set<string>;
  addOwnXid(xid: string): void;
  /** HQ's transaction ids are others now: what is remembered by them goes. */
  forgetXids(): void;
  dropOwnXidsBelow(xid: string): void;

  /** Without the rows that the gate holds: those may be any number. */
  held(): Held[];
  /** Held downloads, again without those. */
  countHeld(): number;
  /** Is any download held, for whatever reason? */
  anyHeld(): boolean;
  hold(held: Held, confirm?: ConfirmState): void;
  /** Which of these rows are held, and where they stand at the gate (null: held for another reason). */
  heldAmong(
    table: string,
    direction: 'download' | 'upload',
    ids: readonly string[],
  ): Map<string, ConfirmState | null>;
  /** Rows at the gate in these states, any `limit` of them. */
  atGate(
    table: string,
    direction: 'download' | 'upload',
    states: readonly ConfirmState[],
    limit: number,
  ): Held[];
  /** Moves at most `limit` rows at the gate from one state to another; answers how many. */
  moveAtGate(
    question: Pick<ConfirmQuestion, 'table' | 'direction'>,
    from: ConfirmState,
    to: ConfirmState,
    limit: number,
  ): number;
  questions(): ConfirmQuestion[];
  /** Opens a question; one that is open stays as it is. */
  ask(question: Omit<ConfirmQuestion, 'answer'>): void;
  /** Closes a question: what was removed before it counts no more. */
  closeQuestion(question: Pick<ConfirmQuestion, 'table' | 'direction'>): void;
  /** Rows removed since a quarter of an hour, that one included, and the table's size then; null: none. */
  removedSince(
    table: string,
    direction: 'download' | 'upload',
    slot: number,
  ): { removed: number; size: number } | null;
  /** Counts removals in a quarter of an hour; what lies before `oldest` is forgotten. */
  countRemoved(
    table: TablePlan,
    direction: 'download' | 'upload',
    slot: number,
    oldest: number,
    rows: number,
  ): void;
  /** Rows of the table that HQ knows, kept ones aside; those that were deleted here and are unsent count. */
  sizeOf(table: TablePlan): number;
  release(table: string, id: string, direction: 'download' | 'upload'): void;
  rejected(direction: 'download' | 'upload'): Rejected[];
  reject(rejected: Rejected): void;
  /** Takes a row off the list of rejected ones. Was it there? */
  acceptAgain(table: string, id: string, direction: 'download' | 'upload'): boolean;
  /** Makes a change of the row wait for upload that the POS did not make just now; answers with its sequence number. */
  enqueue(table: TablePlan, localId: string, op: 'I' | 'U', at: string): number;
  /** HQ does not have the row (any more); sent again it takes `key`, null: a new one. */
  unlink(table: TablePlan, localId: string, key: string | null): void;
  /** Keys that rows must take when they are sent again. */
  promised(table: TablePlan, localIds: readonly string[]): Map<string, string>;
  /** Stands until a manager dismisses it or a data check passes. */
  addNotice(code: string, params: MessageParams): void;
  /** Answers with the entry's number. */
  logConflict(conflict: Conflict): number;
  /** Is a counted thing of this table listed as below zero? */
  anyOversold(table: TablePlan): boolean;
  /** local_ids of all rows whose counted columns are below zero: a walk through the table. */
  belowZero(table: TablePlan): string[];
  /** Lists those of these rows whose counted columns are below zero, and forgets those that are not any more. */
  noteOversold(table: TablePlan, localIds: readonly string[]): void;
  saveRun(run: {
    id: string;
    startedAt: string;
    endedAt: string;
    direction: string;
    status: string;
    report: string;
  }): void;
  /** Removes what is past its age: batches that were settled, and runs. */
  prune(before: string): void;
}
