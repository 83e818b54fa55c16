/**
 * One batch, one HQ transaction (DESIGN 6.2 to 6.5): the gate, the rows in set-based statements, what HQ made of
 * them, COMMIT. A refused row is isolated by bisection and does not stop the others.
 */
import type pg from 'pg';
import { PayflowError } from '../../shared/errors.ts';
import type { Plan, TablePlan } from '../../shared/plan.ts';
import { decide } from '../sync/retry.ts';
import type { Batch, BatchReply, RowOutcome } from '../sync/ports.ts';
import { applyAll } from './apply-range.ts';
import { textArray } from './array-param.ts';
import { isAlreadyApplied, sqlStateOf } from './errors.ts';
import type { IdleTime } from './idle-time.ts';
import { literal } from './identifiers.ts';
import { readBack, touchedTables } from './read-back.ts';
import { drawnKeys, entriesOf, entriesTaken } from './batch-entries.ts';

/** A transaction that lost against another is tried again as a whole; its gate has rolled back with it. */
const MAX_CLASHES = 5;

export interface SendContext {
  readonly plan: Plan;
  readonly scopes: readonly string[];
  table(name: string): TablePlan;
}

/** What one try to send a batch carries from statement to statement. */
export interface Sending {
  readonly batch: Batch;
  /** Rows (`table\0key`) that HQ has stored otherwise than they were sent. */
  readonly altered: Set<string>;
  /**
   * Inserts look for their keys first. Next to none is there before, and PostgreSQL takes a tenth longer for rows that may
   * be: so only once a unique key has been in the way.
   */
  looksFirst: boolean;
}

/** Sends a batch. Throws UPLOAD_ALREADY_APPLIED when HQ has it: then its outcome is to be read. */
export async function sendBatch(
  client: pg.PoolClient,
  context: SendContext,
  batch: Batch,
  idle: IdleTime,
): Promise<BatchReply> {
  for (let clashes = 0; ; clashes += 1) {
    try {
      return await sendOnce(client, context, batch, idle);
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      if (isAlreadyApplied(error))
        throw new PayflowError('UPLOAD_ALREADY_APPLIED', { batch: batch.number }, { cause: error });
      const state = sqlStateOf(error);
      if (state?.startsWith('40') !== true || clashes >= MAX_CLASHES) throw error;
      await pause(decide(state).minMs * (clashes + 1) * (0.5 + Math.random()));
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

async function sendOnce(
  client: pg.PoolClient,
  context: SendContext,
  batch: Batch,
  idle: IdleTime,
): Promise<BatchReply> {
  const after = batch.after ?? batch.number - 1;
  const gate = `${literal(batch.terminal)}, ${String(batch.epoch)}, ${String(batch.number)}, ${String(after)}`;
  await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED; SELECT payflow_sync.gate(${gate})`);
  const sending: Sending = { batch, altered: new Set(), looksFirst: false };
  // The rows leave right behind it: what it fails of, they fail of too, and it says why.
  const noted = noteEntries(client, context, batch);
  const applying = applyAll(client, context, sending);
  applying.catch(() => undefined);
  idle.begin(client);
  await noted;
  const { outcomes, touched } = await applying;
  const { rows, gone, complete } = await readBack(
    client,
    context,
    sending,
    outcomes,
    touched ?? (await touchedTables(client, context)),
  );
  const all = [
    ...outcomes.filter((outcome) => !gone.has(outcome)),
    ...[...gone].map(([outcome, { elsewhere }]) => ({
      ...outcome,
      result: 'gone' as const,
      ...(elsewhere ? { elsewhere } : {}),
    })),
  ];
  idle.check();
  // Made before COMMIT is sent: behind a statement that fails at HQ it rolls back, behind one that never left it does not.
  const recorded = outcomeStatement(batch, all);
  const [{ rows: ids }] = await Promise.all([
    client.query<{ xid: string }>(recorded),
    client.query('COMMIT'),
  ]);
  const ownXid = complete ? (ids[0]?.xid ?? null) : null;
  return { number: batch.number, outcomes: all, rows, ownXid };
}

/** For a terminal that was restored from a copy, and for the capture triggers. */
function noteEntries(client: pg.PoolClient, context: SendContext, batch: Batch): Promise<unknown> {
  return client.query(
    `WITH entries AS (
       INSERT INTO payflow_sync.upload_entry (terminal, epoch, batch, entry_ids, drawn) VALUES ($1, $2, $3, $4, $6))
     SELECT set_config('payflow.origin', coalesce((SELECT t.code FROM payflow_sync.terminal t WHERE t.terminal = $1), $1), true),
            set_config('payflow.edits', $5, true)`,
    [
      batch.terminal,
      batch.epoch,
      batch.number,
      textArray(entriesOf(batch)),
      editTimes(batch),
      drawnKeys(context, batch),
    ],
  );
}

/** For a reply that is lost; answers with the transaction's id. */
function outcomeStatement(batch: Batch, outcomes: readonly RowOutcome[]): pg.QueryConfig {
  const taken = entriesTaken(batch, outcomes);
  return {
    text: `${taken === null ? '' : 'WITH taken AS (UPDATE payflow_sync.upload_entry SET entry_ids = $5 WHERE (terminal, epoch, batch) = ($1, $2, $3))'}
     INSERT INTO payflow_sync.upload_outcome (terminal, epoch, batch, outcome) VALUES ($1, $2, $3, $4)
     ON CONFLICT (terminal, epoch) DO UPDATE SET batch = excluded.batch, outcome = excluded.outcome
     RETURNING pg_current_xact_id()::text AS xid`,
    values: [
      batch.terminal,
      batch.epoch,
      batch.number,
      JSON.stringify(outcomes),
      ...(taken === null ? [] : [textArray(taken)]),
    ],
  };
}

/**
 * The terminal's edit times for the feed's `edited_at`, by table and key (DESIGN 7.4). Inserts need none: nobody
 * can have edited a row before HQ had it, and to read thousands of times costs the trigger more than the rows.
 */
function editTimes(batch: Batch): string {
  const times: Record<string, Record<string, string>> = {};
  for (const group of batch.groups) {
    if (group.op === 'insert') continue;
    const table = (times[group.table] ??= {});
    for (const [index, key] of group.keys.entries()) table[key] = group.at[index] ?? '';
  }
  return Object.keys(times).length === 0 ? '' : JSON.stringify(times);
}
