/** The last stage: what the run did, told to the caller, to payflow.db and, if something moved, to HQ. */
import { PayflowError } from '../../shared/errors.ts';
import {
  noCounts,
  recordsLeft,
  recordsMoved,
  type Message,
  type RunReport,
  type RunStatus,
} from '../../shared/report.ts';
import { saveStamps } from './connect.ts';
import { nextToken } from './identify.ts';
import { META } from './meta.ts';
import { Cancelled } from './cancelled.ts';
import type { CycleRequest, EnginePorts, Run } from './engine.ts';
import type { CursorRow } from './local-port.ts';
import type { HqRunRecord } from './ports.ts';
import { lowestCursor, tellHq, tellLater } from './tell-hq.ts';

interface Started {
  readonly at: string;
  readonly ticks: number;
}

/** An idle feed advances the saved cursors and HQ's heartbeat once a minute, not with every poll (DESIGN 5.6, 9). */
const IDLE_SAVE_MS = 60_000;
const KEEP_SENT_DAYS = 30;

export async function reportRun(run: Run, started: Started): Promise<RunReport> {
  keepListed(run);
  const report = makeReport(run, run.request, started, null);
  const moved = recordsMoved(report.download) + recordsMoved(report.upload);
  const touched = moved + recordsLeft(report.download) + recordsLeft(report.upload) > 0;
  const now = run.clock.now();
  const lastBeat = run.local.meta(META.lastHeartbeatAt);
  const beats =
    !run.readOnly &&
    (moved > 0 || lastBeat === null || Date.parse(now) - Date.parse(lastBeat) >= IDLE_SAVE_MS);
  // Cursors are saved only with a token behind them: a restored HQ can then not pass for the one they were read at.
  const stale = beats ? staleCursors(run) : [];
  const token = beats ? nextToken(run.local) : null;
  const record = recordForHq(run, report, started, now);
  if (touched || beats || run.local.meta(META.unfinishedAt) !== null)
    run.local.write(() => {
      saveIdleCursors(run, stale);
      if (token !== null) run.local.setMeta(META.nextToken, JSON.stringify(token));
      if (touched) {
        recordRun(run, report, started, now);
        saveStamps(run);
        if (record !== null && token === null) tellLater(run.local, record);
      }
      if (!touched && run.local.meta(META.unfinishedAt) !== null) noteEnd(run, report, now);
    });
  run.at('report:saved');
  if (token !== null) {
    const storeTold = await tellHq(run, report, record, token);
    run.at('report:told');
    run.local.write(() => {
      storeTold(run.local);
      run.local.setMeta(META.token, JSON.stringify(token));
      run.local.setMeta(META.nextToken, null);
      run.local.setMeta(META.lastHeartbeatAt, now);
      saveStamps(run);
      noteEnd(run, report, now);
      run.local.prune(new Date(Date.parse(now) - KEEP_SENT_DAYS * 86_400_000).toISOString());
    });
  }
  // What waits longer than this cycle keeps the times it was seen with.
  if (run.stamps.unsaved)
    run.local.write(() => {
      saveStamps(run);
    });
  return report;
}

/** What this run listed and what then went through all the same is not left behind. */
function keepListed(run: Run): void {
  const [held, download, upload] = run.local.read(() => [
    run.local.held(),
    run.local.rejected('download'),
    run.local.rejected('upload'),
  ]);
  for (const direction of ['download', 'upload'] as const) {
    run.counters.keepListed(
      direction,
      'held',
      held.filter((row) => row.direction === direction),
    );
  }
  run.counters.keepListed('download', 'rejected', download);
  run.counters.keepListed('upload', 'rejected', upload);
}

/** A run that an error ended. Cancelling is no error; an unexpected one is logged with its trace. */
export function reportFailure(
  ports: EnginePorts,
  run: Run | null,
  request: CycleRequest,
  started: Started,
  error: unknown,
): RunReport {
  const message: Message | null =
    error instanceof Cancelled
      ? null
      : error instanceof PayflowError
        ? { code: error.code, params: error.params }
        : {
            code: 'INTERNAL',
            params: { detail: error instanceof Error ? error.message : String(error) },
          };
  if (message !== null) ports.log.warn('run failed', { ...message, error });
  const report = makeReport(
    run ?? ports,
    request,
    started,
    error instanceof Cancelled ? 'cancelled' : message,
  );
  try {
    saveRun(ports, report, started, run);
  } catch (secondary) {
    // The run's own failure is what the operator has to hear; a file that cannot take its record often is it.
    ports.log.warn('the run could not be recorded', { error: secondary });
  }
  return report;
}

function makeReport(
  run: EnginePorts & Partial<Pick<Run, 'counters'>>,
  request: CycleRequest,
  started: Started,
  failure: Message | 'cancelled' | null,
): RunReport {
  const download = run.counters?.total('download') ?? noCounts;
  const upload = run.counters?.total('upload') ?? noCounts;
  const left = recordsLeft(download) + recordsLeft(upload);
  const status: RunStatus =
    failure === 'cancelled'
      ? 'cancelled'
      : failure !== null
        ? 'failed'
        : left > 0
          ? 'partial'
          : 'completed';
  return {
    runId: request.runId ?? run.hashing.uuidOf('run', started.at, String(started.ticks)),
    direction: request.direction,
    status,
    durationMs: Math.round(run.clock.ticks() - started.ticks),
    download,
    upload,
    tables: run.counters?.tables() ?? {},
    ...(failure !== null && failure !== 'cancelled' ? { error: failure } : {}),
  };
}

function saveRun(ports: EnginePorts, report: RunReport, started: Started, run: Run | null): void {
  const now = ports.clock.now();
  ports.local.write(() => {
    recordRun(ports, report, started, now);
    if (run === null) return;
    saveStamps(run);
    const record = recordForHq(run, report, started, now);
    if (record !== null) tellLater(run.local, record);
  });
}

/** Inside the caller's transaction. */
function recordRun(ports: EnginePorts, report: RunReport, started: Started, endedAt: string): void {
  ports.local.saveRun({
    id: report.runId,
    startedAt: started.at,
    endedAt,
    direction: report.direction,
    status: report.status,
    report: JSON.stringify(report),
  });
  noteEnd(ports, report, endedAt);
}

/** What the status is made of: a run that did not come to its end stands until one does. */
function noteEnd({ local }: EnginePorts, { status, direction }: RunReport, at: string): void {
  if (status === 'failed' || status === 'cancelled') {
    if (local.meta(META.unfinishedAt) === null) local.setMeta(META.unfinishedAt, at);
    return;
  }
  local.setMeta(META.lastRunAt, at);
  if (direction !== 'pull') local.setMeta(META.lastDownloadAt, at);
  if (local.meta(META.unfinishedAt) !== null) local.setMeta(META.unfinishedAt, null);
}

/** HQ keeps its feed for what a beat says: no saved cursor may be behind that, else the terminal missed what was purged. */
function staleCursors(run: Run): CursorRow[] {
  const saved = run.local.read(() => run.local.cursors());
  return [...run.cursors.values()].filter((cursor) => {
    const before = saved.get(cursor.table);
    return before !== undefined && before.xid !== cursor.xid;
  });
}

/** Inside the caller's transaction. */
function saveIdleCursors(run: Run, stale: readonly CursorRow[]): void {
  if (stale.length === 0) return;
  for (const cursor of stale) run.local.saveCursor(cursor);
  run.local.dropOwnXidsBelow(lowestCursor(run).xid);
}

/** What HQ's log says of a run; null: it moved nothing, and HQ's log has no line for it (DESIGN 10). */
function recordForHq(
  run: Run,
  report: RunReport,
  started: Started,
  endedAt: string,
): HqRunRecord | null {
  const moved = recordsMoved(report.download) + recordsMoved(report.upload);
  if (moved === 0) return null;
  return {
    id: report.runId,
    terminal: run.self.key,
    store: run.self.store,
    direction: report.direction,
    startedAt: started.at,
    endedAt,
    records: moved,
    status: report.status,
    error: report.error?.code ?? null,
  };
}
