import { InvalidArgumentError, type Command } from 'commander';
import { recordsLeft, recordsMoved } from '../../shared/report.ts';
import type { LogEntry } from '../host/app-types.ts';
import { logsJson } from '../host/public-json.ts';
import { done } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { textTable } from './text.ts';

export function logsText(entries: readonly LogEntry[]): string {
  if (entries.length === 0) return 'No run has moved anything yet.';
  return textTable(entries, [
    { title: 'Started', value: ({ startedAt }) => startedAt },
    { title: 'direction', value: ({ report }) => report.direction },
    { title: 'status', value: ({ report }) => report.status },
    { title: 'received', value: ({ report }) => recordsMoved(report.download) },
    { title: 'sent', value: ({ report }) => recordsMoved(report.upload) },
    {
      title: 'errors',
      value: ({ report }) => recordsLeft(report.download) + recordsLeft(report.upload),
    },
    { title: 'ms', value: ({ report }) => report.durationMs },
    { title: 'reason', value: ({ report }) => report.error?.code ?? '' },
  ]);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

export function addLogs(program: Command, session: Session): void {
  const command = program
    .command('logs')
    .description('the last runs that moved something or failed; needs no HQ')
    .option('--limit <n>', 'how many', wholeNumber, 20);
  withExample(command, 'logs --limit 5').action(({ limit }: { limit: number }) =>
    withApp(session, 'local', async ({ app }) => {
      const entries = await app.logs({ limit });
      return done(logsJson(entries), logsText(entries));
    }),
  );
}
