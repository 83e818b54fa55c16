import type { Command } from 'commander';
import type { InitReport } from '../host/app-types.ts';
import { doneWith } from './outcome.ts';
import { differencesText, isFinding, statementsText } from './schema.ts';
import { withEngine, withExample, type Session } from './session.ts';
import { count, paragraphs, printable, textTable } from './text.ts';

/** What came, by table, and what it means. */
export function initText(report: InitReport): string {
  const rows = Object.entries(report.tables).map(([name, loaded]) => ({ name, loaded }));
  const total = rows.reduce((sum, { loaded }) => sum + loaded, 0);
  const left = report.held + report.rejected;
  const table = textTable(rows, [
    { title: 'Table', value: ({ name }) => name },
    { title: 'rows', value: ({ loaded }) => loaded },
  ]);
  const statements = count(report.applied.length, 'statement');
  const backup = report.backup === null ? '' : ` The file as it was: ${printable(report.backup)}`;
  const findings = report.remaining.filter(isFinding);
  return paragraphs(
    table,
    report.applied.length === 0
      ? ''
      : `Aligned by ${statements} in one transaction.${backup}\n${printable(statementsText(report.applied))}`,
    findings.length === 0
      ? ''
      : `Still different from HQ, see "payflow schema fix":\n${differencesText(findings)}`,
    left === 0
      ? ''
      : `${count(left, 'row')} held or rejected: see "payflow held" and "payflow rejected".`,
    `${printable(report.database)} is ${report.created ? 'created' : 'aligned'} for terminal ` +
      `${printable(report.terminal)} and holds ${count(total, 'row')} from HQ.`,
  );
}

export function addInit(program: Command, session: Session): void {
  const command = program
    .command('init')
    .description('create or align payflow.db and load it from HQ; goes on where it was stopped');
  withExample(command, 'init').action(() =>
    withEngine(session, 'terminal', async ({ engine, onProgress, signal }) => {
      const report = await engine.init(onProgress, signal);
      return doneWith(report.held + report.rejected > 0, report, initText(report));
    }),
  );
}
