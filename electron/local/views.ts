/** What payflow.db tells people, without HQ: the lists behind `status`, `held`, `conflicts`, `rejected`, `logs`. */
import type { MessageParams } from '../../shared/errors.ts';
import type { Plan } from '../../shared/plan.ts';
import type { RunReport } from '../../shared/report.ts';
import type { HeldRow, MissingParent, RejectedRow } from '../../shared/rows.ts';
import { LAST_RUN_META } from './ledger-store.ts';
import type { ReadableDb } from './open.ts';
import { id } from './sql.ts';
import { nameSql } from './unnamed.ts';

export function heldRows(db: ReadableDb): HeldRow[] {
  const rows = db
    .prepare(
      'SELECT tbl AS "table", id, direction, missing, since, tries FROM sync_held ORDER BY since, tbl, id',
    )
    .all() as (Omit<HeldRow, 'missing'> & { missing: string })[];
  return rows.map((row) => ({ ...row, missing: JSON.parse(row.missing) as MissingParent[] }));
}

export function rejectedRows(db: ReadableDb): RejectedRow[] {
  const rows = db
    .prepare(
      'SELECT tbl AS "table", id, direction, code, params, since, tries FROM sync_rejected ORDER BY since, tbl, id',
    )
    .all() as (Omit<RejectedRow, 'params'> & { params: string })[];
  return rows.map((row) => ({ ...row, params: JSON.parse(row.params) as MessageParams }));
}

export interface LoggedRun {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly report: RunReport;
}

/** Newest first. */
export function loggedRuns(db: ReadableDb, limit: number): LoggedRun[] {
  return runsOf(
    db.prepare(`SELECT ${RUN_COLUMNS} FROM sync_run ORDER BY started_at DESC LIMIT ?`).all(limit),
  );
}

/** The last run of a status (null: of any, and the one recorded last whatever its times) that left a record; null: none. */
export function lastRunWith(db: ReadableDb, status: RunReport['status'] | null): LoggedRun | null {
  if (status === null) return lastRecorded(db) ?? loggedRuns(db, 1)[0] ?? null;
  const [run] = runsOf(
    db
      .prepare(
        `SELECT ${RUN_COLUMNS} FROM sync_run WHERE status = ? ORDER BY started_at DESC LIMIT 1`,
      )
      .all(status),
  );
  return run ?? null;
}

/** Null also where an earlier version recorded it. */
function lastRecorded(db: ReadableDb): LoggedRun | null {
  const [run] = runsOf(
    db
      .prepare(
        `SELECT ${RUN_COLUMNS} FROM sync_run WHERE id = (SELECT value FROM sync_meta WHERE name = ?)`,
      )
      .all(LAST_RUN_META),
  );
  return run ?? null;
}

const RUN_COLUMNS = 'started_at AS startedAt, ended_at AS endedAt, report';

function runsOf(found: readonly unknown[]): LoggedRun[] {
  const rows = found as { startedAt: string; endedAt: string; report: string }[];
  return rows.map((row) => ({ ...row, report: JSON.parse(row.report) as RunReport }));
}

export interface SavedCursor {
  readonly table: string;
  readonly xid: string;
  readonly seq: string;
  readonly loaded: boolean;
  readonly reload: boolean;
  readonly updatedAt: string | null;
}

export function savedCursors(db: ReadableDb): SavedCursor[] {
  const rows = db
    .prepare(
      'SELECT tbl AS "table", xid, seq, loaded, reload, updated_at AS updatedAt FROM sync_cursor ORDER BY tbl',
    )
    .all() as (Omit<SavedCursor, 'loaded' | 'reload'> & { loaded: number; reload: number })[];
  return rows.map((row) => ({ ...row, loaded: row.loaded === 1, reload: row.reload === 1 }));
}

/** Local changes without an acknowledgement, held and refused rows aside; times as ISO text. */
export interface Waiting {
  readonly upload: number;
  readonly oldestUnsentAt: string | null;
  readonly held: number;
  readonly rejected: number;
  readonly conflicts: number;
  /** Of held and rejected ones, those that go to HQ. */
  readonly keptBack: number;
  readonly oversold: number;
}

export function waiting(db: ReadableDb): Waiting {
  const { changed, keptBackOfChanged, ...others } = db.prepare(COUNT_WAITING).get() as Omit<
    Waiting,
    'upload'
  > & {
    readonly changed: number;
    readonly keptBackOfChanged: number;
  };
  return { ...others, upload: changed - keptBackOfChanged };
}

/**
 * Of the outbox its index is counted, a terminal that was offline for a week being looked at with every refresh, and one
 * entry read: the oldest is the first, whatever a clock that was set back has written into later ones. One statement: two
 * would see the outbox before and after an acknowledgement.
 */
const COUNT_WAITING = `
  WITH kept_back AS (
    SELECT tbl, id FROM sync_held WHERE direction = 'upload' UNION SELECT tbl, id FROM sync_rejected WHERE direction = 'upload')
  SELECT (SELECT count(*) FROM (SELECT DISTINCT tbl, local_id FROM sync_outbox)) AS changed,
         (SELECT count(*) FROM kept_back k
           WHERE EXISTS (SELECT 1 FROM sync_outbox o WHERE o.tbl = k.tbl AND o.local_id = k.id)
              -- Keys of bytes: behind all texts.
              OR EXISTS (SELECT 1 FROM sync_outbox o WHERE o.tbl = k.tbl AND o.local_id >= x'' AND ${nameSql('o.local_id')} = k.id)) AS keptBackOfChanged,
         (SELECT o.at FROM sync_outbox o NOT INDEXED
           WHERE NOT EXISTS (SELECT 1 FROM sync_held h WHERE h.tbl = o.tbl AND h.id = o.local_id AND h.direction = 'upload')
             AND NOT EXISTS (SELECT 1 FROM sync_rejected r WHERE r.tbl = o.tbl AND r.id = ${nameSql('o.local_id')} AND r.direction = 'upload')
           ORDER BY o.seq LIMIT 1) AS oldestUnsentAt,
         (SELECT count(*) FROM sync_held) AS held, (SELECT count(*) FROM sync_rejected) AS rejected,
         (SELECT count(*) FROM sync_conflict WHERE follows IS NULL) AS conflicts,
         (SELECT count(*) FROM sync_oversold) AS oversold,
         (SELECT count(*) FROM sync_held WHERE direction = 'upload')
           + (SELECT count(*) FROM sync_rejected WHERE direction = 'upload') AS keptBack`;

export interface TableCounts {
  readonly rows: number;
  readonly pending: number;
  readonly held: number;
  readonly rejected: number;
}

/** Counts per table of the plan that the file has. */
export function tableCounts(db: ReadableDb, plan: Plan): Record<string, TableCounts> {
  const listed = (list: 'sync_held' | 'sync_rejected', table: string): number =>
    db.prepare(`SELECT count(*) FROM ${list} WHERE tbl = ?`).pluck().get(table) as number;
  return Object.fromEntries(
    plan.tables.map(({ name }): [string, TableCounts] => [
      name,
      {
        rows: db
          .prepare(`SELECT count(*) FROM ${id(name)}`)
          .pluck()
          .get() as number,
        pending: db
          .prepare('SELECT count(DISTINCT local_id) FROM sync_outbox WHERE tbl = ?')
          .pluck()
          .get(name) as number,
        held: listed('sync_held', name),
        rejected: listed('sync_rejected', name),
      },
    ]),
  );
}

export function metaValue(db: ReadableDb, name: string): string | null {
  const value = db.prepare('SELECT value FROM sync_meta WHERE name = ?').pluck().get(name) as
    string | null | undefined;
  return value ?? null;
}

/** How the store of this terminal is called here; its key where its table has no name for it. */
export function storeName(db: ReadableDb, plan: Plan | null, store: string | null): string | null {
  if (plan === null || store === null) return store;
  const terminals = plan.tables.find(({ name }) => name === plan.terminals.table);
  const column = terminals?.columns.find(({ hq }) => hq === plan.terminals.store);
  const reference = column?.reference;
  if (reference == null || !('table' in reference)) return store;
  const stores = plan.tables.find(({ name }) => name === reference.table);
  const named = stores?.columns.find(({ hq }) => hq === 'name');
  if (stores === undefined || named === undefined) return store;
  const name = db
    .prepare(`SELECT ${id(named.local)} FROM ${id(stores.name)} WHERE server_id = ?`)
    .pluck()
    .get(store) as string | null | undefined;
  return name ?? store;
}

/** Marks tables for a re-baseline at the next run; loses nothing unsent. Answers with their names. */
export function markForReload(
  db: ReadableDb & { readonly __writable: never },
  table: string | null,
): string[] {
  return db
    .prepare(
      'UPDATE sync_cursor SET reload = 1 WHERE loaded = 1 AND (? IS NULL OR tbl = ?) RETURNING tbl',
    )
    .pluck()
    .all(table, table) as string[];
}
