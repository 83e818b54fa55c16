import type { Command } from 'commander';
import type { RemovalQuestion } from '../../shared/rows.ts';
import { doneWith } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { count, paragraphs, printable } from './text.ts';

/** What waits, in one sentence, and what either answer does. */
function sentence({ table, direction, waiting, staying, size, answer }: RemovalQuestion): string {
  const who = direction === 'download' ? 'HQ' : 'The POS';
  const name = printable(table);
  if (answer !== null)
    return `${name}: answered "${answer}"; the next sync carries it out for ${count(waiting + staying, 'row')}.`;
  const asked =
    waiting === 0
      ? []
      : [
          `${who} deleted ${count(waiting, 'row')}${size === 0 ? '' : ` of ${String(size)}`}; they wait for a manager.`,
        ];
  const stays =
    staying === 0
      ? []
      : [`${count(staying, 'row')} that HQ deleted ${staying === 1 ? 'stays' : 'stay'} here.`];
  return `${name}: ${[...asked, ...stays].join(' ')}`;
}

/** What `--keep` means for a mass removal; the help of `resolve` and this list say it alike. */
export const keepMeans = [
  '--keep hq     what HQ deleted is deleted here too; what the POS deleted comes back from HQ',
  '--keep local  the rows stay here (listed as held); what the POS deleted is deleted at HQ',
].join('\n');

export function removalsText(questions: readonly RemovalQuestion[]): string {
  if (questions.length === 0) return 'No mass removal waits for an answer.';
  const example = questions[0]?.table ?? 'TABLE';
  return paragraphs(
    questions.map(sentence).join('\n'),
    `Answer with "payflow resolve delete:${printable(example)} --keep hq" or "--keep local":\n${keepMeans}`,
  );
}

export function addRemovals(program: Command, session: Session): void {
  const command = program
    .command('removals')
    .description('deletes in masses that wait for a manager; needs no HQ');
  withExample(command, 'removals --json').action(() =>
    withApp(session, 'local', async ({ app }) => {
      const questions = await app.removals();
      return doneWith(questions.length > 0, questions, removalsText(questions));
    }),
  );
}
