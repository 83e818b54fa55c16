import { addCounts, noCounts, type RunCounts, type TableReport } from '../../shared/report.ts';

/** Counts what one run does, per direction and table. */
export class RunCounters {
  readonly #tables = new Map<string, { download: RunCounts; upload: RunCounts }>();

  count(direction: 'download' | 'upload', table: string, what: keyof RunCounts, rows = 1): void {
    if (rows === 0) return;
    const report = this.#tables.get(table) ?? { download: noCounts, upload: noCounts };
    report[direction] = { ...report[direction], [what]: report[direction][what] + rows };
    this.#tables.set(table, report);
  }

  total(direction: 'download' | 'upload'): RunCounts {
    return [...this.#tables.values()]
      .map((report) => report[direction])
      .reduce(addCounts, noCounts);
  }

  tables(): Record<string, TableReport> {
    return Object.fromEntries(this.#tables);
  }
}
