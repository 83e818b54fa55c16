import type { Command } from 'commander';
import type { RejectedRowShown } from '../../shared/rows.ts';
import { rejectedJson } from '../host/public-json.ts';
import { doneWith } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { count, paragraphs, printable } from './text.ts';

export function rejectedText(rows: readonly RejectedRowShown[]): string {
  if (rows.length === 0) return 'No row is rejected.';
  const lines = rows.map(({ table, id, direction, message, since }) =>
    printable(`${table}:${id} (${direction}, since ${since}): ${message}`),
  );
  return paragraphs(lines.join('\n'), `${count(rows.length, 'row')} rejected.`);
}

export function addRejected(program: Command, session: Session): void {
  const command = program
    .command('rejected')
    .description("rows that the other side's rules refuse, with its reason; needs no HQ");
  withExample(command, 'rejected').action(() =>
    withApp(session, 'local', async ({ app }) => {
      const shown = rejectedJson(await app.rejected(), session.catalogue);
      return doneWith(shown.length > 0, shown, rejectedText(shown));
    }),
  );
}
