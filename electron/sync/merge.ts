import type { Strategy } from '../../shared/plan.ts';
import { addDecimals, subtractDecimals, type Canonical } from './codec.ts';

/** When each side was last edited; ISO texts, UTC. Null: unknown, which loses against any known time. */
export interface EditTimes {
  readonly hq: string | null;
  /** Per column index; columns the terminal did not touch are not asked for. */
  local(column: number): string | null;
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
 * Rebases a terminal's unsent row onto HQ's current one, column by column (DESIGN 7.1). Pure: all decisions of
 * the product about who wins stand here.
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
    if (before === hqValue) return localValue;
    return decide(column, localValue, hqValue, strategy, times, losers);
  });
  return { values, losers };
}

/** HQ's value plus what the terminal added since the base; null counts as nothing. */
function addDelta(before: Canonical, local: Canonical, hq: Canonical): Canonical {
  return addDecimals(hq ?? '0', subtractDecimals(local ?? '0', before ?? '0'));
}

/** `newest`: the later edit wins; HQ on a tie, so that every terminal decides alike (DESIGN 7.3, 7.4). */
function decide(
  column: number,
  local: Canonical,
  hq: Canonical,
  rule: Strategy,
  times: EditTimes,
  losers: Loser[],
): Canonical {
  const localAt = times.local(column);
  const localWins =
    localAt !== null && (times.hq === null || Date.parse(localAt) > Date.parse(times.hq));
  const kept = localWins ? local : hq;
  const lost = localWins ? hq : local;
  losers.push({ column, kept, lost, winner: localWins ? 'terminal' : 'hq', rule });
  return kept;
}
