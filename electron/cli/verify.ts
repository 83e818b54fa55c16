import { type Command, Option } from 'commander';
import type { Amounts, BooksReport, VerifyReport } from '../../shared/rows.ts';
import type { RepairReport } from '../host/app-types.ts';
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

export function repairText(report: RepairReport): string {
  const done =
    report.repaired === 0
      ? 'Nothing had to be repaired.'
      : `${count(report.repaired, 'row')} brought in step. What was overwritten is listed under: payflow conflicts`;
  return paragraphs(verifyText(report), done);
}

const figures = ({ net, tax, total }: Amounts): string => `net ${net}, tax ${tax}, total ${total}`;

export function booksText(report: BooksReport): string {
  const table = textTable(report.lines, [
    { title: 'Book', value: ({ table: name }) => name },
    { title: 'Shift', value: ({ shift }) => printable(shift ?? '-') },
    { title: 'Tender', value: ({ tender }) => printable(tender ?? '-') },
    { title: 'HQ', value: ({ hq }) => hq.count },
    { title: 'net', value: ({ hq }) => hq.net },
    { title: 'tax', value: ({ hq }) => hq.tax },
    { title: 'total', value: ({ hq }) => hq.total },
    { title: 'terminal', value: ({ terminal }) => terminal.count },
    { title: 'net', value: ({ terminal }) => terminal.net },
    { title: 'tax', value: ({ terminal }) => terminal.tax },
    { title: 'total', value: ({ terminal }) => terminal.total },
    { title: '', value: ({ equal }) => (equal ? '' : 'differs') },
  ]);
  const { first } = report;
  const named =
    first === null
      ? ''
      : printable(
          `The first receipt that differs: ${first.receipt ?? first.id} (${first.table}:${first.id})\n` +
            `  HQ: ${first.hq === null ? 'not there' : figures(first.hq)}\n` +
            `  terminal: ${first.terminal === null ? 'not there' : figures(first.terminal)}`,
        );
  const explained =
    report.explained === 0 ? '' : `${count(report.explained, 'row')} set aside: unsent or held.`;
  const verdict = report.equal ? 'The books of both sides are equal.' : 'The books differ.';
  return paragraphs(report.lines.length === 0 ? '' : table, named, explained, verdict);
}

export function addVerify(program: Command, session: Session): void {
  const command = program
    .command('verify')
    .description(
      'compare every row of payflow.db with HQ; where something differs, sync once and look again',
    )
    .option('--repair', 'bring what differs in step, then compare again')
    .addOption(
      new Option('--books', 'the money check: sums per shift and tender of both sides').conflicts(
        'repair',
      ),
    );
  withExample(command, 'verify', 'verify --repair', 'verify --books').action(
    ({ repair = false, books = false }: { repair?: boolean; books?: boolean }) =>
      withEngine(session, 'terminal', async ({ engine, onProgress, signal }) => {
        if (books) {
          const report = await engine.books(onProgress, signal);
          return doneWith(!report.equal, report, booksText(report));
        }
        if (repair) {
          const report = await engine.repair({ log: true }, onProgress, signal);
          return doneWith(!report.equal, report, repairText(report));
        }
        const report = await engine.verify(onProgress, signal);
        return doneWith(!report.equal, report, verifyText(report));
      }),
  );
}
