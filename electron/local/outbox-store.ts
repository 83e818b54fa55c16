import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { Canonical } from '../sync/codec.ts';
import type { LocalStore, OutboxEntry } from '../sync/ports.ts';
import { id } from './sql.ts';
import type { StoreContext } from './statements.ts';

/** The outbox, the bases of pending rows, and what an acknowledgement does to both. */
export type OutboxStore = Pick<
  LocalStore,
  | 'entriesAfter'
  | 'entriesOf'
  | 'hasEntries'
  | 'identityEntries'
  | 'countWaiting'
  | 'lastSeq'
  | 'moveLocalId'
  | 'restoreServerId'
  | 'bases'
  | 'setBase'
  | 'dropEntries'
  | 'acknowledge'
  | 'setStatus'
>;

interface EntryColumns {
  readonly seq: number;
  readonly tbl: string;
  readonly local_id: string;
  readonly old_local_id: string | null;
  readonly op: 'I' | 'U' | 'D';
  readonly changes: string | null;
  readonly at: string;
  readonly id: string;
}

const COLUMNS = 'o.seq, o.tbl, o.local_id, o.old_local_id, o.op, o.changes, o.at, o.id';

function entryOf(row: EntryColumns): OutboxEntry {
  return {
    seq: row.seq,
    table: row.tbl,
    localId: row.local_id,
    oldLocalId: row.old_local_id,
    op: row.op,
    changes: row.changes === null ? null : (JSON.parse(row.changes) as OutboxEntry['changes']),
    at: row.at,
    id: row.id,
  };
}

/** `plan` is asked for at every call: it is not known before HQ has been reached once. */
export function outboxStore({ prepare, now }: StoreContext, plan: () => Plan): OutboxStore {
  const entries = (sql: string, ...params: unknown[]): OutboxEntry[] =>
    (prepare(sql).all(...params) as EntryColumns[]).map(entryOf);

  /** After entries are gone: a row without any is synced, one with newer ones stays pending. */
  const settleStatus = (table: TablePlan, localId: string): void => {
    prepare(`
      UPDATE ${id(table.name)} SET sync_status = 'synced', sync_operation = NULL, last_sync_at = :now
       WHERE local_id = :localId
         AND NOT EXISTS (SELECT 1 FROM sync_outbox o WHERE o.tbl = :tbl AND o.local_id = :localId)`).run(
      {
        now: now(),
        localId,
        tbl: table.name,
      },
    );
  };

  /** The row is no longer refused nor waiting for what was just sent. */
  const clearListed = (table: TablePlan, localId: string): void => {
    for (const listed of ['sync_held', 'sync_rejected']) {
      prepare(`DELETE FROM ${listed} WHERE tbl = ? AND id = ? AND direction = 'upload'`).run(
        table.name,
        localId,
      );
    }
  };

  const dropEntriesOf = (table: TablePlan, localId: string, upto: number): void => {
    prepare('DELETE FROM sync_outbox WHERE tbl = ? AND local_id = ? AND seq <= ?').run(
      table.name,
      localId,
      upto,
    );
    prepare('DELETE FROM sync_base WHERE tbl = ? AND local_id = ?').run(table.name, localId);
    clearListed(table, localId);
  };

  return {
    entriesAfter(after, limit) {
      return entries(
        `SELECT ${COLUMNS} FROM sync_outbox o WHERE o.seq > ? ORDER BY o.seq LIMIT ?`,
        after,
        limit,
      );
    },
    entriesOf(table, localIds) {
      if (localIds.length === 0) return [];
      return entries(
        `SELECT ${COLUMNS} FROM json_each(?) j CROSS JOIN sync_outbox o ON o.tbl = ? AND o.local_id = j.value ORDER BY o.seq`,
        JSON.stringify(localIds),
        table.name,
      );
    },
    hasEntries(table) {
      return (
        prepare('SELECT 1 FROM sync_outbox WHERE tbl = ? LIMIT 1').get(table.name) !== undefined
      );
    },
    identityEntries() {
      const moved = entries(
        `SELECT ${COLUMNS} FROM sync_outbox o
          WHERE o.old_local_id IS NOT NULL AND o.old_local_id IS NOT o.local_id AND o.op = 'U' ORDER BY o.seq`,
      );
      const stripped = plan().tables.flatMap((table) =>
        entries(
          `SELECT ${COLUMNS} FROM sync_outbox o
             CROSS JOIN sync_row r ON r.tbl = ? AND r.local_id = o.local_id
             CROSS JOIN ${id(table.name)} d ON d.local_id = o.local_id AND d.server_id IS NULL
            WHERE o.tbl = ? AND o.op = 'I'`,
          table.number,
          table.name,
        ),
      );
      return [...moved, ...stripped];
    },
    countWaiting() {
      return prepare('SELECT count(*) FROM (SELECT DISTINCT tbl, local_id FROM sync_outbox)')
        .pluck()
        .get() as number;
    },
    lastSeq() {
      return (prepare('SELECT max(seq) FROM sync_outbox').pluck().get() as number | null) ?? 0;
    },
    moveLocalId(table, entry) {
      const names = {
        from: entry.oldLocalId,
        to: entry.localId,
        tbl: table.name,
        number: table.number,
        seq: entry.seq,
      };
      prepare(`
        UPDATE sync_row SET server_id = nullif(coalesce(server_id, local_id), :to), local_id = :to
         WHERE tbl = :number AND local_id = :from
           AND NOT EXISTS (SELECT 1 FROM sync_row r WHERE r.tbl = :number AND r.local_id = :to)`).run(
        names,
      );
      prepare(
        'UPDATE sync_outbox SET local_id = :to WHERE tbl = :tbl AND local_id = :from AND seq < :seq',
      ).run(names);
      prepare('UPDATE sync_outbox SET old_local_id = NULL WHERE seq = :seq').run(names);
      for (const listed of ['sync_held', 'sync_rejected']) {
        prepare(
          `UPDATE ${listed} SET id = :to WHERE tbl = :tbl AND id = :from AND direction = 'upload'`,
        ).run(names);
      }
      prepare('DELETE FROM sync_base WHERE tbl = :tbl AND local_id = :to').run(names);
      prepare('UPDATE sync_base SET local_id = :to WHERE tbl = :tbl AND local_id = :from').run(
        names,
      );
    },
    restoreServerId(table, localId, serverId) {
      prepare(`
        UPDATE ${id(table.name)} SET server_id = :serverId,
               sync_operation = CASE WHEN sync_status = 'pending' THEN 'update' ELSE sync_operation END
         WHERE local_id = :localId AND server_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM ${id(table.name)} t WHERE t.server_id = :serverId)`).run({
        localId,
        serverId,
      });
    },
    bases(table, localIds) {
      const found = new Map<string, { seq: number; base: Canonical[] }>();
      for (const localId of localIds) {
        const row = prepare('SELECT seq, base FROM sync_base WHERE tbl = ? AND local_id = ?').get(
          table.name,
          localId,
        ) as { seq: number; base: string } | undefined;
        if (row !== undefined)
          found.set(localId, { seq: row.seq, base: JSON.parse(row.base) as Canonical[] });
      }
      return found;
    },
    setBase(table, localId, seq, base) {
      prepare(`
        INSERT INTO sync_base (tbl, local_id, seq, base) VALUES (?, ?, ?, ?)
        ON CONFLICT (tbl, local_id) DO UPDATE SET seq = excluded.seq, base = excluded.base`).run(
        table.name,
        localId,
        seq,
        JSON.stringify(base),
      );
    },
    dropEntries(table, rows) {
      for (const { localId, upto } of rows) {
        dropEntriesOf(table, localId, upto);
        settleStatus(table, localId);
      }
    },
    acknowledge(table, batch, batchId, rows) {
      const sentAt = now();
      const fill = Object.keys(table.fill).map(
        (hq) => table.unsynced.find((column) => column.hq === hq)?.local ?? hq,
      );
      const setFill = fill.map((column) => `, ${id(column)} = :batchId`).join('');
      for (const { localId, serverId, hash, upto } of rows) {
        prepare(`
          INSERT INTO sync_sent (seq, batch, tbl, local_id, op, changes, at, id, sent_at)
          SELECT seq, ?, tbl, local_id, op, changes, at, id, ? FROM sync_outbox WHERE tbl = ? AND local_id = ? AND seq <= ?
          ON CONFLICT (seq) DO NOTHING`).run(batch, sentAt, table.name, localId, upto);
        dropEntriesOf(table, localId, upto);
        if (serverId === null) {
          prepare('DELETE FROM sync_row WHERE tbl = ? AND local_id = ?').run(table.number, localId);
          continue;
        }
        prepare(`
          INSERT INTO sync_row (tbl, local_id, server_id, hash) VALUES (?, ?, ?, ?)
          ON CONFLICT (tbl, local_id) DO UPDATE SET hash = excluded.hash`).run(
          table.number,
          localId,
          serverId === localId ? null : serverId,
          hash,
        );
        prepare(`
          UPDATE ${id(table.name)} SET server_id = :serverId, last_sync_at = :sentAt${setFill},
                 sync_status = CASE WHEN newer THEN 'pending' ELSE 'synced' END,
                 sync_operation = CASE WHEN newer THEN 'update' ELSE NULL END
            FROM (SELECT EXISTS (SELECT 1 FROM sync_outbox o WHERE o.tbl = :tbl AND o.local_id = :localId) AS newer)
           WHERE local_id = :localId`).run({
          serverId,
          sentAt,
          localId,
          tbl: table.name,
          ...(fill.length > 0 ? { batchId } : {}),
        });
      }
    },
    setStatus(table, localIds, status) {
      for (const localId of localIds) {
        prepare(`UPDATE ${id(table.name)} SET sync_status = ? WHERE local_id = ?`).run(
          status,
          localId,
        );
      }
    },
  };
}
