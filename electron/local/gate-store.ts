import type { MissingParent, RemovalAnswer, RemovalQuestion } from '../../shared/rows.ts';
import type { ConfirmQuestion, ConfirmState, Held, LocalStore } from '../sync/local-port.ts';
import type { ReadableDb, WritableDb } from './open.ts';
import type { StoreContext } from './statements.ts';

/** The gate against mass removals (DESIGN 5.3): what it holds, what it has counted, what it asks. */
export type GateStore = Pick<
  LocalStore,
  | 'heldAmong'
  | 'atGate'
  | 'moveAtGate'
  | 'questions'
  | 'ask'
  | 'closeQuestion'
  | 'removedSince'
  | 'countRemoved'
  | 'sizeOf'
>;

type HeldColumns = Omit<Held, 'missing'> & { missing: string };

export function gateStore({ prepare, now }: StoreContext): GateStore {
  const sizeOf: GateStore['sizeOf'] = (table) =>
    prepare('SELECT count(*) FROM sync_row WHERE tbl = ? AND kept = 0')
      .pluck()
      .get(table.number) as number;
  return {
    sizeOf,
    heldAmong(table, direction, ids) {
      const rows = prepare(`
        SELECT h.id, h.confirm FROM json_each(?) j
         CROSS JOIN sync_held h ON h.tbl = ? AND h.id = j.value AND h.direction = ?`)
        .raw()
        .all(JSON.stringify(ids), table, direction) as [string, ConfirmState | null][];
      return new Map(rows);
    },
    atGate(table, direction, states, limit) {
      const rows = prepare(`
        SELECT tbl AS "table", id, direction, op, missing, payload FROM sync_held
         WHERE tbl = ? AND direction = ? AND confirm IN (SELECT value FROM json_each(?)) LIMIT ?`).all(
        table,
        direction,
        JSON.stringify(states),
        limit,
      ) as HeldColumns[];
      return rows.map((row) => ({ ...row, missing: JSON.parse(row.missing) as MissingParent[] }));
    },
    moveAtGate({ table, direction }, from, to, limit) {
      return prepare(`
        UPDATE sync_held SET confirm = :to WHERE tbl = :table AND direction = :direction AND id IN (
          SELECT id FROM sync_held WHERE tbl = :table AND direction = :direction AND confirm = :from LIMIT :limit)`).run(
        { table, direction, from, to, limit },
      ).changes;
    },
    questions() {
      return prepare(
        'SELECT tbl AS "table", direction, size, removed, answer FROM sync_confirm',
      ).all() as ConfirmQuestion[];
    },
    ask({ table, direction, size, removed }) {
      prepare(`
        INSERT INTO sync_confirm (tbl, direction, since, size, removed) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (tbl, direction) DO NOTHING`).run(table, direction, now(), size, removed);
    },
    closeQuestion({ table, direction }) {
      for (const list of ['sync_confirm', 'sync_removed'])
        prepare(`DELETE FROM ${list} WHERE tbl = ? AND direction = ?`).run(table, direction);
    },
    removedSince(table, direction, slot) {
      const row = prepare(`
        SELECT sum(removed) AS removed, (
          SELECT r.size FROM sync_removed r WHERE r.tbl = :table AND r.direction = :direction AND r.slot >= :slot
           ORDER BY r.slot LIMIT 1) AS size
          FROM sync_removed WHERE tbl = :table AND direction = :direction AND slot >= :slot`).get({
        table,
        direction,
        slot,
      }) as { removed: number | null; size: number };
      return row.removed === null ? null : { removed: row.removed, size: row.size };
    },
    countRemoved(table, direction, slot, oldest, rows) {
      const place = [table.name, direction, slot];
      const { changes } = prepare(
        'UPDATE sync_removed SET removed = removed + ? WHERE tbl = ? AND direction = ? AND slot = ?',
      ).run(rows, ...place);
      if (changes > 0) return;
      prepare('DELETE FROM sync_removed WHERE tbl = ? AND direction = ? AND slot < ?').run(
        table.name,
        direction,
        oldest,
      );
      prepare(
        'INSERT INTO sync_removed (tbl, direction, slot, removed, size) VALUES (?, ?, ?, ?, ?)',
      ).run(...place, rows, sizeOf(table));
    },
  };
}

/** Open questions and those whose answer can still be changed, oldest first. */
export function askedQuestions(db: ReadableDb): RemovalQuestion[] {
  return db
    .prepare(
      `WITH gate AS (
         SELECT tbl, direction, sum(confirm = 'asked') AS waiting, sum(confirm = 'stays') AS staying, min(since) AS since
           FROM sync_held WHERE confirm IN ('asked', 'stays') GROUP BY tbl, direction)
       SELECT r.tbl AS "table", r.direction, coalesce(q.since, r.since) AS since, coalesce(q.size, 0) AS size,
              coalesce(q.removed, 0) AS removed, q.answer, r.waiting, r.staying
         FROM gate r LEFT JOIN sync_confirm q ON q.tbl = r.tbl AND q.direction = r.direction
        ORDER BY since, r.tbl, r.direction`,
    )
    .all() as RemovalQuestion[];
}

/** Questions that nobody has answered. */
export function countUnanswered(db: ReadableDb): number {
  return db
    .prepare('SELECT count(*) FROM sync_confirm WHERE answer IS NULL')
    .pluck()
    .get() as number;
}

/** Notes an answer for the next cycle to carry out, also a second thought. False: nothing is asked there. */
export function saveAnswer(
  db: WritableDb,
  {
    table,
    direction,
    answer,
  }: Pick<RemovalQuestion, 'table' | 'direction'> & { readonly answer: RemovalAnswer },
  now: string,
): boolean {
  return (
    db
      .prepare(
        `INSERT INTO sync_confirm (tbl, direction, since, size, removed, answer)
         SELECT :table, :direction, :now, 0, 0, :answer WHERE EXISTS (
           SELECT 1 FROM sync_held WHERE tbl = :table AND direction = :direction AND confirm IN ('asked', 'stays'))
         ON CONFLICT (tbl, direction) DO UPDATE SET answer = excluded.answer`,
      )
      .run({ table, direction, answer, now }).changes > 0
  );
}
