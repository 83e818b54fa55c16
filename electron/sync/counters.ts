import { addCounts, noCounts, type RunCounts, type TableReport } from '../../shared/report.ts';

type RunSide = 'download' | 'upload';
type Listed = 'held' | 'rejected';

/** A row on one of the lists for people. */
interface ListedRow {
  readonly table: string;
  readonly id: string;
}

/**
 * Counts what one run does, per direction and table. Held and rejected rows are counted as rows, once each: a run
 * can list a row twice, and a row it listed may have gone through before it ended.
 */
export class RunCounters {
  readonly #tables = new Map<string, { download: RunCounts; upload: RunCounts }>();
  readonly #listed = new Map<string, Set<string>>();
  readonly #atGate = new Map<string, number>();

  count(direction: RunSide, table: string, what: Exclude<keyof RunCounts, Listed>, rows = 1): void {
    if (rows === 0) return;
    const report = this.#tables.get(table) ?? { download: noCounts, upload: noCounts };
    report[direction] = { ...report[direction], [what]: report[direction][what] + rows };
    this.#tables.set(table, report);
  }

  /** Taken back with what it answers with is all that is counted from here on; lists are put right at the end of a run. */
  mark(): () => void {
    const tables = structuredClone(this.#tables);
    const atGate = new Map(this.#atGate);
    return () => {
      this.#tables.clear();
      this.#atGate.clear();
      for (const [table, report] of tables) this.#tables.set(table, report);
      for (const [name, rows] of atGate) this.#atGate.set(name, rows);
    };
  }

  /** This run has put the row on a list. */
  list(direction: RunSide, table: string, what: Listed, id: string): void {
    const name = JSON.stringify([direction, what, table]);
    const ids = this.#listed.get(name) ?? new Set();
    this.#listed.set(name, ids.add(id));
  }

  /** This run has stopped so many rows at the gate against mass removals: held ones, too many to remember each. */
  stopAtGate(direction: RunSide, table: string, rows: number): void {
    if (rows === 0) return;
    const name = JSON.stringify([direction, table]);
    this.#atGate.set(name, (this.#atGate.get(name) ?? 0) + rows);
  }

  /** At the end of a run: rows that are not on the list any more do not count. */
  keepListed(direction: RunSide, what: Listed, still: readonly ListedRow[]): void {
    const listed = new Set(still.map((row) => JSON.stringify([row.table, row.id])));
    for (const [name, ids] of this.#listed) {
      const [side, list, table] = JSON.parse(name) as [RunSide, Listed, string];
      if (side !== direction || list !== what) continue;
      for (const id of ids) if (!listed.has(JSON.stringify([table, id]))) ids.delete(id);
    }
  }

  /** Rows of one table that this run has applied so far. */
  applied(direction: RunSide, table: string): number {
    return this.#tables.get(table)?.[direction].applied ?? 0;
  }

  /** Rows of one table that came or went here so far. */
  downloaded(table: string): number {
    const { applied, deleted } = this.#tables.get(table)?.download ?? noCounts;
    return applied + deleted;
  }

  total(direction: RunSide): RunCounts {
    return Object.values(this.tables())
      .map((report) => report[direction])
      .reduce(addCounts, noCounts);
  }

  tables(): Record<string, TableReport> {
    const tables = Object.fromEntries(this.#tables);
    for (const [name, ids] of this.#listed) {
      if (ids.size === 0) continue;
      const [direction, what, table] = JSON.parse(name) as [RunSide, Listed, string];
      const report = tables[table] ?? { download: noCounts, upload: noCounts };
      tables[table] = { ...report, [direction]: { ...report[direction], [what]: ids.size } };
    }
    for (const [name, rows] of this.#atGate) {
      const [direction, table] = JSON.parse(name) as [RunSide, string];
      const report = tables[table] ?? { download: noCounts, upload: noCounts };
      const held = report[direction].held + rows;
      tables[table] = { ...report, [direction]: { ...report[direction], held } };
    }
    return tables;
  }
}
