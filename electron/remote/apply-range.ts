/**
 * The rows of a batch inside its HQ transaction (DESIGN 6.4): as many as possible in one savepoint, and where HQ refuses
 * them, halves of them, until the guilty row stands alone.
 */
import type pg from 'pg';
import type { MissingParent } from '../../shared/rows.ts';
import { decide } from '../sync/retry.ts';
import type { RowOutcome } from '../sync/ports.ts';
import { applySlice, type GroupSlice } from './apply-group.ts';
import { sqlStateOf, toPayflowError, toRejection } from './errors.ts';
import { touchedTables, type Touched } from './read-back.ts';
import type { SendContext, Sending } from './send-batch.ts';

const UNIQUE_VIOLATION = '23505';
const IN_FAILED_TRANSACTION = '25P02';

/** Deferred inside a range, immediate at its end: a deferred constraint would fail at COMMIT with nobody to blame. */
const DEFERRED = 'SET CONSTRAINTS ALL DEFERRED';
const OPEN = `SAVEPOINT payflow_range; ${DEFERRED}`;
const CHECK = 'SET CONSTRAINTS ALL IMMEDIATE';

/** What has come of the rows so far. */
interface Results {
  /** Those that are not plainly accepted. */
  readonly outcomes: RowOutcome[];
  /** Those that HQ has refused, and those that wait for them. */
  readonly refused: Set<string>;
}

/**
 * Applies all groups; rows HQ refuses, and rows that need those, end as outcomes. `touched`: what the feed says of them;
 * null where that was asked too early, because not all went in one go.
 */
export async function applyAll(
  client: pg.PoolClient,
  context: SendContext,
  sending: Sending,
): Promise<{ readonly outcomes: readonly RowOutcome[]; readonly touched: Touched[] | null }> {
  const results: Results = { outcomes: [], refused: new Set() };
  const whole = sending.batch.groups.map((group): GroupSlice => ({
    group,
    rows: group.keys.map((_, index) => index),
  }));
  // Both have sent what they ask before they wait for the first time.
  const attempt = tryRange(client, context, sending, whole, results);
  const asked = touchedTables(client, context);
  asked.catch(() => undefined);
  const went = await attempt.catch(async (error: unknown) => {
    await isolate(client, context, sending, whole, error, results);
    return 'in steps';
  });
  return { outcomes: results.outcomes, touched: went === 'at once' ? await asked : null };
}

/** What HQ said of a range that failed nowhere; `alsoRefused`: the refused rows of before and of now. */
interface Applied {
  readonly found: readonly RowOutcome[];
  readonly alsoRefused: ReadonlySet<string>;
}

/**
 * The savepoint, the groups' statements and the check behind them leave together, and HQ goes on from one to the next
 * however far it is and while we are busy with the batches before and behind: sent one after the other, each would wait
 * for the line and for us. As safe as that inside a transaction, where PostgreSQL refuses what follows a failure. Null: HQ
 * has refused a row with a verdict, and what refers to it may not stand either; the range is as it was before, its
 * savepoint open.
 */
async function applyAtOnce(
  client: pg.PoolClient,
  context: SendContext,
  sending: Sending,
  slices: readonly GroupSlice[],
  refused: ReadonlySet<string>,
): Promise<Applied | null> {
  // Before anything is sent: what is thrown between two promises leaves the first to nobody.
  const sent = slices.map((slice) => ({ table: context.table(slice.group.table), slice }));
  const ask = async (sql: string): Promise<readonly RowOutcome[]> => {
    await client.query(sql);
    return [];
  };
  const answers = await Promise.allSettled([
    ask(OPEN),
    ...sent.map(({ table, slice }) => applySlice(client, table, sending, slice)),
    ask(CHECK),
  ]);
  const failures = answers.filter((answer) => answer.status === 'rejected');
  if (failures.length > 0) throw causeOf(failures.map(({ reason }): unknown => reason));
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const rejected = found.filter(({ result }) => result === 'rejected');
  if (rejected.length > 0 && slices.length > 1) {
    await client.query(`ROLLBACK TO SAVEPOINT payflow_range; ${DEFERRED}`);
    return null;
  }
  return { found, alsoRefused: new Set([...refused, ...rejected.map(nameOf)]) };
}

/** The failure that the others follow from: whatever PostgreSQL is asked after it, it answers that there was one. */
function causeOf(failures: readonly unknown[]): unknown {
  return failures.find((error) => sqlStateOf(error) !== IN_FAILED_TRANSACTION) ?? failures[0];
}

/** Group by group, each without the rows that refer to what was refused before it. */
async function applyOneByOne(
  client: pg.PoolClient,
  context: SendContext,
  sending: Sending,
  slices: readonly GroupSlice[],
  refused: ReadonlySet<string>,
): Promise<Applied> {
  const found: RowOutcome[] = [];
  const alsoRefused = new Set(refused);
  for (const slice of slices) {
    const table = context.table(slice.group.table);
    for (const free of withoutDependents(context, [slice], {
      outcomes: found,
      refused: alsoRefused,
    })) {
      const results = await applySlice(client, table, sending, free);
      found.push(...results);
      for (const outcome of results)
        if (outcome.result === 'rejected') alsoRefused.add(nameOf(outcome));
    }
  }
  return { found, alsoRefused };
}

/** A row as `refused` names it. */
const nameOf = ({ table, key }: Pick<RowOutcome, 'table' | 'key'>): string => `${table}\0${key}`;

/** Applies a range within a savepoint, which stays open. Throws what HQ refuses it for. */
async function tryRange(
  client: pg.PoolClient,
  context: SendContext,
  sending: Sending,
  slices: readonly GroupSlice[],
  { outcomes, refused }: Results,
): Promise<'at once' | 'in steps'> {
  const atOnce = await applyAtOnce(client, context, sending, slices, refused);
  const { found, alsoRefused } =
    atOnce ?? (await applyOneByOne(client, context, sending, slices, refused));
  if (atOnce === null) await client.query(CHECK);
  outcomes.push(...found);
  for (const row of alsoRefused) refused.add(row);
  return atOnce === null ? 'in steps' : 'at once';
}

/** Applies a part of a range that HQ has refused, without the rows that need refused ones. */
async function applyPart(
  client: pg.PoolClient,
  context: SendContext,
  sending: Sending,
  part: readonly GroupSlice[],
  results: Results,
): Promise<void> {
  const slices = withoutDependents(context, part, results);
  if (sizeOf(slices) === 0) return;
  try {
    await tryRange(client, context, sending, slices, results);
    await client.query('RELEASE SAVEPOINT payflow_range');
  } catch (error) {
    await isolate(client, context, sending, slices, error, results);
  }
}

const sizeOf = (slices: readonly GroupSlice[]): number =>
  slices.reduce((sum, slice) => sum + slice.rows.length, 0);

/** HQ has refused a range: halves of it are tried, until the guilty row stands alone. */
async function isolate(
  client: pg.PoolClient,
  context: SendContext,
  sending: Sending,
  slices: readonly GroupSlice[],
  error: unknown,
  results: Results,
): Promise<void> {
  const state = sqlStateOf(error);
  if (state === null || decide(state).action !== 'reject') throw toPayflowError(error);
  await client.query(
    `ROLLBACK TO SAVEPOINT payflow_range; RELEASE SAVEPOINT payflow_range; ${CHECK}`,
  );
  if (state === UNIQUE_VIOLATION && !sending.looksFirst) {
    sending.looksFirst = true;
    await applyPart(client, context, sending, slices, results);
    return;
  }
  const only = sizeOf(slices) === 1 ? slices.find((slice) => slice.rows.length === 1) : undefined;
  if (only !== undefined) {
    const key = only.group.keys[only.rows[0] ?? 0] ?? '';
    const { table, op } = only.group;
    results.refused.add(`${table}\0${key}`);
    const { code, params, sqlState } = toRejection(error);
    results.outcomes.push({ table, key, op, result: 'rejected', code, params, sqlState });
    return;
  }
  for (const half of halves(slices)) await applyPart(client, context, sending, half, results);
}

/** Splits a range in two by rows, keeping the order. */
function halves(slices: readonly GroupSlice[]): [GroupSlice[], GroupSlice[]] {
  let room = Math.floor(sizeOf(slices) / 2);
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
  { outcomes, refused }: Results,
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
