import { META } from '../sync/meta.ts';
import type { ReadableDb } from './open.ts';
import { savedPlan } from './saved-plan.ts';
import { metaValue, savedCursors } from './views.ts';

/** How far this terminal has read HQ's feed, as payflow.db has it. `ownXids`: its own uploads, which are read over. */
export interface FeedPlace {
  readonly scopes: readonly string[];
  readonly cursors: readonly {
    readonly table: string;
    readonly xid: string;
    readonly seq: string;
  }[];
  readonly ownXids: readonly string[];
}

/** Null before the first load is complete. */
export function feedPlace(db: ReadableDb): FeedPlace | null {
  const terminal = metaValue(db, META.terminal);
  const store = metaValue(db, META.store);
  const plan = savedPlan(db);
  const cursors = savedCursors(db);
  if (terminal === null || store === null || plan === null) return null;
  if (!cursors.every(({ loaded }) => loaded)) return null;
  const { tables } = plan;
  const downloaded = new Set(
    tables.filter(({ direction }) => direction !== 'upload').map(({ name }) => name),
  );
  return {
    scopes: ['*', `s:${store}`, `t:${terminal}`],
    cursors: cursors.filter(({ table }) => downloaded.has(table)),
    ownXids: db.prepare('SELECT xid FROM sync_own_xid').pluck().all() as string[],
  };
}
