import { z } from 'zod';
import { textArray } from './array-param.ts';
import type { Queryable } from './queryable.ts';

/** How far a terminal has read the feed. */
export interface FeedPlace {
  readonly scopes: readonly string[];
  readonly cursors: readonly {
    readonly table: string;
    readonly xid: string;
    readonly seq: string;
  }[];
  readonly ownXids: readonly string[];
}

/** Rows that the feed has for this terminal behind its cursors, its own uploads left out, counted up to `atMost`. */
export async function countBehind(
  db: Queryable,
  { scopes, cursors, ownXids }: FeedPlace,
  atMost: number,
): Promise<number> {
  const { rows } = await db.query(
    `SELECT count(*)::int AS behind FROM (
       SELECT DISTINCT f.tbl, f.key
         FROM unnest($1::text[], $2::xid8[], $3::bigint[]) c(tbl, xid, seq)
        CROSS JOIN LATERAL (
          SELECT f.tbl, f.key FROM payflow_sync.feed f
           WHERE f.tbl = c.tbl AND (f.xid, f.seq) > (c.xid, c.seq)
             AND f.scope = ANY ($4::text[]) AND f.xid <> ALL ($5::xid8[])
           ORDER BY f.xid, f.seq LIMIT $6) f
        LIMIT $6) b`,
    [
      textArray(cursors.map(({ table }) => table)),
      textArray(cursors.map(({ xid }) => xid)),
      textArray(cursors.map(({ seq }) => seq)),
      textArray(scopes),
      textArray(ownXids),
      atMost,
    ],
  );
  return z.tuple([z.object({ behind: z.number() })]).parse(rows)[0].behind;
}
