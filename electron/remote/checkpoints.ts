import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { Checkpoint } from '../sync/ports.ts';
import { textArray } from './array-param.ts';
import { id, literal, qualified } from './identifiers.ts';
import type { Queryable } from './queryable.ts';

/** Settings that begin so are PayFlow's own bookkeeping: no terminal gets them, and the feed does not hear of them. */
const OWN = 'sync.';
const VALUE = 'setting_value';

/** The table of HQ's settings: the one that keeps `sync.` out of what travels. */
function settingsOf(plan: Plan): { table: TablePlan; key: string } | null {
  const table = plan.tables.find(({ exclude }) => exclude?.prefix === OWN);
  const key = table?.exclude?.column;
  if (table === undefined || key === undefined) return null;
  const isUnique = table.uniques.some(({ columns }) => columns.length === 1 && columns[0] === key);
  return isUnique && table.columns.some(({ hq }) => hq === VALUE) ? { table, key } : null;
}

/**
 * `sync.checkpoint.<terminal>.<table>` in HQ's settings (DESIGN 10): for people, the cursor that counts is in payflow.db. An
 * HQ without such a table is none the worse.
 */
export async function saveCheckpoints(
  db: Queryable,
  plan: Plan,
  terminal: string,
  checkpoints: readonly Checkpoint[],
): Promise<void> {
  const settings = settingsOf(plan);
  if (settings === null || checkpoints.length === 0) return;
  const { table, key } = settings;
  const stamped = table.columns.some(({ hq }) => hq === 'updated_at');
  const isDrawn = table.keySequence !== null;
  const own = isDrawn ? '' : `${id(table.key[0] ?? '')}, `;
  await db.query(
    `INSERT INTO ${qualified(table)} (${own}${id(key)}, ${id(VALUE)}${stamped ? ', updated_at' : ''})
     SELECT ${isDrawn ? '' : `gen_random_uuid()::${table.keyCastType}, `}${literal(`${OWN}checkpoint.`)} || $1 || '.' || c.name, c.value
            ${stamped ? `, clock_timestamp() AT TIME ZONE 'UTC'` : ''}
       FROM unnest($2::text[], $3::text[]) c(name, value)
     ON CONFLICT (${id(key)}) DO UPDATE SET ${id(VALUE)} = excluded.${id(VALUE)}
            ${stamped ? ', updated_at = excluded.updated_at' : ''}`,
    [
      terminal,
      textArray(checkpoints.map((checkpoint) => checkpoint.table)),
      textArray(checkpoints.map(({ xid, seq, at }) => JSON.stringify({ xid, seq, at }))),
    ],
  );
}
