import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allNodes, rowsReadOf, type PlanNode } from '../../e2e/support/explain.ts';
import { createTestHq, type TestHq } from '../../e2e/support/hq.ts';
import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { Book } from '../sync/ports.ts';
import { parseDatabaseUrl } from '../host/database-url.ts';
import { sumBook } from './books.ts';
import { Connections } from './connection.ts';
import { loadHqPlan } from './hq-plan.ts';
import { streamBuckets, streamHashes, streamRows } from './stream.ts';

/** What a terminal costs HQ that reads all its rows of a table: first load, comparison, money check. */

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

/** Reads all that a till has of a table; answers with the number of rows. */
type Read = (client: pg.PoolClient, table: TablePlan) => Promise<number>;

async function countOf(pages: AsyncIterable<readonly unknown[]>): Promise<number> {
  let count = 0;
  for await (const page of pages) count += page.length;
  return count;
}

const planOf = (name: string): TablePlan =>
  plan.tables.find((table) => table.name === name) as TablePlan;

/** The orders, or what their items come to. */
function bookOf(table: TablePlan): Book {
  const orders = planOf('orders');
  const place = (within: TablePlan, name: string) =>
    within.columns.findIndex(({ hq: column }) => column === name);
  const through = place(table, 'order_id');
  return {
    table,
    parent: orders,
    through: through < 0 ? null : through,
    receipt: place(orders, 'order_number'),
    shift: place(orders, 'shift_id'),
    tender: 0,
    amounts: [null, null, null],
  };
}

const READS: Readonly<Record<string, Read>> = {
  rows: (client, table) => countOf(streamRows(client, plan, SCOPES, table, null)),
  hashes: (client, table) => countOf(streamHashes(client, plan, SCOPES, table, null)),
  buckets: (client, table) => countOf(streamBuckets(client, plan, SCOPES, table, 4)),
  money: async (client, table) => {
    const sums = await sumBook(client, plan, SCOPES, bookOf(table), []);
    return sums.reduce((all, { count }) => all + count, 0);
  },
};

for (const [what, read] of Object.entries(READS)) {
  test(`3.6: reading all ${what} of a till reads its own orders and items at HQ, not those of the whole company`, async () => {
    for (const [name, own] of [
      ['orders', OWN],
      ['order_items', 2 * OWN],
    ] as const) {
      const { count, nodes } = await lent((client) => explained(client, planOf(name), read));
      expect(count).toBe(own);
      expect(rowsReadOf(nodes, name)).toBeGreaterThanOrEqual(own);
      expect(rowsReadOf(nodes, 'orders')).toBeLessThan(10 * OWN);
      expect(rowsReadOf(nodes, 'order_items')).toBeLessThan(10 * OWN);
    }
  });
}

/** Streams have connections of their own. */
async function lent<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const connection = await connections.lend();
  try {
    return await work(connection.client);
  } finally {
    connection.giveBack(false);
  }
}

/** What a reader gives, and how PostgreSQL came by it. */
async function explained(client: pg.PoolClient, table: TablePlan, read: Read) {
  const asked: { readonly text: string; readonly values?: readonly unknown[] }[] = [];
  const listening = new Proxy(client, {
    get: (target, name) => {
      if (name !== 'query') return Reflect.get(target, name) as unknown;
      return (query: string | (typeof asked)[number]) => {
        if (typeof query !== 'string') asked.push(query);
        return target.query(query as string);
      };
    },
  });
  const count = await read(listening, table);
  const [{ text, values } = { text: '' }] = asked;
  const { rows } = await client.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${text.replace(/^COPY \((.*)\) TO STDOUT$/s, '$1')}`,
    // What COPY reads has no parameters, and names none.
    [...(values ?? [])],
  );
  return { count, nodes: allNodes(rows) };
}
