import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { BucketChoice, BucketHash, HqRow } from '../sync/ports.ts';
import { CopyReader } from './copy-text.ts';
import { Patience } from './end-silence.ts';
import { literal } from './identifiers.ts';
import { keyOrder, rowSql } from './row-sql.ts';
import { keySql } from './scope-sql.ts';

/** Rows a page collects before it is handed on. */
const PAGE_ROWS = 2_500;

/** All visible rows in key order behind `after`, by COPY: the fastest way out of PostgreSQL (PERFORMANCE A). */
export async function* streamRows(
  client: pg.PoolClient,
  plan: Plan,
  scopes: readonly string[],
  table: TablePlan,
  after: string | null,
): AsyncGenerator<HqRow[]> {
  const sql = rowSql(plan, table);
  const { orderBy, behind } = keyOrder(table, after);
  // OFFSET 0 keeps the inner query whole: rows are encoded as they leave, not before they are put in order.
  const query = `SELECT ${sql.select} FROM (
    SELECT t.* ${sql.from} WHERE ${sql.allVisibleTo(scopes)} AND ${behind} ORDER BY ${orderBy} OFFSET 0) t`;
  for await (const rows of copy(client, query)) {
    yield rows.map((values) => ({
      key: values.shift() ?? '',
      hash: values.shift() ?? '',
      values,
    }));
  }
}

/** Key and hash of all visible rows, or of some buckets', in byte order of the key's text, as SQLite orders it. */
export async function* streamHashes(
  client: pg.PoolClient,
  plan: Plan,
  scopes: readonly string[],
  table: TablePlan,
  only: BucketChoice | null,
): AsyncGenerator<{ key: string; hash: string }[]> {
  const sql = rowSql(plan, table);
  const names = [...(only?.names ?? [])].map(literal).join(', ');
  const within =
    only === null
      ? 'true'
      : `${bucketSql(sql.key, only.digits)} IN (${names === '' ? 'NULL' : names})`;
  const query = `SELECT ${sql.key}, ${sql.hash} ${sql.from} WHERE ${sql.allVisibleTo(scopes)} AND ${within}
    ORDER BY (${keySql(table, 't')}) COLLATE "C"`;
  for await (const rows of copy(client, query)) {
    yield rows.map(([key, hash]) => ({ key: key ?? '', hash: hash ?? '' }));
  }
}

/** One line per bucket, summed where the rows are: a sum needs no order, so HQ sorts nothing and keeps nothing. */
export async function* streamBuckets(
  client: pg.PoolClient,
  plan: Plan,
  scopes: readonly string[],
  table: TablePlan,
  digits: number,
): AsyncGenerator<[string, BucketHash][]> {
  const sql = rowSql(plan, table);
  const query = `SELECT ${bucketSql('r.key', digits)}, count(*),
      sum(('x' || left(md5(r.key || ':' || r.hash), 16))::bit(64)::bigint)
    FROM (SELECT ${sql.key} AS key, ${sql.hash} AS hash ${sql.from}
           WHERE ${sql.allVisibleTo(scopes)} OFFSET 0) r GROUP BY 1`;
  for await (const rows of copy(client, query)) {
    yield rows.map(([name, count, sum]) => [
      name ?? '',
      { rows: Number(count), sum: BigInt(sum ?? '0') },
    ]);
  }
}

function bucketSql(key: string, digits: number): string {
  return `left(md5(${key}), ${String(digits)})`;
}

async function* copy(client: pg.PoolClient, query: string): AsyncGenerator<(string | null)[][]> {
  // The reader's pace is payflow.db's: a statement timeout would cut a load that merely takes its time.
  // Walking an index beats sorting wide rows where the disk has no head to move.
  await client.query(
    `SET statement_timeout = 0; SET work_mem = '64MB'; SET random_page_cost = 1.1`,
  );
  const stream = client.query(copyTo(`COPY (${query}) TO STDOUT`));
  // node-postgres limits a query as a whole, and a stream never tells it that it is over: this is our limit.
  (stream as { callback?: () => void }).callback?.();
  const patience = new Patience(client, (error) => stream.destroy(error));
  try {
    const reader = new CopyReader();
    let page: (string | null)[][] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      // The driver hands over what a message held, down to a single row.
      for (const row of reader.rows(chunk)) page.push(row);
      if (page.length < PAGE_ROWS) continue;
      yield page;
      page = [];
      patience.renew();
    }
    if (page.length > 0) yield page;
  } finally {
    patience.end();
  }
  await client.query('RESET statement_timeout; RESET work_mem; RESET random_page_cost');
}
