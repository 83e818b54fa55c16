import { PayflowError } from '../../shared/errors.ts';
import type { Run } from './engine.ts';
import type { Batch, BatchReply, Hello } from './ports.ts';
import { acknowledge, acknowledgePlainly } from './upload/acknowledge.ts';
import { followNames } from './repair-outbox.ts';
import { passSequences, present, requeueRefused } from './upload/send-again.ts';

/**
 * First stage of a cycle: what an earlier one left open, in order. A batch whose outcome is unknown is sent again,
 * exactly as it was (DESIGN 6.1); one that HQ had answered is acknowledged; one that a restored HQ has lost is sent once
 * more (DESIGN 8.2).
 */
export async function settle(run: Run, hello: Hello): Promise<void> {
  for (;;) {
    run.checkCancelled();
    const open = run.local.read(() => run.local.openBatch());
    if (open === null) return;
    const { batch, answer, counted } = open;
    run.log.info('settling a batch', { number: batch.number, answered: answer !== null });
    if (answer !== null) {
      await dropCounted(run, counted);
      acknowledgePlainly(run, batch, answer);
      continue;
    }
    const known = isKnownTaken(run, hello, batch);
    const again = !known && batch.after !== undefined;
    const sent = again ? await readyAgain(run, batch) : batch;
    const reply = known ? await run.remote.outcomeOf(batch) : await sendOnce(run, sent);
    if (again) requeue(run, sent, reply);
    await dropCounted(run, counted);
    await acknowledge(run, sent, reply);
  }
}

/**
 * Increments that a batch was saved with, of tables that are not synced any more: those that HQ counted are not to count
 * again when the table comes back. Asked once no try of the batch is alive, and before the batch is closed.
 */
async function dropCounted(run: Run, entries: readonly string[]): Promise<void> {
  if (entries.length === 0) return;
  const taken = [...(await run.remote.appliedEntries(run.self.key, entries)).keys()];
  run.local.write(() => {
    run.local.dropTaken(taken);
  });
}

/**
 * An HQ that takes no writes cannot be asked through its gate, and its changes would wait as long as that lasts. That it
 * has the batch is final whoever says it; that it has not is never taken from a plain SELECT (DESIGN 6.2).
 */
function isKnownTaken({ readOnly, self }: Run, { binding }: Hello, { number }: Batch): boolean {
  return readOnly && binding?.epoch === self.epoch && binding.lastBatch === number;
}

/** HQ had taken this batch and was restored: it is made ready to go once more. */
async function readyAgain(run: Run, saved: Batch): Promise<Batch> {
  const batch = run.local.write(() => {
    followNames(run);
    const named = present(run, run.local.underNewNames(saved));
    run.local.saveNames(named);
    return named;
  });
  await passSequences(run, batch);
  return batch;
}

/** What HQ does not take this time waits for upload like any other change. */
function requeue(run: Run, batch: Batch, reply: BatchReply): void {
  run.local.write(() => {
    followNames(run);
    requeueRefused(run, run.local.underNewNames(batch), reply);
  });
}

/**
 * Sends a batch; when HQ's gate says that it was applied before, the recorded outcome is the answer. The gate
 * waits for a first try that is still alive, so that there is no moment at which both could count (DESIGN 6.2).
 */
export async function sendOnce(
  run: Run,
  batch: Batch,
  meanwhile?: () => Promise<void>,
): Promise<BatchReply> {
  run.at('upload:before-send');
  try {
    return await run.remote.send(batch, meanwhile);
  } catch (error) {
    if (!(error instanceof PayflowError) || error.code !== 'UPLOAD_ALREADY_APPLIED') throw error;
    return await run.remote.outcomeOf(batch);
  } finally {
    run.at('upload:after-send');
  }
}
