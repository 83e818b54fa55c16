import type { TablePlan } from '../../../shared/plan.ts';
import { slices, type Run } from '../engine.ts';
import type { Held } from '../local-port.ts';
import { applyPage } from './apply.ts';
import { compareTable, type Compared } from './compare.ts';
import type { BucketChoice, HqRow } from '../ports.ts';
import { tryAgain } from './held-rows.ts';
import { cursorOf, saveCursor } from './load.ts';
import { addAbsent, addArrivals, emptyPage } from './page.ts';
import { preparePage } from './prepare.ts';
import { cameIntoScope, FIRST } from './subtree.ts';

/**
 * Re-baseline: compares a table with HQ by key and hash and brings it in step, after a reload entry, a purged
 * feed, a changed schema or `reset`. Never "empty, then refill". Unsent edits are merged with HQ's version, which
 * becomes their base (DESIGN 1); edits of rows that HQ has for others now are undone and logged (3.6).
 */
export async function rebaseline(run: Run, table: TablePlan): Promise<void> {
  // The feed continues from a bound older than the comparison: what it re-reads is harmless.
  const { bound } = await run.remote.readFeed(new Map(), 1);
  const bringBelow: BeforeRepair = (_, theirs) => {
    queueSubtrees(run, table, [...theirs.keys()]);
  };
  const listed = run.local.read(() => listedRows(run, table));
  let differing: Compared[] = [];
  let seen = 0;
  for await (const compared of compareTable(run, table)) {
    seen += 1;
    if (seen % 5000 === 0)
      run.onProgress({ phase: 'compare', table: table.name, done: seen, total: null });
    // A kept row that HQ answers has come into the scope.
    if (compared.kept ? compared.hq === null : compared.hq === compared.local) continue;
    differing.push(compared);
    listed.delete(compared.key);
    if (differing.length >= run.limits.pageSize) {
      run.checkCancelled();
      await bringInStep(run, table, differing, bringBelow);
      differing = [];
    }
  }
  await bringInStep(run, table, differing, bringBelow);
  const { exempt } = cursorOf(run, table);
  for (const rows of slices([...listed.values()], run.limits.pageSize))
    await tryAgain(run, rows, { exempt });
  run.local.write(() =>
    saveCursor(run, {
      ...cursorOf(run, table),
      xid: bound,
      seq: '0',
      reload: false,
      exempt: false,
      fingerprint: table.fingerprint,
    }),
  );
  run.at('rebaseline:done');
}

type Listed = Pick<Held, 'table' | 'id' | 'op'>;

/**
 * Held and refused rows by key. They need not be here, so that the comparison passes over one that HQ has no more, or has
 * for others.
 */
function listedRows(run: Run, { name }: TablePlan): Map<string, Listed> {
  const held = run.local.held().filter((row) => row.direction === 'download');
  const refused = run.local.rejected('download').map((row) => ({ ...row, op: 'upsert' as const }));
  const ofTable = [...refused, ...held].filter((row) => row.table === name);
  return new Map(ofTable.map((row) => [row.id, row]));
}

/**
 * What belongs to rows that come into the scope is as new as they are, and its entries went to the old scope (DESIGN
 * 3.6). Nothing to queue where all tables below are compared as well: a file that was restored would read each of its
 * orders' lines twice over.
 */
function queueSubtrees(run: Run, table: TablePlan, keys: readonly string[]): void {
  if (!comparesBelow(run, table))
    run.local.addSubtrees(table.name, cameIntoScope(run, table, keys), FIRST);
}

/** Are all tables below to be compared after this one? */
function comparesBelow(run: Run, table: TablePlan): boolean {
  return run.index
    .descendantLinks(table)
    .every(
      ({ table: child }) =>
        child === table || (cursorOf(run, child).reload && comparesBelow(run, child)),
    );
}

/**
 * The same for some buckets of a table (DESIGN 3.8): what the feed never told of. The cursor stays. `before` is called in
 * the transaction that overwrites. Answers with the number of rows that differed.
 */
export async function rebaselineBuckets(
  run: Run,
  table: TablePlan,
  only: BucketChoice,
  before: BeforeRepair = () => undefined,
): Promise<number> {
  let differing: Compared[] = [];
  let count = 0;
  for await (const compared of compareTable(run, table, only)) {
    if (compared.kept ? compared.hq === null : compared.hq === compared.local) continue;
    differing.push(compared);
    count += 1;
    if (differing.length < run.limits.pageSize) continue;
    run.checkCancelled();
    await bringInStep(run, table, differing, before);
    differing = [];
  }
  await bringInStep(run, table, differing, before);
  return count;
}

/** `theirs`: HQ's rows by key; a key without one is gone there. */
export type BeforeRepair = (rows: readonly Compared[], theirs: ReadonlyMap<string, HqRow>) => void;

async function bringInStep(
  run: Run,
  table: TablePlan,
  rows: readonly Compared[],
  before: BeforeRepair = () => undefined,
): Promise<void> {
  if (rows.length === 0) return;
  const page = emptyPage();
  const keys = rows.map((row) => row.key);
  const found = await run.remote.readRows(table, keys);
  addArrivals(page, table, found, {
    editedAt: await run.remote.editTimes(table, keys),
    force: true,
  });
  const present = new Set(found.map((row) => row.key));
  await addAbsent(
    run,
    page,
    table,
    rows.filter((row) => row.hq === null && !present.has(row.key)).map((row) => row.key),
    cursorOf(run, table).exempt,
  );
  const facts = await preparePage(run, page);
  run.local.write(() => {
    before(rows, new Map(found.map((row) => [row.key, row])));
    applyPage(run, page, facts);
  });
}
