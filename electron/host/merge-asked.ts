import type { CycleAsked } from './desk-types.ts';
import type { RowName } from './app-types.ts';

function union(a: readonly RowName[], b: readonly RowName[]): readonly RowName[] {
  const rows = new Map([...a, ...b].map((row) => [JSON.stringify([row.table, row.id]), row]));
  return [...rows.values()];
}

/** One cycle that does what two were asked for; it keeps the name that somebody was told first. */
export function mergeAsked(a: CycleAsked, b: CycleAsked): CycleAsked {
  const runId = a.runId ?? b.runId;
  return {
    ...(runId === undefined ? {} : { runId }),
    ...(a.takeOver === true || b.takeOver === true ? { takeOver: true } : {}),
    direction: a.direction === b.direction ? a.direction : 'both',
    retry: union(a.retry, b.retry),
    fetch: union(a.fetch, b.fetch),
  };
}
