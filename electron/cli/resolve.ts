import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ConflictSide, RowDirection } from '../../shared/rows.ts';
import type { CommandEngine } from '../host/engine-commands.ts';
import { done, type Outcome } from './outcome.ts';
import { keepMeans } from './removals.ts';
import { withEngine, withExample, type Session } from './session.ts';

/** What `payflow resolve` is about: an entry of the conflict log by its number, or a mass removal, `delete:TABLE`. */
export type Resolved = { readonly conflict: number } | { readonly table: string };

export function parseResolved(text: string): Resolved {
  if (/^[1-9]\d{0,14}$/.test(text)) return { conflict: Number(text) };
  const table = text.startsWith('delete:') ? text.slice('delete:'.length) : '';
  if (table === '')
    throw new InvalidArgumentError(
      'It must be the number of a conflict, as "payflow conflicts" shows it, or delete:TABLE, as "payflow removals" does.',
    );
  return { table };
}

async function resolveConflict(
  engine: CommandEngine,
  id: number,
  keep: ConflictSide,
): Promise<Outcome> {
  const resolved = await engine.resolveConflict({ id, keep });
  return done(
    resolved,
    resolved.changed
      ? 'The value stands again on this terminal. The next sync sends it like any other edit.'
      : 'That value stands already. The conflict is marked as decided.',
  );
}

export function addResolve(program: Command, session: Session): void {
  const command = program
    .command('resolve')
    .description('say whose side holds: of a conflict, or where the engine asks; needs no HQ')
    .argument(
      '<id>',
      'number of a conflict, or delete:TABLE: a mass removal that waits for a yes',
      parseResolved,
    )
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
  withExample(command, 'resolve 12 --keep local', 'resolve delete:products --keep hq').action(
    (resolved: Resolved, { keep, direction }: { keep: ConflictSide; direction?: RowDirection }) =>
      withEngine(session, 'local', async ({ engine }) => {
        if ('conflict' in resolved) return resolveConflict(engine, resolved.conflict, keep);
        const asked = { table: resolved.table, direction: direction ?? null, answer: keep };
        const answered = await engine.answerRemovals(asked);
        return done(answered, 'Noted. The next sync carries it out.');
      }),
  );
}
