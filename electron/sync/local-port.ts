/** payflow.db as the engine needs it; `electron/local` implements it. */
import type { MessageParams } from '../../shared/errors.ts';
import type { ColumnPlan, Plan, TablePlan } from '../../shared/plan.ts';
import type { MissingParent, RemovalAnswer } from '../../shared/rows.ts';
import type { Canonical, LocalValue } from './codec.ts';
import type { Batch, Cursor, PlainAnswer } from './ports.ts';

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
  /** Why the key names no row, where it is no text; `localId` is then how SQL calls it. Only `entriesAfter` says so. */
  readonly unnamed?: 'not-text' | 'not-unicode';
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
  /** Newest outbox entry of the row when HQ refused it; of all rows when a rule of payflow.db refused a download; else null. */
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
  /** Ids of the outbox entries that were sent of the row, joined by commas. */
  readonly entries: string;
  /** The number of the only one; null: several, or none. */
  readonly seq: number | null;
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
  /** Those of the local_ids whose row is here. */
  present(table: TablePlan, localIds: readonly string[]): readonly string[];
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
  /** Has the table a row whose local_id is null? */
  lacksKey(table: TablePlan): boolean;
  /** Gives at most `limit` such rows a key; answers with those keys. */
  giveKeys(table: TablePlan, limit: number): readonly string[];
  /** Entries for what capture missed; not for a row that has one by now. */
  addMissed(table: TablePlan, rows: readonly MissedRow[]): void;
  /** What the row was found to be the same as at HQ. */
  noteHashes(table: TablePlan, rows: readonly { localId: string; hash: string }[]): void;
  /** HQ knows this row, which it was not known of here. */
  adopt(table: TablePlan, localId: string, key: string): void;
  /** Rows HQ has lost become new ones: nothing is known of them any more. */
  forget(table: TablePlan, localIds: readonly string[]): void;
  upsert(table: TablePlan, rows: readonly UpsertRow[]): void;
  /** Has the file unique keys or checks for this table that the plan does not list? Then `upsert` may throw. */
  hasOwnRules(table: TablePlan): boolean;
  /** A part of a transaction: what throws leaves nothing of it behind. */
  inSavepoint<T>(work: () => T): T;
  /** What SQLite says where a write was refused by a rule of the file; null: it failed for another reason. */
  ruleBroken(error: unknown): string | null;
  /** Rows, with all that is known of them. */
  remove(table: TablePlan, localIds: readonly string[]): void;
  /**
   * Gives the rows of moved keys the server_id they have behind all moves, in HQ's order (DESIGN 3.2). False, and nothing is
   * done: a row that did not move holds such a key.
   */
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
  entriesAfter(after: number, limit: number): readonly OutboxEntry[];
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
  /** Has the POS written to the table since this entry? */
  hasEntriesBehind(table: TablePlan, seq: number): boolean;
  /** Entries that changed a local_id, and inserts: what `repairOutbox` has to look at. */
  identityEntries(): OutboxEntry[];
  /** Rows of the outbox, for HQ's overview. */
  countWaiting(): number;
  lastSeq(): number;
  /** Has the POS changed a local_id since this entry? */
  anyMoved(after: number): boolean;
  /**
   * Moves what was known of rows to their new local_ids, in the order of the entries; what open batches call them too
   * (DESIGN 6.1).
   */
  moveLocalIds(moves: readonly { readonly table: TablePlan; readonly entry: OutboxEntry }[]): void;
  /** An open batch under the names that its rows have since `moveLocalIds`. */
  underNewNames(batch: Batch): Batch;
  /** Keeps the local_ids of an open batch in place of those it was saved with. */
  saveNames(batch: Batch): void;
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
  /** Drops entries that HQ has had, of tables that are not synced any more. */
  dropTaken(entries: readonly string[]): void;
  /** Of these entries of rows without a name, those whose row is here. */
  standing(table: TablePlan, seqs: readonly number[]): readonly number[];
  /** The rows of these entries are refused. */
  showRefused(table: TablePlan, seqs: readonly number[]): void;
  /** A row without a name is gone, or has one by now. */
  dropUnnamed(table: TablePlan, name: string, seqs: readonly number[]): void;
  /**
   * Accepted rows: the entries that were sent go, newer ones stay, and the row with them is pending. `upto`: no entry up to
   * this number is newer than what was sent, the outbox's highest when the batch was read.
   */
  acknowledge(table: TablePlan, batchId: string, rows: readonly Acknowledged[], upto: number): void;
  setStatus(
    table: TablePlan,
    localIds: readonly string[],
    status: 'held' | 'error' | 'pending',
  ): void;

  /**
   * The first batch that was saved and not acknowledged; with the answer where HQ took it as it was sent. `counted`: ids of
   * entries with increments that it had, of tables that are not synced any more.
   */
  openBatch(): { batch: Batch; answer: PlainAnswer | null; counted: readonly string[] } | null;
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
  /** Which of these rows of HQ are deletes that are held, again without those. */
  heldDeletes(table: string, ids: readonly string[]): string[];
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
  /** Keys of held and rejected downloads of the table whose `column` names one of these rows of HQ. */
  waitingBelow(table: string, column: string, parents: readonly string[]): string[];
  /** Held downloads wait for these rows no more: the next release asks HQ about them again. */
  stopWaiting(refTable: string, refIds: readonly string[]): void;
  rejected(direction: 'download' | 'upload'): Rejected[];
  anyRejected(direction: 'download' | 'upload'): boolean;
  /** `id`: HQ's key of a download, the local_id of an upload. */
  isRejected(table: string, id: string, direction: 'download' | 'upload'): boolean;
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
