import type { TablePlan } from '../../shared/plan.ts';
import type { Acknowledged, LocalStore } from '../sync/local-port.ts';
import { id } from './sql.ts';
import type { StoreContext } from './statements.ts';

/** Rows per multi-row INSERT (PERFORMANCE: 50 to 100 rows a bind save a fifth of the CPU). */
const ROWS_PER_INSERT = 50;

const insertKnown = (rows: number): string => `
  INSERT INTO sync_row (tbl, local_id, server_id, hash)
  VALUES ${new Array<string>(rows).fill('(?, ?, ?, ?)').join(', ')}
  ON CONFLICT (tbl, local_id) DO UPDATE SET hash = excluded.hash`;
const INSERT_KNOWN = insertKnown(ROWS_PER_INSERT);

/** A range is looked at where no more than so many entries of other tables and rows stand among a row's. */
const WIDEST_RANGE = 10;

/** What an acknowledged row leaves behind besides its entries. */
const NOTED_OF_ROWS = [
  { noted: 'sync_base', column: 'local_id', upload: '' },
  { noted: 'sync_held', column: 'id', upload: "AND direction = 'upload'" },
  { noted: 'sync_rejected', column: 'id', upload: "AND direction = 'upload'" },
] as const;

/** What an acknowledgement does to the outbox, to what is known of the rows, and to the rows themselves (DESIGN 6.5). */
export function acknowledgeStore(
  { prepare, now }: StoreContext,
  ownTerminal: () => string,
): Pick<LocalStore, 'acknowledge'> {
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

  /**
   * Exactly what was sent, by its random ids: a number alone may be another change's by now, where a tool has made the
   * outbox count anew.
   */
  const dropEntries = (table: TablePlan, rows: readonly Acknowledged[], ids: string): void => {
    if (dropRange(table, rows)) return;
    prepare(
      `DELETE FROM sync_outbox
        WHERE tbl = ? AND local_id IN (SELECT value FROM json_each(?))
          AND id IN (SELECT value FROM json_each(?))`,
    ).run(table.name, ids, JSON.stringify(rows.flatMap(({ entries }) => entries.split(','))));
  };

  /**
   * Where each row has one entry and they are all that stands between the first and the last of them, as next to always in a
   * bulk upload: a comparison of one text, and half the time. Returns whether they were.
   */
  const dropRange = (table: TablePlan, rows: readonly Acknowledged[]): boolean => {
    if (rows.some(({ seq }) => seq === null)) return false;
    const first = rows.at(0)?.seq ?? 0;
    const last = rows.at(-1)?.seq ?? 0;
    if (last - first > rows.length * WIDEST_RANGE) return false;
    const found = prepare(
      'SELECT count(*), group_concat(id) FROM sync_outbox NOT INDEXED WHERE seq BETWEEN ? AND ? AND tbl = ?',
    )
      .raw()
      .get(first, last, table.name) as [number, string | null];
    const [count, there] = found;
    if (count !== rows.length || there !== rows.map(({ entries }) => entries).join(','))
      return false;
    prepare('DELETE FROM sync_outbox NOT INDEXED WHERE seq BETWEEN ? AND ? AND tbl = ?').run(
      first,
      last,
      table.name,
    );
    return true;
  };

  const noteSynced = (table: TablePlan, rows: readonly Acknowledged[]): void => {
    const kept = rows.filter((row) => row.serverId !== null);
    for (let start = 0; start < kept.length; start += ROWS_PER_INSERT) {
      const slice = kept.slice(start, start + ROWS_PER_INSERT);
      const values: (string | number | null)[] = [];
      for (const { localId, serverId, hash } of slice)
        values.push(table.number, localId, serverId === localId ? null : serverId, hash);
      prepare(slice.length === ROWS_PER_INSERT ? INSERT_KNOWN : insertKnown(slice.length)).run(
        values,
      );
    }
  };

  /** Has the POS changed one of the rows again, behind `upto`? Asked once for all: next to no batch meets that. */
  const anyNewer = (table: TablePlan, ids: string, upto: number): boolean =>
    prepare('SELECT 1 FROM sync_outbox WHERE seq > ? LIMIT 1').get(upto) !== undefined &&
    prepare(
      `SELECT 1 FROM json_each(?) j CROSS JOIN sync_outbox o ON o.tbl = ? AND o.local_id = j.value LIMIT 1`,
    ).get(ids, table.name) !== undefined;

  /** What the POS reads of its rows; one that it has changed again meanwhile stays pending. */
  const markSynced = (
    table: TablePlan,
    rows: readonly Acknowledged[],
    ids: string,
    batchId: string,
    upto: number,
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
    const checks = anyNewer(table, ids, upto);
    const newer = `EXISTS (SELECT 1 FROM sync_outbox o WHERE o.tbl = :tbl AND o.local_id = t.local_id)`;
    const status = checks
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
      ...(checks ? { tbl: table.name } : {}),
      now: now(),
      ids,
      ...(fill.length > 0 ? { batchId } : {}),
      ...(table.terminalColumn === null ? {} : { terminal: ownTerminal() }),
    });
  };

  return {
    acknowledge(table, batchId, accepted, upto) {
      if (accepted.length === 0) return;
      // In key order: neighbours share their pages.
      const rows = accepted.toSorted((a, b) => (a.localId < b.localId ? -1 : 1));
      const ids = JSON.stringify(rows.map((row) => row.localId));
      dropEntries(table, accepted, ids);
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
      markSynced(table, rows, ids, batchId, upto);
      forgetRefs(table, ids);
    },
  };
}
