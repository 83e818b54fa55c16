import { InvalidArgumentError, type Command } from 'commander';
import type { Catalogue } from '../../shared/messages.ts';
import { renderStatus } from '../../shared/messages.ts';
import type { NoticeRow } from '../../shared/rows.ts';
import { noticesJson } from '../host/public-json.ts';
import { done, doneWith } from './outcome.ts';
import { withApp, withEngine, withExample, type Session } from './session.ts';
import { paragraphs, printable } from './text.ts';

const settledAs = { check: 'settled by a data check', person: 'dismissed' };

/** Every notice with what it says; what is to be done about it stands in it. */
export function noticesText(rows: readonly NoticeRow[], catalogue: Catalogue): string {
  if (rows.length === 0) return 'No notice so far.';
  return paragraphs(
    ...rows.map(({ id, code, params, at, settledAt, settledBy }) => {
      const { headline, reason } = renderStatus(catalogue, { code, params });
      const state =
        settledAt === null
          ? `stands; "payflow dismiss ${String(id)}" settles it`
          : `${settledAs[settledBy ?? 'check']} ${settledAt}`;
      return `${String(id)}  ${at}  ${state}\n${printable(headline)}. ${printable(reason)}`;
    }),
  );
}

function noticeId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError(
      'It must be the number of a notice, as "payflow notices" shows it.',
    );
  return Number(text);
}

/** Exit 3 while one stands. */
export function addNotices(program: Command, session: Session): void {
  const command = program
    .command('notices')
    .description(
      'what was restored, moved or taken over, and whether somebody has seen it; needs no HQ',
    );
  withExample(command, 'notices --json').action(() =>
    withApp(session, 'local', async ({ app }) => {
      const rows = await app.notices();
      const stands = rows.some(({ settledAt }) => settledAt === null);
      const { catalogue } = session;
      return doneWith(stands, noticesJson(rows, catalogue), noticesText(rows, catalogue));
    }),
  );
}

export function addDismiss(program: Command, session: Session): void {
  const command = program
    .command('dismiss')
    .description('settle a notice that somebody has read; it stays in the list. Needs no HQ')
    .argument('<id>', 'number of a notice', noticeId);
  withExample(command, 'dismiss 1').action((id: number) =>
    withEngine(session, 'local', async ({ engine }) =>
      done(await engine.dismissNotice({ id }), 'Dismissed. "payflow notices" still lists it.'),
    ),
  );
}
