/** The conflict log as people see it, and what they decide about its entries (DESIGN 7.6). Times are ISO 8601, as stored. */
import type { TablePlan } from '../../shared/plan.ts';
import type { ConflictRow, ConflictSide, ConflictValue } from '../../shared/rows.ts';
import type { LocalValue } from '../sync/codec.ts';
import { refusedEdit } from './edit-row.ts';
import type { PageBounds, PageOf } from './listed-pages.ts';
import type { ReadableDb, WritableDb } from './open.ts';
import { id } from './sql.ts';

/** One entry with what follows it; `column` and those of `also` are HQ's names. */
export interface ConflictEntry extends ConflictRow {
  readonly resolvedAt: string | null;
}

const columns = `c.id, c.tbl AS "table", c.row_id AS rowId, c.column, c.kept, c.lost, c.winner, c.rule, c.hq_at AS hqAt,
  c.local_at AS localAt, c.who, c.at, c.resolved, c.resolved_at AS resolvedAt,
  CASE WHEN EXISTS (SELECT 1 FROM sync_conflict f WHERE f.follows = c.id) THEN (
    SELECT json_group_array(json_object('column', f.column, 'kept', f.kept, 'lost', f.lost))
      FROM sync_conflict f WHERE f.follows = c.id) ELSE '[]' END AS also`;

type EntryColumns = Omit<ConflictEntry, 'also'> & { also: string };

const entryOf = (row: EntryColumns): ConflictEntry => ({
  ...row,
  also: JSON.parse(row.also) as ConflictValue[],
});

/** Newest first. `search`: rows with these letters in table, id, column or one of the values; '' finds all. */
export function conflictPage(
  db: ReadableDb,
  { offset, limit }: PageBounds,
  search: string,
): PageOf<ConflictEntry> {
  const places = ['tbl', 'row_id', 'column', 'kept', 'lost', 'who'];
  const found = places.map((place) => String.raw`c.${place} LIKE :like ESCAPE '\'`).join(' OR ');
  const where = `c.follows IS NULL${search === '' ? '' : ` AND (${found})`}`;
  const named =
    search === '' ? {} : { like: `%${search.replaceAll(/[\\%_]/g, (letter) => `\\${letter}`)}%` };
  const rows = db
    .prepare(
      `SELECT ${columns} FROM sync_conflict c WHERE ${where} ORDER BY c.id DESC LIMIT :limit OFFSET :offset`,
    )
    .all({ ...named, limit, offset }) as EntryColumns[];
  const count = db.prepare(`SELECT count(*) FROM sync_conflict c WHERE ${where}`).pluck();
  return { rows: rows.map(entryOf), total: count.get(named) as number };
}

/** All of them, newest first. */
export function conflictRows(db: ReadableDb): ConflictEntry[] {
  return conflictPage(db, { offset: 0, limit: -1 }, '').rows;
}

/** Null: there is no such entry. One that follows another is answered for by that. */
export function conflictEntry(db: ReadableDb, number: number): ConflictEntry | null {
  const row = db
    .prepare(
      `SELECT ${columns} FROM sync_conflict asked
         JOIN sync_conflict c ON c.id = coalesce(asked.follows, asked.id) WHERE asked.id = ?`,
    )
    .get(number) as EntryColumns | undefined;
  return row === undefined ? null : entryOf(row);
}

/** The value that is to stand again: written as the POS would write it. */
export interface Restoration {
  readonly table: TablePlan;
  readonly localId: string;
  /** Local name. */
  readonly column: string;
  readonly value: LocalValue;
}

/**
 * Notes what a person decided and, in the same transaction, writes the value that is to stand (null: it stands
 * already). The capture triggers see it: it syncs as any edit, with the time of now. `resolved`: somebody was faster.
 */
export function resolveEntry(
  db: WritableDb,
  number: number,
  { keep, at, restore }: { keep: ConflictSide; at: string; restore: Restoration | null },
): 'done' | 'resolved' | 'gone' {
  const note = db.prepare(
    `UPDATE sync_conflict SET resolved = :keep, resolved_at = :at
      WHERE (id = :number OR follows = :number) AND resolved IS NULL`,
  );
  return refusedEdit(db, () =>
    db
      .transaction(() => {
        if (note.run({ keep, at, number }).changes === 0) return 'resolved';
        if (restore === null) return 'done';
        const { table, localId, column, value } = restore;
        const { changes } = db
          .prepare(`UPDATE ${id(table.name)} SET ${id(column)} = ? WHERE local_id = ?`)
          .run(value, localId);
        if (changes === 1) return 'done';
        // What was noted a moment ago is taken back.
        db.prepare(
          'UPDATE sync_conflict SET resolved = NULL, resolved_at = NULL WHERE id = ? OR follows = ?',
        ).run(number, number);
        return 'gone';
      })
      .immediate(),
  );
}
