import { isUtf8 } from 'node:buffer';
import type { ColumnPlan, Plan, TablePlan } from '../../shared/plan.ts';
import { localSelectSql, type LocalValue } from '../sync/codec.ts';
import { PLACEHOLDER } from '../sync/placeholder.ts';
import { localColumn } from '../sync/plan-index.ts';
import type { KnownRow, LocalRow, LocalStore, Referrer, UpsertRow } from '../sync/local-port.ts';
import { followMoves } from './follow-moves.ts';
import { id } from './sql.ts';
import type { StoreContext } from './statements.ts';
import { nameSql } from './unnamed.ts';
import { upsertKnown, upsertRows } from './upsert-rows.ts';

/** The shop's rows and what is known of each (`sync_row`). */
export type RowStore = Pick<
  LocalStore,
  | 'known'
  | 'serverIds'
  | 'rows'
  | 'present'
  | 'scan'
  | 'scanPage'
  | 'countRows'
  | 'isEmpty'
  | 'upsert'
  | 'remove'
  | 'rekey'
  | 'placehold'
  | 'findByUnique'
  | 'referrers'
  | 'setNull'
  | 'fillReferences'
  | 'childrenOf'
  | 'deletedChildren'
  | 'hasKept'
  | 'orphanedKept'
>;

/** What the plan and HQ say about this terminal; known after the first hello. */
export interface Shop {
  readonly plan: Plan;
  /** HQ's key of this terminal's own row. */
  readonly terminal: string;
}

const SCAN_PAGE = 1000;
/** Columns of `rowColumns` behind the row's values. */
const META_COLUMNS = 4;
/** Half a character stands for bytes that are no text: no UTF-8 reads so, and the codec refuses it. */
const NOT_UNICODE = '\uD800';

export function rowStore(context: StoreContext, shop: () => Shop): RowStore {
  const { prepare } = context;
  const selects = new Map<string, string>();
  const selectList = (table: TablePlan): string => {
    let list = selects.get(table.fingerprint + table.name);
    if (list === undefined) {
      list = table.columns
        .map((column) => localSelectSql(localColumn(column), `d.${id(column.local)}`))
        .join(', ');
      selects.set(table.fingerprint + table.name, list);
    }
    return list === '' ? 'NULL' : list;
  };

  const known: RowStore['known'] = (table, keys) => {
    const found = new Map<string, KnownRow>();
    if (keys.length === 0) return found;
    const columns = `j.value AS key, r.local_id AS localId, r.hash, r.kept,
      EXISTS (SELECT 1 FROM ${id(table.name)} d WHERE d.local_id = r.local_id) AS present`;
    const rows = prepare(`
      SELECT ${columns} FROM json_each(:keys) j
       CROSS JOIN sync_row r ON r.tbl = :tbl AND r.local_id = j.value AND r.server_id IS NULL
      UNION ALL
      SELECT ${columns} FROM json_each(:keys) j
       -- Left to itself SQLite walks all rows of the table for every key.
       CROSS JOIN sync_row r INDEXED BY sync_row_server ON r.tbl = :tbl AND r.server_id = j.value`).all(
      {
        keys: JSON.stringify(keys),
        tbl: table.number,
      },
    ) as { key: string; localId: string; hash: string | null; kept: number; present: number }[];
    for (const row of rows)
      found.set(row.key, { ...row, kept: row.kept === 1, present: row.present === 1 });
    return found;
  };

  /** A row of `rowColumns`, whose array it keeps for the values: of a bulk upload each copy is garbage at once. */
  const localRow = (table: TablePlan, row: LocalValue[]): LocalRow & { readonly kept: boolean } => {
    const count = row.length - META_COLUMNS;
    const localId = row[count] as string;
    const serverId = row[count + 1] as string | null;
    const refs = row[count + 2] as string | null;
    const kept = row[count + 3] === 1;
    row.length = count;
    for (let index = 0; index < count; index += 1) {
      const value = row[index];
      if (typeof value === 'string' && value.includes('\uFFFD'))
        row[index] = asWritten(table, index, localId, value);
    }
    return {
      localId,
      serverId,
      refs: refs === null ? null : (JSON.parse(refs) as Record<string, string>),
      values: row,
      kept,
    };
  };
  /** SQLite's texts are whatever bytes a POS wrote, and the driver reads what is no UTF-8 as U+FFFD. */
  const asWritten = (table: TablePlan, index: number, localId: string, value: string): string => {
    const column = table.columns[index];
    if (column === undefined) return value;
    const bytes = prepare(
      `SELECT CAST(${id(column.local)} AS BLOB) FROM ${id(table.name)} WHERE local_id = ?`,
    )
      .pluck()
      .get(localId) as Uint8Array;
    return isUtf8(bytes) ? value : NOT_UNICODE;
  };
  const scanPage: RowStore['scanPage'] = (table, after, limit) => {
    const rows = prepare(`
      SELECT ${rowColumns(table)}, coalesce(r.server_id, r.local_id), r.hash,
             EXISTS (SELECT 1 FROM sync_outbox o WHERE o.tbl = ? AND o.local_id = d.local_id)
        FROM ${id(table.name)} d LEFT JOIN sync_row r ON r.tbl = ? AND r.local_id = d.local_id
       WHERE d.local_id ${after === null ? '>=' : '>'} ? ORDER BY d.local_id LIMIT ?`)
      .raw()
      .all(table.name, table.number, after ?? '', limit) as LocalValue[][];
    return rows.map((row) => {
      const [key, hash, captured] = row.splice(-3);
      return {
        ...localRow(table, row),
        key: key as string | null,
        hash: hash as string | null,
        captured: captured === 1,
      };
    });
  };
  const rowColumns = (table: TablePlan): string =>
    `${selectList(table)}, d.local_id, d.server_id, r.refs, coalesce(r.kept, 0)`;

  return {
    known,
    scanPage,
    countRows: (table) =>
      prepare(`SELECT count(*) FROM ${id(table.name)}`)
        .pluck()
        .get() as number,
    serverIds(table, localIds) {
      if (localIds.length === 0) return new Map();
      const rows = prepare(`
        SELECT r.local_id, coalesce(r.server_id, r.local_id) FROM json_each(?) j
         CROSS JOIN sync_row r ON r.tbl = ? AND r.local_id = j.value`)
        .raw()
        .all(JSON.stringify(localIds), table.number) as [string, string][];
      return new Map(rows);
    },
    rows(table, localIds, known = true) {
      if (localIds.length === 0) return new Map();
      const from = `FROM json_each(:ids) j CROSS JOIN ${id(table.name)} d ON d.local_id = j.value`;
      const ids = JSON.stringify(localIds);
      const rows = (
        known
          ? prepare(`
              SELECT ${rowColumns(table)} ${from}
                LEFT JOIN sync_row r ON r.tbl = :tbl AND r.local_id = d.local_id`)
              .raw()
              .all({ ids, tbl: table.number })
          : prepare(`SELECT ${selectList(table)}, d.local_id, d.server_id, NULL, 0 ${from}`)
              .raw()
              .all({ ids })
      ) as LocalValue[][];
      const found = new Map<string, LocalRow>();
      for (const row of rows) {
        const read = localRow(table, row);
        found.set(read.localId, read);
      }
      return found;
    },
    present(table, localIds) {
      if (localIds.length === 0) return [];
      return prepare(
        `SELECT d.local_id FROM json_each(?) j CROSS JOIN ${id(table.name)} d ON d.local_id = j.value`,
      )
        .pluck()
        .all(JSON.stringify(localIds)) as string[];
    },
    *scan(table) {
      // The empty text is a key like others: the first page includes it.
      for (let after = '', behind = '>='; ; behind = '>') {
        const rows = prepare(`
          SELECT ${rowColumns(table)} FROM ${id(table.name)} d
            LEFT JOIN sync_row r ON r.tbl = ? AND r.local_id = d.local_id
           WHERE d.server_id ${behind} ? ORDER BY d.server_id LIMIT ?`)
          .raw()
          .all(table.number, after, SCAN_PAGE) as LocalValue[][];
        for (const row of rows) {
          const read = localRow(table, row);
          after = read.serverId ?? after;
          yield read;
        }
        if (rows.length < SCAN_PAGE) return;
      }
    },
    isEmpty(table) {
      return prepare(`SELECT 1 FROM ${id(table.name)} LIMIT 1`).get() === undefined;
    },
    upsert(table, rows) {
      if (rows.length === 0) return;
      const terminals = shop().plan.tables.find(({ name }) => name === shop().plan.terminals.table);
      const terminal = shop().terminal;
      const own =
        terminals === undefined
          ? terminal
          : (known(terminals, [terminal]).get(terminal)?.localId ?? terminal);
      for (const row of rows) {
        if (row.keep === undefined) continue;
        prepare(updateSql(table, row.keep)).run(...updateValues(row, row.keep, context.now()));
      }
      for (const pending of [false, true]) {
        const group = rows.filter((row) => row.keep === undefined && row.pending === pending);
        if (group.length === 0) continue;
        upsertRows(prepare, table, group, pending, { terminal: own, now: context.now() });
      }
      upsertKnown(prepare, table, rows);
    },
    remove(table, localIds) {
      if (localIds.length === 0) return;
      const list = JSON.stringify(localIds);
      prepare(
        `DELETE FROM ${id(table.name)} WHERE local_id IN (SELECT value FROM json_each(?))`,
      ).run(list);
      prepare(
        'DELETE FROM sync_row WHERE tbl = ? AND local_id IN (SELECT value FROM json_each(?))',
      ).run(table.number, list);
      for (const kept of ['sync_base', 'sync_recreate']) {
        prepare(
          `DELETE FROM ${kept} WHERE tbl = ? AND local_id IN (SELECT value FROM json_each(?))`,
        ).run(table.name, list);
      }
    },
    rekey(table, moves) {
      const rows = known(table, [...new Set(moves.flatMap(({ was, key }) => [was, key]))]);
      const moved = followMoves(new Map([...rows].map(([key, row]) => [key, row.localId])), moves);
      if (moved === null) return false;
      for (const localId of moved.keys()) {
        prepare(`UPDATE ${id(table.name)} SET server_id = NULL WHERE local_id = ?`).run(localId);
      }
      for (const [localId, key] of moved) {
        prepare(`UPDATE ${id(table.name)} SET server_id = ? WHERE local_id = ?`).run(key, localId);
        prepare(
          'UPDATE sync_row SET server_id = nullif(?, local_id) WHERE tbl = ? AND local_id = ?',
        ).run(key, table.number, localId);
      }
      // Once deleted and to be made again: HQ has them.
      prepare(
        'DELETE FROM sync_recreate WHERE tbl = ? AND local_id IN (SELECT value FROM json_each(?))',
      ).run(table.name, JSON.stringify([...moved.keys()]));
      return true;
    },
    placehold(table, columns, localIds) {
      const column = table.columns[columns[0] ?? -1];
      if (column === undefined) return;
      prepare(`
        UPDATE ${id(table.name)} SET ${id(column.local)} = ? || local_id
         WHERE local_id IN (SELECT value FROM json_each(?))`).run(
        PLACEHOLDER,
        JSON.stringify(localIds),
      );
    },
    findByUnique(table, columns, tuples) {
      const usable = tuples.filter((tuple) => !tuple.some((value) => value instanceof Uint8Array));
      if (usable.length === 0) return [];
      const names = columns.flatMap((index) => table.columns[index]?.local ?? []);
      const equal = names
        .map((name, place) => `d.${id(name)} = json_extract(j.value, '$[${String(place)}]')`)
        .join(' AND ');
      const rows = prepare(
        `SELECT ${nameSql('d.local_id')}, j.key FROM json_each(?) j CROSS JOIN ${id(table.name)} d ON ${equal}`,
      )
        .raw()
        .all(JSON.stringify(usable)) as [string, number][];
      return rows.map(([localId, place]) => ({ localId, tuple: usable[place] ?? [] }));
    },
    referrers(table, localIds) {
      if (localIds.length === 0) return [];
      const list = JSON.stringify(localIds);
      return links(shop().plan, table).flatMap(({ child, column }) => {
        const rows = prepare(`
          SELECT d.local_id AS localId, d.${id(column.local)} AS parentId FROM json_each(?) j
           CROSS JOIN ${id(child.name)} d ON d.${id(column.local)} = j.value`).all(list) as {
          localId: string;
          parentId: string;
        }[];
        return rows.map((row): Referrer => ({
          ...row,
          table: child.name,
          column: column.local,
          nullable: column.nullable,
        }));
      });
    },
    setNull(table, column, rows) {
      for (const { localId, hqValue } of rows) {
        prepare(`UPDATE ${id(table.name)} SET ${id(column.local)} = NULL WHERE local_id = ?`).run(
          localId,
        );
        if (hqValue === null) continue;
        prepare(`
          UPDATE sync_row SET refs = json_patch(coalesce(refs, '{}'), json_object(?, ?))
           WHERE tbl = ? AND local_id = ?`).run(column.hq, hqValue, table.number, localId);
      }
    },
    fillReferences(table, localIds) {
      if (localIds.size === 0) return;
      for (const { child, column } of links(shop().plan, table)) {
        if (!column.nullable) continue;
        const waiting = prepare(`
          SELECT local_id AS localId, refs FROM sync_row INDEXED BY sync_row_refs
           WHERE tbl = ? AND refs IS NOT NULL`).all(child.number) as {
          localId: string;
          refs: string;
        }[];
        for (const { localId, refs } of waiting) {
          const { [column.hq]: key, ...others } = JSON.parse(refs) as Record<string, string>;
          const parent = key === undefined ? undefined : localIds.get(key);
          if (parent === undefined) continue;
          const filled = prepare(
            `UPDATE ${id(child.name)} SET ${id(column.local)} = ? WHERE local_id = ? AND ${id(column.local)} IS NULL`,
          ).run(parent, localId);
          // What the POS has set is unsent: HQ's value is its base until HQ has heard of it.
          if (filled.changes === 0) continue;
          prepare('UPDATE sync_row SET refs = ? WHERE tbl = ? AND local_id = ?').run(
            Object.keys(others).length === 0 ? null : JSON.stringify(others),
            child.number,
            localId,
          );
        }
      }
    },
    childrenOf(table, column, parentIds) {
      return prepare(`
        SELECT d.local_id FROM json_each(?) j CROSS JOIN ${id(table.name)} d ON d.${id(column)} = j.value`)
        .pluck()
        .all(JSON.stringify(parentIds)) as string[];
    },
    deletedChildren(table, column, parentIds) {
      return prepare(`
        SELECT DISTINCT o.local_id FROM sync_outbox o
         WHERE o.tbl = :tbl AND o.op = 'D' AND json_extract(o.changes, :path) IN (SELECT value FROM json_each(:parents))
           AND NOT EXISTS (SELECT 1 FROM ${id(table.name)} d WHERE d.local_id = o.local_id)`)
        .pluck()
        .all({
          tbl: table.name,
          path: `$.${JSON.stringify(column)}[1]`,
          parents: JSON.stringify(parentIds),
        }) as string[];
    },
    hasKept(table) {
      return (
        prepare(
          'SELECT 1 FROM sync_row INDEXED BY sync_row_kept WHERE tbl = ? AND kept = 1 LIMIT 1',
        ).get(table.number) !== undefined
      );
    },
    orphanedKept(table) {
      const used = links(shop().plan, table).map(
        ({ child, column }) =>
          `EXISTS (SELECT 1 FROM ${id(child.name)} d WHERE d.${id(column.local)} = r.local_id AND NOT (${
            child.name === table.name ? 'd.local_id = r.local_id' : '0'
          }))`,
      );
      const unused = used.length === 0 ? '1' : `NOT (${used.join(' OR ')})`;
      return prepare(
        `SELECT r.local_id FROM sync_row r INDEXED BY sync_row_kept
          WHERE r.tbl = ? AND r.kept = 1 AND ${unused}`,
      )
        .pluck()
        .all(table.number) as string[];
    },
  };
}

/** Foreign keys that point at a table, with the column that holds them. */
function links(plan: Plan, table: TablePlan): { child: TablePlan; column: ColumnPlan }[] {
  return plan.tables.flatMap((child) =>
    child.foreignKeys.flatMap((foreignKey) => {
      if (foreignKey.refTable !== table.name) return [];
      const column = child.columns.find((candidate) => candidate.hq === foreignKey.column);
      return column === undefined ? [] : [{ child, column }];
    }),
  );
}

/** A pending row that is here, without the columns that stay as the POS wrote them. */
function updateSql(table: TablePlan, keep: ReadonlySet<number>): string {
  const business = table.columns.filter((_, index) => !keep.has(index));
  const columns = ['server_id', ...business.map((column) => id(column.local)), 'last_sync_at'];
  const sets = columns.map((column) => `${column} = ?`);
  return `UPDATE ${id(table.name)} SET ${sets.join(', ')} WHERE local_id = ?`;
}

function updateValues(row: UpsertRow, keep: ReadonlySet<number>, now: string): LocalValue[] {
  const business = row.values.filter((_, index) => !keep.has(index));
  return [row.serverId, ...business, now, row.localId];
}
