/** The runs a page at a time, for the window. Times are ISO 8601, as stored. */
import type { RunReport, RunStatus } from '../../shared/report.ts';
import type { PageBounds, PageOf } from './listed-pages.ts';
import type { ReadableDb } from './open.ts';

export interface RunEntry {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly report: RunReport;
}

type RunColumns = Omit<RunEntry, 'report'> & { report: string };

const runColumns = 'id, started_at AS startedAt, ended_at AS endedAt, report';

/** Newest first. `status` null: all. */
export function runPage(
  db: ReadableDb,
  { offset, limit }: PageBounds,
  status: RunStatus | null,
): PageOf<RunEntry> {
  const where = status === null ? 'true' : 'status = :status';
  const named = status === null ? {} : { status };
  const rows = db
    .prepare(
      `SELECT ${runColumns} FROM sync_run WHERE ${where} ORDER BY started_at DESC LIMIT :limit OFFSET :offset`,
    )
    .all({ ...named, limit, offset }) as RunColumns[];
  const count = db.prepare(`SELECT count(*) FROM sync_run WHERE ${where}`).pluck();
  return { rows: rows.map(runOf), total: count.get(named) as number };
}

/** The last runs that changed a row on either side, oldest first. */
export function movingRuns(db: ReadableDb, limit: number): RunEntry[] {
  const moved = ['download', 'upload']
    .flatMap((way) => [`$.${way}.applied`, `$.${way}.deleted`])
    .map((path) => `coalesce(report ->> '${path}', 0)`)
    .join(' + ');
  const rows = db
    .prepare(
      `SELECT ${runColumns} FROM sync_run WHERE ${moved} > 0 ORDER BY started_at DESC LIMIT ?`,
    )
    .all(limit) as RunColumns[];
  return rows.map(runOf).toReversed();
}

function runOf(row: RunColumns): RunEntry {
  return { ...row, report: JSON.parse(row.report) as RunReport };
}
