/** Counted things below zero: what two terminals have sold of the last one. Times are ISO 8601, as stored. */
import type { OversoldRow } from '../../shared/rows.ts';
import { countedColumns } from '../sync/oversold.ts';
import type { LocalStore } from '../sync/local-port.ts';
import type { PageBounds, PageOf } from './listed-pages.ts';
import type { ReadableDb } from './open.ts';
import { id } from './sql.ts';
import type { StoreContext } from './statements.ts';

export interface OversoldEntry extends OversoldRow {
  readonly localId: string;
}

/** Newest first. */
export function oversoldPage(db: ReadableDb, { offset, limit }: PageBounds): PageOf<OversoldEntry> {
  const rows = db
    .prepare(
      `SELECT tbl AS "table", row_id AS id, column, value, since, local_id AS localId FROM sync_oversold
        ORDER BY since DESC, tbl, row_id, column LIMIT ? OFFSET ?`,
    )
    .all(limit, offset) as OversoldEntry[];
  const total = db.prepare('SELECT count(*) FROM sync_oversold').pluck().get() as number;
  return { rows, total };
}

export function oversoldRows(db: ReadableDb): OversoldRow[] {
  const { rows } = oversoldPage(db, { offset: 0, limit: -1 });
  return rows.map(({ localId: _, ...row }) => row);
}

/** What a POS wrote as text counts as its number. */
const isBelow = (column: string): string => `CAST(d.${id(column)} AS REAL) < 0`;

export function oversoldStore({
  prepare,
  now,
}: StoreContext): Pick<LocalStore, 'anyOversold' | 'belowZero' | 'noteOversold'> {
  return {
    anyOversold(table) {
      return (
        prepare('SELECT 1 FROM sync_oversold WHERE tbl = ? LIMIT 1').get(table.name) !== undefined
      );
    },
    belowZero(table) {
      const columns = countedColumns(table);
      if (columns.length === 0) return [];
      return prepare(
        `SELECT d.local_id FROM ${id(table.name)} d WHERE ${columns.map(({ local }) => isBelow(local)).join(' OR ')}`,
      )
        .pluck()
        .all() as string[];
    },
    noteOversold(table, localIds) {
      for (const { local } of countedColumns(table)) {
        const below = isBelow(local);
        prepare(`
          INSERT INTO sync_oversold (tbl, row_id, column, local_id, value, since)
          SELECT :tbl, coalesce(r.server_id, r.local_id), :column, d.local_id, CAST(d.${id(local)} AS TEXT), :now
            FROM json_each(:ids) j CROSS JOIN ${id(table.name)} d ON d.local_id = j.value
           CROSS JOIN sync_row r ON r.tbl = :number AND r.local_id = d.local_id WHERE ${below}
          ON CONFLICT (tbl, row_id, column) DO UPDATE SET local_id = excluded.local_id, value = excluded.value`).run(
          {
            tbl: table.name,
            number: table.number,
            column: local,
            now: now(),
            ids: JSON.stringify(localIds),
          },
        );
        prepare(`
          DELETE FROM sync_oversold WHERE tbl = ? AND column = ?
             AND NOT EXISTS (SELECT 1 FROM ${id(table.name)} d WHERE d.local_id = sync_oversold.local_id AND ${below})`).run(
          table.name,
          local,
        );
      }
    },
  };
}
