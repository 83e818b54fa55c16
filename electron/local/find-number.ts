/** Rows by a number that people read off a receipt, and where such a row stands on its way to HQ. */
import type { ColumnPlan, TablePlan } from '../../shared/plan.ts';
import type { ReadableDb } from './open.ts';
import { id } from './sql.ts';

/** A column that carries such numbers. */
export interface NumberPlace {
  readonly table: TablePlan;
  readonly column: ColumnPlan;
  /** When the row was made. */
  readonly made: ColumnPlan | null;
}

export interface NumberedRow {
  readonly localId: string;
  readonly number: string;
}

/** What is typed is often the end of a long number; shorter ends would find half the shop. */
const shortestEnd = 3;

/**
 * Rows whose number is this one; if there is none, those that differ in capitals; if there is none either, those that
 * end so. Newest first.
 */
export function rowsByNumber(
  db: ReadableDb,
  { table, column, made }: NumberPlace,
  number: string,
  limit: number,
): NumberedRow[] {
  const name = id(column.local);
  const find = (where: string, value: string): NumberedRow[] =>
    db
      .prepare(
        `SELECT local_id AS localId, CAST(${name} AS TEXT) AS number FROM ${id(table.name)}
          WHERE ${where} ORDER BY ${made === null ? 'rowid' : id(made.local)} DESC LIMIT ?`,
      )
      .all(value, limit) as NumberedRow[];
  const same = find(`${name} = ?`, number);
  if (same.length > 0) return same;
  const alike = find(`${name} = ? COLLATE NOCASE`, number);
  if (alike.length > 0 || number.length < shortestEnd) return alike;
  const end = `%${number.replaceAll(/[\\%_]/g, (letter) => `\\${letter}`)}`;
  return find(String.raw`${name} LIKE ? ESCAPE '\'`, end);
}

/** What payflow.db knows of a row's way to HQ. */
export interface WayToHq {
  /** The POS has changed it and HQ has not answered. */
  readonly unsent: boolean;
  /** HQ's id; null: HQ has not taken the row. */
  readonly serverId: string | null;
  /** Here only because a row of this terminal needs it. */
  readonly kept: boolean;
  /** ISO 8601; null: never synced, or the file does not say. */
  readonly syncedAt: string | null;
}

export function wayToHq(db: ReadableDb, table: TablePlan, localId: string): WayToHq {
  const known = db
    .prepare(
      `SELECT coalesce(r.server_id, r.local_id) AS serverId, r.kept, d.last_sync_at AS syncedAt
         FROM sync_row r JOIN ${id(table.name)} d ON d.local_id = r.local_id WHERE r.tbl = ? AND r.local_id = ?`,
    )
    .get(table.number, localId) as
    { serverId: string; kept: number; syncedAt: string | null } | undefined;
  const unsent = db
    .prepare('SELECT 1 FROM sync_outbox WHERE tbl = ? AND local_id = ? LIMIT 1')
    .get(table.name, localId);
  return {
    unsent: unsent !== undefined,
    serverId: known?.serverId ?? null,
    kept: known?.kept === 1,
    syncedAt: known?.syncedAt ?? null,
  };
}
