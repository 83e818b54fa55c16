import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { Canonical } from '../sync/codec.ts';
import type { Acknowledged, LocalStore, OutboxEntry } from '../sync/ports.ts';
import { id } from './sql.ts';
import type { StoreContext } from './statements.ts';

/** The outbox, the bases of pending rows, and what an acknowledgement does to both. */
export type OutboxStore = Pick<
  LocalStore,
  | 'entriesAfter'
  | 'entriesOf'
  | 'entriesBeside'
  | 'entryTimes'
  | 'hasEntries'
  | 'identityEntries'
  | 'countWaiting'
  | 'lastSeq'
  | 'moveLocalId'
  | 'restoreServerId'
  | 'bases'
  | 'setBase'
  | 'noteSeen'
  | 'recreate'
  | 'recreated'
  | 'forgetRecreated'
  | 'dropEntries'
  | 'acknowledge'
  | 'enqueue'
  | 'unlink'
  | 'promised'
  | 'setStatus'
>;

/** Rows per multi-row INSERT (PERFORMANCE: 50 to 100 rows a bind save a fifth of the CPU). */
const ROWS_PER_INSERT = 50;

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

const NO_CHANGES: OutboxEntry['changes'] = {};

function entryOf([
  seq,
  table,
  localId,
  oldLocalId,
  op,
  changes,
  at,
  id,
]: EntryColumns): OutboxEntry {
  return { seq, table, localId, oldLocalId, op, changes: changesOf(changes), at, id };
}

/** An insert of a table without `add` columns says {}. */
function changesOf(text: string | null): OutboxEntry['changes'] {
  if (text === null) return null;
  return text === '{}' ? NO_CHANGES : (JSON.parse(text) as OutboxEntry['changes']);
}

/** By name, not by place: the plan may have other columns by the time it is read. */
const namedBase = (text: string): ReadonlyMap<string, Canonical> =>
  new Map(Object.entries(JSON.parse(text) as Record<string, Canonical>));

/** What an acknowledged row leaves behind besides its entries. */
const NOTED_OF_ROWS = [
  { noted: 'sync_base', column: 'local_id', upload: '' },
  { noted: 'sync_held', column: 'id', upload: "AND direction = 'upload'" },
  { noted: 'sync_rejected', column: 'id', upload: "AND direction = 'upload'" },
] as const;

/** `plan` is asked for at every call: it is not known before HQ has been reached once. */
export function outboxStore(
  { prepare, now }: StoreContext,
  plan: () => Plan,
  ownTerminal: () => string,
): OutboxStore {
  const entries = (sql: string, ...params: unknown[]): OutboxEntry[] =>
    (
      prepare(sql)
        .raw()
        .all(...params) as EntryColumns[]
    ).map(entryOf);

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

  /** HQ knows both rows: the one that moved and the one that stood there. */
  const isTaken = (table: TablePlan, { from, to }: { from: string | null; to: string }): boolean =>
    prepare('SELECT count(*) FROM sync_row WHERE tbl = ? AND local_id IN (?, ?)')
      .pluck()
      .get(table.number, from, to) === 2;

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

  /** HQ has heard of references that were set over ones out of scope: its old values are no longer kept beside. */
  const forgetRefs = (table: TablePlan, ids: string): void => {
    const anyKept = prepare(
      'SELECT 1 FROM sync_row INDEXED BY sync_row_refs WHERE tbl = ? AND refs IS NOT NULL LIMIT 1',
    );
    if (anyKept.get(table.number) === undefined) return;
    const kept = prepare(`
      SELECT r.local_id AS localId, r.refs FROM json_each(?) j
       CROSS JOIN sync_row r ON r.tbl = ? AND r.local_id = j.value WHERE r.refs IS NOT NULL`).all(
      ids,
      table.number,
    ) as { localId: string; refs: string }[];
    for (const { localId, refs } of kept) {
      const still = Object.entries(JSON.parse(refs) as Record<string, string>).filter(([hq]) => {
        const column = table.columns.find((candidate) => candidate.hq === hq);
        return (
          column !== undefined &&
          prepare(
            `SELECT 1 FROM ${id(table.name)} WHERE local_id = ? AND ${id(column.local)} IS NULL`,
          ).get(localId) !== undefined
        );
      });
      prepare('UPDATE sync_row SET refs = ? WHERE tbl = ? AND local_id = ?').run(
        still.length === 0 ? null : JSON.stringify(Object.fromEntries(still)),
        table.number,
        localId,
      );
    }
  };

  const noteSynced = (table: TablePlan, rows: readonly Acknowledged[]): void => {
    // In key order: neighbours share their pages.
    const kept = rows
      .filter((row) => row.serverId !== null)
      .toSorted((a, b) => (a.localId < b.localId ? -1 : 1));
    for (let start = 0; start < kept.length; start += ROWS_PER_INSERT) {
      const slice = kept.slice(start, start + ROWS_PER_INSERT);
      prepare(`
        INSERT INTO sync_row (tbl, local_id, server_id, hash)
        VALUES ${new Array<string>(slice.length).fill('(?, ?, ?, ?)').join(', ')}
        ON CONFLICT (tbl, local_id) DO UPDATE SET hash = excluded.hash`).run(
        ...slice.flatMap(({ localId, serverId, hash }) => [
          table.number,
          localId,
          serverId === localId ? null : serverId,
          hash,
        ]),
      );
    }
  };

  /** What the POS reads of its rows; one that it has changed again meanwhile stays pending. */
  const markSynced = (
    table: TablePlan,
    rows: readonly Acknowledged[],
    ids: string,
    batchId: string,
  ): void => {
    const keepsIds = rows.every(({ localId, serverId }) => serverId === localId);
    const fill = Object.keys(table.fill).map(
      (hq) => table.unsynced.find((column) => column.hq === hq)?.local ?? hq,
    );
    const setFill = fill.map((column) => `, ${id(column)} = :batchId`).join('');
    // HQ was told that a row which does not say whose it is belongs to this terminal.
    const setTerminal =
      table.terminalColumn === null
        ? ''
        : `, ${id(table.terminalColumn)} = coalesce(t.${id(table.terminalColumn)}, :terminal)`;
    // Asked once for all: next to no batch meets an edit made meanwhile.
    const anyNewer =
      prepare(
        `SELECT 1 FROM json_each(?) j CROSS JOIN sync_outbox o ON o.tbl = ? AND o.local_id = j.value LIMIT 1`,
      ).get(ids, table.name) !== undefined;
    const newer = `EXISTS (SELECT 1 FROM sync_outbox o WHERE o.tbl = :tbl AND o.local_id = t.local_id)`;
    const status = anyNewer
      ? `CASE WHEN ${newer} THEN 'pending' ELSE 'synced' END,
             sync_operation = CASE WHEN ${newer} THEN 'update' ELSE NULL END`
      : `'synced', sync_operation = NULL`;
    const serverId = `(SELECT coalesce(r.server_id, r.local_id) FROM sync_row r
                           WHERE r.tbl = :number AND r.local_id = t.local_id)`;
    prepare(`
      UPDATE ${id(table.name)} AS t SET
             server_id = ${keepsIds ? 't.local_id' : serverId},
             last_sync_at = :now${setFill}${setTerminal},
             sync_status = ${status}
       WHERE t.local_id IN (SELECT value FROM json_each(:ids))`).run({
      ...(keepsIds ? {} : { number: table.number }),
      ...(anyNewer ? { tbl: table.name } : {}),
      now: now(),
      ids,
      ...(fill.length > 0 ? { batchId } : {}),
      ...(table.terminalColumn === null ? {} : { terminal: ownTerminal() }),
    });
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
    identityEntries() {
      const moved = entries(
        `SELECT ${COLUMNS} FROM sync_outbox o
          WHERE o.old_local_id IS NOT NULL AND o.old_local_id IS NOT o.local_id AND o.op = 'U' ORDER BY o.seq`,
      );
      // Of tables with entries alone: an idle cycle asks for it too, and each of them has a statement of its own.
      const stripped = plan()
        .tables.filter(hasEntries)
        .flatMap((table) =>
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
      if (isTaken(table, names)) {
        takePlace(table, entry);
        return;
      }
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
      // A reference that followed is no change of its row.
      for (const child of plan().tables) {
        for (const { column } of child.foreignKeys.filter(
          (foreignKey) => foreignKey.refTable === table.name,
        )) {
          const local = child.columns.find((candidate) => candidate.hq === column)?.local;
          if (local === undefined) continue;
          prepare(`
            UPDATE sync_outbox SET changes = json_replace(changes, :path, :to)
             WHERE tbl = :child AND json_extract(changes, :path) = :from`).run({
            path: `$.${JSON.stringify(local)}[1]`,
            to: entry.localId,
            from: entry.oldLocalId,
            child: child.name,
          });
        }
      }
      for (const listed of ['sync_held', 'sync_rejected']) {
        prepare(
          `UPDATE ${listed} SET id = :to WHERE tbl = :tbl AND id = :from AND direction = 'upload'`,
        ).run(names);
      }
      for (const kept of ['sync_base', 'sync_recreate']) {
        prepare(`DELETE FROM ${kept} WHERE tbl = :tbl AND local_id = :to`).run(names);
        prepare(`UPDATE ${kept} SET local_id = :to WHERE tbl = :tbl AND local_id = :from`).run(
          names,
        );
      }
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
    acknowledge(table, batchId, rows, upto) {
      if (rows.length === 0) return;
      const ids = JSON.stringify(rows.map((row) => row.localId));
      prepare(
        `DELETE FROM sync_outbox
          WHERE tbl = ? AND local_id IN (SELECT value FROM json_each(?)) AND seq <= ?`,
      ).run(table.name, ids, upto);
      // Next to always empty of this table: thousands of ids are not looked up in nothing.
      for (const { noted, column, upload } of NOTED_OF_ROWS) {
        if (prepare(`SELECT 1 FROM ${noted} WHERE tbl = ? LIMIT 1`).get(table.name) === undefined)
          continue;
        prepare(
          `DELETE FROM ${noted} WHERE tbl = ? ${upload} AND ${column} IN (SELECT value FROM json_each(?))`,
        ).run(table.name, ids);
      }
      const gone = rows.filter((row) => row.serverId === null).map((row) => row.localId);
      if (gone.length > 0) {
        prepare(
          'DELETE FROM sync_row WHERE tbl = ? AND local_id IN (SELECT value FROM json_each(?))',
        ).run(table.number, JSON.stringify(gone));
      }
      if (
        prepare('SELECT 1 FROM sync_promised WHERE tbl = ? LIMIT 1').get(table.number) !== undefined
      )
        prepare(
          'DELETE FROM sync_promised WHERE tbl = ? AND local_id IN (SELECT value FROM json_each(?))',
        ).run(table.number, ids);
      noteSynced(table, rows);
      markSynced(table, rows, ids, batchId);
      forgetRefs(table, ids);
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
