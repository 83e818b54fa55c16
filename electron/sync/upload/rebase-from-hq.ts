/** Rows that take HQ's version before anything of them can be sent. */
import type { TablePlan } from '../../../shared/plan.ts';
import { applyPage } from '../download/apply.ts';
import { releaseHeld, tryAgain } from '../download/held-rows.ts';
import { addArrivals, emptyPage } from '../download/page.ts';
import { keptRows, preparePage } from '../download/prepare.ts';
import { groupBy, type Run } from '../engine.ts';
import type { Intent } from './read-outbox.ts';

type Reread = Extract<Intent, { kind: 'reread' }>;

/**
 * Reads HQ's current rows and merges: what the terminal may not change is put back, what HQ has deleted is decided, and
 * what is left has HQ's row as its base (DESIGN 4.4, 6.6, 7.5). Once per row and run, so that nothing is asked in a loop.
 */
export async function rebaseFromHq(run: Run, intents: readonly Reread[]): Promise<void> {
  for (const [table, group] of groupBy(intents, (intent) => intent.table)) {
    acceptAgain(run, table, group);
    const own = group.filter(({ kept }) => !kept);
    await tryAgain(
      run,
      own.map(({ key: id }) => ({ table: table.name, id, op: 'upsert' })),
      { force: true },
    );
    await putBackKept(
      run,
      table,
      group.filter(({ kept }) => kept).map(({ key }) => key),
    );
  }
  await releaseHeld(run);
}

/** What was refused and is here is decided anew; a refused delete stays marked until the row is back. */
function acceptAgain(run: Run, table: TablePlan, group: readonly Reread[]): void {
  const here = run.local.rows(
    table,
    group.map(({ localId }) => localId),
  );
  const refused = new Set(
    run.local.rejected('upload').flatMap((row) => (row.table === table.name ? [row.id] : [])),
  );
  const again = [...here.keys()].filter((localId) => refused.has(localId));
  if (again.length === 0) return;
  run.local.write(() => {
    for (const localId of again) run.local.acceptAgain(table.name, localId, 'upload');
    run.local.setStatus(table, again, 'pending');
  });
}

/** Rows outside the scope, which the usual reading does not find (DESIGN 5.4). */
async function putBackKept(run: Run, table: TablePlan, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const page = emptyPage();
  addArrivals(page, table, await keptRows(run, table, keys), { kept: true, force: true });
  const facts = await preparePage(run, page);
  run.local.write(() => {
    applyPage(run, page, facts);
  });
}
