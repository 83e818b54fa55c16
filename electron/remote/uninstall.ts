import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import type { Relation } from './capture-sql.ts';
import { id, qualified } from './identifiers.ts';
import { aloneAtHq } from './install-lock.ts';
import { lockTables, type TableLock } from './lock-tables.ts';
import { isInstalled } from './migrations.ts';
import type { Queryable } from './queryable.ts';
import { triggersSql, type CapturedTable } from './verify-capture.ts';

const triggerRow = z.object({
  schema: z.string(),
  relation: z.string(),
  name: z.string(),
  function: z.string(),
  own: z.boolean(),
});
export type OwnTrigger = z.infer<typeof triggerRow>;

const defaultPatienceMs = 30_000;

/**
 * Removes everything that `installCapture` made: triggers, functions, schema payflow_sync. PayFlow's own tables and
 * their rows stay as they are. One connection, one transaction.
 */
export async function uninstallCapture(
  client: Queryable,
  options: { readonly patienceMs?: number } = {},
): Promise<{ readonly tables: readonly string[] }> {
  const { patienceMs = defaultPatienceMs } = options;
  return aloneAtHq(client, patienceMs, async () => {
    await client.query('BEGIN');
    try {
      if (!(await isInstalled(client))) throw new PayflowError('HQ_NOT_INSTALLED');
      const triggers = await ownTriggers(client);
      await lockTables(client, locksFor(triggers), patienceMs);
      await dropTriggers(client, triggers);
      await client.query('DROP SCHEMA payflow_sync CASCADE');
      await client.query('COMMIT');
      return { tables: [...new Set(triggers.map(({ relation }) => relation))].toSorted() };
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

/** The triggers of these captured tables, wherever they stand now; the tables may be gone already. */
export async function triggersOf(
  db: Queryable,
  tables: readonly CapturedTable[],
): Promise<OwnTrigger[]> {
  const functions = new Set(tables.flatMap(({ bodies }) => Object.keys(bodies)));
  return (await ownTriggers(db)).filter((trigger) => functions.has(trigger.function));
}

/** Inside the caller's transaction, which has taken `locksFor(triggers)`: the capture of these tables goes. */
export async function dropCapture(
  db: Queryable,
  tables: readonly CapturedTable[],
  triggers: readonly OwnTrigger[],
): Promise<void> {
  await dropTriggers(db, triggers);
  for (const name of tables.flatMap(({ bodies }) => Object.keys(bodies))) {
    await db.query(`DROP FUNCTION IF EXISTS payflow_sync.${id(name)}()`);
  }
  await db.query('DELETE FROM payflow_sync.captured WHERE tbl = ANY ($1)', [
    tables.map(({ table }) => table),
  ]);
}

/** What has to be held before these triggers are dropped. */
export function locksFor(triggers: readonly OwnTrigger[]): TableLock[] {
  return triggers.map((trigger) => ({ relation: relationOf(trigger), mode: 'ACCESS EXCLUSIVE' }));
}

async function ownTriggers(db: Queryable): Promise<OwnTrigger[]> {
  const triggers = z.array(triggerRow).parse((await db.query(triggersSql)).rows);
  return triggers.filter(({ own }) => own);
}

const relationOf = ({ schema, relation }: OwnTrigger): Relation => ({ schema, name: relation });

async function dropTriggers(db: Queryable, triggers: readonly OwnTrigger[]): Promise<void> {
  for (const trigger of triggers) {
    await db.query(`DROP TRIGGER ${id(trigger.name)} ON ${qualified(relationOf(trigger))}`);
  }
}
