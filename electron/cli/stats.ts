import type { Command } from 'commander';
import type { Stats } from '../host/app-types.ts';
import { done } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { textTable } from './text.ts';

export function statsText({ tables }: Stats): string {
  const rows = Object.entries(tables).map(([name, numbers]) => ({ name, ...numbers }));
  return textTable(rows, [
    { title: 'Table', value: ({ name }) => name },
    { title: 'rows', value: (row) => row.rows },
    { title: 'pending', value: ({ pending }) => pending },
    { title: 'held', value: ({ held }) => held },
    { title: 'rejected', value: ({ rejected }) => rejected },
  ]);
}

export function addStats(program: Command, session: Session): void {
  const command = program
    .command('stats')
    .description('rows per table in payflow.db, and how many wait; needs no HQ');
  withExample(command, 'stats').action(() =>
    withApp(session, 'local', async ({ app }) => {
      const stats = await app.stats();
      return done(stats, statsText(stats));
    }),
  );
}
