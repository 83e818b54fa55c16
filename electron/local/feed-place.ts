import type { Plan } from '../../shared/plan.ts';
import type { ReadableDb } from './open.ts';
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

/** `names`: of the values in `sync_meta` that it is made of. Null before the first load is complete. */
export function feedPlace(
  db: ReadableDb,
  names: { readonly terminal: string; readonly store: string; readonly plan: string },
): FeedPlace | null {
  const terminal = metaValue(db, names.terminal);
  const store = metaValue(db, names.store);
  const plan = metaValue(db, names.plan);
  const cursors = savedCursors(db);
  if (terminal === null || store === null || plan === null) return null;
  if (!cursors.every(({ loaded }) => loaded)) return null;
  const { tables } = JSON.parse(plan) as Plan;
  const downloaded = new Set(
    tables.filter(({ direction }) => direction !== 'upload').map(({ name }) => name),
  );
  return {
    scopes: ['*', `s:${store}`, `t:${terminal}`],
    cursors: cursors.filter(({ table }) => downloaded.has(table)),
    ownXids: db.prepare('SELECT xid FROM sync_own_xid').pluck().all() as string[],
  };
}
