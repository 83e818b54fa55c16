import type { TablePlan } from '../../shared/plan.ts';
import { assignSql, wireText } from '../sync/codec.ts';
import type { Liveness } from '../sync/ports.ts';
import { id, qualified } from './identifiers.ts';
import type { Queryable } from './queryable.ts';
import { keyEquals } from './row-sql.ts';

/** What a terminal says of itself, in its own row of HQ's. Only quiet columns: the feed does not hear of it (DESIGN 3.1). */
export async function saveLiveness(
  db: Queryable,
  table: TablePlan,
  key: string,
  values: readonly Liveness[],
): Promise<void> {
  if (values.length === 0) return;
  const set = values.map(
    ({ column }, index) => `${id(column.hq)} = ${assignSql(column, `$${String(index + 2)}`)}`,
  );
  await db.query(
    `UPDATE ${qualified(table)} AS t SET ${set.join(', ')} WHERE ${keyEquals(table, 't', '$1')}`,
    [key, ...values.map(({ column, value }) => wireText(column, value))],
  );
}
