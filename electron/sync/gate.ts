/**
 * The gate against mass removals (DESIGN 5.3): more than 100 rows and a fifth of a table within 24 hours, in either
 * direction, wait for a manager's yes. HQ's clock counts the hours: a terminal whose clock jumps opens no gate.
 */
import type { TablePlan } from '../../shared/plan.ts';
import type { MissingParent } from '../../shared/rows.ts';
import type { Run } from './engine.ts';

type Side = 'download' | 'upload';

const SLOT_MS = 15 * 60_000;
const SLOTS = (24 * 60 * 60_000) / SLOT_MS;
const MANY_ROWS = 100;
/** More than one in so many rows. */
const SHARE = 5;

/** Is it more than 100 rows and 20 % of a table that had `size` rows? */
export function isMassRemoval(removed: number, size: number): boolean {
  return removed > MANY_ROWS && removed * SHARE > size;
}

/** The quarter of an hour that a time lies in, and the first of those that count with it. */
export function slotsOf(now: string): { readonly slot: number; readonly oldest: number } {
  const slot = Math.floor(Date.parse(now) / SLOT_MS);
  return { slot, oldest: slot - SLOTS };
}

/** What the gate says to so many removals more: null, they may go; else the question to ask. */
export function mustAsk(
  run: Pick<Run, 'local' | 'hqNow'>,
  table: TablePlan,
  direction: Side,
  rows: number,
): { readonly size: number; readonly removed: number } | null {
  if (rows === 0) return null;
  const asked = run.local
    .questions()
    .find((question) => question.table === table.name && question.direction === direction);
  // Until it is answered, the few that follow the many wait with them.
  if (asked !== undefined) return { size: asked.size, removed: asked.removed };
  const counted = run.local.removedSince(table.name, direction, slotsOf(run.hqNow()).oldest);
  const removed = counted?.removed ?? 0;
  if (removed + rows <= MANY_ROWS) return null;
  const size = counted?.size ?? run.local.sizeOf(table);
  return isMassRemoval(removed + rows, size) ? { size, removed } : null;
}

/** Counts removals that went. Before they go: a quarter of an hour begins with the table as it was. */
export function noteRemoved(
  run: Pick<Run, 'local' | 'hqNow'>,
  table: TablePlan,
  direction: Side,
  rows: number,
): void {
  if (rows === 0) return;
  const { slot, oldest } = slotsOf(run.hqNow());
  run.local.countRemoved(table, direction, slot, oldest, rows);
}

/** Why a row waits at the gate: not for a parent, but with all others of its table for one answer. */
export function waitsForYes(table: TablePlan): readonly MissingParent[] {
  return [{ field: '', refTable: table.name, refId: '', why: 'confirm' }];
}
