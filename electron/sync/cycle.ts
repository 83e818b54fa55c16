/** One cycle, as a table of contents: settle, download, upload, report (DESIGN 1). */
import type { RunReport } from '../../shared/report.ts';
import { PayflowError } from '../../shared/errors.ts';
import { carryOutAnswers } from './carry-out-answers.ts';
import { connect, type ConnectOptions } from './connect.ts';
import { rebaseline } from './download/rebaseline.ts';
import { followFeed, SchemaChanged } from './download/read-feed.ts';
import { cursorOf, loadTables } from './download/load.ts';
import { retryListed } from './retry-listed.ts';
import { downloads, type EnginePorts, type Run } from './engine.ts';
import { nameRows } from './name-rows.ts';
import { repairOutbox } from './repair-outbox.ts';
import { reportFailure, reportRun } from './report-run.ts';
import { recover } from './identify.ts';
import type { Verdict } from './identity.ts';
import type { Hello } from './ports.ts';
import { isRescoping, rescope } from './rescope.ts';
import { scanIfDue } from './scan.ts';
import { settle } from './settle.ts';
import { upload } from './upload/upload.ts';

/** HQ's schema can change under a run; more often than this within one is somebody else's problem. */
const MAX_RESTARTS = 3;

/** Runs one cycle. Never throws for what an operator can meet: the report says failed, with the code. */
export async function runCycle(ports: EnginePorts, options: ConnectOptions): Promise<RunReport> {
  try {
    return await reportedStages(ports, options);
  } finally {
    tidyUp(ports);
  }
}

/** A run that failed has written too. What cannot be moved stays in the log, where it is as safe. */
function tidyUp({ local, log }: EnginePorts): void {
  try {
    local.tidyLog();
  } catch (error) {
    log.warn('the write-ahead log could not be moved into the file', { error });
  }
}

async function reportedStages(ports: EnginePorts, options: ConnectOptions): Promise<RunReport> {
  const started = { at: ports.clock.now(), ticks: ports.clock.ticks() };
  let run: Run | null = null;
  for (let restarts = 0; ; restarts += 1) {
    try {
      const connected = await connect(ports, options);
      run = connected.run;
      await stages(run, connected.hello, connected.verdict);
      return await reportRun(run, started);
    } catch (error) {
      if (error instanceof SchemaChanged && restarts < MAX_RESTARTS) continue;
      return reportFailure(ports, run, options.request, started, error);
    }
  }
}

async function stages(run: Run, hello: Hello, verdict: Verdict): Promise<void> {
  const { direction } = run.request;
  run.at('cycle:connected');
  nameRows(run);
  repairOutbox(run);
  await recover(run, hello, verdict);
  await settle(run, hello);
  run.at('cycle:settled');
  await scanIfDue(run);
  // First of all: nothing is sent, nor compared afresh, while a table that has joined the manifest is not loaded.
  if (direction !== 'pull') await loadTables(run);
  if (direction !== 'push' && isRescoping(run)) await sendBeforeRescope(run);
  await carryOutAnswers(run);
  if (direction !== 'pull') {
    await retryListed(run);
    await followFeed(run, hello.schemaStamp);
    run.at('cycle:downloaded');
  }
  if (direction !== 'push') {
    await rebaselineBeforeUpload(run);
    refuseReadOnly(run);
    await upload(run);
    run.at('cycle:uploaded');
  }
}

/**
 * Before a batch is saved: one that is open has to be settled before anything else (DESIGN 6.1), and would keep HQ's
 * changes from arriving for as long as HQ takes no writes.
 */
function refuseReadOnly({ readOnly, local }: Run): void {
  if (readOnly && local.read(() => local.countWaiting()) > 0)
    throw new PayflowError('HQ_READ_ONLY');
}

/**
 * The manifest was changed, or the terminal has moved: what was sold under the old scope is sent before its rows are
 * compared and taken away (DESIGN 8.2).
 */
async function sendBeforeRescope(run: Run): Promise<void> {
  refuseReadOnly(run);
  await rebaselineBeforeUpload(run);
  await upload(run);
  rescope(run);
}

/** A cursor below the floor or a reload entry: compare before anything is uploaded (DESIGN 3.5). */
async function rebaselineBeforeUpload(run: Run): Promise<void> {
  for (const table of run.index.tables) {
    const cursor = cursorOf(run, table);
    if (!cursor.loaded && downloads(table.direction))
      throw new PayflowError('LOAD_INCOMPLETE', { table: table.name });
    if (cursor.reload && downloads(table.direction)) await rebaseline(run, table);
  }
}
