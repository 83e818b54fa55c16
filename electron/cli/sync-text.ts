import type { RunCounts, RunReport } from '../../shared/report.ts';
import { addCounts, recordsLeft, recordsMoved } from '../../shared/report.ts';
import { count, paragraphs, textTable } from './text.ts';

/** The run report as text; its last lines are PayFlow's own since its first version. */

function tableLines(report: RunReport): string {
  const rows = Object.entries(report.tables).map(([name, table]) => ({ name, ...table }));
  return textTable(rows, [
    { title: 'Table', value: ({ name }) => name },
    { title: 'received', value: ({ download }) => download.applied },
    { title: 'removed here', value: ({ download }) => download.deleted },
    { title: 'sent', value: ({ upload }) => upload.applied },
    { title: 'removed at HQ', value: ({ upload }) => upload.deleted },
    { title: 'held', value: ({ download, upload }) => download.held + upload.held },
    { title: 'rejected', value: ({ download, upload }) => download.rejected + upload.rejected },
    { title: 'conflicts', value: ({ download, upload }) => download.conflicts + upload.conflicts },
  ]);
}

function remarks(report: RunReport, all: RunCounts): string {
  const lines = [
    report.dryRun ? 'Dry run: nothing was written.' : '',
    report.status === 'cancelled' ? 'Stopped before its end; what was done is kept.' : '',
    all.held > 0 ? `${count(all.held, 'row')} held: see "payflow held".` : '',
    all.rejected > 0 ? `${count(all.rejected, 'row')} rejected: see "payflow rejected".` : '',
    all.conflicts > 0
      ? `${count(all.conflicts, 'conflict')} settled: see "payflow conflicts".`
      : '',
    report.status === 'completed' && recordsMoved(all) === 0 && recordsLeft(all) === 0
      ? 'Nothing to do: both sides were already in step.'
      : '',
  ];
  return lines.filter((line) => line !== '').join('\n');
}

/** What ended a run is one error more than the rows it left. */
function summary({ direction, download, upload, error }: RunReport, all: RunCounts): string {
  const push = `PUSH (PostgreSQL -> SQLite): ${recordsMoved(download)} records synced`;
  const pull = `PULL (SQLite -> PostgreSQL): ${recordsMoved(upload)} records synced`;
  return [
    // An upload that finds HQ's row changed brings that change along.
    ...(direction === 'pull' && recordsMoved(download) === 0 ? [] : [push]),
    ...(direction === 'push' && recordsMoved(upload) === 0 ? [] : [pull]),
    `Total: ${recordsMoved(all)} records - ${recordsLeft(all) + (error === undefined ? 0 : 1)} errors`,
  ].join('\n');
}

export function syncText(report: RunReport): string {
  const all = addCounts(report.download, report.upload);
  return paragraphs(tableLines(report), remarks(report, all), summary(report, all));
}
