import { noCounts, type RunReport } from '../../shared/report.ts';
import { downloads, type Run } from '../sync/engine.ts';
import { RunCounters } from '../sync/counters.ts';
import { firstPlace, readOutboxPage, type PagePlace } from '../sync/upload/read-outbox.ts';
import { cursorOf } from '../sync/download/load.ts';

/** What a run would move, without writing anywhere: feed rows that differ, and rows of the outbox. */
export async function dryRun(run: Run): Promise<RunReport> {
  const started = run.clock.ticks();
  const counters = new RunCounters();
  if (run.request.direction !== 'pull') await countDownload(run, counters);
  if (run.request.direction !== 'push') countUpload(run, counters);
  return {
    runId: run.hashing.uuidOf('dry-run', run.clock.now()),
    direction: run.request.direction,
    status: 'completed',
    durationMs: Math.round(run.clock.ticks() - started),
    download: { ...noCounts, ...counters.total('download') },
    upload: { ...noCounts, ...counters.total('upload') },
    tables: counters.tables(),
    dryRun: true,
  };
}

async function countDownload(run: Run, counters: RunCounters): Promise<void> {
  const own = run.local.ownXids();
  for (const table of run.index.tables) {
    if (
      !downloads(table.direction) ||
      (run.request.table !== null && run.request.table !== table.name)
    )
      continue;
    const touched = new Map<string, boolean>();
    for (let cursor = cursorOf(run, table); ;) {
      const { pages } = await run.remote.readFeed(
        new Map([[table.name, cursor]]),
        run.limits.pageSize,
      );
      const page = pages[0];
      for (const entry of page?.entries ?? []) {
        if (entry.key === null || own.has(entry.xid)) continue;
        touched.set(
          entry.key,
          touched.get(entry.key) === true || entry.op === 'D' || entry.op === 'R',
        );
      }
      const last = page?.entries.at(-1);
      if (page?.full !== true || last === undefined) break;
      cursor = { ...cursor, xid: last.xid, seq: last.seq };
    }
    const rows = new Map(
      (await run.remote.readRows(table, [...touched.keys()])).map((row) => [row.key, row]),
    );
    const known = run.local.known(table, [...touched.keys()]);
    for (const [key, leaving] of touched) {
      const row = rows.get(key);
      if (row !== undefined && known.get(key)?.hash !== row.hash)
        counters.count('download', table.name, 'applied');
      else if (row === undefined && leaving && known.has(key))
        counters.count('download', table.name, 'deleted');
    }
  }
}

function countUpload(run: Run, counters: RunCounters): void {
  for (let place: PagePlace | null = firstPlace(run); place !== null;) {
    const here: PagePlace = place;
    const page = run.local.read(() => readOutboxPage(run, here));
    for (const { table, localId, kind } of page.intents) {
      if (kind === 'delete') counters.count('upload', table.name, 'deleted');
      else if (kind === 'reject') counters.list('upload', table.name, 'rejected', localId);
      else if (kind === 'confirm') counters.list('upload', table.name, 'held', localId);
      else if (kind !== 'nothing' && kind !== 'skip')
        counters.count('upload', table.name, 'applied');
    }
    for (const { table, name, stands } of page.unnamed)
      if (stands) counters.list('upload', table.name, 'rejected', name);
    place = page.next;
  }
}
