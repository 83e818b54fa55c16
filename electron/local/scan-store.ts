import type { LocalStore } from '../sync/local-port.ts';
import type { RowStore } from './row-store.ts';
import { uuidSql } from './defaults.ts';
import { id } from './sql.ts';
import type { StoreContext } from './statements.ts';
import { nameSql } from './unnamed.ts';

/** What the scan of DESIGN 4.4 and a repair write down. */
export type ScanStore = Pick<
  LocalStore,
  | 'unsentDeletes'
  | 'unknown'
  | 'vanished'
  | 'lacksKey'
  | 'giveKeys'
  | 'addMissed'
  | 'noteHashes'
  | 'adopt'
  | 'forget'
>;

export function scanStore({ prepare, now }: StoreContext, rows: RowStore): ScanStore {
  return {
    vanished(table, after, limit) {
      return prepare(`
        SELECT r.local_id AS localId, coalesce(r.server_id, r.local_id) AS key FROM sync_row r
         WHERE r.tbl = :number AND r.local_id ${after === null ? '>=' : '>'} :after AND r.kept = 0
           AND NOT EXISTS (SELECT 1 FROM ${id(table.name)} d WHERE d.local_id = r.local_id)
           AND NOT EXISTS (SELECT 1 FROM sync_outbox o WHERE o.tbl = :tbl AND o.local_id = r.local_id)
         ORDER BY r.local_id LIMIT :limit`).all({
        number: table.number,
        tbl: table.name,
        after: after ?? '',
        limit,
      }) as { localId: string; key: string }[];
    },
    unsentDeletes(table) {
      return prepare(`
        SELECT DISTINCT coalesce(r.server_id, r.local_id) FROM sync_outbox o
         CROSS JOIN sync_row r ON r.tbl = ? AND r.local_id = o.local_id
         WHERE o.tbl = ? AND NOT EXISTS (SELECT 1 FROM ${id(table.name)} d WHERE d.local_id = o.local_id)`)
        .pluck()
        .all(table.number, table.name) as string[];
    },
    unknown(table, limit) {
      return prepare(`
        SELECT ${nameSql('d.local_id')} FROM ${id(table.name)} d
         WHERE d.local_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM sync_row r WHERE r.tbl = :number AND r.local_id = d.local_id)
           AND NOT EXISTS (SELECT 1 FROM sync_outbox o WHERE o.tbl = :tbl AND o.local_id = d.local_id)
         LIMIT :limit`)
        .pluck()
        .all({ number: table.number, tbl: table.name, limit }) as string[];
    },
    lacksKey(table) {
      // Where the column is NOT NULL, SQLite knows the answer without a look.
      return (
        prepare(`SELECT 1 FROM ${id(table.name)} WHERE local_id IS NULL LIMIT 1`).get() !==
        undefined
      );
    },
    giveKeys(table, limit) {
      const name = id(table.name);
      return prepare(`
        UPDATE ${name} SET local_id = ${uuidSql}
         WHERE local_id IS NULL AND rowid IN (SELECT rowid FROM ${name} WHERE local_id IS NULL LIMIT ?)
         RETURNING local_id`)
        .pluck()
        .all(limit) as string[];
    },
    addMissed(table, missed) {
      for (const { localId, oldLocalId, op } of missed) {
        const { changes } = prepare(`
          INSERT INTO sync_outbox (tbl, local_id, old_local_id, op, changes, at, id)
          SELECT :tbl, :localId, :oldLocalId, :op, :changes, :now, lower(hex(randomblob(16)))
           WHERE NOT EXISTS (SELECT 1 FROM sync_outbox o WHERE o.tbl = :tbl AND o.local_id = :localId)`).run(
          // An insert says all there is; what an edit or a delete has changed is unknown.
          {
            tbl: table.name,
            localId,
            oldLocalId,
            op,
            changes: op === 'I' ? '{}' : null,
            now: now(),
          },
        );
        if (changes === 0 || op === 'D') continue;
        prepare(
          `UPDATE ${id(table.name)} SET sync_status = 'pending', sync_operation = ? WHERE local_id = ?`,
        ).run(op === 'I' ? 'insert' : 'update', localId);
      }
    },
    noteHashes(table, found) {
      for (const { localId, hash } of found) {
        prepare('UPDATE sync_row SET hash = ? WHERE tbl = ? AND local_id = ?').run(
          hash,
          table.number,
          localId,
        );
      }
    },
    adopt(table, localId, key) {
      prepare(`
        INSERT INTO sync_row (tbl, local_id, server_id) VALUES (?, ?, nullif(?, ?)) ON CONFLICT DO NOTHING`).run(
        table.number,
        localId,
        key,
        localId,
      );
    },
    forget(table, localIds) {
      const known = rows.serverIds(table, localIds);
      for (const localId of known.keys()) {
        prepare('DELETE FROM sync_row WHERE tbl = ? AND local_id = ?').run(table.number, localId);
        prepare('DELETE FROM sync_base WHERE tbl = ? AND local_id = ?').run(table.name, localId);
        prepare(`UPDATE ${id(table.name)} SET server_id = NULL WHERE local_id = ?`).run(localId);
      }
    },
  };
}
