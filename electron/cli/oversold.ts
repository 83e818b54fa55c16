import type { Command } from 'commander';
import type { OversoldRow } from '../../shared/rows.ts';
import { doneWith } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { count, paragraphs, textTable } from './text.ts';

export function oversoldText(rows: readonly OversoldRow[]): string {
  if (rows.length === 0) return 'Nothing is below zero.';
  const table = textTable(rows, [
    { title: 'Since', value: ({ since }) => since },
    { title: 'row', value: ({ table, id }) => `${table}:${id}` },
    { title: 'column', value: ({ column }) => column },
    { title: 'value', value: ({ value }) => value },
  ]);
  return paragraphs(
    table,
    `All sales stand. ${count(rows.length, 'count')} below zero: look at the stock and correct it where it is kept.`,
  );
}

/** Exit 3 while something is listed: it goes by itself once the count is right. */
export function addOversold(program: Command, session: Session): void {
  const command = program
    .command('oversold')
    .description('counted things of which more was sold than there was; needs no HQ');
  withExample(command, 'oversold --json').action(() =>
    withApp(session, 'local', async ({ app }) => {
      const rows = await app.oversold();
      return doneWith(rows.length > 0, rows, oversoldText(rows));
    }),
  );
}
