import { Option, type Command } from 'commander';
import { EXIT } from '../../shared/errors.ts';
import type { RunDirection, RunReport } from '../../shared/report.ts';
import { addCounts, recordsLeft, recordsMoved } from '../../shared/report.ts';
import type { Outcome } from './outcome.ts';
import { withEngine, withExample, type Session, type Work } from './session.ts';
import { syncText } from './sync-text.ts';

interface Options {
  readonly direction: RunDirection;
  readonly table?: string;
  readonly dryRun?: boolean;
}

function exitOf(report: RunReport): number {
  if (report.status === 'failed' || report.status === 'cancelled') return EXIT.failed;
  const left = recordsLeft(addCounts(report.download, report.upload));
  return report.status === 'partial' || left > 0 ? EXIT.attention : EXIT.done;
}

/** A run's outcome. A failed run is a report too: what it did before stays, and is said beside the reason. */
export function runOutcome(report: RunReport, say: Work['say']): Outcome {
  const { error } = report;
  if (error === undefined) return { json: report, text: syncText(report), exit: exitOf(report) };
  const message = say(error.code, error.params);
  const all = addCounts(report.download, report.upload);
  return {
    json: { ...report, error: { code: error.code, message } },
    text: recordsMoved(all) + recordsLeft(all) === 0 ? '' : syncText(report),
    exit: exitOf(report),
    failure: message,
  };
}

export function addSync(program: Command, session: Session): void {
  const direction = new Option('--direction <way>', 'push: from HQ; pull: to HQ')
    .choices(['push', 'pull', 'both'])
    .default('both');
  const command = program
    .command('sync')
    .description('bring both sides in step once')
    .addOption(direction)
    .option('--table <name>', 'only this table')
    .option('--dry-run', 'say what would move, write nothing');
  withExample(command, 'sync', 'sync --direction push --table products').action(
    (options: Options) =>
      withEngine(session, 'terminal', async ({ engine, onProgress, signal, say }) => {
        const report = await engine.sync({
          direction: options.direction,
          table: options.table ?? null,
          dryRun: options.dryRun === true,
          onProgress,
          signal,
        });
        return runOutcome(report, say);
      }),
  );
}
