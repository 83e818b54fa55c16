import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allNodes, rowsReadOf, type PlanNode } from '../../e2e/support/explain.ts';
import { createTestHq, type TestHq } from '../../e2e/support/hq.ts';
import { parseDatabaseUrl } from '../host/database-url.ts';
import { Connections } from './connection.ts';
import { readFeed } from './read-feed.ts';

let hq: TestHq;
let connections: Connections;
beforeEach(async () => {
  hq = await createTestHq();
  const address = parseDatabaseUrl(hq.database.url);
  connections = new Connections({ address, applicationName: 'terminal' });
});
afterEach(async () => {
  await connections.close();
  await hq.close();
});

const BEHIND = 20_000;
const PAGE = 100;

test('3.3: a page reads as many entries as it gives, however many are behind it, on a feed that nothing was counted of', async () => {
  await hq.client.query('ALTER TABLE payflow_sync.feed SET (autovacuum_enabled = off)');
  await hq.client.query(
    `INSERT INTO payflow_sync.feed (xid, tbl, key, op, scope, edited_at)
     SELECT pg_current_xact_id(), 'products', g::text, 'U', '*', now() FROM generate_series(1, $1) g`,
    [BEHIND],
  );

  const { entries, nodes } = await connections.use(explained);

  expect(entries.map(({ key }) => Number(key))).toEqual(
    [...new Array(PAGE).keys()].map((n) => n + 1),
  );
  expect(rowsReadOf(nodes, 'feed')).toBe(PAGE);
  // The stamp is digests of HQ's whole schema: made once, not for every entry.
  const stamping = nodes.filter(
    (node) => node.Output?.some((text) => text.includes('md5')) === true,
  );
  expect(stamping.map((node) => node['Subplan Name'])).toEqual(['CTE now']);
});

/** Reads a page behind the feed's beginning, and how PostgreSQL reads it. */
async function explained(client: pg.PoolClient) {
  const asked: pg.QueryArrayConfig[] = [];
  const listening = {
    query: (config: pg.QueryArrayConfig) => {
      asked.push(config);
      return client.query(config);
    },
  } as unknown as pg.PoolClient;
  const cursors = new Map(['products', 'users'].map((table) => [table, { xid: '0', seq: '0' }]));
  const { pages } = await readFeed(listening, 'md5(m.feed_id::text)', ['*'], cursors, PAGE);
  const [query] = asked;
  const { rows } = await client.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
    `EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) ${query?.text ?? ''}`,
    query?.values,
  );
  return {
    entries: pages.find(({ table }) => table === 'products')?.entries ?? [],
    nodes: allNodes(rows),
  };
}
