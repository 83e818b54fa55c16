import type { TablePlan } from '../../shared/plan.ts';
import { compareBuckets } from '../sync/download/buckets.ts';
import { compareTable, type Compared } from '../sync/download/compare.ts';
import { rebaselineBuckets } from '../sync/download/rebaseline.ts';
import { downloads, slices, type Run } from '../sync/engine.ts';
import type { HqRow } from '../sync/ports.ts';
import { canonicalRows } from '../sync/translate.ts';

/** What a repair calls itself in the conflict log. */
export const REPAIR = 'repair';

/**
 * Brings both sides in step where neither the feed nor the capture triggers told of a change (DESIGN 3.8): tables that are
 * downloaded by HQ's rows, bucket by bucket; upload-only ones by the terminal's, whose entries the next cycle sends. Unsent
 * edits are merged, never discarded. What is overwritten is in the conflict log where `log` asks for it. A cycle that
 * scanned (4.4) comes first, so that what is left differing here is no edit of the POS's.
 */
export async function repair(run: Run, { log }: { readonly log: boolean }): Promise<number> {
  let repaired = 0;
  for (const table of run.index.tables) {
    const { differing } = await compareBuckets(run, table);
    run.checkCancelled();
    if (differing.names.size === 0) continue;
    if (downloads(table.direction)) {
      repaired += await rebaselineBuckets(run, table, differing, (rows, theirs) => {
        if (log) logOverwritten(run, table, rows, theirs);
      });
    } else if (log) {
      const rows: Compared[] = [];
      for await (const compared of compareTable(run, table, differing))
        if (compared.local !== null && compared.hq !== compared.local) rows.push(compared);
      for (const slice of slices(rows, run.limits.pageSize))
        repaired += await sendAgain(run, table, slice);
    }
  }
  return repaired;
}

/** Column by column what HQ's row replaces; a row that HQ has no more leaves with all its values. */
function logOverwritten(
  run: Run,
  table: TablePlan,
  rows: readonly Compared[],
  theirs: ReadonlyMap<string, HqRow>,
): void {
  const localIds = rows.flatMap(({ localId }) => localId ?? []);
  // What is unsent is merged, and the merge logs its own losers.
  const unsent = new Set(run.local.entriesOf(table, localIds).map(({ localId }) => localId));
  const keys = new Map(rows.map(({ localId, key }) => [localId, key]));
  const clean = localIds.filter((localId) => !unsent.has(localId));
  for (const row of canonicalRows(run, table, [...run.local.rows(table, clean).values()])) {
    const key = keys.get(row.localId) ?? '';
    const hq = theirs.get(key);
    for (const [index, column] of table.columns.entries()) {
      const kept = hq?.values[index] ?? null;
      const lost = row.unheld.get(index) ?? row.values[index] ?? null;
      if (kept === lost) continue;
      run.local.logConflict({
        table: table.name,
        rowId: key,
        column: column.hq,
        kept,
        lost,
        winner: 'hq',
        rule: REPAIR,
        hqAt: null,
        localAt: null,
        who: null,
        follows: null,
      });
      run.counters.count('download', table.name, 'conflicts');
    }
  }
}

/**
 * Rows of an upload-only table that HQ has lost become new ones; those it has otherwise are edits with HQ's row as their
 * base. A table of rows that are never changed (`append`) keeps what HQ made of them: that stays reported.
 */
async function sendAgain(run: Run, table: TablePlan, rows: readonly Compared[]): Promise<number> {
  const theirs = new Map(
    (
      await run.remote.readRows(
        table,
        rows.map(({ key }) => key),
      )
    ).map((row) => [row.key, row]),
  );
  const isFixed = table.columns.some(({ strategy }) => strategy === 'append');
  const lost = rows.filter(({ key }) => !theirs.has(key));
  const changed = isFixed ? [] : rows.filter(({ key }) => theirs.has(key));
  run.local.write(() => {
    run.local.forget(
      table,
      lost.flatMap(({ localId }) => localId ?? []),
    );
    run.local.addMissed(
      table,
      lost.flatMap(({ localId }) =>
        localId === null ? [] : [{ localId, oldLocalId: null, op: 'I' }],
      ),
    );
    for (const { key, localId } of changed) {
      const hq = theirs.get(key);
      if (localId === null || hq === undefined) continue;
      logSent(run, table, localId, hq);
      run.local.addMissed(table, [{ localId, oldLocalId: localId, op: 'U' }]);
      run.local.setBase(table, localId, run.local.lastSeq(), hq.values);
    }
  });
  return lost.length + changed.length;
}

function logSent(run: Run, table: TablePlan, localId: string, hq: HqRow): void {
  const [row] = canonicalRows(run, table, [...run.local.rows(table, [localId]).values()]);
  for (const [index, column] of table.columns.entries()) {
    const [kept, lost] = [row?.values[index] ?? null, hq.values[index] ?? null];
    if (kept === lost) continue;
    run.local.logConflict({
      table: table.name,
      rowId: hq.key,
      column: column.hq,
      kept,
      lost,
      winner: 'terminal',
      rule: REPAIR,
      hqAt: null,
      localAt: null,
      who: null,
      follows: null,
    });
  }
}
