import type { ConflictSide } from '../../shared/rows.ts';
import type { ConflictShown } from '../../shared/views.ts';
import { rowLabel, tableLabel } from '../components/table-label.ts';

/** Rules that are one sentence, whoever won. */
const NAMED: ReadonlySet<string> = new Set(['append', 'refused', 'parent-deleted', 'out-of-scope']);

/**
 * Which rule decided, as the key of a sentence. The rule alone does not say it: a rule that names a side is only
 * told where that side also won, for a sentence that contradicts the two values beside it is worse than a plain one.
 */
export function ruleKey({
  rule,
  winner,
  hqAt,
  localAt,
}: Pick<ConflictShown, 'rule' | 'winner' | 'hqAt' | 'localAt'>): string {
  if (rule === 'deleted' || rule === 'restored' || rule === 'repair')
    return `conflicts.rule.${rule}.${winner}`;
  if (NAMED.has(rule)) return `conflicts.rule.${rule}`;
  if (rule === winner) return `conflicts.rule.${rule}`;
  if (hqAt !== null && localAt !== null) {
    return hqAt === localAt && winner === 'hq'
      ? 'conflicts.rule.same-time'
      : `conflicts.rule.newest.${winner}`;
  }
  return `conflicts.rule.known-time.${winner}`;
}

/** One of the two values: whose it was, and when that side wrote it (null: not known). */
export interface Side {
  readonly from: 'hq' | 'terminal';
  readonly value: string | null;
  readonly at: number | null;
}

/** Whose value is not in use now and can be brought back; null: nothing can. */
export function bringsBack({
  winner,
  restorable,
  resolved,
}: Pick<ConflictShown, 'winner' | 'restorable' | 'resolved'>): ConflictSide | null {
  if (!restorable || resolved !== null) return null;
  return winner === 'hq' ? 'local' : 'hq';
}

/** The kept value first. */
export function sidesOf(conflict: ConflictShown): readonly [kept: Side, lost: Side] {
  const { winner, kept, lost, hqAt, localAt } = conflict;
  const time = { hq: hqAt, terminal: localAt };
  const loser = winner === 'hq' ? 'terminal' : 'hq';
  return [
    { from: winner, value: kept, at: time[winner] },
    { from: loser, value: lost, at: time[loser] },
  ];
}

/** Table, row and field as people read them; a row that was deleted as a whole has no field. */
export function placeOfValue({
  table,
  rowId,
  column,
}: Pick<ConflictShown, 'table' | 'rowId' | 'column'>): string {
  const row = rowLabel(table, rowId);
  return column === '' ? row : `${row} · ${tableLabel(column)}`;
}
