/** The checks that a person asks for (DESIGN 10), each with the cycles that it needs around it. */
import { randomUUID } from 'node:crypto';
import type { BooksReport, VerifyReport } from '../../shared/rows.ts';
import { compareBooks } from '../check/books.ts';
import { repair } from '../check/repair.ts';
import { lookAgain, verify } from '../check/verify.ts';
import { settleNotices } from '../local/notices.ts';
import type { WritableDb } from '../local/open.ts';
import type { EnginePorts, Run } from '../sync/engine.ts';
import { META } from '../sync/meta.ts';
import type { RepairReport } from './app-types.ts';
import { booksIn, readBooks } from './read-books.ts';

/** What a check works with. */
export interface Checking {
  readonly db: WritableDb;
  readonly ports: EnginePorts;
  /** A run that has met HQ and has moved nothing. */
  readonly connect: () => Promise<Run>;
  /** A whole cycle; throws where it fails. */
  readonly cycle: () => Promise<void>;
}

/** The data check. What differs is looked at again when a cycle has brought what was on its way. */
export async function verifyBoth({
  db,
  ports: { local, clock },
  connect,
  cycle,
}: Checking): Promise<VerifyReport> {
  // By the clock that the notices are written with.
  const began = new Date().toISOString();
  const first = await verify(await connect());
  let report = first;
  if (!first.equal) {
    await cycle();
    report = await lookAgain(await connect(), first);
  }
  // What was restored has been looked at, and both sides agree (DESIGN 8.1).
  if (report.equal) settleNotices(db, new Date().toISOString(), began);
  const differing = Object.values(report.tables).reduce(
    (sum, { differing: rows }) => sum + rows.length,
    0,
  );
  local.write(() => {
    local.setMeta(META.lastCheckAt, clock.now());
    local.setMeta(META.lastCheckDiffering, String(differing));
  });
  return report;
}

/** Makes both sides equal, each row the way its table goes; then checks. `log`: what is overwritten goes to the conflicts. */
export async function repairBoth(checking: Checking, log: boolean): Promise<RepairReport> {
  const { ports, connect, cycle } = checking;
  const { local, clock } = ports;
  local.write(() => {
    local.setMeta(META.scanDue, randomUUID());
  });
  await cycle();
  const repaired = await repair(await connect(), { log });
  local.write(() => {
    local.setMeta(META.comparedAt, clock.now());
  });
  await cycle();
  return { ...(await verifyBoth(checking)), repaired };
}

/** The money check. */
export async function checkBooks({ connect, cycle }: Checking): Promise<BooksReport> {
  const compare = async (): Promise<BooksReport> => {
    const run = await connect();
    return compareBooks(run, booksIn(run.index.plan, readBooks()));
  };
  const report = await compare();
  if (report.equal) return report;
  await cycle();
  return compare();
}
