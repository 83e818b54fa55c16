import type { Command } from 'commander';
import type { HqStatus } from '../host/app-types.ts';
import { doneWith } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { count, paragraphs, textTable } from './text.ts';

const time = (at: Date | null): string | null => at?.toISOString() ?? null;

/** Terminals, the feed, who delays it, and what is wrong with the capture. */
export function hqStatusText(status: HqStatus): string {
  const terminals = textTable(status.terminals, [
    { title: 'Terminal', value: ({ code }) => code },
    { title: 'machine', value: ({ holder }) => holder },
    { title: 'since', value: ({ heldSince }) => time(heldSince) },
    { title: 'at work until', value: ({ leaseUntil }) => time(leaseUntil) },
    { title: 'last seen', value: ({ lastSeenAt }) => time(lastSeenAt) },
    {
      title: 'behind',
      value: ({ behind, behindMore }) => (behindMore ? `> ${String(behind)}` : behind),
    },
    { title: 'waiting', value: ({ waiting }) => waiting },
  ]);
  const holders = textTable(status.holders, [
    { title: 'Delays the feed', value: ({ kind }) => kind },
    { title: 'who', value: ({ who }) => who },
    { title: 'program', value: ({ application }) => application },
    { title: 'database', value: ({ database }) => database },
    { title: 'process', value: ({ pid }) => (pid === null ? null : String(pid)) },
    { title: 'since', value: ({ since }) => time(since) },
  ]);
  const findings = textTable(status.findings, [
    { title: 'Capture is not whole', value: ({ relation }) => relation },
    { title: 'object', value: ({ object }) => object },
    { title: 'problem', value: ({ problem }) => problem },
  ]);
  const { entries, estimated, keepDays } = status.feed;
  const size = `${estimated ? 'about ' : ''}${count(entries, 'change')}`;
  const feed = `Feed: ${size}, kept for ${count(keepDays, 'day')} at most; ${count(status.captured.length, 'captured table')}.`;
  const noTerminals = status.terminals.length === 0 ? 'No terminal has registered yet.' : terminals;
  const repair = findings === '' ? '' : '"payflow hq install" repairs the capture.';
  return paragraphs(noTerminals, feed, holders, findings, repair);
}

export function addHqStatus(hq: Command, session: Session): void {
  const command = hq
    .command('status')
    .description('terminals, when they were last seen, how far behind, and who holds the feed');
  withExample(command, 'hq status --json').action(() =>
    withApp(session, 'hq', async ({ app }) => {
      const status = await app.hqStatus();
      return doneWith(status.findings.length > 0, status, hqStatusText(status));
    }),
  );
}
