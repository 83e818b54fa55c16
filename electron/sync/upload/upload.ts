/**
 * Sends what the outbox holds, batch by batch, until a pass moves nothing more (DESIGN 6). Rows whose swap failed
 * come back with HQ's version, are rebased, and go with the next pass; rows that waited for a parent go once it is
 * at HQ; unique and foreign-key refusals are tried once more at the end.
 */
import { groupBy, tellProgress, type Run } from '../engine.ts';
import { saveStamps } from '../connect.ts';
import { releaseHeld } from '../download/held-rows.ts';
import { noteRemoved, waitsForYes } from '../gate.ts';
import type { Batch, BatchReply, PlainAnswer } from '../ports.ts';
import { readIfNamed, readNamed } from '../repair-outbox.ts';
import { sendOnce } from '../settle.ts';
import { acknowledge, acknowledgePlainly } from './acknowledge.ts';
import { buildBatch, buildBatchBehind, type Built, type Waiting } from './build-batch.ts';
import { dropGoneParents } from './gone-parents.ts';
import { rebaseFromHq } from './rebase-from-hq.ts';
import {
  CURABLE,
  firstPlace,
  readOutboxPage,
  refusalOf,
  type Intent,
  type OutboxPage,
  type PagePlace,
} from './read-outbox.ts';
import { settleUnnamed } from './unnamed.ts';

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
    if (triedAgain) return;
    const isFreed = await dropGoneParents(run);
    if (!retryRefused(run) && !isFreed) return;
    triedAgain = true;
  }
}

/** A page with the batch made of it, and the text under which that is kept. */
interface Prepared extends Built {
  readonly page: OutboxPage;
  readonly text: string;
}

/** A batch HQ took as it was sent, which payflow.db has still to be told. */
interface Answered {
  readonly batch: Batch;
  readonly answer: PlainAnswer;
}

/**
 * Walks the outbox once. While HQ works on a batch, the one before is acknowledged here and the next is prepared:
 * three stages of a pipeline, of which only one batch's outcome is ever unknown. Anything but a plain "taken as
 * sent" stops the pipeline until payflow.db has taken it in. Returns whether anything changed, so that another pass
 * may move more.
 */
async function onePass(run: Run, swaps: SwapFailures, end: number): Promise<boolean> {
  let moved = false;
  let ahead: Prepared | null = null;
  let answered: Answered | null = null;
  for (let place: PagePlace | null = firstPlace(run); place !== null;) {
    run.checkCancelled();
    const prepared: Prepared | 'rebased' = ahead ?? (await prepare(run, place, end, swaps));
    ahead = null;
    if (prepared === 'rebased') return true;
    const { batch } = prepared;
    const page: OutboxPage = prepared.page;
    const before: Answered | null = answered;
    answered = null;
    run.at('upload:prepared');
    save(run, prepared, before);
    place = page.next;
    if (batch === null) {
      if (before !== null) acknowledgePlainly(run, before.batch, before.answer);
      continue;
    }
    moved = true;
    const waited: Idle = new Idle(run, before, () => prepareBehind(run, page.next, end, batch));
    const reply = await sendOnce(run, batch, () => waited.work());
    await waited.work();
    const isPlain = reply.outcomes.length === 0 && reply.rows.length === 0;
    if (isPlain && waited.ahead !== null) {
      answered = { batch, answer: { ownXid: reply.ownXid } };
      ahead = waited.ahead;
    } else await acknowledge(run, batch, swaps.limit(batch, reply));
    tellProgress(
      run,
      'upload',
      batch.groups.map((group) => group.table),
    );
  }
  if (moved) await releaseHeld(run);
  return moved;
}

/** What is done while HQ works on a batch, once: the acknowledgement of the one before, the next one's preparation. */
class Idle {
  readonly #run: Run;
  readonly #prepare: () => Promise<Prepared | null>;
  readonly #before: Answered | null;
  #working: Promise<void> | null = null;
  ahead: Prepared | null = null;

  constructor(run: Run, before: Answered | null, prepareNext: () => Promise<Prepared | null>) {
    this.#run = run;
    this.#before = before;
    this.#prepare = prepareNext;
  }

  work(): Promise<void> {
    this.#working ??= this.#work();
    return this.#working;
  }

  async #work(): Promise<void> {
    if (this.#before !== null) {
      acknowledgePlainly(this.#run, this.#before.batch, this.#before.answer);
      await turn();
    }
    this.ahead = await this.#prepare();
  }
}

/** Between two parts of the work: what HQ has answered is heard, and answered in turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Reads a page and makes its batch; `rebased`: rows had to take HQ's version first, so the pass begins anew. */
async function prepare(
  run: Run,
  place: PagePlace,
  end: number,
  swaps: SwapFailures,
): Promise<Prepared | 'rebased'> {
  const page = readNamed(run, () => readOutboxPage(run, place, end));
  const reread = rereads(page).filter((intent) => swaps.isFirstReading(intent));
  if (reread.length > 0) {
    await rebaseFromHq(run, reread);
    return 'rebased';
  }
  const number = Number(run.local.meta('last_batch') ?? '0') + 1;
  return preparedOf(run, page, await buildBatch(run, number, page));
}

function preparedOf(run: Run, page: OutboxPage, built: Built): Prepared {
  return { page, ...built, text: built.batch === null ? '' : run.local.batchText(built.batch) };
}

/** The next page while a batch is at HQ; null where it has to wait for that batch or for an answer of HQ's. */
async function prepareBehind(
  run: Run,
  place: PagePlace | null,
  end: number,
  inFlight: Batch,
): Promise<Prepared | null> {
  if (place === null) return null;
  const page = readIfNamed(run, () => readOutboxPage(run, place, end))?.value;
  if (page === undefined || rereads(page).length > 0) return null;
  await turn();
  const built = buildBatchBehind(run, run.local.underNewNames(inFlight), page);
  return built?.batch == null ? null : preparedOf(run, page, built);
}

function rereads(page: OutboxPage) {
  return page.intents.filter((intent) => intent.kind === 'reread');
}

/** Commits what is about to be sent, and that the batch before it was taken (DESIGN 6.1). */
function save(run: Run, { page, batch, waiting, text }: Prepared, before: Answered | null): void {
  const unlisted = waiting.length === 0 ? [] : run.local.read(() => withoutListed(run, waiting));
  // An idle cycle commits nothing (DESIGN 5.6): an empty transaction would still take the POS's lock and two flushes. Rows
  // that wait or are refused as before are nothing new.
  const isNew = page.intents.some(isSettledHere) || page.unnamed.length > 0 || unlisted.length > 0;
  if (!isNew && batch === null && before === null) return;
  run.local.write(() => {
    settleLocally(run, page.intents, unlisted);
    settleUnnamed(run, page.unnamed);
    passGate(run, page.intents);
    if (before !== null) run.local.answerBatch(before.batch.number, before.answer);
    if (batch === null) return;
    run.local.saveBatch(batch, text);
    saveStamps(run);
    run.local.setMeta('last_batch', String(batch.number));
  });
  if (batch !== null) run.at('upload:batch-saved');
}

/** Counts the deletes that go, and keeps back those that wait for a manager's yes (DESIGN 5.3). */
function passGate(run: Run, intents: readonly Intent[]): void {
  for (const [table, group] of groupBy(intents, (intent) => intent.table)) {
    const going = group.filter((intent) => intent.kind === 'delete' && intent.allowed !== true);
    noteRemoved(run, table, 'upload', going.length);
    const stopped = group.filter((intent) => intent.kind === 'confirm');
    const [first] = stopped;
    if (first === undefined) continue;
    const { size, removed } = first;
    run.local.ask({ table: table.name, direction: 'upload', size, removed });
    const missing = waitsForYes(table);
    for (const { localId: id } of stopped)
      run.local.hold(
        { table: table.name, id, direction: 'upload', op: 'delete', missing, payload: null },
        'asked',
      );
    run.counters.stopAtGate('upload', table.name, stopped.length);
  }
}

const isSettledHere = ({ kind }: Intent): boolean =>
  kind === 'nothing' || kind === 'reject' || kind === 'confirm';

/** Those that are not listed yet as waiting for just these parents. */
function withoutListed(run: Run, waiting: readonly Waiting[]): readonly Waiting[] {
  const held = new Map(
    run.local
      .held()
      .map((row) => [`${row.direction}\0${row.table}\0${row.id}`, JSON.stringify(row.missing)]),
  );
  return waiting.filter(
    ({ intent, missing }) =>
      held.get(`upload\0${intent.table.name}\0${intent.localId}`) !== JSON.stringify(missing),
  );
}

/** What needs no HQ: net changes of nothing, rows that may not go, rows that wait from now on. */
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
  for (const { intent, missing } of waiting) {
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
