import { PayflowError } from '../../shared/errors.ts';
import type { TablePlan } from '../../shared/plan.ts';
import type { Run } from './engine.ts';

/** Rows written at a time: the write lock is held well under 250 ms (DESIGN 5.6). */
const WRITE = 100;

/**
 * A file whose `local_id` is not NOT NULL takes rows without one. Capture cannot tell of them: they get their key here, as
 * those that `init` finds do (DESIGN 4.5), and go as new rows. In a cycle in which there are none nothing is written.
 */
export function nameRows(run: Run): void {
  const tables = run.local.read(() =>
    run.index.tables.filter((table) => run.local.lacksKey(table)),
  );
  for (const table of tables) {
    try {
      while (nameSome(run, table) === WRITE) run.checkCancelled();
    } catch (error) {
      if (!isForbidden(error)) throw error;
      run.log.warn('rows without a local_id cannot get one', { table: table.name, error });
    }
  }
}

function nameSome({ local, clock }: Run, table: TablePlan): number {
  return local.write(() => {
    const localIds = local.giveKeys(table, WRITE);
    for (const localId of localIds) local.enqueue(table, localId, 'I', clock.now());
    return localIds.length;
  });
}

/** A CHECK or a trigger of the POS's lets no key be given: its rows hold up no others. */
function isForbidden(error: unknown): boolean {
  return (
    error instanceof PayflowError && String(error.params['sqlite']).startsWith('SQLITE_CONSTRAINT')
  );
}
