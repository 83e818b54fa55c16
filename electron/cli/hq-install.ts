import { InvalidArgumentError, type Command } from 'commander';
import type { HqInstallReport } from '../host/app-types.ts';
import { done } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { count, printable } from './text.ts';

interface Options {
  readonly withSchema?: boolean;
  readonly manifest?: string;
  readonly notify: boolean;
  readonly keepDays?: number;
}

const longestDays = 3_650;

function numberOfDays(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > longestDays)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${String(longestDays)}.`);
  return Number(text);
}

/** One line per kind of change, and a sentence where nothing had to change. */
export function installText(report: HqInstallReport): string {
  const line = (what: string, tables: readonly string[]): string[] =>
    tables.length === 0 ? [] : [`${what}: ${printable(tables.join(', '))}`];
  const lines = [
    ...line('Change capture added', report.created),
    ...line('Change capture renewed', report.updated),
    ...line('Change capture removed', report.dropped),
    // Of an update; the first install has them all.
    ...(report.migrations.includes(1) ? [] : line('Steps taken', report.migrations.map(String))),
    ...(report.keepDays === null
      ? []
      : [`Changes are kept for a terminal that is away: ${count(report.keepDays, 'day')}`]),
  ];
  const captured = report.created.length + report.updated.length + report.unchanged.length;
  return [
    ...(lines.length === 0 ? ['Nothing to change: everything was installed already.'] : lines),
    `PayFlow is installed at HQ: ${captured} tables are captured.`,
  ].join('\n');
}

export function addHqInstall(hq: Command, session: Session): void {
  const command = hq
    .command('install')
    .description('set up change capture at HQ (an administrator, once; may be repeated)')
    .option('--with-schema', "also create PayFlow's tables on an empty database")
    .option('--manifest <file>', 'the manifest that says which tables sync')
    .option('--no-notify', 'announce no changes: for an HQ with very many small writers')
    .option(
      '--keep-days <n>',
      'how long changes are kept for a terminal that is away (at first 30)',
      numberOfDays,
    );
  withExample(command, 'hq install --with-schema').action((options: Options) =>
    withApp(session, 'hq', async ({ app, signal }) => {
      const report = await app.installHq(
        {
          withSchema: options.withSchema === true,
          manifest: options.manifest ?? null,
          notify: options.notify ? null : false,
          keepDays: options.keepDays ?? null,
        },
        signal,
      );
      return done(report, installText(report));
    }),
  );
}
