import type { Command } from 'commander';
import { done } from './outcome.ts';
import { withEngine, withExample, type Session } from './session.ts';
import { count } from './text.ts';

export function addReset(program: Command, session: Session): void {
  const command = program
    .command('reset')
    .description('compare with HQ anew at the next sync; loses nothing that is unsent; needs no HQ')
    .option('--table <name>', 'only this table');
  withExample(command, 'reset --table products').action(({ table }: { table?: string }) =>
    withEngine(session, 'local', async ({ engine }) => {
      const tables = await engine.reset(table ?? null);
      const text = `The next sync compares ${count(tables.length, 'table')} with HQ. Unsent changes stay.`;
      return done({ tables }, text);
    }),
  );
}
