import type { Running } from '../../shared/status.ts';
import type { CheckResult, DifferingRow, StatusView } from '../../shared/views.ts';

/** The parts of the status that tell whether a check runs. */
type Doing = Pick<StatusView, 'facts' | 'progress'>;

/** A check reads both sides; a cycle's own short comparison says `compare` as well, and is as good as one to wait for. */
const isChecking = (running: Running): boolean =>
  running.phase === 'check' || running.phase === 'compare';

/** The check under way as the status tells it; null: none. */
export function checkRunning(status: Doing | null): Running | null {
  const running = status?.facts.running ?? null;
  return running !== null && isChecking(running) ? running : null;
}

/** What the result says in one sentence: a text's key and parameters. Not for a check that an error ended. */
export function resultSentence(result: Pick<CheckResult, 'equal' | 'explained' | 'tables'>): {
  readonly key: string;
  readonly params: Readonly<Record<string, number>>;
} {
  const { equal, explained, tables } = result;
  const sum = (of: (table: CheckResult['tables'][number]) => number): number =>
    tables.reduce((total, table) => total + of(table), 0);
  const tail = explained === 0 ? '' : '.set-aside';
  if (!equal) {
    return {
      key: `check.differ${tail}`,
      params: { differing: sum(({ differing }) => differing), explained },
    };
  }
  const rows = sum(({ same }) => same);
  return { key: `check.same${tail}`, params: { rows, explained } };
}

/** One field of a row that differs. `hq` and `terminal` undefined: that side lacks the row. */
export interface FieldPair {
  readonly column: string;
  readonly hq: string | null | undefined;
  readonly terminal: string | null | undefined;
  readonly differs: boolean;
}

/** Both sides' values field by field. Where one side lacks the whole row no single field is the difference. */
export function fieldPairs({ columns, hq, terminal }: DifferingRow): readonly FieldPair[] {
  return columns.map((column, place) => {
    const atHq = hq === null ? undefined : (hq[place] ?? null);
    const here = terminal === null ? undefined : (terminal[place] ?? null);
    return {
      column,
      hq: atHq,
      terminal: here,
      differs: hq !== null && terminal !== null && atHq !== here,
    };
  });
}
