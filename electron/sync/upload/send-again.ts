/** A batch that HQ had taken and lost when it was restored, sent once more from `sync_sent` (DESIGN 8.2). */
import type { TablePlan } from '../../../shared/plan.ts';
import { subtractDecimals, type Canonical } from '../codec.ts';
import { compareNumbers, type Run } from '../engine.ts';
import type { Batch, BatchGroup, BatchReply, RowOutcome } from '../ports.ts';
import { canonicalRows } from '../translate.ts';

/** Of this batch the refused rows wait for upload already: a second look at its outcome must not count them twice. */
const REQUEUED = 'requeued_batch';
/** Numbers of a sequence that are passed over in one question. */
const DRAWN_AT_ONCE = 10_000;

/**
 * The batch as it was, under this epoch; rows whose local_id the POS has changed since under their new one. One that is
 * known no more, and whose name another row has by now, has none: HQ's key stands there.
 */
export function present(run: Run, batch: Batch): Batch {
  return {
    ...batch,
    epoch: run.self.epoch,
    groups: batch.groups.map((group) => {
      const table = run.index.table(group.table);
      const known = run.local.known(table, group.keys);
      const keys = run.local.serverIds(table, group.localIds);
      return {
        ...group,
        localIds: group.localIds.map((localId, row) => {
          const key = group.keys[row] ?? '';
          return known.get(key)?.localId ?? ((keys.get(localId) ?? key) === key ? localId : key);
        }),
      };
    }),
  };
}

/** A restored sequence gives out the numbers of the lost rows once more: HQ's programs must not run into them. */
export async function passSequences(run: Run, batch: Batch): Promise<void> {
  for (const group of batch.groups) {
    const table = run.index.table(group.table);
    if (group.op !== 'insert' || !table.ownKey || table.keyKind !== 'integer') continue;
    const highest = group.keys.reduce(
      (max, key) => (compareNumbers(key, max) > 0 ? key : max),
      '0',
    );
    let count = 1;
    for (;;) {
      const place = (await run.remote.drawKeys(table, count)).at(-1) ?? highest;
      if (compareNumbers(place, highest) >= 0) break;
      count = Math.min(Number(BigInt(highest) - BigInt(place)), DRAWN_AT_ONCE);
    }
  }
}

/**
 * What HQ does not take this time has no entry in the outbox any more: it gets one, with what was sent as its base, so
 * that it is merged, listed and tried again like any other change, and never removed because HQ lacks it.
 */
export function requeueRefused(run: Run, batch: Batch, reply: BatchReply): void {
  if (run.local.meta(REQUEUED) === String(batch.number)) return;
  for (const outcome of reply.outcomes) {
    const group = batch.groups.find(
      ({ table, op, keys }) =>
        table === outcome.table && op === outcome.op && keys.includes(outcome.key),
    );
    if (group === undefined) continue;
    const row = group.keys.indexOf(outcome.key);
    const table = run.index.table(group.table);
    if (run.local.rows(table, [group.localIds[row] ?? '']).size === 0) continue;
    if (group.op === 'insert') requeueInsert(run, table, group, row, outcome);
    else if (group.op === 'update') requeueUpdate(run, table, group, row);
  }
  run.local.setMeta(REQUEUED, String(batch.number));
}

function requeueInsert(
  run: Run,
  table: TablePlan,
  group: BatchGroup,
  row: number,
  { code, key }: RowOutcome,
): void {
  const localId = group.localIds[row] ?? '';
  const at = group.at[row] ?? run.clock.now();
  const taken = code === 'ROW_EXISTS';
  const isDrawn = table.ownKey && table.keyKind === 'integer';
  if (taken && !isDrawn) {
    // HQ has this very row, with other values: its base is unknown, so both are merged.
    run.local.enqueue(table, localId, 'U', at);
    return;
  }
  // A number that HQ has given to another row meanwhile is gone.
  run.local.unlink(table, localId, taken ? null : key);
  run.local.enqueue(table, localId, 'I', at);
}

function requeueUpdate(run: Run, table: TablePlan, group: BatchGroup, row: number): void {
  const localId = group.localIds[row] ?? '';
  const local = run.local.rows(table, [localId]).get(localId);
  if (local === undefined) return;
  const stored = run.local.bases(table, [localId]).get(localId)?.base;
  const now = canonicalRows(run, table, [local])[0]?.values ?? [];
  const base: Canonical[] = table.columns.map(({ hq }, index) =>
    stored?.has(hq) === true ? (stored.get(hq) ?? null) : (now[index] ?? null),
  );
  for (const [place, index] of group.columns.entries()) {
    const sent = group.values[place]?.[row] ?? null;
    if (group.adds.includes(index)) base[index] = subtractDecimals(base[index] ?? '0', sent ?? '0');
    // An older base stands: it is what HQ has.
    else if ((base[index] ?? null) === (now[index] ?? null))
      base[index] = group.bases[place]?.[row] ?? null;
  }
  const seq = run.local.enqueue(table, localId, 'U', group.at[row] ?? run.clock.now());
  run.local.setBase(table, localId, seq, base);
}
