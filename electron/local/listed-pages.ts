/** Held and rejected rows a page at a time, for the window: paged and grouped by SQLite, so that 10,000 stay smooth. */
import type { MessageParams } from '../../shared/errors.ts';
import type { MissingParent, MissingWhy, RowDirection } from '../../shared/rows.ts';
import type { ReadableDb } from './open.ts';

export interface PageOf<T> {
  readonly rows: T[];
  /** Of the whole list. */
  readonly total: number;
}

export interface PageBounds {
  readonly offset: number;
  readonly limit: number;
}

export interface ParentKey {
  readonly direction: RowDirection;
  readonly parentTable: string;
  readonly parentId: string;
}

/** Rows that wait for one parent; times as stored, ISO 8601. */
export interface WaitingGroup extends ParentKey {
  readonly why: MissingWhy;
  readonly waiting: number;
  readonly since: string;
  readonly tries: number;
}

export interface HeldEntry {
  readonly table: string;
  readonly id: string;
  readonly direction: RowDirection;
  readonly missing: readonly MissingParent[];
  readonly since: string;
  readonly tries: number;
  /** HQ's values by local column name; null where HQ sent none (a removal), or the row stands in payflow.db. */
  readonly payload: Readonly<Record<string, string | null>> | null;
}

export interface RejectedEntry {
  readonly table: string;
  readonly id: string;
  readonly direction: RowDirection;
  readonly code: string;
  readonly params: MessageParams;
  readonly since: string;
  readonly tries: number;
  readonly payload: HeldEntry['payload'];
}

/** Rows that wait for one parent may say different things of it: the one that somebody has to act on counts. */
const whyByUrgency = ['not-sent', 'pending', 'children', 'confirm', 'deleted', 'rejected'] as const;

const rank = whyByUrgency.map((why, place) => `WHEN '${why}' THEN ${String(place)}`).join(' ');

/** One line per held row and parent it misses; a row that names none waits for itself. */
const waits = `
  SELECT h.tbl, h.id, h.direction, h.since, h.tries,
         coalesce(m.value ->> 'refTable', h.tbl) AS parentTable, coalesce(m.value ->> 'refId', h.id) AS parentId,
         CASE m.value ->> 'why' ${rank} ELSE 0 END AS urgency
    FROM sync_held h LEFT JOIN json_each(h.missing) m ON true`;

/** Most waiting first. */
export function waitingGroups(db: ReadableDb, { offset, limit }: PageBounds): PageOf<WaitingGroup> {
  const rows = db
    .prepare(
      `SELECT direction, parentTable, parentId, max(urgency) AS urgency,
              count(DISTINCT json_array(tbl, id)) AS waiting, min(since) AS since, max(tries) AS tries
         FROM (${waits}) GROUP BY direction, parentTable, parentId
        ORDER BY waiting DESC, since, parentTable, parentId LIMIT ? OFFSET ?`,
    )
    .all(limit, offset) as (Omit<WaitingGroup, 'why'> & { urgency: number })[];
  const total = db
    .prepare(
      `SELECT count(*) FROM (SELECT DISTINCT direction, parentTable, parentId FROM (${waits}))`,
    )
    .pluck()
    .get() as number;
  return {
    rows: rows.map(({ urgency, ...group }) => ({
      ...group,
      why: whyByUrgency[urgency] ?? 'not-sent',
    })),
    total,
  };
}

const heldColumns = 'h.tbl AS "table", h.id, h.direction, h.missing, h.since, h.tries';
const waitsFor = `EXISTS (
  SELECT 1 FROM json_each(CASE h.missing WHEN '[]' THEN '[null]' ELSE h.missing END) m
   WHERE coalesce(m.value ->> 'refTable', h.tbl) = :parentTable AND coalesce(m.value ->> 'refId', h.id) = :parentId)`;

/** Oldest first; `parent` null: all. Without payloads: those are for `heldEntry`. */
export function heldPage(
  db: ReadableDb,
  { offset, limit }: PageBounds,
  parent: ParentKey | null,
): PageOf<HeldEntry> {
  const where = parent === null ? 'true' : `h.direction = :direction AND ${waitsFor}`;
  const named = parent ?? {};
  const rows = db
    .prepare(
      `SELECT ${heldColumns} FROM sync_held h WHERE ${where}
        ORDER BY h.since, h.tbl, h.id, h.direction LIMIT :limit OFFSET :offset`,
    )
    .all({ ...named, limit, offset }) as HeldColumns[];
  const count = db.prepare(`SELECT count(*) FROM sync_held h WHERE ${where}`).pluck();
  return { rows: rows.map(heldOf), total: count.get(named) as number };
}

/** Names of all rows that wait for a parent; those at the gate wait for a person, and may be any number. */
export function waitersOf(db: ReadableDb, parent: ParentKey): { table: string; id: string }[] {
  return db
    .prepare(
      `SELECT h.tbl AS "table", h.id FROM sync_held h
        WHERE h.direction = :direction AND h.confirm IS NULL AND ${waitsFor} ORDER BY h.since, h.tbl, h.id`,
    )
    .all({ ...parent }) as { table: string; id: string }[];
}

/** One held row with HQ's values; null: it is held no more. */
export function heldEntry(
  db: ReadableDb,
  key: { readonly table: string; readonly id: string; readonly direction: RowDirection },
): HeldEntry | null {
  const row = db
    .prepare(
      `SELECT ${heldColumns}, h.payload FROM sync_held h WHERE h.tbl = :table AND h.id = :id AND h.direction = :direction`,
    )
    .get({ ...key }) as HeldColumns | undefined;
  return row === undefined ? null : heldOf(row);
}

const rejectedColumns = 'tbl AS "table", id, direction, code, params, since, tries';

/** Oldest first; without payloads. */
export function rejectedPage(db: ReadableDb, { offset, limit }: PageBounds): PageOf<RejectedEntry> {
  const rows = db
    .prepare(
      `SELECT ${rejectedColumns} FROM sync_rejected ORDER BY since, tbl, id, direction LIMIT ? OFFSET ?`,
    )
    .all(limit, offset) as RejectedColumns[];
  const total = db.prepare('SELECT count(*) FROM sync_rejected').pluck().get() as number;
  return { rows: rows.map(rejectedOf), total };
}

/** One rejected row with HQ's values; null: it is rejected no more. */
export function rejectedEntry(
  db: ReadableDb,
  key: { readonly table: string; readonly id: string; readonly direction: RowDirection },
): RejectedEntry | null {
  const row = db
    .prepare(
      `SELECT ${rejectedColumns}, payload FROM sync_rejected WHERE tbl = :table AND id = :id AND direction = :direction`,
    )
    .get({ ...key }) as RejectedColumns | undefined;
  return row === undefined ? null : rejectedOf(row);
}

type HeldColumns = Omit<HeldEntry, 'missing' | 'payload'> & {
  missing: string;
  payload?: string | null;
};
type RejectedColumns = Omit<RejectedEntry, 'params' | 'payload'> & {
  params: string;
  payload?: string | null;
};

function heldOf({ missing, payload, ...row }: HeldColumns): HeldEntry {
  return { ...row, missing: JSON.parse(missing) as MissingParent[], payload: payloadOf(payload) };
}

function rejectedOf({ params, payload, ...row }: RejectedColumns): RejectedEntry {
  return { ...row, params: JSON.parse(params) as MessageParams, payload: payloadOf(payload) };
}

function payloadOf(text: string | null | undefined): HeldEntry['payload'] {
  return text == null ? null : (JSON.parse(text) as Record<string, string | null>);
}
