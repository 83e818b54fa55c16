/**
 * One batch, one HQ transaction (DESIGN 6.2 to 6.5): the gate, the rows in set-based statements, what HQ made of
 * them, COMMIT. A refused row is isolated by bisection and does not stop the others.
 */
import type pg from 'pg';
import { PayflowError } from '../../shared/errors.ts';
import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { MissingParent } from '../../shared/rows.ts';
import { decide } from '../sync/retry.ts';
import type { Batch, BatchReply, RowOutcome } from '../sync/ports.ts';
import { textArray } from './array-param.ts';
import { applySlice, type GroupSlice } from './apply-group.ts';
import { isAlreadyApplied, sqlStateOf, toPayflowError, toRejection } from './errors.ts';
import type { IdleTime } from './idle-time.ts';
import { literal } from './identifiers.ts';
import { readBack } from './read-back.ts';
import { drawnKeys, entriesOf, entriesTaken } from './batch-entries.ts';

const UNIQUE_VIOLATION = '23505';

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
  /** Work for the time in which HQ works. */
  readonly idle: IdleTime;
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
  await client.query(
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
  const sending: Sending = { batch, altered: new Set(), looksFirst: false, idle };
  const outcomes = await applyAll(client, context, sending);
  const { rows, gone, complete } = await readBack(client, context, sending, outcomes);
  const all = [
    ...outcomes.filter((outcome) => !gone.has(outcome)),
    ...[...gone].map((outcome) => ({ ...outcome, result: 'gone' as const })),
  ];
  const taken = entriesTaken(batch, all);
  const { rows: ids } = await client.query<{ xid: string }>(
    `${taken === null ? '' : 'WITH taken AS (UPDATE payflow_sync.upload_entry SET entry_ids = $5 WHERE (terminal, epoch, batch) = ($1, $2, $3))'}
     INSERT INTO payflow_sync.upload_outcome (terminal, epoch, batch, outcome) VALUES ($1, $2, $3, $4)
     ON CONFLICT (terminal, epoch) DO UPDATE SET batch = excluded.batch, outcome = excluded.outcome
     RETURNING pg_current_xact_id()::text AS xid`,
    [
      batch.terminal,
      batch.epoch,
      batch.number,
      JSON.stringify(all),
      ...(taken === null ? [] : [textArray(taken)]),
    ],
  );
  await client.query('COMMIT');
  return {
    number: batch.number,
    outcomes: all,
    rows,
    ownXid: complete ? (ids[0]?.xid ?? null) : null,
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

/** Applies all groups; rows HQ refuses, and rows that need those, end as outcomes. */
async function applyAll(
  client: pg.PoolClient,
  context: SendContext,
  sending: Sending,
): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = [];
  const refused = new Set<string>();
  const whole = sending.batch.groups.map((group): GroupSlice => ({
    group,
    rows: group.keys.map((_, index) => index),
  }));
  await applyRange(client, context, sending, whole, outcomes, refused);
  return outcomes;
}

/** Tries a range in one savepoint; where HQ refuses it, halves it until the guilty row stands alone. */
async function applyRange(
  client: pg.PoolClient,
  context: SendContext,
  sending: Sending,
  range: readonly GroupSlice[],
  outcomes: RowOutcome[],
  refused: Set<string>,
): Promise<void> {
  const slices = withoutDependents(context, range, outcomes, refused);
  const count = slices.reduce((sum, slice) => sum + slice.rows.length, 0);
  if (count === 0) return;
  // Deferred inside, immediate at the end: a deferred constraint would fail at COMMIT with nobody to blame.
  await client.query('SAVEPOINT payflow_range; SET CONSTRAINTS ALL DEFERRED');
  try {
    const found: RowOutcome[] = [];
    const alsoRefused = new Set(refused);
    for (const slice of slices) {
      const table = context.table(slice.group.table);
      for (const free of withoutDependents(context, [slice], found, alsoRefused)) {
        const results = await applySlice(client, table, sending, free);
        found.push(...results);
        for (const { key, result } of results)
          if (result === 'rejected') alsoRefused.add(`${table.name}\0${key}`);
      }
    }
    await client.query('SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT payflow_range');
    outcomes.push(...found);
    for (const row of alsoRefused) refused.add(row);
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === null || decide(state).action !== 'reject') throw toPayflowError(error);
    await client.query(
      'ROLLBACK TO SAVEPOINT payflow_range; RELEASE SAVEPOINT payflow_range; SET CONSTRAINTS ALL IMMEDIATE',
    );
    if (state === UNIQUE_VIOLATION && !sending.looksFirst) {
      sending.looksFirst = true;
      await applyRange(client, context, sending, slices, outcomes, refused);
      return;
    }
    const only = count === 1 ? slices.find((slice) => slice.rows.length === 1) : undefined;
    if (only !== undefined) {
      const key = only.group.keys[only.rows[0] ?? 0] ?? '';
      const { table, op } = only.group;
      refused.add(`${table}\0${key}`);
      const { code, params, sqlState } = toRejection(error);
      outcomes.push({ table, key, op, result: 'rejected', code, params, sqlState });
      return;
    }
    const [first, second] = halves(slices, count);
    await applyRange(client, context, sending, first, outcomes, refused);
    await applyRange(client, context, sending, second, outcomes, refused);
  }
}

/** Splits a range in two by rows, keeping the order. */
function halves(slices: readonly GroupSlice[], count: number): [GroupSlice[], GroupSlice[]] {
  let room = Math.floor(count / 2);
  const first: GroupSlice[] = [];
  const second: GroupSlice[] = [];
  for (const { group, rows } of slices) {
    const taken = Math.min(room, rows.length);
    if (taken > 0) first.push({ group, rows: rows.slice(0, taken) });
    if (taken < rows.length) second.push({ group, rows: rows.slice(taken) });
    room -= taken;
  }
  return [first, second];
}

/**
 * Takes out rows that refer to a refused row: they wait for it, they are not at fault themselves. What was to be set on
 * a row after its insert goes with that insert.
 */
function withoutDependents(
  context: SendContext,
  range: readonly GroupSlice[],
  outcomes: RowOutcome[],
  refused: Set<string>,
): GroupSlice[] {
  if (refused.size === 0) return [...range];
  return range.map(({ group, rows }) => {
    const table = context.table(group.table);
    const references = group.columns.flatMap((column, place) => {
      const reference = table.columns[column]?.reference;
      return reference != null && 'table' in reference && reference.hard
        ? [{ column, place, refTable: reference.table }]
        : [];
    });
    return {
      group,
      rows: rows.filter((row) => {
        const key = group.keys[row] ?? '';
        if (refused.has(`${group.table}\0${key}`)) return false;
        const missing = references.flatMap(({ column, place, refTable }): MissingParent[] => {
          const refId = group.values[place]?.[row];
          if (refId == null || !refused.has(`${refTable}\0${refId}`)) return [];
          return [{ field: table.columns[column]?.local ?? '', refTable, refId, why: 'rejected' }];
        });
        if (missing.length === 0) return true;
        refused.add(`${group.table}\0${key}`);
        outcomes.push({ table: group.table, key, op: group.op, result: 'held', missing });
        return false;
      }),
    };
  });
}
