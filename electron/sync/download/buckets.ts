import type { TablePlan } from '../../../shared/plan.ts';
import type { Run } from '../engine.ts';
import type { BucketChoice, BucketHash } from '../ports.ts';
import { bucketOf, localHashes } from './compare.ts';

/** What the bucket compare of one table found. Row counts of both sides; `terminal` counts rows that HQ knows. */
export interface BucketFindings {
  readonly hq: number;
  readonly terminal: number;
  /** Rows from outside the scope (DESIGN 5.4): HQ's sums know nothing of them. */
  readonly kept: number;
  readonly differing: BucketChoice;
}

/** Above it a bucket of two digits would hold too many rows to go through for one that differs. */
const MANY_ROWS = 50_000;
/** Rows hashed between two looks at whether the run was cancelled. */
const SLICE = 5_000;

/**
 * Compares a table by one sum per bucket (DESIGN 3.8, 10): HQ answers with a line per bucket, the terminal goes through its
 * rows once, and only buckets that differ are looked into. Each side in one snapshot, memory flat.
 */
export async function compareBuckets(
  run: Pick<
    Run,
    'index' | 'local' | 'remote' | 'self' | 'hashing' | 'onProgress' | 'checkCancelled'
  >,
  table: TablePlan,
): Promise<BucketFindings> {
  const digits = run.local.countRows(table) > MANY_ROWS ? 3 : 2;
  const mine = new Map<string, { rows: number; sum: bigint }>();
  let terminal = 0;
  let kept = 0;
  await run.local.snapshot(async () => {
    for (const row of localHashes(run, table)) {
      terminal += 1;
      if (terminal % SLICE === 0) {
        run.onProgress({ phase: 'compare', table: table.name, done: terminal, total: null });
        await otherWork();
        run.checkCancelled();
      }
      if (row.kept) {
        kept += 1;
        continue;
      }
      const name = bucketOf(run, row.key, digits);
      const bucket = mine.get(name) ?? { rows: 0, sum: 0n };
      bucket.rows += 1;
      bucket.sum += signed(run.hashing.rowHash(`${row.key}:${row.local}`));
      mine.set(name, bucket);
    }
  });
  const theirs = await run.remote.bucketHashes(table, digits);
  const names = [...new Set([...mine.keys(), ...theirs.keys()])].filter(
    (name) => !isSame(mine.get(name), theirs.get(name)),
  );
  const hq = [...theirs.values()].reduce((sum, bucket) => sum + bucket.rows, 0);
  return { hq, terminal, kept, differing: { digits, names: new Set(names) } };
}

function isSame(a: BucketHash | undefined, b: BucketHash | undefined): boolean {
  return a?.rows === b?.rows && a?.sum === b?.sum;
}

/** Sixteen hex digits as PostgreSQL's bigint reads them. */
function signed(hex: string): bigint {
  return BigInt.asIntN(64, BigInt(`0x${hex}`));
}

/** The thread serves other calls, a cancel among them. */
export function otherWork(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
