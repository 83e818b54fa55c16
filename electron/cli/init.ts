import type { Command } from 'commander';
import { PayflowError } from '../../shared/errors.ts';
import { isCloneRefused } from '../../shared/failures.ts';
import type { App, InitReport, Stats } from '../host/app-types.ts';
import type { CommandEngine } from '../host/engine-commands.ts';
import { doneWith } from './outcome.ts';
import { differencesText, isFinding, statementsText } from './schema.ts';
import { withEngine, withExample, type Session, type Work } from './session.ts';
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

/** As `schema check` sees it: a file that still differs is no less a finding because it has just been aligned. */
function needsLook({ held, rejected, remaining }: InitReport): boolean {
  return held + rejected > 0 || remaining.some(isFinding);
}

/** What a file that takes over brings along; shown before anything is sent (DESIGN 8.2). */
export function broughtText({ tables }: Stats): string {
  const unsent = Object.entries(tables).filter(([, { pending }]) => pending > 0);
  if (unsent.length === 0) return 'This machine has nothing that HQ lacks.\n';
  const table = textTable(unsent, [
    { title: 'Table', value: ([name]) => name },
    { title: 'not at HQ', value: ([, { pending }]) => pending },
  ]);
  return `This payflow.db takes over, and brings along what HQ has not got:\n${table}\n`;
}

async function brought(app: App): Promise<string> {
  const { facts } = await app.status();
  const nothing = facts.waiting + facts.held + facts.rejected === 0;
  return broughtText(nothing ? { tables: {} } : await app.stats());
}

/** The refusal that a take-over overcomes; null: something else is wrong. */
function refusal(error: unknown): PayflowError | null {
  return error instanceof PayflowError && isCloneRefused(error.code) ? error : null;
}

/**
 * Tried without first: only HQ knows whether another machine is this terminal, and who. A person who says no hears HQ's
 * refusal, as without the option.
 */
async function takeOver(
  {
    app,
    engine,
    onProgress,
    signal,
    note,
    confirm,
    say,
  }: Work & { readonly engine: CommandEngine },
  isAgreed: boolean,
): Promise<InitReport> {
  try {
    return await engine.init(onProgress, signal);
  } catch (error) {
    const refused = refusal(error);
    if (refused === null) throw error;
    note(`${printable(say(refused.code, refused.params))}\n`);
    note(await brought(app));
    const question = 'Is this machine to be the terminal from now on, and the other one refused?';
    if (!isAgreed && !(await confirm(question, signal))) throw error;
  }
  return engine.init(onProgress, signal, undefined, { takeOver: true });
}

export function addInit(program: Command, session: Session): void {
  const command = program
    .command('init')
    .description('create or align payflow.db and load it from HQ; goes on where it was stopped')
    .option(
      '--take-over',
      'this machine is the terminal from now on; the one before is refused at HQ',
    )
    .option('--yes', 'take over without a question');
  withExample(command, 'init').action(
    ({ takeOver: takesOver = false, yes = false }: { takeOver?: boolean; yes?: boolean }) =>
      withEngine(session, 'terminal', async (work) => {
        const report = takesOver
          ? await takeOver(work, yes)
          : await work.engine.init(work.onProgress, work.signal);
        return doneWith(needsLook(report), report, initText(report));
      }),
  );
}
