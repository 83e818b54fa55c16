import type { TablePlan } from '../../../shared/plan.ts';
import { compareNumbers, groupBy, slices, type Run } from '../engine.ts';
import { applyPage } from './apply.ts';
import type { ChildLink } from '../plan-index.ts';
import type { HqEdit, HqRow } from '../ports.ts';
import { addAbsent, addArrivals, emptyPage, type Page } from './page.ts';
import { preparePage } from './prepare.ts';

/**
 * Rows that entered this terminal's scope bring their descendants, whose own feed entries went to the old scope
 * (DESIGN 3.6). The subtree is read at once, and once more when the feed's bound has passed that snapshot: then
 * every transaction that could still have written a child beside the move has ended.
 */
export async function readSubtrees(run: Run): Promise<void> {
  const waiting = run.local
    .read(() => run.local.subtrees())
    .filter(({ table }) => run.index.has(table));
  const first = waiting.filter(({ afterXid }) => afterXid === FIRST);
  const second = waiting.filter(
    ({ afterXid }) => afterXid !== FIRST && compareNumbers(run.bound, afterXid) >= 0,
  );
  for (const [roots, again] of [
    [first, true],
    [second, false],
  ] as const) {
    for (const [name, group] of groupBy(roots, (root) => root.table))
      for (const slice of slices(group, run.limits.pageSize)) {
        run.checkCancelled();
        const keys = slice.map((root) => root.serverId);
        const nextXid = await readDescendants(run, run.index.table(name), keys);
        run.local.write(() => {
          for (const key of keys) run.local.dropSubtree(name, key);
          if (again) run.local.addSubtrees(name, keys, nextXid);
        });
        run.at('subtree:read');
      }
  }
}

/** No transaction has this id: the root of a subtree that was not read yet. */
export const FIRST = '0';

/**
 * Of these rows, which HQ shows: those whose descendants' entries can have gone elsewhere, as far as payflow.db knows. They
 * were not in this terminal's scope, or are listed: one that waits to be removed has been away (DESIGN 5.3). `isNew`: made in
 * this scope, and so were its descendants.
 */
export function cameIntoScope(
  run: Run,
  table: TablePlan,
  keys: readonly string[],
  isNew: (key: string) => boolean = () => false,
): string[] {
  const known = run.local.known(table, keys);
  const listed = run.local.anyHeld()
    ? run.local.heldAmong(table.name, 'download', keys)
    : new Map<string, unknown>();
  return keys.filter((key) => listed.has(key) || (known.get(key)?.kept !== false && !isNew(key)));
}

/**
 * Reads and applies all descendants; returns the latest "next transaction id" of the snapshots it read. Children
 * that are here and no longer HQ's go as well, after their own descendants.
 */
async function readDescendants(
  run: Run,
  table: TablePlan,
  keys: readonly string[],
): Promise<string> {
  let latest = '0';
  for (const link of run.index.descendantLinks(table)) {
    const { rows, nextXid } = await run.remote.readChildren(
      link.table,
      link.foreignKey.column,
      keys,
    );
    if (compareNumbers(nextXid, latest) > 0) latest = nextXid;
    for (const slice of slices(rows, run.limits.pageSize)) {
      const page = emptyPage();
      addArrivals(page, link.table, slice, { editedAt: await timesOf(run, link.table, slice) });
      await apply(run, page);
    }
    const lost = lostChildren(run, table, keys, link, rows);
    const next = [...rows.map((row) => row.key), ...lost];
    if (next.length === 0) continue;
    const deeper = await readDescendants(run, link.table, next);
    if (compareNumbers(deeper, latest) > 0) latest = deeper;
    for (const slice of slices(lost, run.limits.pageSize))
      await apply(run, await pageOfLost(run, link.table, slice));
  }
  return latest;
}

/** HQ keys of children that are here and that HQ does not count among the children any more. */
function lostChildren(
  run: Run,
  table: TablePlan,
  keys: readonly string[],
  { table: child, foreignKey }: ChildLink,
  rows: readonly HqRow[],
): string[] {
  const column = child.columns[run.index.columnAt(child, foreignKey.column)];
  if (column === undefined) return [];
  const there = new Set(rows.map((row) => row.key));
  return run.local.read(() => {
    const parents = [...run.local.known(table, keys).values()].map((row) => row.localId);
    const children = run.local.childrenOf(child, column.local, parents);
    return [...run.local.serverIds(child, children).values()].filter((key) => !there.has(key));
  });
}

/** Lost children have gone, or to another parent. */
async function pageOfLost(run: Run, table: TablePlan, keys: readonly string[]): Promise<Page> {
  const page = emptyPage();
  const found = await run.remote.readRows(table, keys);
  addArrivals(page, table, found, { editedAt: await timesOf(run, table, found) });
  const present = new Set(found.map((row) => row.key));
  await addAbsent(
    run,
    page,
    table,
    keys.filter((key) => !present.has(key)),
  );
  return page;
}

/** HQ's times of rows that can meet unsent edits here (DESIGN 7.4). */
async function timesOf(
  run: Run,
  table: TablePlan,
  rows: readonly HqRow[],
): Promise<ReadonlyMap<string, HqEdit>> {
  return run.local.hasEntries(table)
    ? run.remote.editTimes(
        table,
        rows.map((row) => row.key),
      )
    : new Map();
}

async function apply(run: Run, page: Page): Promise<void> {
  const facts = await preparePage(run, page);
  run.local.write(() => {
    applyPage(run, page, facts);
  });
}
