import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { Canonical } from '../sync/codec.ts';
import type { LocalStore, OutboxEntry } from '../sync/local-port.ts';
import { id } from './sql.ts';
import type { StoreContext } from './statements.ts';
import { markUnnamed } from './unnamed.ts';

/** The outbox and the bases of pending rows. */
export type OutboxStore = Pick<
  LocalStore,
  | 'entriesAfter'
  | 'entriesOf'
  | 'severalEntries'
  | 'entriesBehind'
  | 'entriesBeside'
  | 'entryTimes'
  | 'hasEntries'
  | 'identityEntries'
  | 'countWaiting'
  | 'hasEntriesBehind'
  | 'lastSeq'
  | 'bases'
  | 'setBase'
  | 'noteSeen'
  | 'recreate'
  | 'recreated'
  | 'forgetRecreated'
  | 'dropEntries'
  | 'dropTaken'
  | 'enqueue'
  | 'unlink'
  | 'promised'
  | 'setStatus'
>;

type EntryColumns = [
  seq: number,
  table: string,
  localId: string,
  oldLocalId: string | null,
  op: OutboxEntry['op'],
  changes: string | null,
  at: string,
  id: string,
];

const COLUMNS = 'o.seq, o.tbl, o.local_id, o.old_local_id, o.op, o.changes, o.at, o.id';

/** By name, not by place: the plan may have other columns by the time it is read. */
const namedBase = (text: string): ReadonlyMap<string, Canonical> =>
  new Map(Object.entries(JSON.parse(text) as Record<string, Canonical>));

/** `plan` is asked for at every call: it is not known before HQ has been reached once. */
export function outboxStore(context: StoreContext, plan: () => Plan): OutboxStore {
  const { prepare, now } = context;
  let parsed: { readonly text: string; readonly changes: OutboxEntry['changes'] } = {
    text: '{}',
    changes: {},
  };
  /** An insert says `{}`, or what its `add` columns began with: the same again and again, and parsed once. */
  const changesOf = (text: string | null): OutboxEntry['changes'] => {
    if (text === null) return null;
    if (text !== parsed.text)
      parsed = { text, changes: JSON.parse(text) as OutboxEntry['changes'] };
    return parsed.changes;
  };

  const entries = (sql: string, ...params: unknown[]): OutboxEntry[] => {
    const rows = prepare(sql)
      .raw()
      .all(...params) as EntryColumns[];
    return rows.map(([seq, table, localId, oldLocalId, op, changes, at, entryId]) => {
      return { seq, table, localId, oldLocalId, op, changes: changesOf(changes), at, id: entryId };
    });
  };

  const hasEntries = (table: TablePlan): boolean =>
    prepare('SELECT 1 FROM sync_outbox WHERE tbl = ? LIMIT 1').get(table.name) !== undefined;

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
      const page = entries(
        `SELECT ${COLUMNS} FROM sync_outbox o WHERE o.seq > ? ORDER BY o.seq LIMIT ?`,
        after,
        limit,
      );
      return markUnnamed(context, page);
    },
    entriesOf(table, localIds) {
      if (localIds.length === 0) return [];
      return entries(
        `SELECT ${COLUMNS} FROM json_each(?) j CROSS JOIN sync_outbox o ON o.tbl = ? AND o.local_id = j.value ORDER BY o.seq`,
        JSON.stringify(localIds),
        table.name,
      );
    },
    severalEntries(limit) {
      return prepare(
        `SELECT o.tbl, o.local_id FROM sync_outbox o INDEXED BY sync_outbox_row
          GROUP BY o.tbl, o.local_id HAVING count(*) > 1 LIMIT ?`,
      )
        .raw()
        .all(limit) as [string, string][];
    },
    entriesBehind(seq, limit) {
      // Left to itself SQLite walks the whole index of rows.
      return prepare(
        'SELECT o.tbl, o.local_id FROM sync_outbox o NOT INDEXED WHERE o.seq > ? LIMIT ?',
      )
        .raw()
        .all(seq, limit) as [string, string][];
    },
    entriesBeside(table, localIds, after, upto) {
      if (localIds.length === 0) return [];
      return entries(
        `SELECT ${COLUMNS} FROM json_each(?) j
          CROSS JOIN sync_outbox o ON o.tbl = ? AND o.local_id = j.value AND (o.seq <= ? OR o.seq > ?)
          ORDER BY o.seq`,
        JSON.stringify(localIds),
        table.name,
        after,
        upto,
      );
    },
    entryTimes(after, upto, limit = -1) {
      return prepare(
        'SELECT seq, at FROM sync_outbox WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
      )
        .raw()
        .all(after, upto, limit) as [number, string][];
    },
    hasEntries,
    hasEntriesBehind(table, seq) {
      return (
        prepare('SELECT 1 FROM sync_outbox NOT INDEXED WHERE seq > ? AND tbl = ? LIMIT 1').get(
          seq,
          table.name,
        ) !== undefined
      );
    },
    identityEntries() {
      const moved = entries(
        `SELECT ${COLUMNS} FROM sync_outbox o
          WHERE o.old_local_id IS NOT NULL AND o.old_local_id IS NOT o.local_id AND o.op = 'U' ORDER BY o.seq`,
      );
      // Of tables with entries alone: an idle cycle asks for it too, and each of them has a statement of its own. `k`
      // reads its index alone: most entries are of new rows, which no sync_row tells of.
      const stripped = plan()
        .tables.filter(hasEntries)
        .flatMap((table) =>
          entries(
            `SELECT ${COLUMNS} FROM sync_outbox k
             CROSS JOIN sync_row r ON r.tbl = ? AND r.local_id = k.local_id
             CROSS JOIN ${id(table.name)} d ON d.local_id = k.local_id AND d.server_id IS NULL
             CROSS JOIN sync_outbox o ON o.seq = k.seq AND o.op = 'I'
            WHERE k.tbl = ?`,
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
    bases(table, localIds) {
      const found: ReturnType<LocalStore['bases']> = new Map();
      for (const localId of localIds) {
        const row = prepare('SELECT seq, base FROM sync_base WHERE tbl = ? AND local_id = ?').get(
          table.name,
          localId,
        ) as { seq: number; base: string } | undefined;
        if (row !== undefined) found.set(localId, { seq: row.seq, base: namedBase(row.base) });
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
        JSON.stringify(
          Object.fromEntries(table.columns.map(({ hq }, index) => [hq, base[index] ?? null])),
        ),
      );
    },
    noteSeen(table, localId, hash) {
      prepare('UPDATE sync_row SET hash = ? WHERE tbl = ? AND local_id = ?').run(
        hash,
        table.number,
        localId,
      );
    },
    recreate(table, localId) {
      prepare('DELETE FROM sync_base WHERE tbl = ? AND local_id = ?').run(table.name, localId);
      // A key made of the row's own columns is read off them again.
      if (!table.ownKey)
        prepare('DELETE FROM sync_row WHERE tbl = ? AND local_id = ?').run(table.number, localId);
      else
        prepare('INSERT OR IGNORE INTO sync_recreate (tbl, local_id) VALUES (?, ?)').run(
          table.name,
          localId,
        );
    },
    recreated(table) {
      return new Set(
        prepare('SELECT local_id FROM sync_recreate WHERE tbl = ?')
          .pluck()
          .all(table.name) as string[],
      );
    },
    forgetRecreated(table, localIds) {
      prepare(
        'DELETE FROM sync_recreate WHERE tbl = ? AND local_id IN (SELECT value FROM json_each(?))',
      ).run(table.name, JSON.stringify(localIds));
    },
    dropEntries(table, rows) {
      for (const { localId, upto } of rows) {
        dropEntriesOf(table, localId, upto);
        settleStatus(table, localId);
      }
    },
    dropTaken(taken) {
      const ids = JSON.stringify(taken);
      prepare(`
        DELETE FROM sync_base WHERE (tbl, local_id) IN (
          SELECT o.tbl, o.local_id FROM sync_outbox o WHERE o.id IN (SELECT value FROM json_each(?)))`).run(
        ids,
      );
      prepare('DELETE FROM sync_outbox WHERE id IN (SELECT value FROM json_each(?))').run(ids);
    },
    enqueue(table, localId, op, at) {
      const { lastInsertRowid } = prepare(`
        INSERT INTO sync_outbox (tbl, local_id, old_local_id, op, changes, at, id)
        VALUES (:tbl, :localId, CASE WHEN :op = 'U' THEN :localId END, :op, CASE WHEN :op = 'I' THEN '{}' END, :at,
                lower(hex(randomblob(16))))`).run({ tbl: table.name, localId, op, at });
      prepare(
        `UPDATE ${id(table.name)} SET sync_status = 'pending', sync_operation = ? WHERE local_id = ?`,
      ).run(op === 'I' ? 'insert' : 'update', localId);
      return Number(lastInsertRowid);
    },
    unlink(table, localId, key) {
      const row = { tbl: table.number, localId };
      prepare('DELETE FROM sync_row WHERE tbl = :tbl AND local_id = :localId').run(row);
      prepare(`UPDATE ${id(table.name)} SET server_id = NULL WHERE local_id = ?`).run(localId);
      prepare('DELETE FROM sync_promised WHERE tbl = :tbl AND local_id = :localId').run(row);
      if (key !== null)
        prepare(
          'INSERT INTO sync_promised (tbl, local_id, server_id) VALUES (:tbl, :localId, :key)',
        ).run({ ...row, key });
    },
    promised(table, localIds) {
      if (
        prepare('SELECT 1 FROM sync_promised WHERE tbl = ? LIMIT 1').get(table.number) === undefined
      )
        return new Map();
      const rows = prepare(`
        SELECT p.local_id, p.server_id FROM json_each(?) j
         CROSS JOIN sync_promised p ON p.tbl = ? AND p.local_id = j.value`)
        .raw()
        .all(JSON.stringify(localIds), table.number) as [string, string][];
      return new Map(rows);
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
