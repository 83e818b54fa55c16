import type { TablePlan } from '../../shared/plan.ts';
import { assignSql, wireText } from '../sync/codec.ts';
import type { Liveness } from '../sync/ports.ts';
import { id, qualified } from './identifiers.ts';
import type { Queryable } from './queryable.ts';
import { keyEquals } from './row-sql.ts';

/**
 * What a terminal says of itself, in its own row of HQ's. Only quiet columns: the feed does not hear of it (DESIGN 3.1). It
 * waits for nobody who holds the row: false, it is said another time.
 */
export async function saveLiveness(
  db: Queryable,
  table: TablePlan,
  key: string,
  values: readonly Liveness[],
): Promise<boolean> {
  const set = values.map(
    ({ column }, index) => `${id(column.hq)} = ${assignSql(column, `$${String(index + 2)}`)}`,
  );
  const { rows } = await db.query(
    `WITH free AS MATERIALIZED (
       SELECT 1 FROM ${qualified(table)} t WHERE ${keyEquals(table, 't', '$1')} FOR NO KEY UPDATE SKIP LOCKED)
     UPDATE ${qualified(table)} AS t SET ${set.join(', ')}
      WHERE ${keyEquals(table, 't', '$1')} AND EXISTS (SELECT FROM free) RETURNING 1`,
    [key, ...values.map(({ column, value }) => wireText(column, value))],
  );
  return rows.length > 0;
}
