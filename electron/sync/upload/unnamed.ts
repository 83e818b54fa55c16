/**
 * Rows whose key is no text. HQ could not tell them from others, so they are refused as any value that HQ cannot hold, and
 * stand on the list until the POS gives them a name or takes them away. A name of ours instead was refused: rows of the POS's
 * refer to them by what they are called now.
 */
import type { TablePlan } from '../../../shared/plan.ts';
import { groupBy, type Run } from '../engine.ts';
import type { OutboxEntry, Rejected } from '../local-port.ts';

/** One such row, by its entries on a page of the outbox. */
export interface Unnamed {
  readonly table: TablePlan;
  readonly name: string;
  readonly reason: string;
  readonly seqs: readonly number[];
  readonly stands: boolean;
}

/** What is new about them: those that are listed as they stand are left out. `entries`: of one table, none of other rows. */
export function unnamedRows(
  run: Run,
  table: TablePlan,
  entries: readonly OutboxEntry[],
  refused: ReadonlyMap<string, Rejected>,
): Unnamed[] {
  const standing = new Set(
    run.local.standing(
      table,
      entries.map(({ seq }) => seq),
    ),
  );
  return [...groupBy(entries, ({ localId }) => localId)].flatMap(([name, list]) => {
    const seqs = list.map(({ seq }) => seq);
    const stands = seqs.some((seq) => standing.has(seq));
    const listed = refused.get(`${table.name}\0${name}`)?.seq ?? -1;
    if (stands && listed >= (seqs.at(-1) ?? 0)) return [];
    return [{ table, name, reason: list[0]?.unnamed ?? '', seqs, stands }];
  });
}

export function settleUnnamed(run: Run, rows: readonly Unnamed[]): void {
  for (const { table, name, reason, seqs, stands } of rows) {
    if (!stands) {
      run.local.dropUnnamed(table, name, seqs);
      continue;
    }
    run.local.reject({
      table: table.name,
      id: name,
      direction: 'upload',
      code: 'VALUE_UNHOLDABLE',
      params: { table: table.name, id: name, column: 'local_id', reason },
      payload: null,
      seq: seqs.at(-1) ?? null,
    });
    run.local.showRefused(table, seqs);
    run.counters.list('upload', table.name, 'rejected', name);
  }
}
