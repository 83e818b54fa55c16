import type { TablePlan } from '../../../shared/plan.ts';
import { compareNumbers, slices, type Run } from '../engine.ts';
import { applyPage } from './apply.ts';
import { addArrivals, emptyPage } from './page.ts';
import { preparePage } from './prepare.ts';

/**
 * Rows that entered this terminal's scope bring their descendants, whose own feed entries went to the old scope
 * (DESIGN 3.6). The subtree is read at once, and once more when the feed's bound has passed that snapshot: then
 * every transaction that could still have written a child beside the move has ended.
 */
export async function readSubtrees(run: Run): Promise<void> {
  for (const { table: name, serverId, afterXid } of run.local.read(() => run.local.subtrees())) {
    if (!run.index.has(name)) continue;
    const first = afterXid === '0';
    if (!first && compareNumbers(run.bound, afterXid) < 0) continue;
    const nextXid = await readDescendants(run, run.index.table(name), [serverId]);
    run.local.write(() => {
      run.local.dropSubtree(name, serverId);
      if (first) run.local.addSubtrees(name, [serverId], nextXid);
    });
    run.at('subtree:read');
  }
}

/** Reads and applies all descendants; returns the latest "next transaction id" of the snapshots it read. */
async function readDescendants(
  run: Run,
  table: TablePlan,
  keys: readonly string[],
): Promise<string> {
  let latest = '0';
  for (const { table: child, foreignKey } of run.index.descendantLinks(table)) {
    const { rows, nextXid } = await run.remote.readChildren(child, foreignKey.column, keys);
    if (compareNumbers(nextXid, latest) > 0) latest = nextXid;
    for (const slice of slices(rows, run.limits.pageSize)) {
      const page = emptyPage();
      addArrivals(page, child, slice);
      const facts = await preparePage(run, page);
      run.local.write(() => {
        applyPage(run, page, facts);
      });
    }
    if (rows.length === 0) continue;
    const deeper = await readDescendants(
      run,
      child,
      rows.map((row) => row.key),
    );
    if (compareNumbers(deeper, latest) > 0) latest = deeper;
  }
  return latest;
}
