import type { Command } from 'commander';
import type { HeldRow } from '../../shared/rows.ts';
import { heldMessage } from '../../shared/rows.ts';
import { doneWith } from './outcome.ts';
import { withApp, withExample, type Session, type Work } from './session.ts';
import { count, paragraphs, printable } from './text.ts';

/** One sentence per row in PayFlow's own wording (DESIGN 5.4), with what explains it. */
export function heldText(rows: readonly HeldRow[], say: Work['say']): string {
  if (rows.length === 0) return 'No row is held.';
  const lines = rows.map((row) => {
    const { code, params } = heldMessage(row);
    const why = [...new Set(row.missing.map((missing) => missing.why))].join(', ');
    return printable(
      `${say(code, params)} (${row.direction}, ${why}, since ${row.since}, ${count(row.tries, 'try').replace('trys', 'tries')})`,
    );
  });
  return paragraphs(lines.join('\n'), `${count(rows.length, 'row')} held.`);
}

export function addHeld(program: Command, session: Session): void {
  const command = program
    .command('held')
    .description('rows that wait for a row they refer to; needs no HQ');
  withExample(command, 'held --json').action(() =>
    withApp(session, 'local', async ({ app, say }) => {
      const rows = await app.held();
      return doneWith(rows.length > 0, rows, heldText(rows, say));
    }),
  );
}
