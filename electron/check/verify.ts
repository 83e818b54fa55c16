import type { TablePlan } from '../../shared/plan.ts';
import type { VerifyReport, VerifyTable } from '../../shared/rows.ts';
import { compareBuckets } from '../sync/download/buckets.ts';
import { compareTable, type Compared } from '../sync/download/compare.ts';
import { downloads, slices, type Run } from '../sync/engine.ts';
import { canonicalRows, hashOf } from '../sync/translate.ts';

export type Checker = Pick<
  Run,
  | 'index'
  | 'local'
  | 'remote'
  | 'self'
  | 'hashing'
  | 'cursors'
  | 'limits'
  | 'onProgress'
  | 'checkCancelled'
>;

/** Rows that HQ was never told of and that no entry explains; of more than this many the first are named. */
const NAMED = 1_000;

/**
 * The data check (DESIGN 10): one sum per bucket of both sides, and inside buckets that differ one hash per row; what is
 * pending, held, rejected or kept is counted aside. A download table is checked by HQ's rows and the terminal's, an
 * upload-only one by the terminal's. Reads only. What differs is to be looked at once more after the next cycle
 * (`lookAgain`): what is still on its way is not a difference. That cycle is run by who asks (`host/checks.ts`).
 */
export async function verify(run: Checker): Promise<VerifyReport> {
  const tables: Record<string, VerifyTable> = {};
  let explained = 0;
  for (const table of run.index.tables) {
    run.checkCancelled();
    run.onProgress({ phase: 'compare', table: table.name, done: 0, total: null });
    const buckets = await compareBuckets(run, table);
    const differing: Compared[] = [];
    if (buckets.differing.names.size > 0) {
      for await (const compared of compareTable(run, table, buckets.differing))
        if (isDifferent(table, compared)) differing.push(compared);
    }
    const set = await setAside(run, table, differing);
    explained += set.explained + buckets.kept;
    const here = differing.filter(({ local }) => local !== null).length;
    tables[table.name] = {
      hq: buckets.hq,
      terminal: buckets.terminal,
      same: buckets.terminal - buckets.kept - here,
      differing: [...set.left, ...run.local.read(() => run.local.unknown(table, NAMED))],
    };
  }
  return reportOf(tables, explained);
}

/** The rows that `verify` named, once more, after a cycle: those that still differ. */
export async function lookAgain(run: Checker, report: VerifyReport): Promise<VerifyReport> {
  const tables: Record<string, VerifyTable> = {};
  let { explained } = report;
  for (const table of run.index.tables) {
    const before = report.tables[table.name];
    if (before === undefined) continue;
    const unknown = new Set(run.local.read(() => run.local.unknown(table, NAMED)));
    const left: string[] = [];
    let same = before.same;
    for (const keys of slices(before.differing, run.limits.pageSize)) {
      const open = keys.filter((key) => !unknown.has(key));
      const compared = await compareKeys(run, table, open);
      const differing = compared.filter((row) => isDifferent(table, row));
      const set = await setAside(run, table, differing);
      same += compared.length - differing.length;
      explained += set.explained;
      left.push(...set.left, ...keys.filter((key) => unknown.has(key)));
    }
    tables[table.name] = { ...before, same, differing: left };
  }
  return reportOf(tables, explained);
}

function reportOf(tables: Record<string, VerifyTable>, explained: number): VerifyReport {
  const equal = Object.values(tables).every((table) => table.differing.length === 0);
  return { equal, explained, tables };
}

function isDifferent(table: TablePlan, { hq, local, kept }: Compared): boolean {
  if (kept || hq === local) return false;
  // What the terminal never downloads is checked by the terminal's rows alone.
  return local !== null || downloads(table.direction);
}

async function compareKeys(
  run: Checker,
  table: TablePlan,
  keys: readonly string[],
): Promise<Compared[]> {
  const theirs = new Map(
    (await run.remote.readRows(table, keys)).map(({ key, hash }) => [key, hash]),
  );
  return run.local.read(() => {
    const known = run.local.known(table, keys);
    const rows = run.local.rows(
      table,
      [...known.values()].map(({ localId }) => localId),
    );
    const hashes = new Map(
      canonicalRows(run, table, [...rows.values()]).map((row) => [
        row.localId,
        row.unholdable === null ? hashOf(run, row.values) : 'unholdable',
      ]),
    );
    return keys.map((key): Compared => {
      const row = known.get(key);
      const local = row === undefined ? null : (hashes.get(row.localId) ?? null);
      return {
        key,
        hq: theirs.get(key) ?? null,
        local,
        localId: row?.localId ?? null,
        kept: row?.kept ?? false,
      };
    });
  });
}

/** Takes out what has a reason: unsent, held, rejected rows, and keys of which the feed has news. */
async function setAside(
  run: Checker,
  table: TablePlan,
  differing: readonly Compared[],
): Promise<{ left: string[]; explained: number }> {
  if (differing.length === 0) return { left: [], explained: 0 };
  const localIds = differing.flatMap((row) => row.localId ?? []);
  const known = run.local.known(
    table,
    differing.map((row) => row.key),
  );
  const unsent = new Set(
    run.local
      .entriesOf(table, [...localIds, ...[...known.values()].map((row) => row.localId)])
      .map((entry) => entry.localId),
  );
  const listed = new Set(
    [...run.local.held(), ...run.local.rejected('download'), ...run.local.rejected('upload')]
      .filter((row) => row.table === table.name)
      .map((row) => row.id),
  );
  // Any number of rows may wait at the gate (5.3): those are asked about by key.
  const keys = differing.map((row) => row.key);
  const ownIds = [...known.values()].map((row) => row.localId);
  for (const id of run.local.heldAmong(table.name, 'download', keys).keys()) listed.add(id);
  for (const id of run.local.heldAmong(table.name, 'upload', ownIds).keys()) listed.add(id);
  const cursor = run.cursors.get(table.name);
  const coming = new Set<string>();
  for (const slice of slices(differing, run.limits.pageSize)) {
    if (cursor === undefined) break;
    const asked = slice.map(({ key }) => key);
    for (const key of await run.remote.keysBehind(table, cursor, asked)) coming.add(key);
  }
  const left = differing.filter((row) => {
    const localId = row.localId ?? known.get(row.key)?.localId;
    return !(
      listed.has(row.key) ||
      coming.has(row.key) ||
      (localId !== undefined && (unsent.has(localId) || listed.has(localId)))
    );
  });
  return { left: left.map((row) => row.key), explained: differing.length - left.length };
}
