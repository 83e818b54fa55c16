import type { MessageParams } from '../../shared/errors.ts';
import type { Catalogue } from '../../shared/messages.ts';
import { renderMessage, renderStatus } from '../../shared/messages.ts';
import type { NoticeRow, RejectedRow, RejectedRowShown } from '../../shared/rows.ts';
import type { LogEntry, StatusReport } from './app-types.ts';

/** DESIGN 10's JSON shapes, for `--json` and the HTTP API alike; what is not here is given out as the host has it. */

const time = (at: number | null): string | null =>
  at === null ? null : new Date(at).toISOString();

/** `reason` is the window's sentence; `headline` and `causes` stand beside it. */
export function statusJson(
  { status, facts, terminal }: StatusReport,
  catalogue: Catalogue,
): object {
  const { headline, reason } = renderStatus(catalogue, status.reason);
  const { waiting, held, rejected, conflicts, oversold, lastRun } = facts;
  return {
    state: status.state,
    reason,
    headline,
    code: status.reason.code,
    attention: status.attention,
    causes: status.causes.map((cause) => ({
      code: cause.code,
      message: renderStatus(catalogue, cause).reason,
    })),
    terminal,
    waiting: { upload: waiting, held, rejected, conflicts },
    oversold,
    oldestUnsentAt: time(facts.oldestUnsentAt),
    lastRun: lastRun === null ? null : { at: time(lastRun.at), status: lastRun.status },
    nextRunAt: time(facts.nextRunAt),
    clockSkewMs: facts.clockSkewMs,
  };
}

/** Rejected rows with the other side's reason as a sentence. */
export function rejectedJson(
  rows: readonly RejectedRow[],
  catalogue: Catalogue,
): readonly RejectedRowShown[] {
  return rows.map((row) => ({ ...row, message: renderMessage(catalogue, row.code, row.params) }));
}

/** Notices with what they say. */
export function noticesJson(rows: readonly NoticeRow[], catalogue: Catalogue): readonly object[] {
  return rows.map(({ id, code, params, ...times }) => {
    const { headline, reason } = renderStatus(catalogue, { code, params });
    return { id, code, headline, message: reason, ...times };
  });
}

export function logsJson(entries: readonly LogEntry[]): readonly object[] {
  return entries.map(({ report, ...times }) => ({ ...times, ...report }));
}

/** A failure as `--json` and the API say it. */
export function errorJson(
  code: string,
  params: MessageParams,
  catalogue: Catalogue,
): { readonly code: string; readonly message: string } {
  return { code, message: renderMessage(catalogue, code, params) };
}
