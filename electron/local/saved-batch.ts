import type { Plan } from '../../shared/plan.ts';
import type { Canonical } from '../sync/codec.ts';
import type { Batch, BatchGroup } from '../sync/ports.ts';

/**
 * A batch as it is kept: HQ's column names in the place of the plan's numbers, which a change of HQ's schema moves
 * between the sending of a batch and its second try.
 */
type SavedGroup = Omit<BatchGroup, 'columns' | 'adds' | 'values'> & {
  readonly columns: readonly string[];
  readonly adds: readonly string[];
  readonly values: readonly SavedValues[];
};
/** A column's values; one where all rows say the same, as most columns of a bulk upload do. */
type SavedValues = readonly Canonical[] | { readonly all: Canonical };
type SavedBatch = Omit<Batch, 'groups'> & { readonly groups: readonly SavedGroup[] };

const columnsOf = (plan: Plan, table: string): readonly string[] =>
  plan.tables.find(({ name }) => name === table)?.columns.map(({ hq }) => hq) ?? [];

/** The JSON text of a batch. */
export function batchText(plan: Plan, batch: Batch): string {
  const groups = batch.groups.map((group): SavedGroup => {
    const columns = columnsOf(plan, group.table);
    const named = (indexes: readonly number[]): string[] =>
      indexes.map((index) => columns[index] ?? '');
    const values = group.values.map(folded);
    return { ...group, columns: named(group.columns), adds: named(group.adds), values };
  });
  return JSON.stringify({ ...batch, groups } satisfies SavedBatch);
}

function folded(values: readonly Canonical[]): SavedValues {
  const [first = null] = values;
  return values.every((value) => value === first) ? { all: first } : values;
}

function unfolded(values: SavedValues, rows: number): readonly Canonical[] {
  return 'all' in values ? new Array<Canonical>(rows).fill(values.all) : values;
}

/** A saved batch as it can be sent now; `counted`: ids of the entries with increments that it was saved with and has no more. */
export interface OpenBatch {
  readonly batch: Batch;
  readonly counted: readonly string[];
}

/**
 * The batch of a text. A column or a table that is not synced any more has nowhere to go and is left out; the entries of
 * such a table stay in the outbox, should it come back. What HQ has of them is known again by its key and its hash then, but
 * for increments, which would count twice: of those the caller asks HQ.
 */
export function batchOf(plan: Plan, text: string): OpenBatch {
  const saved = JSON.parse(text) as SavedBatch;
  const tables = new Set(plan.tables.map(({ name }) => name));
  const groups = saved.groups.filter(({ table }) => tables.has(table));
  const counted = saved.groups.filter(({ table, adds }) => !tables.has(table) && adds.length > 0);
  return {
    batch: { ...saved, groups: groups.map((group) => groupOf(plan, group)) },
    counted: counted.flatMap(({ entries }) => entries.flatMap((ids) => ids.split(','))),
  };
}

function groupOf(plan: Plan, group: SavedGroup): BatchGroup {
  const columns = columnsOf(plan, group.table);
  const places = group.columns.flatMap((name, place) => {
    const index = columns.indexOf(name);
    return index < 0 ? [] : [{ index, place }];
  });
  const adds = group.adds.map((name) => columns.indexOf(name)).filter((index) => index >= 0);
  const kept = (lists: readonly (readonly Canonical[])[]): (readonly Canonical[])[] =>
    lists.length === 0 ? [] : places.map(({ place }) => lists[place] ?? []);
  return {
    ...group,
    columns: places.map(({ index }) => index),
    adds,
    values: kept(group.values.map((values) => unfolded(values, group.keys.length))),
    bases: kept(group.bases),
  };
}
