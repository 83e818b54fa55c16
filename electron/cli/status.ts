import type { Command } from 'commander';
import type { Catalogue } from '../../shared/messages.ts';
import { renderStatus } from '../../shared/messages.ts';
import type { Facts } from '../../shared/status.ts';
import type { StatusReport } from '../host/app-types.ts';
import { statusJson } from '../host/public-json.ts';
import { doneWith } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { count, paragraphs, printable } from './text.ts';

export function statusText(
  { status, facts, terminal }: StatusReport,
  catalogue: Catalogue,
): string {
  const { headline, reason } = renderStatus(catalogue, status.reason);
  const others = status.causes
    .filter(({ code }) => code !== status.reason.code)
    .map((cause) => renderStatus(catalogue, cause))
    .map((text) => `! ${text.headline}. ${text.reason}`);
  const numbers = [
    count(facts.waiting, 'change') + ' waiting',
    `${facts.held} held`,
    `${facts.rejected} rejected`,
    count(facts.conflicts, 'conflict') + ' settled',
  ];
  const place = terminal === null ? '' : `Terminal ${terminal}: `;
  return printableLines(
    paragraphs(`${headline}\n${reason}`, others.join('\n'), place + numbers.join(', ')),
  );
}

/**
 * Exit 3 for whatever one of the lists, or the last data check, exits 3 for. Conflicts are settled, and no finding there
 * either; the schema and the books are compared with HQ, and only the commands that do so know of them.
 */
function needsLook(facts: Facts): boolean {
  const { held, rejected, confirm, oversold, notices, differing } = facts;
  return held + rejected + confirm + oversold + notices.length + (differing?.count ?? 0) > 0;
}

const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

export function addStatus(program: Command, session: Session): void {
  const command = program
    .command('status')
    .description('is everything safe? State, reason and what waits; needs no HQ');
  withExample(command, 'status').action(() =>
    withApp(session, 'local', async ({ app }) => {
      const report = await app.status();
      const { catalogue } = session;
      return doneWith(
        needsLook(report.facts),
        statusJson(report, catalogue),
        statusText(report, catalogue),
      );
    }),
  );
}
