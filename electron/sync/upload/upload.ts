/**
 * Sends what the outbox holds, batch by batch, until a pass moves nothing more (DESIGN 6). Rows whose swap failed
 * come back with HQ's version, are rebased, and go with the next pass; rows that waited for a parent go once it is
 * at HQ; unique and foreign-key refusals are tried once more at the end.
 */
import type { TablePlan } from '../../../shared/plan.ts';
import { groupBy, type Run } from '../engine.ts';
import { releaseHeld, tryAgain } from '../download/held-rows.ts';
import type { Batch, BatchReply } from '../ports.ts';
import { sendOnce } from '../settle.ts';
import { acknowledge, refusalOf } from './acknowledge.ts';
import { buildBatch, type Waiting } from './build-batch.ts';
import { readOutboxPage, type Intent, type OutboxPage } from './read-outbox.ts';

/** A row whose swap fails this often while HQ's row stands still is an error shown, not a loop (DESIGN 7.1). */
const MAX_SWAP_FAILURES = 2;

export async function upload(run: Run): Promise<void> {
  const swaps = new SwapFailures();
  // What the POS writes from here on goes with the next cycle: a till that never rests must not keep this one from
  // ending, and HQ's changes from arriving.
  const end = run.local.lastSeq();
  let triedAgain = false;
  for (;;) {
    const moved = await onePass(run, swaps, end);
    if (moved) continue;
    if (triedAgain || !retryRefused(run)) return;
    triedAgain = true;
  }
}

/** Walks the outbox once. Returns whether anything changed, so that another pass may move more. */
async function onePass(run: Run, swaps: SwapFailures, end: number): Promise<boolean> {
  let moved = false;
  let ahead: OutboxPage | null = null;
  for (let after: number | null = 0; after !== null;) {
    run.checkCancelled();
    const from: number = after;
    const page: OutboxPage = ahead ?? run.local.read(() => readOutboxPage(run, from, end));
    const { next } = page;
    let read: OutboxPage | null = null;
    const sent = await sendPage(run, page, swaps, () => {
      if (next !== null) read = run.local.read(() => readOutboxPage(run, next, end));
    });
    if (sent !== 'nothing') moved = true;
    // A page read while HQ worked stands only if HQ took everything as it was sent.
    ahead = sent === 'plainly' ? read : null;
    after = next;
    run.onProgress({
      phase: 'upload',
      table: null,
      done: run.counters.total('upload').applied,
      total: end,
    });
  }
  if (moved) await releaseHeld(run);
  return moved;
}

/** nothing: no row was sent; plainly: HQ took all of them and changed none. */
type Sent = 'nothing' | 'plainly' | 'with-outcomes';

async function sendPage(
  run: Run,
  page: OutboxPage,
  swaps: SwapFailures,
  meanwhile: () => void,
): Promise<Sent> {
  const reread = page.intents
    .filter((intent) => intent.kind === 'reread')
    .filter((intent) => swaps.isFirstReading(intent));
  if (reread.length > 0) {
    await rebaseFromHq(run, reread);
    return 'with-outcomes';
  }
  const number = Number(run.local.meta('last_batch') ?? '0') + 1;
  const { batch, waiting } = await buildBatch(run, number, page.intents, page.upto);
  run.local.write(() => {
    settleLocally(run, page.intents, waiting);
    if (batch !== null) {
      run.local.saveBatch(batch);
      run.local.setMeta('last_batch', String(number));
    }
  });
  if (batch === null) return 'nothing';
  run.at('upload:batch-saved');
  const reply = await sendOnce(run, batch, meanwhile);
  await acknowledge(run, batch, swaps.limit(batch, reply));
  return reply.outcomes.length === 0 && reply.rows.length === 0 ? 'plainly' : 'with-outcomes';
}

/** What needs no HQ: net changes of nothing, rows that may not go, rows that wait. Writes only what is new. */
function settleLocally(run: Run, intents: readonly Intent[], waiting: readonly Waiting[]): void {
  for (const [table, group] of groupBy(
    intents.filter((intent) => intent.kind === 'nothing'),
    (intent) => intent.table,
  )) {
    run.local.dropEntries(
      table,
      group.map((intent) => ({ localId: intent.localId, upto: intent.change.last })),
    );
  }
  for (const intent of intents) {
    if (intent.kind !== 'reject') continue;
    run.local.reject({
      table: intent.table.name,
      id: intent.localId,
      direction: 'upload',
      code: intent.code,
      params: intent.params,
      payload: null,
      seq: intent.change.last,
    });
    run.local.setStatus(intent.table, [intent.localId], 'error');
    run.counters.list('upload', intent.table.name, 'rejected', intent.localId);
  }
  const held = new Map(
    run.local
      .held()
      .map((row) => [`${row.direction}\0${row.table}\0${row.id}`, JSON.stringify(row.missing)]),
  );
  for (const { intent, missing } of waiting) {
    if (held.get(`upload\0${intent.table.name}\0${intent.localId}`) === JSON.stringify(missing))
      continue;
    run.local.hold({
      table: intent.table.name,
      id: intent.localId,
      direction: 'upload',
      op: 'upsert',
      missing,
      payload: null,
    });
    run.local.setStatus(intent.table, [intent.localId], 'held');
    run.counters.list('upload', intent.table.name, 'held', intent.localId);
  }
}

/** Rows without a known base take HQ's current row as the base first (DESIGN 4.4). */
async function rebaseFromHq(
  run: Run,
  intents: readonly Extract<Intent, { kind: 'reread' }>[],
): Promise<void> {
  for (const [table, group] of groupBy(intents, (intent) => intent.table)) {
    const keys = group.map((intent) => intent.key);
    const found = new Set((await run.remote.readRows(table, keys)).map((row) => row.key));
    await tryAgain(
      run,
      keys.filter((key) => found.has(key)).map((id) => ({ table: table.name, id, op: 'upsert' })),
      { force: true },
    );
    const gone = group.filter((intent) => !found.has(intent.key));
    if (gone.length > 0) run.local.write(() => rejectGone(run, table, gone));
  }
}

function rejectGone(
  run: Run,
  table: TablePlan,
  intents: readonly Extract<Intent, { kind: 'reread' }>[],
): void {
  for (const intent of intents) {
    run.local.reject({
      table: table.name,
      id: intent.localId,
      direction: 'upload',
      code: 'DELETED_AT_HQ',
      params: { table: table.name, id: intent.localId },
      payload: null,
      seq: intent.change.last,
    });
    run.counters.list('upload', table.name, 'rejected', intent.localId);
  }
  run.local.setStatus(
    table,
    intents.map((intent) => intent.localId),
    'error',
  );
}

/** Refusals that something else in the same cycle may have cured: a unique or a foreign key (DESIGN 6.4). */
const CURABLE = new Set(['ROW_DUPLICATE', 'ROW_PARENT_MISSING']);

function retryRefused(run: Run): boolean {
  const curable = run.local
    .rejected('upload')
    .filter(
      (row) =>
        CURABLE.has(row.code) && row.seq !== null && row.seq >= 0 && run.index.has(row.table),
    );
  // One that was refused in an earlier run stays refused until a person edits it or asks for it.
  const fresh = curable.filter(
    (row) => run.refused.has(refusalOf(row)) && !run.triedAgain.has(refusalOf(row)),
  );
  if (fresh.length === 0) return false;
  run.local.write(() => {
    for (const row of fresh) {
      run.triedAgain.add(refusalOf(row));
      run.local.reject({ ...row, seq: -1 });
    }
  });
  return true;
}

/** Counts failed swaps per row and turns the second one against an unchanged HQ row into a rejection. */
class SwapFailures {
  readonly #failures = new Map<string, { hash: string; count: number }>();
  readonly #reread = new Set<string>();

  /** A row that could not be rebased when it was read (it waits, or is refused) is not read again and again. */
  isFirstReading({ table, localId, change }: Intent): boolean {
    const reading = JSON.stringify([table.name, localId, change.last]);
    if (this.#reread.has(reading)) return false;
    this.#reread.add(reading);
    return true;
  }

  limit(batch: Batch, reply: BatchReply): BatchReply {
    const hashes = new Map(
      reply.rows.map((entry) => [`${entry.table}\0${entry.row.key}`, entry.row.hash]),
    );
    const outcomes = reply.outcomes.map((outcome) => {
      if (outcome.result !== 'changed') return outcome;
      const row = `${outcome.table}\0${outcome.key}`;
      const hash = hashes.get(row) ?? '';
      const before = this.#failures.get(row);
      const count = before?.hash === hash ? before.count + 1 : 1;
      this.#failures.set(row, { hash, count });
      return count < MAX_SWAP_FAILURES
        ? outcome
        : {
            ...outcome,
            result: 'rejected' as const,
            code: 'SWAP_FAILED',
            params: { batch: batch.number },
          };
    });
    return { ...reply, outcomes };
  }
}
