/**
 * A row outside the scope is kept as long as an unsent one needs it (DESIGN 5.4), and the feed does not tell this terminal
 * when HQ deletes it. It shows where HQ refuses what refers to it.
 */
import type { TablePlan } from '../../../shared/plan.ts';
import { applyPage } from '../download/apply.ts';
import { addDeparture, emptyPage, isEmptyPage, type Page } from '../download/page.ts';
import { preparePage } from '../download/prepare.ts';
import { groupBy, type Run } from '../engine.ts';

/** A kept row, and the refused row that refers to it. */
interface Need {
  readonly child: TablePlan;
  readonly childId: string;
  readonly column: number;
  readonly parent: TablePlan;
  /** HQ's key. */
  readonly key: string;
}

/**
 * Deletes kept rows that HQ has no more, as any row that HQ deletes (DESIGN 5.3): a nullable reference to one becomes null
 * and is logged, and its row may go again; a row that cannot be without one waits, listed. Returns whether any may go.
 */
export async function dropGoneParents(run: Run): Promise<boolean> {
  const needs = run.local.read(() => keptParents(run));
  if (needs.length === 0) return false;
  const page = await gonePage(run, needs);
  if (isEmptyPage(page)) return false;
  const facts = await preparePage(run, page);
  return run.local.write(() => {
    applyPage(run, page, facts);
    return sendAgain(run, needs);
  });
}

/** Kept rows that rows refused for a missing parent refer to. */
function keptParents(run: Run): Need[] {
  const refused = run.local
    .rejected('upload')
    .filter(({ table, code }) => code === 'ROW_PARENT_MISSING' && run.index.has(table));
  return [...groupBy(refused, (row) => row.table)].flatMap(([name, group]) => {
    const child = run.index.table(name);
    const ids = group.map(({ id }) => id);
    return child.foreignKeys.flatMap(({ column, refTable }) =>
      run.index.has(refTable)
        ? keptAmong(run, child, ids, run.index.columnAt(child, column), run.index.table(refTable))
        : [],
    );
  });
}

function keptAmong(
  run: Run,
  child: TablePlan,
  ids: readonly string[],
  column: number,
  parent: TablePlan,
): Need[] {
  if (!run.local.hasKept(parent)) return [];
  const references = [...run.local.rows(child, ids).values()].flatMap(({ localId, values }) => {
    const value = values[column];
    return typeof value === 'string' ? [{ childId: localId, parentId: value }] : [];
  });
  const keys = run.local.serverIds(parent, [...new Set(references.map((each) => each.parentId))]);
  const known = run.local.known(parent, [...keys.values()]);
  // Known to be gone, and waiting for the rows that cannot be without it.
  const waits = run.local.heldAmong(parent.name, 'download', [...keys.values()]);
  return references.flatMap(({ childId, parentId }) => {
    const key = keys.get(parentId);
    if (key === undefined || known.get(key)?.kept !== true || waits.has(key)) return [];
    return [{ child, childId, column, parent, key }];
  });
}

async function gonePage(run: Run, needs: readonly Need[]): Promise<Page> {
  const page = emptyPage();
  for (const [parent, group] of groupBy(needs, (need) => need.parent)) {
    const keys = [...new Set(group.map(({ key }) => key))];
    const there = await run.remote.scopesOf(parent, keys);
    const gone = keys.filter((key) => !there.has(key));
    const edits = await run.remote.editTimes(parent, gone);
    for (const key of gone)
      addDeparture(page, parent, { key, op: 'delete', edit: edits.get(key) ?? null });
  }
  return page;
}

/** Those that refer to it no longer are no more refused. */
function sendAgain(run: Run, needs: readonly Need[]): boolean {
  let isAny = false;
  for (const [child, group] of groupBy(needs, (need) => need.child)) {
    const rows = run.local.rows(
      child,
      group.map(({ childId }) => childId),
    );
    const free = group.flatMap(({ childId, column }) =>
      rows.get(childId)?.values[column] === null ? [childId] : [],
    );
    for (const id of free) run.local.acceptAgain(child.name, id, 'upload');
    run.local.setStatus(child, free, 'pending');
    isAny ||= free.length > 0;
  }
  return isAny;
}
