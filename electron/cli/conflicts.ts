import type { Command } from 'commander';
import type { ConflictRow } from '../../shared/rows.ts';
import { done } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { textTable } from './text.ts';

export function conflictsText(rows: readonly ConflictRow[]): string {
  if (rows.length === 0) return 'No value was overwritten.';
  return textTable(rows, [
    { title: 'ID', value: ({ id }) => String(id) },
    { title: 'when', value: ({ at }) => at },
    { title: 'row', value: ({ table, rowId }) => `${table}:${rowId}` },
    {
      title: 'column',
      value: ({ column, also }) => [column, ...also.map((one) => one.column)].join(', '),
    },
    { title: 'kept', value: ({ kept }) => kept },
    { title: 'lost', value: ({ lost }) => lost },
    { title: 'rule', value: ({ rule }) => rule },
    { title: 'decided', value: ({ resolved }) => (resolved === null ? '' : `keep ${resolved}`) },
  ]);
}

/** Exit 0 also with entries: they are settled and kept for good, and an alarm that never ends is none. */
export function addConflicts(program: Command, session: Session): void {
  const command = program
    .command('conflicts')
    .description(
      'values that both sides changed: what was kept, what lost, by which rule; needs no HQ',
    );
  withExample(command, 'conflicts --json').action(() =>
    withApp(session, 'local', async ({ app }) => {
      const rows = await app.conflicts();
      return done(rows, conflictsText(rows));
    }),
  );
}
