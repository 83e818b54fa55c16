import type { TablePlan } from '../../shared/plan.ts';
import type { Canonical } from './codec.ts';
import type { Run } from './engine.ts';
import { isStamp } from './merge.ts';
import type { Conflict } from './local-port.ts';
import type { HqEdit } from './ports.ts';

/** A value that was overwritten, whatever the rule: of `merge`, or of a delete against an edit. */
interface Lost {
  readonly column: number;
  readonly kept: Canonical;
  readonly lost: Canonical;
  readonly winner: Conflict['winner'];
  readonly rule: string;
}

/** The row that it happened to, and HQ's last edit of it. */
interface Where {
  readonly table: TablePlan;
  readonly rowId: string;
  readonly edit: HqEdit | null;
}

/**
 * Keeps every overwritten value with both times and who wrote HQ's (DESIGN 7.6). A stamp that was overwritten along
 * with something is listed under that: nothing is left out, and one edit is one line.
 */
export function logLosers(
  run: Run,
  direction: 'download' | 'upload',
  { table, rowId, edit }: Where,
  localAt: (column: number) => string | null,
  losers: readonly Lost[],
): void {
  const isFollower = ({ column }: Lost): boolean => {
    const plan = table.columns[column];
    return plan !== undefined && isStamp(plan);
  };
  const heads = losers.filter((loser) => !isFollower(loser));
  const followers = heads.length === 0 ? [] : losers.filter(isFollower);
  let head: number | null = null;
  const log = ({ column, kept, lost, winner, rule }: Lost, follows: number | null): number =>
    run.local.logConflict({
      table: table.name,
      rowId,
      column: table.columns[column]?.hq ?? '',
      kept,
      lost,
      winner,
      rule,
      hqAt: edit?.at ?? null,
      localAt: localAt(column),
      who: edit?.by ?? null,
      follows,
    });
  const shown = heads.length === 0 ? losers : heads;
  for (const loser of shown) {
    const number = log(loser, null);
    head ??= number;
  }
  for (const loser of followers) log(loser, head);
  run.counters.count(direction, table.name, 'conflicts', shown.length);
}
