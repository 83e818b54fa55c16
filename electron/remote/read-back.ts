import type pg from 'pg';
import type { TablePlan } from '../../shared/plan.ts';
import type { BatchReply, RowOutcome } from '../sync/ports.ts';
import { textArray } from './array-param.ts';
import { qualified } from './identifiers.ts';
import { rowSql, keyEquals, keyIn } from './row-sql.ts';
import { keySql } from './scope-sql.ts';
import type { SendContext, Sending } from './send-batch.ts';

export interface ReadBack {
  readonly rows: BatchReply['rows'];
  /** Failed swaps whose row this terminal has no more, and whether it is still there for others. */
  readonly gone: ReadonlyMap<RowOutcome, { readonly elsewhere: boolean }>;
  /** `rows` is all there is to know of this transaction: its feed entries need no second look (DESIGN 6.5). */
  readonly complete: boolean;
}

/**
 * The last step before COMMIT: what HQ has now (DESIGN 6.5). Rows equal to what was sent are not repeated: the
 * terminal sent their hash along.
 */
export async function readBack(
  client: pg.PoolClient,
  context: SendContext,
  sending: Sending,
  outcomes: readonly RowOutcome[],
  touched: readonly Touched[],
): Promise<ReadBack> {
  const rows: BatchReply['rows'][number][] = [];
  const gone = new Map<RowOutcome, { readonly elsewhere: boolean }>();
  let complete = true;
  for (const entries of touched) {
    const table = context.table(entries.name);
    if (isAsSent(table, sending, outcomes, entries)) continue;
    const changed = await changedRows(client, context, table, sending);
    rows.push(...changed.rows);
    complete &&= changed.complete;
  }
  for (const name of new Set(
    outcomes.filter(({ result }) => result === 'changed').map(({ table }) => table),
  )) {
    const failed = outcomes.filter(
      (outcome) => outcome.table === name && outcome.result === 'changed',
    );
    const current = await currentRows(
      client,
      context,
      context.table(name),
      failed.map(({ key }) => key),
    );
    rows.push(...current);
    const found = new Set(current.map(({ row }) => row.key));
    const missing = failed.filter(({ key }) => !found.has(key));
    const elsewhere = await anywhere(client, context.table(name), missing);
    for (const outcome of missing) gone.set(outcome, { elsewhere: elsewhere.has(outcome.key) });
  }
  return { rows, gone, complete };
}

/** What this transaction's feed entries say of one table. */
export interface Touched {
  readonly name: string;
  readonly entries: number;
  /** Inserts within our scopes, and nothing else. */
  readonly insertsOnly: boolean;
}

export async function touchedTables(
  client: pg.PoolClient,
  { plan, scopes }: SendContext,
): Promise<Touched[]> {
  const { rows } = await client.query<Touched>(
    `SELECT tbl AS name, count(*)::int AS entries,
            bool_and(op = 'I' AND was IS NULL AND scope = ANY ($2::text[])) AS "insertsOnly"
       FROM payflow_sync.feed WHERE tbl = ANY ($1) AND xid = pg_current_xact_id() GROUP BY tbl`,
    [textArray(plan.tables.map((table) => table.name)), textArray(scopes)],
  );
  return rows;
}

/**
 * One entry for each row that was sent as an insert, taken and stored as sent, and none besides: there is nothing to
 * read back. An excluded row has no entry, so that another row's could stand for it.
 */
function isAsSent(
  table: TablePlan,
  { batch, altered }: Sending,
  outcomes: readonly RowOutcome[],
  { name, entries, insertsOnly }: Touched,
): boolean {
  const groups = batch.groups.filter((group) => group.table === name);
  if (!insertsOnly || table.exclude !== null || groups.some((group) => group.op !== 'insert'))
    return false;
  if (outcomes.some((outcome) => outcome.table === name)) return false;
  if (groups.some((group) => group.keys.some((key) => altered.has(`${name}\0${key}`))))
    return false;
  return entries === groups.reduce((sum, group) => sum + group.keys.length, 0);
}

/** Rows this transaction touched that are not as the terminal expects them. */
async function changedRows(
  client: pg.PoolClient,
  { plan, scopes }: SendContext,
  table: TablePlan,
  { batch, altered }: Sending,
): Promise<{ rows: BatchReply['rows'][number][]; complete: boolean }> {
  const groups = batch.groups.filter((group) => group.table === table.name);
  const sql = rowSql(plan, table);
  const { rows } = await client.query<(string | null)[]>({
    text: `WITH touched AS (
        SELECT f.key, string_agg(DISTINCT f.op::text, '') AS ops, bool_or(f.was IS NOT NULL) AS rekeyed,
             count(*) AS entries, max(f.edited_at) AS edited_at, max(f.origin) AS origin
          FROM payflow_sync.feed f
         WHERE f.tbl = $1 AND f.xid = pg_current_xact_id() AND f.scope = ANY ($2::text[]) GROUP BY f.key),
      -- The last group wins: a row that is set again after its insert is expected as it was set.
      sent AS (SELECT DISTINCT ON (u.key) u.key, u.hash
                 FROM unnest($3::text[], $4::text[]) WITH ORDINALITY u(key, hash, place) ORDER BY u.key, u.place DESC),
      -- What was inserted as it was sent and not touched again needs no second look.
      asked AS (SELECT touched.*, sent.hash AS sent_hash
                  FROM touched LEFT JOIN sent ON sent.key = touched.key
                 WHERE sent.key IS NULL OR touched.entries > 1 OR touched.ops <> 'I' OR touched.key = ANY ($5::text[]))
      SELECT asked.key, asked.ops, asked.rekeyed::text, ${ISO('asked.edited_at')}, asked.origin, seen.*
        FROM asked
        LEFT JOIN LATERAL (SELECT ${sql.select} ${sql.from}
                            WHERE ${keyEquals(table, 't', 'asked.key')} AND ${sql.visibleTo('$2::text[]')}) seen(${seenColumns(table)}) ON true
       WHERE seen.hash IS DISTINCT FROM asked.sent_hash OR asked.key IS NULL OR asked.rekeyed OR asked.ops LIKE '%R%'`,
    values: [
      table.name,
      textArray(scopes),
      textArray(groups.flatMap((group) => group.keys)),
      textArray(
        groups.flatMap((group) =>
          group.op === 'delete' ? group.keys.map(() => null) : group.hashes,
        ),
      ),
      textArray(
        groups.flatMap((group) => group.keys.filter((key) => altered.has(`${table.name}\0${key}`))),
      ),
    ],
    rowMode: 'array',
  });
  const changed: BatchReply['rows'][number][] = [];
  let complete = true;
  for (const [key, ops, rekeyed, editedAt, origin, seenKey, hash, ...values] of rows) {
    // A row that left, or a whole table: the feed tells, with the departure that belongs to it.
    if (key == null || rekeyed === 'true' || ops?.includes('R') === true || seenKey == null)
      complete = false;
    else
      changed.push({
        table: table.name,
        row: { key, hash: hash ?? '', values },
        edit: { at: editedAt ?? '', by: origin ?? null },
      });
  }
  return { rows: changed, complete };
}

/** Names for key, hash and values of a row, in the order of `RowSql.select`. */
function seenColumns(table: TablePlan): string {
  return ['key', 'hash', ...table.columns.map((_, index) => `c${String(index)}`)].join(', ');
}

/** A timestamptz as ISO text, UTC, microseconds. */
export const ISO = (expr: string): string =>
  `to_char(${expr} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/**
 * Time and author of a row's last edit that the feed still knows; at most one line. Expressions of type text. COLLATE: under
 * a nondeterministic one (the shop's own column) a hash is of the sort key, and the index is of the bytes.
 */
export const lastEditSql = (table: string, key: string): string =>
  `SELECT last.edited_at, last.origin FROM payflow_sync.feed last
    WHERE last.tbl = ${table} AND hashtext(last.key) = hashtext((${key}) COLLATE "C") AND last.key = ${key}
    ORDER BY last.edited_at DESC NULLS LAST, last.seq DESC LIMIT 1`;

/** Those of the rows that HQ has, whoever sees them. */
async function anywhere(
  client: pg.PoolClient,
  table: TablePlan,
  missing: readonly RowOutcome[],
): Promise<ReadonlySet<string>> {
  if (missing.length === 0) return new Set();
  const { rows } = await client.query<[string]>({
    text: `SELECT ${keySql(table, 't')} FROM ${qualified(table)} t WHERE ${keyIn(table, 't', '$1::text[]')}`,
    values: [textArray(missing.map(({ key }) => key))],
    rowMode: 'array',
  });
  return new Set(rows.map(([key]) => key));
}

async function currentRows(
  client: pg.PoolClient,
  { plan, scopes }: SendContext,
  table: TablePlan,
  keys: readonly string[],
): Promise<BatchReply['rows'][number][]> {
  const sql = rowSql(plan, table);
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${ISO('coalesce(f.edited_at, (SELECT m.floor_at FROM payflow_sync.meta m))')}, f.origin, ${sql.select} ${sql.from}
      LEFT JOIN LATERAL (${lastEditSql('$1', sql.key)}) f ON true
      WHERE ${keyIn(table, 't', '$2::text[]')} AND ${sql.visibleTo('$3::text[]')}`,
    values: [table.name, textArray(keys), textArray(scopes)],
    rowMode: 'array',
  });
  return rows.map(([editedAt, origin, key, hash, ...values]) => ({
    table: table.name,
    row: { key: key ?? '', hash: hash ?? '', values },
    edit: { at: editedAt ?? '', by: origin ?? null },
  }));
}
