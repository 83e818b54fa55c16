import type { Plan } from '../../shared/plan.ts';
import type { CursorRow, LocalStore } from '../sync/local-port.ts';
import { META } from '../sync/meta.ts';
import { batchOf, batchText } from './saved-batch.ts';
import type { StoreContext } from './statements.ts';

/** Where the terminal stands: cursors, subtrees to read again, own transactions, the open batch. */
export type CursorStore = Pick<
  LocalStore,
  | 'meta'
  | 'setMeta'
  | 'cursors'
  | 'saveCursor'
  | 'subtrees'
  | 'addSubtrees'
  | 'dropSubtree'
  | 'ownXids'
  | 'addOwnXid'
  | 'dropOwnXidsBelow'
  | 'openBatch'
  | 'batchNumbers'
  | 'reopenBatches'
  | 'dropOpenBatches'
  | 'forgetXids'
  | 'answerBatch'
  | 'batchText'
  | 'saveBatch'
  | 'closeBatch'
>;

type CursorColumns = Omit<CursorRow, 'loaded' | 'reload' | 'exempt'> & {
  loaded: number;
  reload: number;
  exempt: number;
};

/** `plan` is asked for at every call: it is not known before HQ has been reached once. */
export function cursorStore({ prepare, now }: StoreContext, plan: () => Plan): CursorStore {
  return {
    meta(name) {
      const row = prepare('SELECT value FROM sync_meta WHERE name = ?').get(name) as
        { value: string | null } | undefined;
      return row?.value ?? null;
    },
    setMeta(name, value) {
      prepare(
        'INSERT INTO sync_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      ).run(name, value);
    },
    cursors() {
      const rows = prepare(`
        SELECT tbl AS "table", xid, seq, loaded, load_key AS loadKey, reload, exempt, fingerprint,
               updated_at AS updatedAt
          FROM sync_cursor`).all() as CursorColumns[];
      return new Map(
        rows.map((row) => [
          row.table,
          { ...row, loaded: row.loaded === 1, reload: row.reload === 1, exempt: row.exempt === 1 },
        ]),
      );
    },
    saveCursor(cursor) {
      prepare(`
        INSERT INTO sync_cursor (tbl, xid, seq, loaded, load_key, reload, exempt, fingerprint, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (tbl) DO UPDATE SET xid = excluded.xid, seq = excluded.seq, loaded = excluded.loaded,
          load_key = excluded.load_key, reload = excluded.reload, exempt = excluded.exempt, fingerprint = excluded.fingerprint,
          updated_at = excluded.updated_at`).run(
        cursor.table,
        cursor.xid,
        cursor.seq,
        cursor.loaded ? 1 : 0,
        cursor.loadKey,
        cursor.reload ? 1 : 0,
        cursor.exempt ? 1 : 0,
        cursor.fingerprint,
        now(),
      );
    },
    subtrees() {
      return prepare(
        'SELECT tbl AS "table", server_id AS serverId, after_xid AS afterXid FROM sync_subtree',
      ).all() as ReturnType<CursorStore['subtrees']>;
    },
    addSubtrees(table, serverIds, afterXid) {
      for (const serverId of serverIds) {
        prepare(`
          INSERT INTO sync_subtree (tbl, server_id, after_xid) VALUES (?, ?, ?)
          ON CONFLICT (tbl, server_id) DO UPDATE SET after_xid = excluded.after_xid`).run(
          table,
          serverId,
          afterXid,
        );
      }
    },
    dropSubtree(table, serverId) {
      prepare('DELETE FROM sync_subtree WHERE tbl = ? AND server_id = ?').run(table, serverId);
    },
    ownXids() {
      return new Set(prepare('SELECT xid FROM sync_own_xid').pluck().all() as string[]);
    },
    addOwnXid(xid) {
      prepare('INSERT INTO sync_own_xid (xid) VALUES (?) ON CONFLICT DO NOTHING').run(xid);
    },
    dropOwnXidsBelow(xid) {
      // Decimal text of unsigned numbers: shorter is smaller.
      prepare(
        'DELETE FROM sync_own_xid WHERE length(xid) < length(:xid) OR (length(xid) = length(:xid) AND xid < :xid)',
      ).run({
        xid,
      });
    },
    forgetXids() {
      prepare('DELETE FROM sync_own_xid').run();
      prepare(`UPDATE sync_subtree SET after_xid = '0'`).run();
    },
    openBatch() {
      const row = prepare(`
        SELECT s.payload, b.answered, b.own_xid AS ownXid, b.after FROM sync_batch b
          JOIN sync_sent s ON s.number = b.number ORDER BY b.number LIMIT 1`).get() as
        | { payload: string; answered: number; ownXid: string | null; after: number | null }
        | undefined;
      if (row === undefined) return null;
      const { batch, counted } = batchOf(plan(), row.payload);
      return {
        counted,
        batch: row.after === null ? batch : { ...batch, after: row.after },
        answer: row.answered === 1 ? { ownXid: row.ownXid } : null,
      };
    },
    batchNumbers() {
      const saved = Number(this.meta(META.lastBatch) ?? '0');
      const open = prepare('SELECT min(number) FROM sync_batch WHERE answered = 0')
        .pluck()
        .get() as number | null;
      return { confirmed: open === null ? saved : open - 1, saved };
    },
    reopenBatches(after) {
      // No window function: it would hold every payload until the last is read.
      const { changes } = prepare(`
        INSERT INTO sync_batch (number, upto, after)
        SELECT s.number, s.payload ->> '$.upto',
               coalesce((SELECT max(p.number) FROM sync_sent p WHERE p.number < s.number AND p.number > :after), :after)
          FROM sync_sent s WHERE s.number > :after ORDER BY s.number
        ON CONFLICT (number) DO UPDATE SET answered = 0, own_xid = NULL, after = excluded.after`).run(
        {
          after,
        },
      );
      const last = prepare('SELECT max(number) FROM sync_sent').pluck().get() as number | null;
      return { count: changes, last: Math.max(last ?? 0, after) };
    },
    dropOpenBatches() {
      prepare(`DELETE FROM sync_sent WHERE number IN (SELECT number FROM sync_batch)`).run();
      prepare('DELETE FROM sync_batch').run();
    },
    answerBatch(number, { ownXid }) {
      prepare('UPDATE sync_batch SET answered = 1, own_xid = ? WHERE number = ?').run(
        ownXid,
        number,
      );
    },
    batchText: (batch) => batchText(plan(), batch),
    saveBatch(batch, text) {
      prepare('INSERT INTO sync_batch (number, upto) VALUES (?, ?)').run(batch.number, batch.upto);
      prepare('INSERT INTO sync_sent (number, payload, sent_at) VALUES (?, ?, ?)').run(
        batch.number,
        text,
        now(),
      );
    },
    closeBatch(number) {
      prepare('DELETE FROM sync_batch WHERE number = ?').run(number);
    },
  };
}
