import type { Plan } from '../../shared/plan.ts';
import type { HqRunRecord } from '../sync/ports.ts';
import { sqlStateOf } from './errors.ts';
import { id } from './identifiers.ts';
import type { Queryable } from './queryable.ts';

const LOG_TABLE = 'sync_logs';

const UNDEFINED_TABLE = '42P01';

/**
 * One row in HQ's `sync_logs` per run that moved something, as PayFlow has always written it. An HQ without that
 * table has nowhere to show it and is none the worse.
 */
export class RunLog {
  /** Found there before: it is not asked for with every run. */
  #isThere = false;

  async record(db: Queryable, plan: Plan, run: HqRunRecord): Promise<void> {
    const relation = `${id(plan.tables[0]?.schema ?? 'public')}.${id(LOG_TABLE)}`;
    this.#isThere ||= await isThere(db, relation);
    if (!this.#isThere) return;
    try {
      await insert(db, relation, run);
    } catch (error) {
      if (sqlStateOf(error) !== UNDEFINED_TABLE || (await isThere(db, relation))) throw error;
      this.#isThere = false;
    }
  }
}

async function isThere(db: Queryable, relation: string): Promise<boolean> {
  const { rows } = await db.query('SELECT to_regclass($1)::text AS there', [relation]);
  return (rows[0] as { there: string | null } | undefined)?.there != null;
}

async function insert(db: Queryable, relation: string, run: HqRunRecord): Promise<void> {
  await db.query(
    `INSERT INTO ${relation} (id, terminal_id, store_id, sync_type, sync_direction, records_synced, sync_start_time,
       sync_end_time, status, error_message, sync_duration)
     VALUES ($1, $2, $3, 'incremental', $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
    [
      run.id,
      run.terminal,
      run.store,
      run.direction,
      run.records,
      run.startedAt.replace('Z', ''),
      run.endedAt.replace('Z', ''),
      run.status,
      run.error,
      Date.parse(run.endedAt) - Date.parse(run.startedAt),
    ],
  );
}
