import type { Command } from 'commander';
import type { SchemaDifference, SchemaFixReport } from '../host/app-types.ts';
import { fixOf } from '../host/shown-fix.ts';
import { doneWith } from './outcome.ts';
import { withEngine, withExample, type Session } from './session.ts';
import { count, paragraphs, printable, textTable } from './text.ts';

const same = "payflow.db has everything that HQ's tables need.";

export function differencesText(differences: readonly SchemaDifference[]): string {
  return textTable(differences, [
    { title: 'Table', value: ({ table }) => table },
    { title: 'column', value: ({ column }) => column ?? null },
    { title: 'difference', value: ({ code }) => code },
    { title: 'detail', value: ({ detail }) => detail ?? null },
    { title: 'severity', value: ({ severity }) => severity },
    { title: 'fix', value: ({ fix }) => (fix === null ? 'by hand' : 'schema fix') },
  ]);
}

/** The differences and the statements that would mend them. */
export function fixPlanText({ differences }: SchemaFixReport): string {
  return paragraphs(
    differencesText(differences),
    statementsText(differences.flatMap(({ fix }) => fix ?? [])),
  );
}

/** SQL as it ran or would run, one statement after the other. */
export function statementsText(statements: readonly string[]): string {
  return statements.map((statement) => `${statement.trim()};`.replace(/;;$/, ';')).join('\n');
}

export function fixedText(report: SchemaFixReport): string {
  const statements = count(report.applied.length, 'statement');
  const backup = report.backup === null ? '' : ` The file as it was: ${printable(report.backup)}`;
  return paragraphs(
    report.applied.length === 0
      ? 'Nothing to fix.'
      : `Applied ${statements} in one transaction.${backup}`,
    report.remaining.length === 0 ? '' : `Left as they are:\n${differencesText(report.remaining)}`,
  );
}

/** Information is no finding: nothing has to be done about it. */
export const isFinding = ({ severity }: SchemaDifference): boolean => severity !== 'information';

function addCheck(schema: Command, session: Session): void {
  const command = schema
    .command('check')
    .description('how payflow.db differs from HQ; changes nothing');
  withExample(command, 'schema check').action(() =>
    withEngine(session, 'terminal', async ({ engine }) => {
      const report = await engine.schemaCheck();
      const text = report.differences.length === 0 ? same : differencesText(report.differences);
      return doneWith(report.differences.some(isFinding), report, text);
    }),
  );
}

function addFix(schema: Command, session: Session): void {
  const command = schema
    .command('fix')
    .description('show the fix, back payflow.db up, apply it in one transaction')
    .option('--dry-run', 'only show the fix');
  withExample(command, 'schema fix --dry-run').action((options: { dryRun?: boolean }) =>
    withEngine(session, 'terminal', async ({ engine, note }) => {
      const plan = await engine.schemaFix({ shown: null });
      const shown = fixOf(plan.differences);
      if (options.dryRun === true || shown === null) {
        const unfixed = options.dryRun === true ? fixPlanText(plan) : fixedText(plan);
        const text = plan.differences.length === 0 ? same : unfixed;
        return doneWith(plan.differences.some(isFinding), plan, text);
      }
      note(`${fixPlanText(plan)}\n`);
      const fixed = await engine.schemaFix({ shown });
      return doneWith(fixed.remaining.some(isFinding), fixed, fixedText(fixed));
    }),
  );
}

export function addSchema(program: Command, session: Session): void {
  const schema = program.command('schema').description('is payflow.db aligned with HQ?');
  addCheck(schema, session);
  addFix(schema, session);
}
