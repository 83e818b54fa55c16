import type pg from 'pg';
import type { Cursor, FeedEntry, FeedPage, FeedRead } from '../sync/ports.ts';
import { textArray } from './array-param.ts';
import { ISO } from './read-back.ts';

/** Both entries of a changed key. */
const SMALLEST_PAGE = 2;

/**
 * One page per table behind its cursor, with the bound, the floor and the schema stamp of the same snapshot
 * (DESIGN 3.3 to 3.5, 3.8). Only entries below the bound are final; the cursor is the pair (xid, seq).
 */
export async function readFeed(
  client: pg.PoolClient,
  stampSql: string,
  scopes: readonly string[],
  cursors: ReadonlyMap<string, Cursor>,
  pageSize: number,
): Promise<FeedRead> {
  const limit = Math.max(pageSize, SMALLEST_PAGE);
  const tables = [...cursors.keys()];
  const places = [...cursors.values()];
  const { rows } = await client.query<(string | null)[]>({
    text: `
      -- Materialized: else the stamp's digests are made anew for each entry, which takes longer than all the rest.
      WITH now AS MATERIALIZED (
        SELECT pg_snapshot_xmin(pg_current_snapshot()) AS bound, m.floor_xid, ${stampSql} AS stamp FROM payflow_sync.meta m)
      SELECT now.bound::text, now.floor_xid::text, now.stamp,
             page.tbl, page.xid::text, page.seq::text, page.op::text, page.key, page.was, ${ISO('page.edited_at')}, page.origin
        FROM now LEFT JOIN LATERAL (
          SELECT c.tbl, f.xid, f.seq, f.op, f.key, f.was, f.edited_at, f.origin
            FROM unnest($1::text[], $2::xid8[], $3::bigint[]) c(tbl, xid, seq)
           CROSS JOIN LATERAL (
             SELECT f.xid, f.seq, f.op, f.key, f.was, f.edited_at, f.origin FROM payflow_sync.feed f
              WHERE f.tbl = c.tbl AND (f.xid, f.seq) > (c.xid, c.seq) AND f.xid < now.bound
                AND f.scope = ANY ($4::text[])
              ORDER BY f.xid, f.seq LIMIT $5) f) page ON true
       ORDER BY page.tbl, page.xid, page.seq`,
    values: [
      textArray(tables),
      textArray(places.map(({ xid }) => xid)),
      textArray(places.map(({ seq }) => seq)),
      textArray(scopes),
      limit,
    ],
    rowMode: 'array',
  });
  const entries = new Map<string, FeedEntry[]>(tables.map((table) => [table, []]));
  for (const [, , , table, xid, seq, op, key, was, editedAt, origin] of rows) {
    if (table == null) continue;
    entries.get(table)?.push({
      xid: xid ?? '0',
      seq: seq ?? '0',
      op: op as FeedEntry['op'],
      key: key ?? null,
      was: was ?? null,
      editedAt: editedAt ?? '',
      origin: origin ?? null,
    });
  }
  const [bound, floor, schemaStamp] = rows[0] ?? [];
  return {
    bound: bound ?? '0',
    floor: floor ?? '0',
    schemaStamp: schemaStamp ?? '',
    pages: [...entries].map(([table, list]) => pageOf(table, list, limit)),
  };
}

/**
 * A full page does not end with a delete, which begins the next one: it may be the first of the two entries of a changed
 * key, and without the other one, next to it, the row would count as deleted (DESIGN 3.2).
 */
function pageOf(table: string, entries: readonly FeedEntry[], limit: number): FeedPage {
  const full = entries.length === limit;
  const isCut = full && entries.at(-1)?.op === 'D';
  return { table, entries: isCut ? entries.slice(0, -1) : entries, full };
}
