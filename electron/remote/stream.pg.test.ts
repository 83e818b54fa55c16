import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allNodes, rowsReadOf, type PlanNode } from '../../e2e/support/explain.ts';
import { createTestHq, type TestHq } from '../../e2e/support/hq.ts';
import type { Plan, TablePlan } from '../../shared/plan.ts';
import { parseDatabaseUrl } from '../host/database-url.ts';
import { Connections } from './connection.ts';
import { loadHqPlan } from './hq-plan.ts';
import { streamBuckets, streamHashes, streamRows } from './stream.ts';

/** What a terminal costs HQ that reads all its rows of a table: first load, comparison. */

const OTHERS = 5_000;
const OWN = 5;
const SCOPES = ['*', 's:store-1', 't:term-1'];

let hq: TestHq;
let connections: Connections;
let plan: Plan;
beforeEach(async () => {
  hq = await createTestHq();
  const address = parseDatabaseUrl(hq.database.url);
  connections = new Connections({ address, applicationName: 'terminal' });
  // Two items to each order; only the first few orders are this terminal's.
  await hq.client.query(`
    SET session_replication_role = replica;
    INSERT INTO orders (id, order_number, terminal_id, user_id, order_date, source_terminal_id, updated_at)
    SELECT 'o' || g, 'N' || g, CASE WHEN g <= ${String(OWN)} THEN 'term-1' ELSE 'term-2' END, 'u', now(), 'x', now()
      FROM generate_series(1, ${String(OTHERS)}) g;
    INSERT INTO order_items (id, order_id, product_id, quantity, unit_price, line_total)
    SELECT 'i' || g, 'o' || (g + 1) / 2, 'p', 1, 1, 1 FROM generate_series(1, ${String(2 * OTHERS)}) g;
    RESET session_replication_role;
    ANALYZE orders, order_items`);
  plan = await loadHqPlan(hq.client);
});
afterEach(async () => {
  await connections.close();
  await hq.close();
});

type Read = (client: pg.PoolClient, table: TablePlan) => AsyncIterable<readonly unknown[]>;

const READS: Readonly<Record<string, Read>> = {
  rows: (client, table) => streamRows(client, plan, SCOPES, table, null),
  hashes: (client, table) => streamHashes(client, plan, SCOPES, table, null),
  buckets: (client, table) => streamBuckets(client, plan, SCOPES, table, 4),
};

for (const [name, read] of Object.entries(READS)) {
  test(`3.6: reading all ${name} of a till reads its own orders and items at HQ, not those of the whole company`, async () => {
    for (const [name, own] of [
      ['orders', OWN],
      ['order_items', 2 * OWN],
    ] as const) {
      const table = plan.tables.find((candidate) => candidate.name === name) as TablePlan;
      const { count, nodes } = await connections.use((client) => explained(client, table, read));
      expect(count).toBe(own);
      expect(rowsReadOf(nodes, 'orders')).toBeLessThan(10 * OWN);
      expect(rowsReadOf(nodes, 'order_items')).toBeLessThan(10 * OWN);
    }
  });
}

/** What a reader gives, and how PostgreSQL came by it. */
async function explained(client: pg.PoolClient, table: TablePlan, read: Read) {
  const asked: string[] = [];
  const listening = new Proxy(client, {
    get: (target, name) => {
      if (name !== 'query') return Reflect.get(target, name) as unknown;
      return (query: string | { readonly text: string }) => {
        asked.push(typeof query === 'string' ? query : query.text);
        return target.query(query as string);
      };
    },
  });
  let count = 0;
  for await (const page of read(listening, table)) count += page.length;
  const copy = asked.find((text) => text.startsWith('COPY (')) ?? '';
  const { rows } = await client.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${copy.replace(/^COPY \(/, '').replace(/\) TO STDOUT$/, '')}`,
  );
  return { count, nodes: allNodes(rows) };
}
