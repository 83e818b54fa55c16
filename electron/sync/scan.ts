/**
 * What the capture triggers missed (DESIGN 4.4): every row's hash against the one of its last sync, in slices. A change
 * that is found becomes an entry of the outbox, and goes the way of all edits: merged, sent, or undone and logged.
 */
import type { TablePlan } from '../../shared/plan.ts';
import { META } from './meta.ts';
import { otherWork } from './download/buckets.ts';
import { cursorOf } from './download/load.ts';
import { slices, type Run } from './engine.ts';
import type { MissedRow, ScannedRow } from './local-port.ts';
import { placeheld } from './placeholder.ts';
import { readNamed, repairOutbox } from './repair-outbox.ts';
import { canonicalRows, hashOf } from './translate.ts';

/** Rows read and hashed at a time. */
const PAGE = 500;
/** Rows written at a time: the write lock is held well under 250 ms (DESIGN 5.6). */
const WRITE = 100;

/**
 * Scans when there is evidence that capture was off, or when the nightly check or a repair asks for it; a scan at every
 * start would cost a shop of 200,000 rows its cold start. Before anything is downloaded: what HQ has changed meanwhile
 * must meet the edits that were found.
 */
export async function scanIfDue(run: Run): Promise<void> {
  const due = run.local.meta(META.scanDue);
  if (due === null) return;
  let found = 0;
  for (const table of run.index.tables) found += await scanTable(run, table);
  if (found > 0) run.log.warn('changes that the capture triggers missed were found', { found });
  run.local.write(() => {
    // Asked for once more while it ran: then it is due again.
    if (run.local.meta(META.scanDue) === due) run.local.setMeta(META.scanDue, null);
    // A file of before there was a nightly compare: its first one comes a day from now.
    if (run.local.meta(META.comparedAt) === null)
      run.local.setMeta(META.comparedAt, run.clock.now());
  });
}

async function scanTable(run: Run, table: TablePlan): Promise<number> {
  // Hashes over other columns say nothing; the re-baseline that is due looks at every row (DESIGN 3.8).
  const comparable = cursorOf(run, table).fingerprint === table.fingerprint;
  let found = 0;
  let seen = 0;
  for (let after: string | null = null; ;) {
    const page = run.local.read(() => run.local.scanPage(table, after, PAGE));
    const open = page.filter((row) => !row.captured && !row.kept);
    if (comparable)
      found += await noteChanged(
        run,
        table,
        // HQ's row is known to differ from one that has given its unique value away: it waits to land.
        open.filter((row) => placeheld(table, row.values).length === 0),
      );
    found += noteNew(
      run,
      table,
      open.filter((row) => row.key === null),
    );
    run.at('scan:page');
    seen += page.length;
    run.onProgress({ phase: 'compare', table: table.name, done: seen, total: null });
    after = page.at(-1)?.localId ?? null;
    if (page.length < PAGE || after === null) break;
    await otherWork();
    run.checkCancelled();
  }
  // A row that only changed its name has taken what is known of it along.
  if (found > 0) repairOutbox(run);
  return found + (await noteVanished(run, table));
}

/** Rows that are not what was synced. HQ's own row says whether that is news. */
async function noteChanged(
  run: Run,
  table: TablePlan,
  rows: readonly ScannedRow[],
): Promise<number> {
  const known = rows.filter((row) => row.key !== null);
  const canonical = run.local.read(() => canonicalRows(run, table, known));
  const differing = known.flatMap((row, place) => {
    const { unholdable, values } = canonical[place] ?? { unholdable: null, values: [] };
    const hash = unholdable === null ? hashOf(run, values) : null;
    return hash !== null && hash === row.hash ? [] : [{ row, hash }];
  });
  if (differing.length === 0) return 0;
  const theirs = new Map(
    (
      await run.remote.readRows(
        table,
        differing.flatMap(({ row }) => row.key ?? []),
      )
    ).map(({ key, hash }) => [key, hash]),
  );
  const isSame = ({ row, hash }: (typeof differing)[number]): boolean =>
    hash !== null && theirs.get(row.key ?? '') === hash;
  const same = differing.filter(isSame);
  for (const slice of slices(same, WRITE)) {
    run.local.write(() => {
      run.local.noteHashes(
        table,
        slice.map(({ row, hash }) => ({ localId: row.localId, hash: hash ?? '' })),
      );
    });
  }
  const changed = differing.filter((one) => !isSame(one));
  write(
    run,
    table,
    changed.map(({ row }) => ({ localId: row.localId, oldLocalId: row.localId, op: 'U' })),
  );
  return changed.length;
}

/** Rows that HQ was never told of: new ones, ones under another name, ones that came with a server_id of their own. */
function noteNew(run: Run, table: TablePlan, rows: readonly ScannedRow[]): number {
  const keys = rows.flatMap((row) => row.serverId ?? []);
  const known = run.local.read(() => run.local.known(table, keys));
  const missed = rows.map((row): MissedRow & { readonly adopt: string | null } => {
    const { localId, serverId } = row;
    if (serverId === null) return { localId, oldLocalId: null, op: 'I', adopt: null };
    const there = known.get(serverId);
    if (there === undefined) return { localId, oldLocalId: localId, op: 'U', adopt: serverId };
    return there.present
      ? { localId, oldLocalId: null, op: 'I', adopt: null }
      : { localId, oldLocalId: there.localId, op: 'U', adopt: null };
  });
  for (const { localId, adopt } of missed) {
    if (adopt !== null) {
      run.local.write(() => {
        run.local.adopt(table, localId, adopt);
      });
    }
  }
  write(run, table, missed);
  return rows.length;
}

/** Rows that are gone here and that HQ still has were deleted; what HQ has no more is simply forgotten. */
async function noteVanished(run: Run, table: TablePlan): Promise<number> {
  let found = 0;
  for (let after: string | null = null; ;) {
    const page = readNamed(run, () => run.local.vanished(table, after, PAGE));
    if (page.length === 0) return found;
    const present = new Set(
      (
        await run.remote.readRows(
          table,
          page.map(({ key }) => key),
        )
      ).map(({ key }) => key),
    );
    const deleted = page.filter(({ key }) => present.has(key));
    write(
      run,
      table,
      deleted.map(({ localId }) => ({ localId, oldLocalId: localId, op: 'D' })),
    );
    run.local.write(() => {
      run.local.forget(
        table,
        page.filter(({ key }) => !present.has(key)).map(({ localId }) => localId),
      );
    });
    found += deleted.length;
    after = page.at(-1)?.localId ?? null;
    run.checkCancelled();
  }
}

function write(run: Run, table: TablePlan, rows: readonly MissedRow[]): void {
  for (const slice of slices(rows, WRITE)) {
    run.local.write(() => {
      run.local.addMissed(table, slice);
    });
  }
}
