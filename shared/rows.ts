import type { MessageParams } from './errors.ts';
import type { Message } from './report.ts';

/**
 * The rows that need a look, in DESIGN 10's JSON shapes. `id` is HQ's id where the row has one, else the
 * local_id; times are ISO 8601 in UTC.
 */

/** From the terminal's view: `download` comes from HQ, `upload` goes there. */
export type RowDirection = 'download' | 'upload';

/**
 * Why a parent is missing (DESIGN 5.4). not-sent: it has not come (or gone) yet. rejected: the other side refused
 * it. deleted: it is gone for good. children: not a parent but rows here that still use the one to be removed.
 * confirm: a mass removal that a manager has to allow. pending: the row itself has unsent edits; the upload decides first.
 */
export type MissingWhy = 'not-sent' | 'rejected' | 'deleted' | 'children' | 'confirm' | 'pending';

export interface MissingParent {
  readonly field: string;
  readonly refTable: string;
  readonly refId: string;
  readonly why: MissingWhy;
}

export interface HeldRow {
  readonly table: string;
  readonly id: string;
  readonly direction: RowDirection;
  readonly missing: readonly MissingParent[];
  readonly since: string;
  readonly tries: number;
}

/**
 * May these removals go (DESIGN 5.3)? One question per table and direction: more than 100 rows and a fifth of the table
 * would go within 24 hours. download: HQ's deletes, which would remove rows here; upload: deletes of the POS at HQ.
 */
export interface RemovalQuestion {
  readonly table: string;
  readonly direction: RowDirection;
  /** Rows that wait for the answer. */
  readonly waiting: number;
  /** Rows that HQ has no more and that stay here by an earlier answer; it can still be changed. */
  readonly staying: number;
  /** Rows the table had when the 24 hours began, and how many of them had gone before the question. */
  readonly size: number;
  readonly removed: number;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Whose side holds: given, and carried out by the next sync. Null: nobody has said yet. */
  readonly answer: RemovalAnswer | null;
}

/**
 * hq: HQ's side holds in this table: what HQ deleted goes here too; what the POS deleted comes back from HQ.
 * local: this terminal's side holds: the rows stay here; what the POS deleted is deleted at HQ.
 */
export type RemovalAnswer = 'hq' | 'local';

/** A rejected row as stored: code and parameters. Whoever shows it adds `message` (`RejectedRowShown`). */
export interface RejectedRow {
  readonly table: string;
  readonly id: string;
  readonly direction: RowDirection;
  readonly code: string;
  readonly params: MessageParams;
  readonly since: string;
  readonly tries: number;
}

export interface RejectedRowShown extends RejectedRow {
  readonly message: string;
}

/** One overwritten value of the conflict log (DESIGN 7.6). `id` is the log's own number. */
export interface ConflictRow {
  readonly id: number;
  readonly table: string;
  readonly rowId: string;
  readonly column: string;
  readonly kept: string | null;
  readonly lost: string | null;
  readonly rule: string;
  readonly at: string;
  readonly winner: 'hq' | 'terminal';
  readonly hqAt: string | null;
  readonly localAt: string | null;
  /** Who wrote HQ's side; null: not known. */
  readonly who: string | null;
  /** What was overwritten along with it: times of last change beside the value itself. */
  readonly also: readonly ConflictValue[];
  /** The side a person chose in the end; null: the rule's choice stands. */
  readonly resolved: ConflictSide | null;
}

/** The side whose value is to stand: of `payflow resolve ID --keep local|hq`. */
export type ConflictSide = 'local' | 'hq';

export interface ConflictValue {
  readonly column: string;
  readonly kept: string | null;
  readonly lost: string | null;
}

/** A counted thing of which more was taken than there was: the value is below zero since then. */
export interface OversoldRow {
  readonly table: string;
  /** HQ's key. */
  readonly id: string;
  readonly column: string;
  /** An exact number below zero, as text. */
  readonly value: string;
  readonly since: string;
}

/** One table in the data check: rows of each side, how many stand on both and are equal, and the ids that differ. */
export interface VerifyTable {
  readonly hq: number;
  readonly terminal: number;
  readonly same: number;
  readonly differing: readonly string[];
}

/** The data check (DESIGN 10): `explained` counts the rows set aside as pending, held, rejected or kept. */
export interface VerifyReport {
  readonly equal: boolean;
  readonly explained: number;
  readonly tables: Readonly<Record<string, VerifyTable>>;
}

/** The held row's message; its English text is PayFlow's own wording (DESIGN 5.4). */
export function heldMessage(row: HeldRow): Message {
  const list = (why: (missing: MissingParent) => boolean): string =>
    row.missing
      .filter(why)
      .map(({ field, refTable, refId }) => `${field}->${refTable}[${refId}]`)
      .join(', ');
  const where = { table: row.table, id: row.id };
  if (row.missing.some(({ why }) => why === 'confirm'))
    return { code: 'HELD_CONFIRM', params: where };
  if (row.missing.some(({ why }) => why === 'children')) {
    const users = row.missing
      .filter(({ why }) => why === 'children')
      .map(({ refTable, refId }) => `${refTable}[${refId}]`);
    return { code: 'HELD_CHILDREN', params: { ...where, users: users.join(', ') } };
  }
  return { code: 'HELD_ROW', params: { ...where, missing: list(() => true) } };
}

/** Exact decimals as canonical text. */
export interface Amounts {
  readonly net: string;
  readonly tax: string;
  readonly total: string;
}

/** One shift and tender of one book; `shift` is HQ's key, null where the rows name none. */
export interface BookLineShown {
  readonly table: string;
  readonly shift: string | null;
  readonly tender: string | null;
  readonly hq: Amounts & { readonly count: number };
  readonly terminal: Amounts & { readonly count: number };
  readonly equal: boolean;
}

/** The receipt at which the books begin to differ; null: that side has no such row. */
export interface BookDifference {
  readonly table: string;
  readonly id: string;
  readonly receipt: string | null;
  readonly shift: string | null;
  readonly tender: string | null;
  readonly hq: Amounts | null;
  readonly terminal: Amounts | null;
}

/** The money check (DESIGN 10): `explained` counts the rows set aside as unsent or held. */
export interface BooksReport {
  readonly equal: boolean;
  readonly explained: number;
  readonly lines: readonly BookLineShown[];
  readonly first: BookDifference | null;
}

/** What a person had to know although nothing waits: a restore, a move, a take-over (DESIGN 8.1). */
export interface NoticeRow {
  readonly id: number;
  readonly code: string;
  readonly params: MessageParams;
  readonly at: string;
  /** Null: it stands. */
  readonly settledAt: string | null;
  /** A data check that passed, or a person who dismissed it. */
  readonly settledBy: 'check' | 'person' | null;
}
