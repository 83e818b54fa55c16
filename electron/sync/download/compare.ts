import type { TablePlan } from '../../../shared/plan.ts';
import type { BucketChoice, RemoteStore } from '../ports.ts';
import { canonicalRows, hashOf, type Translator } from '../translate.ts';

/** One key as the two sides have it; null where a side lacks the row. */
export interface Compared {
  readonly key: string;
  readonly hq: string | null;
  /** Hash of what payflow.db really holds, not of what it is believed to hold. */
  readonly local: string | null;
  readonly localId: string | null;
  readonly kept: boolean;
}

/**
 * Walks one table, or some of its buckets, on both sides in byte order of HQ's key, one hash per row, memory flat (DESIGN 10
 * `verify`, 3.8). Serves the data check and the re-baseline alike.
 */
export async function* compareTable(
  run: Translator & { readonly remote: Pick<RemoteStore, 'streamHashes'> },
  table: TablePlan,
  only: BucketChoice | null = null,
): AsyncGenerator<Compared> {
  const local = localHashes(run, table, only);
  let mine = local.next();
  for await (const page of run.remote.streamHashes(table, only)) {
    for (const theirs of page) {
      while (mine.done !== true && byteOrder(mine.value.key, theirs.key) < 0) {
        yield { ...mine.value, hq: null };
        mine = local.next();
      }
      if (mine.done !== true && mine.value.key === theirs.key) {
        yield { ...mine.value, hq: theirs.hash };
        mine = local.next();
      } else yield { key: theirs.key, hq: theirs.hash, local: null, localId: null, kept: false };
    }
  }
  for (; mine.done !== true; mine = local.next()) yield { ...mine.value, hq: null };
}

/**
 * SQLite's BINARY and PostgreSQL's "C" order compare UTF-8 bytes; JavaScript's `<` compares UTF-16 units, which
 * differs for characters beyond U+FFFF.
 */
function byteOrder(a: string, b: string): number {
  if (a === b) return 0;
  const left = [...a];
  const right = [...b];
  for (let index = 0; index < left.length && index < right.length; index += 1) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Rows are dealt to buckets by their key: a row that changes stays in its bucket. */
export function bucketOf(run: Pick<Translator, 'hashing'>, key: string, digits: number): string {
  return run.hashing.rowHash(key).slice(0, digits);
}

const SCAN_SLICE = 500;

/** Every row HQ knows, or those of some buckets, as payflow.db holds it, in byte order of HQ's key. */
export function* localHashes(
  run: Translator,
  table: TablePlan,
  only: BucketChoice | null = null,
): Generator<Omit<Compared, 'hq'> & { local: string }, void> {
  let slice: {
    localId: string;
    key: string;
    kept: boolean;
    row: Parameters<typeof canonicalRows>[2][number];
  }[] = [];
  const flush = function* () {
    const rows = canonicalRows(
      run,
      table,
      slice.map((entry) => entry.row),
    );
    for (const [index, entry] of slice.entries()) {
      const canonical = rows[index];
      if (canonical === undefined) continue;
      const local = canonical.unholdable === null ? hashOf(run, canonical.values) : 'unholdable';
      yield { key: entry.key, local, localId: entry.localId, kept: entry.kept };
    }
    slice = [];
  };
  for (const row of run.local.scan(table)) {
    if (row.serverId === null) continue;
    if (only !== null && !only.names.has(bucketOf(run, row.serverId, only.digits))) continue;
    slice.push({ localId: row.localId, key: row.serverId, kept: row.kept, row });
    if (slice.length >= SCAN_SLICE) yield* flush();
  }
  yield* flush();
}
