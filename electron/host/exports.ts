/** Files that a person saves from the lists. Times are ISO 8601 in UTC, so that every program reads them alike. */
import type { Catalogue } from '../../shared/messages.ts';
import { renderMessage } from '../../shared/messages.ts';
import { noCounts, type RunCounts } from '../../shared/report.ts';
import type { ExportedFile, RunShown } from '../../shared/views.ts';
import { csvOf } from './csv.ts';
import type { ListedFound } from './desk-types.ts';

const iso = (at: number): string => new Date(at).toISOString();
const stamp = (now: Date): string => now.toISOString().slice(0, 16).replaceAll(/[-:]/g, '');

export function heldFile(
  rows: readonly ListedFound[],
  catalogue: Catalogue,
  now: Date,
): ExportedFile {
  const header = [
    'list',
    'table',
    'id',
    'direction',
    'waits for',
    'why',
    'message',
    'code',
    'since',
    'tries',
  ];
  const lines = rows.map(({ key, rejected, message, missing, since, tries }) => [
    rejected ? 'rejected' : 'held',
    key.table,
    key.id,
    key.direction,
    missing.map(({ table, id }) => `${table}:${id}`).join('; '),
    [...new Set(missing.map(({ why }) => why))].join('; '),
    renderMessage(catalogue, message.code, message.params),
    message.code,
    iso(since),
    tries,
  ]);
  return {
    name: `payflow-held-${stamp(now)}.csv`,
    type: 'text/csv',
    content: csvOf(header, lines),
  };
}

const counted = [
  'applied',
  'deleted',
  'held',
  'conflicts',
  'rejected',
] as const satisfies readonly (keyof RunCounts)[];

/** CSV: one line per run and table, and one with an empty table for a run that moved nothing. */
export function runsFile(
  runs: readonly RunShown[],
  format: 'csv' | 'json',
  catalogue: Catalogue,
  now: Date,
): ExportedFile {
  const name = `payflow-runs-${stamp(now)}.${format}`;
  if (format === 'json') {
    const list = runs.map(({ startedAt, endedAt, report }) => ({
      startedAt: iso(startedAt),
      endedAt: iso(endedAt),
      ...report,
    }));
    return { name, type: 'application/json', content: `${JSON.stringify(list, null, 2)}\n` };
  }
  const header = [
    'run',
    'started',
    'ended',
    'ms',
    'direction',
    'status',
    'error',
    'table',
    ...counted.map((count) => `download ${count}`),
    ...counted.map((count) => `upload ${count}`),
  ];
  const lines = runs.flatMap(({ runId, startedAt, endedAt, report }) => {
    const { durationMs, direction, status, error } = report;
    const said = error === undefined ? '' : renderMessage(catalogue, error.code, error.params);
    const run = [runId, iso(startedAt), iso(endedAt), durationMs, direction, status, said];
    const tables = Object.entries(report.tables);
    const parts =
      tables.length > 0 ? tables : [['', { download: noCounts, upload: noCounts }] as const];
    return parts.map(([table, { download, upload }]) => [
      ...run,
      table,
      ...counted.map((count) => download[count]),
      ...counted.map((count) => upload[count]),
    ]);
  });
  return { name, type: 'text/csv', content: csvOf(header, lines) };
}
