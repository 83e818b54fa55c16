import type { MessageParams } from '../../shared/errors.ts';
import type { MissingParent } from '../../shared/rows.ts';
import type { Held, LocalStore, Rejected } from '../sync/local-port.ts';
import type { StoreContext } from './statements.ts';

/** What is listed for people: held and rejected rows, conflicts, runs. */
export type LedgerStore = Pick<
  LocalStore,
  | 'held'
  | 'heldDeletes'
  | 'countHeld'
  | 'anyHeld'
  | 'anyRejected'
  | 'isRejected'
  | 'hold'
  | 'release'
  | 'waitingBelow'
  | 'stopWaiting'
  | 'rejected'
  | 'reject'
  | 'acceptAgain'
  | 'addNotice'
  | 'logConflict'
  | 'saveRun'
  | 'prune'
>;

/** `sync_meta`: the id of the run that was recorded last; times do not say which, after a clock was set back. */
export const LAST_RUN_META = 'last_run';

type HeldColumns = Omit<Held, 'missing'> & { missing: string };
type RejectedColumns = Omit<Rejected, 'params'> & { params: string };

export function ledgerStore({ prepare, now }: StoreContext): LedgerStore {
  return {
    held() {
      const rows = prepare(
        'SELECT tbl AS "table", id, direction, op, missing, payload FROM sync_held WHERE confirm IS NULL',
      ).all() as HeldColumns[];
      return rows.map((row) => ({ ...row, missing: JSON.parse(row.missing) as MissingParent[] }));
    },
    heldDeletes(table, ids) {
      return prepare(`
        SELECT h.id FROM json_each(?) j
         CROSS JOIN sync_held h ON h.tbl = ? AND h.id = j.value AND h.direction = 'download'
         WHERE h.op = 'delete' AND h.confirm IS NULL`)
        .pluck()
        .all(JSON.stringify(ids), table) as string[];
    },
    countHeld() {
      return prepare(`
        SELECT count(*) FROM sync_held WHERE direction = 'download' AND confirm IS NULL`)
        .pluck()
        .get() as number;
    },
    anyHeld() {
      return (
        prepare(`SELECT 1 FROM sync_held WHERE direction = 'download' LIMIT 1`).get() !== undefined
      );
    },
    hold(held, confirm) {
      prepare(`
        INSERT INTO sync_held (tbl, id, direction, op, missing, payload, since, confirm) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (tbl, id, direction) DO UPDATE SET op = excluded.op, missing = excluded.missing,
          payload = excluded.payload, confirm = excluded.confirm, tries = tries + 1`).run(
        held.table,
        held.id,
        held.direction,
        held.op,
        JSON.stringify(held.missing),
        held.payload,
        now(),
        confirm ?? null,
      );
    },
    release(table, id, direction) {
      prepare('DELETE FROM sync_held WHERE tbl = ? AND id = ? AND direction = ?').run(
        table,
        id,
        direction,
      );
    },
    waitingBelow(table, column, parents) {
      const below = `tbl = :table AND direction = 'download' AND payload ->> :column IN (SELECT value FROM json_each(:parents))`;
      return prepare(`
        SELECT id FROM sync_held WHERE confirm IS NULL AND ${below} UNION SELECT id FROM sync_rejected WHERE ${below}`)
        .pluck()
        .all({ table, column, parents: JSON.stringify(parents) }) as string[];
    },
    stopWaiting(refTable, refIds) {
      const named = `m.value ->> 'refTable' = :refTable AND m.value ->> 'refId' IN (SELECT value FROM json_each(:refIds))`;
      prepare(`
        UPDATE sync_held SET missing = (
          SELECT json_group_array(json(m.value)) FROM json_each(sync_held.missing) m WHERE NOT (${named}))
         WHERE direction = 'download' AND confirm IS NULL AND op = 'upsert'
           AND EXISTS (SELECT 1 FROM json_each(sync_held.missing) m WHERE ${named})`).run({
        refTable,
        refIds: JSON.stringify(refIds),
      });
    },
    anyRejected(direction) {
      return (
        prepare('SELECT 1 FROM sync_rejected WHERE direction = ? LIMIT 1').get(direction) !==
        undefined
      );
    },
    isRejected(table, id, direction) {
      return (
        prepare('SELECT 1 FROM sync_rejected WHERE tbl = ? AND id = ? AND direction = ?').get(
          table,
          id,
          direction,
        ) !== undefined
      );
    },
    rejected(direction) {
      const rows = prepare(
        'SELECT tbl AS "table", id, direction, code, params, payload, seq FROM sync_rejected WHERE direction = ?',
      ).all(direction) as RejectedColumns[];
      return rows.map((row) => ({ ...row, params: JSON.parse(row.params) as MessageParams }));
    },
    reject(rejected) {
      prepare(`
        INSERT INTO sync_rejected (tbl, id, direction, code, params, payload, seq, since) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (tbl, id, direction) DO UPDATE SET code = excluded.code, params = excluded.params,
          payload = excluded.payload, seq = excluded.seq, tries = tries + 1`).run(
        rejected.table,
        rejected.id,
        rejected.direction,
        rejected.code,
        JSON.stringify(rejected.params),
        rejected.payload,
        rejected.seq,
        now(),
      );
    },
    acceptAgain(table, id, direction) {
      const { changes } = prepare(
        'DELETE FROM sync_rejected WHERE tbl = ? AND id = ? AND direction = ?',
      ).run(table, id, direction);
      return changes > 0;
    },
    addNotice(code, params) {
      prepare('INSERT INTO sync_notice (code, params, at) VALUES (?, ?, ?)').run(
        code,
        JSON.stringify(params),
        now(),
      );
    },
    logConflict(conflict) {
      const { lastInsertRowid } = prepare(`
        INSERT INTO sync_conflict (tbl, row_id, column, kept, lost, winner, rule, hq_at, local_at, who, follows, at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
        conflict.table,
        conflict.rowId,
        conflict.column,
        conflict.kept,
        conflict.lost,
        conflict.winner,
        conflict.rule,
        conflict.hqAt,
        conflict.localAt,
        conflict.who,
        conflict.follows,
        now(),
      );
      return Number(lastInsertRowid);
    },
    saveRun(run) {
      // The later word stands: a run that was kept as done and then could not tell HQ has failed.
      prepare(`
        INSERT INTO sync_run (id, started_at, ended_at, direction, status, report) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, status = excluded.status,
          report = excluded.report`).run(
        run.id,
        run.startedAt,
        run.endedAt,
        run.direction,
        run.status,
        run.report,
      );
      prepare(
        'INSERT INTO sync_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      ).run(LAST_RUN_META, run.id);
    },
    prune(before) {
      // One whose outcome is unknown is all that keeps its changes from going twice (DESIGN 6.1).
      prepare(`
        DELETE FROM sync_sent INDEXED BY sync_sent_at
         WHERE sent_at < ? AND number NOT IN (SELECT number FROM sync_batch)`).run(before);
      prepare('DELETE FROM sync_run WHERE started_at < ?').run(before);
    },
  };
}
