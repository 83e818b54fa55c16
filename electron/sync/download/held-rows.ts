import { groupBy, slices, type Run } from '../engine.ts';
import type { Held, Rejected } from '../local-port.ts';
import { applyPage } from './apply.ts';
import { addAbsent, addArrivals, emptyPage, hasArrival, isEmptyPage, type Page } from './page.ts';
import { preparePage } from './prepare.ts';
import { FIRST } from './subtree.ts';

/**
 * Applies held rows whose parents have landed, again and again until nothing moves (DESIGN 5.4). Releasing always
 * re-reads the row. Rows that wait only for each other are released together.
 */
export async function releaseHeld(run: Run): Promise<void> {
  for (let before = Number.POSITIVE_INFINITY; ;) {
    const taken = run.local.read(() => takenRows(run));
    const count = run.local.countHeld() + taken.length;
    if (count === 0 || count >= before) return;
    before = count;
    const ready = run.local.read(() => [
      ...readyRows(run),
      ...taken.filter((row) => isFree(run, row)),
    ]);
    if (ready.length === 0) return;
    const alone = run.local.read(() => withParentsHere(run, ready));
    // Rows that need each other stay together, whatever their number.
    if (alone.length === 0) await tryAgain(run, ready);
    for (const slice of slices(alone, run.limits.pageSize)) await tryAgain(run, slice);
  }
}

/**
 * Re-reads these rows and applies what HQ has now; `force`: also what is believed to be in step; `exempt`: what HQ has no
 * more goes without a question.
 */
export async function tryAgain(
  run: Run,
  rows: readonly Pick<Held, 'table' | 'id' | 'op'>[],
  { force = false, exempt = false } = {},
): Promise<void> {
  const page = await rereadPage(run, rows, force, exempt);
  if (isEmptyPage(page)) return;
  const facts = await preparePage(run, page);
  run.local.write(() => {
    queueReturned(run, page, rows);
    applyPage(run, page, facts);
  });
  run.at('held:released');
}

/** Rows that were to go and that HQ shows again have been away (DESIGN 3.6); their entry finds them on no list any more. */
function queueReturned(
  run: Run,
  page: Page,
  rows: readonly Pick<Held, 'table' | 'id' | 'op'>[],
): void {
  const returned = rows.filter(
    ({ table, id, op }) => op !== 'upsert' && hasArrival(page, table, id),
  );
  for (const [name, group] of groupBy(returned, (row) => row.table)) {
    if (run.index.descendantLinks(run.index.table(name)).length === 0) continue;
    const keys = group.map((row) => row.id);
    run.local.addSubtrees(name, keys, FIRST);
  }
}

async function rereadPage(
  run: Run,
  rows: readonly Pick<Held, 'table' | 'id' | 'op'>[],
  force: boolean,
  exempt: boolean,
): Promise<Page> {
  const page = emptyPage();
  for (const [name, group] of groupBy(rows, (row) => row.table)) {
    if (!run.index.has(name)) continue;
    const table = run.index.table(name);
    const keys = group.map((row) => row.id);
    const [found, editedAt] = [
      await run.remote.readRows(table, keys),
      await run.remote.editTimes(table, keys),
    ];
    addArrivals(page, table, found, { editedAt, force });
    const present = new Set(found.map((row) => row.key));
    await addAbsent(
      run,
      page,
      table,
      keys.filter((key) => !present.has(key)),
      exempt,
    );
  }
  return page;
}

/** Downloads that were refused for what another row here holds. */
const TAKEN: ReadonlySet<string> = new Set(['UNIQUE_HELD_BY_UNSENT', 'ROW_REFUSED_HERE']);

function takenRows(run: Run): (Rejected & { op: 'upsert' })[] {
  return run.local
    .rejected('download')
    .filter((row) => TAKEN.has(row.code) && run.index.has(row.table))
    .map((row) => ({ ...row, op: 'upsert' }));
}

/**
 * Nothing of the row that held the value is unsent any more. Which row it is that a rule of payflow.db's own protects nobody
 * knows: there it is enough that the POS, or this run, has changed the table.
 */
function isFree(run: Run, row: Rejected): boolean {
  const table = run.index.table(row.table);
  if (row.code === 'ROW_REFUSED_HERE')
    return (
      run.counters.downloaded(table.name) > 0 || run.local.hasEntriesBehind(table, row.seq ?? 0)
    );
  const holder = String(row.params['localId']);
  return run.local.entriesOf(table, [holder]).length === 0;
}

/** Held downloads of which every missing parent is here or among the held rows that can go. */
function readyRows(run: Run): Held[] {
  const held = run.local
    .held()
    .filter((row) => row.direction === 'download' && run.index.has(row.table));
  const removals = held.filter((row) => row.op !== 'upsert' && mayGo(run, row));
  let candidates = held.filter((row) => row.op === 'upsert');
  const here = presentParents(run, candidates);
  for (;;) {
    const going = new Set(candidates.map((row) => `${row.table}\0${row.id}`));
    const left = candidates.filter((row) =>
      row.missing.every(({ refTable, refId }) => {
        const parent = `${refTable}\0${refId}`;
        return here.has(parent) || going.has(parent);
      }),
    );
    if (left.length === candidates.length) return [...left, ...removals];
    candidates = left;
  }
}

/** Those that need no other held row. */
function withParentsHere<T extends Pick<Held, 'table' | 'id' | 'op'> & Partial<Held>>(
  run: Run,
  ready: readonly T[],
): T[] {
  const here = presentParents(
    run,
    ready.map((row) => ({ missing: row.missing ?? [] })),
  );
  return ready.filter(
    (row) =>
      row.op !== 'upsert' ||
      (row.missing ?? []).every(({ refTable, refId }) => here.has(`${refTable}\0${refId}`)),
  );
}

function presentParents(run: Run, held: readonly Pick<Held, 'missing'>[]): Set<string> {
  const here = new Set<string>();
  const parents = held.flatMap((row) => row.missing);
  for (const [refTable, group] of groupBy(parents, (parent) => parent.refTable)) {
    if (!run.index.has(refTable)) continue;
    const known = run.local.known(run.index.table(refTable), [
      ...new Set(group.map((parent) => parent.refId)),
    ]);
    for (const [key, row] of known) if (row.present) here.add(`${refTable}\0${key}`);
  }
  return here;
}

/** A held delete can go when its row has neither unsent edits nor rows that need it. */
function mayGo(run: Run, held: Held): boolean {
  const table = run.index.table(held.table);
  const row = run.local.known(table, [held.id]).get(held.id);
  if (row === undefined) return true;
  if (run.local.entriesOf(table, [row.localId]).length > 0) return false;
  return run.local.referrers(table, [row.localId]).every((referrer) => referrer.nullable);
}
