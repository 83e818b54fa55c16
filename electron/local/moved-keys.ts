import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { LocalStore, OutboxEntry } from '../sync/local-port.ts';
import { OpenNames, saveNames, underSavedNames } from './open-names.ts';
import { Renames } from './renames.ts';
import { id } from './sql.ts';
import type { StoreContext } from './statements.ts';
import { nameOf } from './unnamed.ts';

/** Rows whose local_id, or HQ's key beside it, the POS has changed: they stay the same rows at HQ (DESIGN 4.3). */
export type MovedKeys = Pick<
  LocalStore,
  'anyMoved' | 'moveLocalIds' | 'restoreServerId' | 'underNewNames' | 'saveNames'
>;

/** `plan` is asked for at every call: it is not known before HQ has been reached once. */
export function movedKeys({ prepare }: StoreContext, plan: () => Plan): MovedKeys {
  /** Open batches under other names than those they were read with. */
  const renamed = new Set<number>();

  /** HQ knows both rows, or may know them: the one that moved and the one that stood there. */
  const isTaken = (table: TablePlan, names: OpenNames, ...localIds: readonly string[]): boolean =>
    localIds.every(
      (localId) =>
        names.isNew(table.name, localId) ||
        prepare('SELECT 1 FROM sync_row WHERE tbl = ? AND local_id = ?').get(
          table.number,
          localId,
        ) !== undefined,
    );

  /**
   * UPDATE OR REPLACE of a key onto another row's: what HQ hears is an edit of the row that was there, whose old values
   * its R entry holds, and a delete of the one that moved (DESIGN 4.3).
   */
  const takePlace = (table: TablePlan, entry: OutboxEntry): void => {
    const row = id(table.name);
    prepare(`UPDATE ${row} SET server_id = NULL WHERE local_id = ?`).run(entry.localId);
    prepare(`
      UPDATE ${row} SET server_id = (SELECT coalesce(r.server_id, r.local_id) FROM sync_row r WHERE r.tbl = ? AND r.local_id = ?)
       WHERE local_id = ?`).run(table.number, entry.localId, entry.localId);
    prepare(`
      INSERT INTO sync_outbox (tbl, local_id, old_local_id, op, at, id)
      VALUES (?, ?, ?, 'D', ?, lower(hex(randomblob(16))))`).run(
      table.name,
      entry.oldLocalId,
      entry.oldLocalId,
      entry.at,
    );
    prepare('UPDATE sync_outbox SET old_local_id = NULL WHERE seq = ?').run(entry.seq);
  };

  const move = (
    table: TablePlan,
    entry: OutboxEntry,
    from: string,
    open: OpenNames,
    renames: Renames,
  ): void => {
    const names = {
      from,
      to: entry.localId,
      tbl: table.name,
      number: table.number,
      seq: entry.seq,
    };
    if (isTaken(table, open, from, entry.localId)) {
      takePlace(table, entry);
      return;
    }
    open.move(table.name, from, entry.localId);
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
    renames.add(from, entry.localId);
    // A key of bytes stands on the lists under the name it has there.
    const listed = { tbl: table.name, from: nameOf(from), to: nameOf(entry.localId) };
    // Of a row that had the name before, and is no more.
    for (const list of ['sync_held', 'sync_rejected']) {
      prepare(`DELETE FROM ${list} WHERE tbl = :tbl AND id = :to AND direction = 'upload'`).run(
        listed,
      );
      prepare(
        `UPDATE ${list} SET id = :to WHERE tbl = :tbl AND id = :from AND direction = 'upload'`,
      ).run(listed);
    }
    for (const kept of ['sync_base', 'sync_recreate']) {
      prepare(`DELETE FROM ${kept} WHERE tbl = :tbl AND local_id = :to`).run(names);
      prepare(`UPDATE ${kept} SET local_id = :to WHERE tbl = :tbl AND local_id = :from`).run(names);
    }
    prepare('DELETE FROM sync_promised WHERE tbl = :number AND local_id = :to').run(names);
    prepare('UPDATE sync_promised SET local_id = :to WHERE tbl = :number AND local_id = :from').run(
      names,
    );
  };

  /** A reference that followed is no change of its row. */
  const followReferences = (table: TablePlan, renames: Renames): void => {
    const names = JSON.stringify(renames.names());
    for (const child of plan().tables) {
      for (const { column } of child.foreignKeys.filter(
        ({ refTable }) => refTable === table.name,
      )) {
        const local = child.columns.find((candidate) => candidate.hq === column)?.local;
        if (local === undefined) continue;
        const path = `$.${JSON.stringify(local)}[1]`;
        const found = prepare(`
          SELECT seq, json_extract(changes, :path) FROM sync_outbox
           WHERE tbl = :child AND json_extract(changes, :path) IN (SELECT value FROM json_each(:names))`)
          .raw()
          .all({ path, child: child.name, names }) as [seq: number, name: string][];
        for (const [seq, name] of found)
          prepare('UPDATE sync_outbox SET changes = json_replace(changes, ?, ?) WHERE seq = ?').run(
            path,
            renames.of(name),
            seq,
          );
      }
    }
  };

  return {
    anyMoved(after) {
      // Left to itself SQLite walks the whole index of rows.
      return (
        prepare(`
          SELECT 1 FROM sync_outbox o NOT INDEXED
           WHERE o.seq > ? AND o.op = 'U' AND o.old_local_id IS NOT NULL AND o.old_local_id IS NOT o.local_id
           LIMIT 1`).get(after) !== undefined
      );
    },
    moveLocalIds(moves) {
      const names = moves.flatMap(({ entry }) => [
        entry.localId,
        entry.oldLocalId ?? entry.localId,
      ]);
      const open = new OpenNames(prepare, [...new Set(names)]);
      const followed = new Map<TablePlan, Renames>();
      for (const { table, entry } of moves) {
        const renames = followed.get(table) ?? new Renames();
        followed.set(table, renames);
        if (entry.oldLocalId !== null) move(table, entry, entry.oldLocalId, open, renames);
      }
      for (const [table, renames] of followed) followReferences(table, renames);
      for (const number of open.save()) renamed.add(number);
    },
    underNewNames: (batch) => (renamed.has(batch.number) ? underSavedNames(prepare, batch) : batch),
    saveNames(batch) {
      saveNames(prepare, batch);
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
  };
}
