/**
 * Who wins (DESIGN 7): pure decisions, and the only place in the product where they are made. Ties are decided by
 * name, so that it does not matter in which order the sides hear of each other.
 */
import type { ColumnPlan, Strategy, TablePlan } from '../../shared/plan.ts';
import { addDecimals, subtractDecimals, type Canonical } from './codec.ts';

/** When each side was last edited; ISO texts, UTC. Null: unknown, which loses against any known time. */
export interface EditTimes {
  readonly hq: string | null;
  /** Who wrote HQ's side: a terminal's code, or the name of another program; null: unknown. */
  readonly by: string | null;
  /** This terminal's code. */
  readonly self: string;
  /** Per column index; columns the terminal did not touch are not asked for. */
  readonly local: (column: number) => string | null;
}

/** One overwritten value (DESIGN 7.6). */
export interface Loser {
  readonly column: number;
  readonly kept: Canonical;
  readonly lost: Canonical;
  readonly winner: 'hq' | 'terminal';
  readonly rule: Strategy;
}

export interface Merged {
  /** The row as the terminal shall hold it. */
  readonly values: Canonical[];
  readonly losers: readonly Loser[];
}

/**
 * Rebases a terminal's unsent row onto HQ's current one, column by column (DESIGN 7.1).
 *
 * `base` is HQ's row as the terminal last knew it, in plan order; null means unknown, and then every column that
 * differs counts as changed on both sides (DESIGN 4.4).
 */
export function merge(
  base: readonly Canonical[] | null,
  local: readonly Canonical[],
  hq: readonly Canonical[],
  strategies: readonly Strategy[],
  times: EditTimes,
): Merged {
  const losers: Loser[] = [];
  const values = hq.map((hqValue, column): Canonical => {
    const localValue = local[column] ?? null;
    const before = base === null ? undefined : (base[column] ?? null);
    if (before === localValue) return hqValue;
    const strategy = strategies[column] ?? 'newest';
    // Before equal values are looked at: two sides that each take one from ten both hold nine.
    if (strategy === 'add' && before !== undefined) return addDelta(before, localValue, hqValue);
    if (localValue === hqValue) return hqValue;
    // Also where HQ has not changed: a terminal's change of such a value is put back (DESIGN 6.6).
    if (!isTerminals(strategy)) return lose('hq', column, localValue, hqValue, strategy, losers);
    if (before === hqValue) return localValue;
    const winner = strategy === 'terminal' || isLater(times, column) ? 'terminal' : 'hq';
    return lose(winner, column, localValue, hqValue, strategy, losers);
  });
  return { values, losers };
}

/** HQ's value plus what the terminal added since the base; null counts as nothing. */
function addDelta(before: Canonical, local: Canonical, hq: Canonical): Canonical {
  return addDecimals(hq ?? '0', subtractDecimals(local ?? '0', before ?? '0'));
}

function lose(
  winner: Loser['winner'],
  column: number,
  local: Canonical,
  hq: Canonical,
  rule: Strategy,
  losers: Loser[],
): Canonical {
  const [kept, lost] = winner === 'terminal' ? [local, hq] : [hq, local];
  losers.push({ column, kept, lost, winner, rule });
  return kept;
}

/** Is a terminal's change of such a column, in a row that HQ knows, ever sent? (DESIGN 7.3) */
export function isTerminals(strategy: Strategy): boolean {
  return strategy !== 'hq' && strategy !== 'append';
}

/** Was the terminal's edit of the column the later one? Equal times: the side whose name is greater (DESIGN 7.4). */
function isLater({ hq, by, self, local }: EditTimes, column: number): boolean {
  const localAt = local(column);
  if (localAt === null) return false;
  if (hq === null) return true;
  const ahead = compareTimes(localAt, hq);
  return ahead === 0 ? by !== null && self > by : ahead > 0;
}

/** Compares ISO times, UTC, of up to microseconds. */
function compareTimes(a: string, b: string): number {
  const byMillisecond = Date.parse(a) - Date.parse(b);
  return byMillisecond === 0 ? microseconds(a) - microseconds(b) : byMillisecond;
}

function microseconds(time: string): number {
  const fraction = /\.(\d+)Z$/.exec(time)?.[1] ?? '';
  return Number(fraction.padEnd(6, '0').slice(3, 6));
}

/**
 * The strategies of a table's columns as they hold for this row: what a terminal may not write at all, and rows that
 * are here only for others, follow HQ in every column (DESIGN 5.4, 6.6).
 */
export function strategiesOf({ columns, direction }: TablePlan, kept = false): readonly Strategy[] {
  return kept || direction === 'download'
    ? columns.map(() => 'hq')
    : columns.map(({ strategy }) => strategy);
}

/** A time that every program writes with every change: it says that there was an edit, not what was edited. */
export function isStamp({ kind, nullable }: Pick<ColumnPlan, 'kind' | 'nullable'>): boolean {
  return !nullable && (kind === 'timestamp' || kind === 'timestamptz');
}

/** The rule by which HQ refuses every delete of such rows; null: a terminal may delete them (DESIGN 6.6, 8.3). */
export function deleteRefusedBy(strategies: readonly Strategy[]): 'append' | 'hq' | null {
  if (strategies.includes('append')) return 'append';
  const anyOwn = strategies.some((strategy) => strategy === 'newest' || strategy === 'terminal');
  return strategies.includes('hq') && !anyOwn ? 'hq' : null;
}

/**
 * A row that one side deleted and the other edited: does the edit undo the delete? (DESIGN 7.5) Only an edit under
 * `newest` with a later time, or a terminal's under `terminal`; never increments alone, and never a copy that says
 * nothing new. Answers with the columns that undo it, none: the delete stands.
 *
 * `edited`: the row as the editing side holds it. `strategies`: null for stamps, which the sale of one item moves too.
 * `base` null: unknown, and then every column counts as edited.
 * `editedAt` and `deletedAt` null: unknown, which loses against any known time; `editor` and `deleter`: names for ties.
 */
export function undoesDelete(
  base: readonly Canonical[] | null,
  edited: readonly Canonical[],
  strategies: readonly (Strategy | null)[],
  {
    side,
    editedAt,
    deletedAt,
    editor,
    deleter,
  }: {
    readonly side: 'hq' | 'terminal';
    readonly editedAt: (column: number) => string | null;
    readonly deletedAt: string | null;
    readonly editor: string | null;
    readonly deleter: string | null;
  },
): readonly number[] {
  return edited.flatMap((value, column) => {
    if (base !== null && (base[column] ?? null) === value) return [];
    const strategy = strategies[column] ?? null;
    if (strategy === 'terminal') return side === 'terminal' ? [column] : [];
    if (strategy !== 'newest') return [];
    const times: EditTimes = {
      hq: deletedAt,
      by: deleter,
      self: editor ?? '',
      local: editedAt,
    };
    return isLater(times, column) ? [column] : [];
  });
}
