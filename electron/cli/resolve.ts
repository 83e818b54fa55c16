import { InvalidArgumentError, Option, type Command } from 'commander';
import type { RemovalAnswer, RowDirection } from '../../shared/rows.ts';
import { done } from './outcome.ts';
import { keepMeans } from './removals.ts';
import { withEngine, withExample, type Session } from './session.ts';

/** What `payflow resolve` is about: a mass removal, `delete:TABLE`. */
export function parseRemovals(text: string): { readonly table: string } {
  const table = text.startsWith('delete:') ? text.slice('delete:'.length) : '';
  if (table === '')
    throw new InvalidArgumentError('It must be delete:TABLE, as "payflow removals" shows it.');
  return { table };
}

export function addResolve(program: Command, session: Session): void {
  const command = program
    .command('resolve')
    .description('say whose side holds where the engine asks a person; needs no HQ')
    .argument('<id>', 'delete:TABLE: a mass removal that waits for a yes', parseRemovals)
    .addOption(
      new Option('--keep <side>', "whose side holds: this terminal's or HQ's")
        .choices(['local', 'hq'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--direction <way>',
        'of a mass removal: download, HQ deleted; upload, the POS did',
      ).choices(['download', 'upload']),
    )
    .addHelpText('after', `\nOf a mass removal:\n${keepMeans}`);
  withExample(command, 'resolve delete:products --keep hq').action(
    (
      { table }: { table: string },
      { keep, direction }: { keep: RemovalAnswer; direction?: RowDirection },
    ) =>
      withEngine(session, 'local', async ({ engine }) => {
        const asked = { table, direction: direction ?? null, answer: keep };
        const answered = await engine.answerRemovals(asked);
        return done(answered, 'Noted. The next sync carries it out.');
      }),
  );
}
