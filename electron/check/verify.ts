import type { VerifyReport, VerifyTable } from '../../shared/rows.ts';
import { compareTable, type Compared } from '../sync/download/compare.ts';
import { downloads, type Run } from '../sync/engine.ts';
import type { TablePlan } from '../../shared/plan.ts';

type Checker = Pick<
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

/**
 * The data check (DESIGN 10): every in-scope row of both sides, one hash each, after subtracting what is pending,
 * held, rejected or kept. A download table is checked by HQ's rows and the terminal's, an upload-only one by the
 * terminal's. Keys that differ are looked at once more: what the feed is still bringing is not a difference.
 */
export async function verify(run: Checker): Promise<VerifyReport> {
  const tables: Record<string, VerifyTable> = {};
  let explained = 0;
  for (const table of run.index.tables) {
    const { hq, terminal, same, differing } = await checkTable(run, table);
    const set = await setAside(run, table, differing);
    explained += set.explained;
    tables[table.name] = { hq, terminal, same, differing: set.left };
  }
  return {
    equal: Object.values(tables).every((table) => table.differing.length === 0),
    explained,
    tables,
  };
}

async function checkTable(
  run: Checker,
  table: TablePlan,
): Promise<{ hq: number; terminal: number; same: number; differing: Compared[] }> {
  let hq = 0;
  let terminal = 0;
  let same = 0;
  const differing: Compared[] = [];
  for await (const compared of compareTable(run, table)) {
    if (compared.hq !== null) hq += 1;
    if (compared.local !== null) terminal += 1;
    if ((hq + terminal) % 5000 === 0) {
      run.checkCancelled();
      run.onProgress({ phase: 'compare', table: table.name, done: hq, total: null });
    }
    // What the terminal never downloads is checked by the terminal's rows alone.
    if (compared.local === null && !downloads(table.direction)) continue;
    if (compared.hq !== compared.local) differing.push(compared);
    else same += 1;
  }
  return { hq, terminal, same, differing };
}

/** Takes out what has a reason: kept, unsent, held, rejected rows, and keys the feed has not brought yet. */
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
  const keys = differing.map((row) => row.key);
  const atGate = [
    ...run.local.heldAmong(table.name, 'download', keys).keys(),
    ...run.local
      .heldAmong(
        table.name,
        'upload',
        [...known.values()].map((row) => row.localId),
      )
      .keys(),
  ];
  for (const id of atGate) listed.add(id);
  const coming = await keysOnTheWay(run, table);
  const left = differing.filter((row) => {
    const localId = row.localId ?? known.get(row.key)?.localId;
    return !(
      row.kept ||
      listed.has(row.key) ||
      coming.has(row.key) ||
      (localId !== undefined && (unsent.has(localId) || listed.has(localId)))
    );
  });
  return { left: left.map((row) => row.key), explained: differing.length - left.length };
}

/** Keys whose feed entries lie behind the cursor. */
async function keysOnTheWay(run: Checker, table: TablePlan): Promise<Set<string>> {
  const keys = new Set<string>();
  let cursor = run.cursors.get(table.name);
  while (cursor !== undefined) {
    const { pages } = await run.remote.readFeed(
      new Map([[table.name, cursor]]),
      run.limits.pageSize,
    );
    const page = pages[0];
    for (const entry of page?.entries ?? []) if (entry.key !== null) keys.add(entry.key);
    const last = page?.entries.at(-1);
    if (page?.full !== true || last === undefined) break;
    cursor = { ...cursor, xid: last.xid, seq: last.seq };
  }
  return keys;
}
