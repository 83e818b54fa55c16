import {
  addCounts,
  noCounts,
  recordsMoved,
  type RunCounts,
  type RunReport,
} from '../../../shared/report.ts';

/** An endless demo must not grow: older reports are in payflow.db's own log. */
const keptReports = 200;

/** What all cycles moved, and the last of their reports. */
export class RunTally {
  readonly #reports: RunReport[] = [];
  #download = noCounts;
  #upload = noCounts;
  #durationMs = 0;
  count = 0;

  add(report: RunReport): void {
    this.count += 1;
    this.#reports.push(report);
    if (this.#reports.length > keptReports) this.#reports.shift();
    this.#download = addCounts(this.#download, report.download);
    this.#upload = addCounts(this.#upload, report.upload);
    this.#durationMs += report.durationMs;
  }

  get reports(): readonly RunReport[] {
    return this.#reports;
  }

  /**
   * All cycles as one. A row that waited and was released is no error: held and rejected are those that stand
   * at the end.
   */
  total(standing: { readonly held: number; readonly rejected: number }): RunReport {
    const end = (counts: RunCounts): RunCounts => ({ ...counts, held: 0, rejected: 0 });
    return {
      runId: this.#reports.at(-1)?.runId ?? '',
      direction: 'both',
      status: standing.held + standing.rejected === 0 ? 'completed' : 'partial',
      durationMs: this.#durationMs,
      download: end(this.#download),
      upload: { ...end(this.#upload), held: standing.held, rejected: standing.rejected },
      tables: {},
    };
  }
}

export function movedIn(report: RunReport): number {
  return recordsMoved(report.download) + recordsMoved(report.upload);
}
