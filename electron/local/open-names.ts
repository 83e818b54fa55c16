import type { Batch, BatchGroup } from '../sync/ports.ts';
import type { StoreContext } from './statements.ts';

type Prepare = StoreContext['prepare'];

/** Of a saved batch only what names its rows; the rest stays as it is. */
interface SavedNames {
  groups: { table: BatchGroup['table']; op: BatchGroup['op']; localIds: string[] }[];
}
interface Place {
  readonly batch: number;
  readonly group: SavedNames['groups'][number];
  readonly row: number;
}

const rowOf = (table: string, localId: string): string => `${table}\0${localId}`;

/** The payload of a batch with other local_ids: HQ never hears of them, and hears the same as before (DESIGN 6.1). */
function save(prepare: Prepare, number: number, batch: SavedNames): void {
  prepare('UPDATE sync_sent SET payload = ? WHERE number = ?').run(JSON.stringify(batch), number);
}

function savedBatch(prepare: Prepare, number: number): SavedNames | null {
  const payload = prepare('SELECT payload FROM sync_sent WHERE number = ?').pluck().get(number) as
    string | undefined;
  return payload === undefined ? null : (JSON.parse(payload) as SavedNames);
}

/** The names of the rows in open batches, as far as they are among those that are asked about. Within one transaction. */
export class OpenNames {
  readonly #prepare: Prepare;
  readonly #batches = new Map<number, SavedNames>();
  readonly #places = new Map<string, readonly Place[]>();
  readonly #changed = new Set<number>();

  /** `names`: all that may be asked about. Most batches name none of them, and are not parsed. */
  constructor(prepare: Prepare, names: readonly string[]) {
    this.#prepare = prepare;
    const numbers = prepare(`
      SELECT b.number FROM sync_batch b JOIN sync_sent s ON s.number = b.number
       WHERE EXISTS (SELECT 1 FROM json_each(?) j WHERE instr(s.payload, j.value))`)
      .pluck()
      .all(JSON.stringify(names.map((name) => JSON.stringify(name)))) as number[];
    for (const number of numbers) {
      const batch = savedBatch(prepare, number);
      if (batch !== null) this.#note(number, batch, new Set(names));
    }
  }

  #note(number: number, batch: SavedNames, names: ReadonlySet<string>): void {
    this.#batches.set(number, batch);
    for (const group of batch.groups)
      for (const [row, localId] of group.localIds.entries())
        if (names.has(localId)) this.#add(group.table, localId, [{ batch: number, group, row }]);
  }

  #add(table: string, localId: string, places: readonly Place[]): void {
    const row = rowOf(table, localId);
    this.#places.set(row, [...(this.#places.get(row) ?? []), ...places]);
  }

  /** Is it the name of a new row that HQ may have by now? */
  isNew(table: string, localId: string): boolean {
    const places = this.#places.get(rowOf(table, localId)) ?? [];
    return places.some(({ group }) => group.op === 'insert');
  }

  move(table: string, from: string, to: string): void {
    const places = this.#places.get(rowOf(table, from));
    if (places === undefined) return;
    this.#places.delete(rowOf(table, from));
    this.#add(table, to, places);
    for (const { batch, group, row } of places) {
      group.localIds[row] = to;
      this.#changed.add(batch);
    }
  }

  /** Keeps what was moved; answers with the numbers of the batches. */
  save(): ReadonlySet<number> {
    for (const number of this.#changed) {
      const batch = this.#batches.get(number);
      if (batch !== undefined) save(this.#prepare, number, batch);
    }
    return this.#changed;
  }
}

/** The batch under the names that stand in payflow.db. */
export function underSavedNames(prepare: Prepare, batch: Batch): Batch {
  const saved = savedBatch(prepare, batch.number);
  return {
    ...batch,
    groups: batch.groups.map((group, place) => ({
      ...group,
      localIds: saved?.groups[place]?.localIds ?? group.localIds,
    })),
  };
}

/** Puts the names of the batch in place of those that stand in payflow.db. */
export function saveNames(prepare: Prepare, batch: Batch): void {
  const saved = savedBatch(prepare, batch.number);
  if (saved === null) return;
  const isSame = saved.groups.every(({ localIds }, place) =>
    localIds.every((localId, row) => localId === batch.groups[place]?.localIds[row]),
  );
  if (isSame) return;
  for (const [place, group] of saved.groups.entries())
    group.localIds = [...(batch.groups[place]?.localIds ?? group.localIds)];
  save(prepare, batch.number, saved);
}
