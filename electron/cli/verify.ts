import type { Command } from 'commander';
import type { VerifyReport } from '../../shared/rows.ts';
import { doneWith } from './outcome.ts';
import { withEngine, withExample, type Session } from './session.ts';
import { count, paragraphs, printable, textTable } from './text.ts';

/** So many ids of a table fit on a screen; `--json` has them all. */
const shownIds = 10;

export function verifyText(report: VerifyReport): string {
  const tables = Object.entries(report.tables).map(([name, table]) => ({ name, ...table }));
  const table = textTable(tables, [
    { title: 'Table', value: ({ name }) => name },
    { title: 'HQ', value: ({ hq }) => hq },
    { title: 'terminal', value: ({ terminal }) => terminal },
    { title: 'differing', value: ({ differing }) => differing.length },
  ]);
  const ids = tables
    .filter(({ differing }) => differing.length > 0)
    .map(({ name, differing }) => {
      const more = differing.length > shownIds ? `, ... (${differing.length} in all)` : '';
      return printable(`${name}: ${differing.slice(0, shownIds).join(', ')}${more}`);
    });
  const explained =
    report.explained === 0
      ? ''
      : `${count(report.explained, 'row')} set aside: pending, held, rejected or kept.`;
  const verdict = report.equal ? 'Both sides are equal.' : 'The two sides differ.';
  return paragraphs(table, ids.join('\n'), explained, verdict);
}

export function addVerify(program: Command, session: Session): void {
  const command = program
    .command('verify')
    .description('compare every row of payflow.db with HQ; changes nothing');
  withExample(command, 'verify').action(() =>
    withEngine(session, 'terminal', async ({ engine, onProgress, signal }) => {
      const report = await engine.verify(onProgress, signal);
      return doneWith(!report.equal, report, verifyText(report));
    }),
  );
}
