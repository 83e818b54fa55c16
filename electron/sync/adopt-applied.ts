import type { TablePlan } from '../../shared/plan.ts';
import { groupBy, slices, type Run } from './engine.ts';
import type { Acknowledged, OutboxEntry } from './local-port.ts';
import { canonicalRows } from './translate.ts';
import { ownKey } from './upload/build-batch.ts';

/** Entries looked through, and asked about, at once. */
const SLICE = 5_000;

/**
 * A restored file's outbox holds changes that HQ has had: it is asked which, by their ids, and those are dropped
 * (DESIGN 8.2). Parents first, because a composite key is made of its parents' keys.
 */
export async function adoptApplied(run: Run): Promise<void> {
  const { ids, rows } = await askHq(run);
  for (const table of run.index.tables)
    for (const some of slices([...(rows.get(table.name) ?? [])], SLICE))
      run.local.write(() => {
        adoptRows(run, table, some, ids);
      });
}

interface Applied {
  /** Entries that HQ has had, with the key it drew for a new row. */
  readonly ids: ReadonlyMap<string, string | null>;
  /** local_ids of their rows, by table. */
  readonly rows: ReadonlyMap<string, ReadonlySet<string>>;
}

async function askHq(run: Run): Promise<Applied> {
  const ids = new Map<string, string | null>();
  const rows = new Map<string, Set<string>>();
  for (let after: number | null = 0; after !== null;) {
    const from: number = after;
    const entries: readonly OutboxEntry[] = run.local.read(() =>
      run.local.entriesAfter(from, SLICE),
    );
    const asked = entries.map((entry) => entry.id);
    const applied = asked.length === 0 ? [] : await run.remote.appliedEntries(run.self.key, asked);
    for (const [id, drawn] of applied) ids.set(id, drawn);
    for (const { id, table, localId } of entries) {
      if (!ids.has(id)) continue;
      const ofTable = rows.get(table) ?? new Set();
      rows.set(table, ofTable.add(localId));
    }
    after = entries.length === SLICE ? (entries.at(-1)?.seq ?? null) : null;
  }
  return { ids, rows };
}

function adoptRows(
  run: Run,
  table: TablePlan,
  localIds: readonly string[],
  applied: ReadonlyMap<string, string | null>,
): void {
  const { local } = run;
  const entries = groupBy(local.entriesOf(table, localIds), (entry) => entry.localId);
  const known = local.serverIds(table, localIds);
  const present = local.rows(table, localIds);
  const canonical = new Map(
    canonicalRows(run, table, [...present.values()]).map((row) => [row.localId, row]),
  );
  const batchId = run.hashing.uuidOf('restored', run.self.key, String(run.self.epoch));
  const whole: Acknowledged[] = [];
  for (const [localId, list] of entries) {
    const last = list.findLastIndex((entry) => applied.has(entry.id));
    const first = list[0];
    if (last < 0 || first === undefined) continue;
    const isHere = present.has(localId);
    const key =
      known.get(localId) ??
      keyOf(
        run,
        table,
        localId,
        first,
        applied.get(first.id) ?? null,
        canonical.get(localId)?.values,
      );
    // Its key cannot be told: the row is sent again, and HQ finds it there.
    if (isHere && key === null) continue;
    const gone = !isHere && list.slice(0, last + 1).some(({ op }) => op === 'D');
    const entries = list.slice(0, last + 1).map(({ id }) => id);
    const row = {
      localId,
      serverId: gone ? null : key,
      hash: null,
      entries: entries.join(','),
      seq: null,
    };
    if (last === list.length - 1) whole.push(row);
    else local.acknowledge(table, batchId, [row], list[last]?.seq ?? 0);
  }
  local.acknowledge(table, batchId, whole, local.lastSeq());
}

/** The key that the row was sent with (DESIGN 6.3); null: it cannot be told. */
function keyOf(
  run: Run,
  table: TablePlan,
  localId: string,
  first: OutboxEntry,
  drawn: string | null,
  values: readonly (string | null)[] | undefined,
): string | null {
  if (table.ownKey) {
    return table.keyKind === 'integer' ? drawn : ownKey(run, table, localId, first.id);
  }
  if (values === undefined) return null;
  const texts = table.key.map((column) => values[run.index.columnAt(table, column)] ?? null);
  if (texts.includes(null)) return null;
  return texts.length === 1 ? (texts[0] ?? null) : JSON.stringify(texts);
}
