/** What HQ is told at the end of a run: the heartbeat, and what people read there. */
import type { RunReport } from '../../shared/report.ts';
import { fromLocal, UnholdableValue, type Canonical } from './codec.ts';
import { beat } from './beat.ts';
import { Beside } from './beside.ts';
import { compareNumbers, downloads, type Run } from './engine.ts';
import { tokenOf } from './identify.ts';
import type { CursorRow, LocalStore } from './local-port.ts';
import { META } from './meta.ts';
import type { Checkpoint, HqRunRecord, Liveness, Token } from './ports.ts';
import { ownLocalId } from './translate.ts';

/** Runs that HQ's log lacks while it cannot be told; beyond them the oldest stand in the terminal's own log alone. */
const MAX_UNTOLD = 100;

/** Stores what was told; called inside the run's last write. */
export type StoreTold = (local: LocalStore) => void;

/**
 * The heartbeat must be taken. What people read does not stop a sync that HQ refuses to note: it is told again later. `own`:
 * this run, if it moved something.
 */
export async function tellHq(
  run: Run,
  report: RunReport,
  own: HqRunRecord | null,
  token: Token,
): Promise<StoreTold> {
  const beside = new Beside(run);
  const heartbeat = {
    terminal: run.self.key,
    epoch: run.self.epoch,
    instance: run.self.instance,
    cursorXid: lowestCursor(run).xid,
    waiting: run.local.countWaiting(),
    was: tokenOf(run.local),
    token,
  };
  await beat(run, heartbeat, beside);
  const told = [
    await tellLiveness(run, beside),
    await tellRuns(run, own, beside),
    await tellCheckpoints(run, report, beside),
  ];
  return (local) => {
    for (const store of told) store(local);
    beside.store(local);
  };
}

const NOTHING: StoreTold = () => undefined;

/** What this terminal says of itself in its own row, where that has changed. */
async function tellLiveness(run: Run, beside: Beside): Promise<StoreTold> {
  if (!beside.isDue('liveness')) return NOTHING;
  const values = run.local.read(() => livenessOf(run));
  const text = JSON.stringify(values.map(({ value }) => value));
  if (values.length === 0 || run.local.meta(META.liveness) === text) return NOTHING;
  let isTaken = false;
  await beside.ask('liveness', async () => {
    isTaken = await run.remote.saveLiveness(run.self.key, values);
  });
  if (!isTaken) return NOTHING;
  return (local) => {
    local.setMeta(META.liveness, text);
  };
}

/** Empty where the manifest names no such columns, or the own row has not arrived yet. */
function livenessOf(run: Run): Liveness[] {
  const table = run.index.table(run.index.plan.terminals.table);
  const columns = table.liveness ?? [];
  if (columns.length === 0) return [];
  const localId = ownLocalId(run);
  // The same table with other columns.
  const names = columns.map(({ hq }) => hq).join(',');
  const live = { ...table, columns, fingerprint: `${table.fingerprint} liveness ${names}` };
  const row = run.local.rows(live, [localId]).get(localId);
  if (row === undefined) return [];
  return columns.flatMap((column, index) => {
    const value = held(() => fromLocal(column, row.values[index] ?? null));
    return value === undefined ? [] : [{ column, value }];
  });
}

/** Undefined: HQ's column cannot hold it. It is liveness: the next value will do. */
function held(read: () => Canonical): Canonical | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnholdableValue) return undefined;
    throw error;
  }
}

/** This run, and those that could not be told at their end. One that HQ refuses does not stand in the way of the others. */
async function tellRuns(run: Run, own: HqRunRecord | null, beside: Beside): Promise<StoreTold> {
  const records = untoldRuns(run.local);
  if (own !== null) records.push(own);
  if (records.length === 0) return NOTHING;
  const untold: HqRunRecord[] = [];
  let isHeard = beside.isDue('runs');
  for (const record of records) {
    const answer = isHeard
      ? await beside.ask('runs', () => run.remote.recordRun(record))
      : 'unheard';
    if (answer === 'unheard') isHeard = false;
    if (answer !== 'done') untold.push(record);
  }
  return (local) => {
    storeUntold(local, untold);
  };
}

/** Where each table stands that something came of in this run; all of them the first time. */
async function tellCheckpoints(run: Run, report: RunReport, beside: Beside): Promise<StoreTold> {
  const isFirst = run.local.meta(META.checkpointed) === null;
  const at = run.clock.now();
  const checkpoints: Checkpoint[] = [];
  for (const { table, xid, seq } of run.cursors.values()) {
    const came = report.tables[table]?.download;
    if (isFirst || (came !== undefined && came.applied + came.deleted > 0))
      checkpoints.push({ table, xid, seq, at });
  }
  if (checkpoints.length === 0 || !beside.isDue('checkpoints')) return NOTHING;
  const answer = await beside.ask('checkpoints', () =>
    run.remote.saveCheckpoints(run.self.code, checkpoints),
  );
  if (answer !== 'done' || !isFirst) return NOTHING;
  return (local) => {
    local.setMeta(META.checkpointed, at);
  };
}

function untoldRuns(local: LocalStore): HqRunRecord[] {
  return JSON.parse(local.meta(META.untoldRuns) ?? '[]') as HqRunRecord[];
}

/** Inside the caller's transaction: HQ hears of this run with the next heartbeat. */
export function tellLater(local: LocalStore, record: HqRunRecord): void {
  storeUntold(local, [...untoldRuns(local), record]);
}

function storeUntold(local: LocalStore, records: readonly HqRunRecord[]): void {
  const kept = records.slice(-MAX_UNTOLD);
  local.setMeta(META.untoldRuns, kept.length === 0 ? null : JSON.stringify(kept));
}

/** The cursor that is furthest behind: beyond it HQ keeps its feed. Before a beat all of them have been saved. */
export function lowestCursor(run: Run): CursorRow | { xid: string } {
  const reading = run.index.tables
    .filter((table) => downloads(table.direction))
    .map((table) => run.cursors.get(table.name));
  return reading.reduce<{ xid: string }>(
    (low, cursor) =>
      cursor !== undefined && (low.xid === '' || compareNumbers(cursor.xid, low.xid) < 0)
        ? cursor
        : low,
    { xid: '' },
  );
}
