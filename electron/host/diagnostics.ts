import { release } from 'node:os';
import type { Catalogue } from '../../shared/messages.ts';
import { renderMessage, renderStatus } from '../../shared/messages.ts';
import { recordsMoved } from '../../shared/report.ts';
import type { SettingsShown, StatusView } from '../../shared/views.ts';
import type { LogEntry } from './app-types.ts';
import type { GroupFound } from './desk-types.ts';

export interface DiagnosticFacts {
  readonly version: string;
  readonly status: StatusView;
  /** Newest first. */
  readonly runs: readonly LogEntry[];
  readonly groups: readonly GroupFound[];
  /** Rows of all groups, of which `groups` may be the first ones only. */
  readonly groupsTotal: number;
  readonly settings: SettingsShown;
  readonly logPath: string;
}

const time = (at: number | null): string => (at === null ? 'never' : new Date(at).toISOString());

function runLine({ startedAt, report }: LogEntry): string {
  const { direction, status, durationMs, download, upload, error } = report;
  const held = download.held + upload.held;
  const rejected = download.rejected + upload.rejected;
  return [
    `${startedAt} ${direction} ${status} ${durationMs} ms: received ${recordsMoved(download)}, sent ${recordsMoved(upload)}`,
    ...(held + rejected > 0 ? [`held ${held}, rejected ${rejected}`] : []),
    ...(error === undefined ? [] : [`${error.code} ${JSON.stringify(error.params)}`]),
  ].join(', ');
}

/** HQ's password is not in `SettingsShown`; its address is, because support asks for it first. */
function settingsLines({ backups, hq, ...rest }: SettingsShown): string[] {
  const server =
    hq === null ? 'none' : `${hq.user}@${hq.host}:${hq.port}/${hq.database}, tls ${hq.tls}`;
  return [
    `hq: ${server}`,
    ...Object.entries(rest).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    `backups: ${backups.length}`,
  ];
}

/** Without the sign of a number: which of the two clocks is ahead is said in words. */
function clockLine(skewMs: number | null): string {
  if (skewMs === null) return 'clock not compared with HQ yet';
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  return seconds === 0
    ? "clock as HQ's"
    : `clock ${String(seconds)} s ${skewMs > 0 ? 'ahead of' : 'behind'} HQ`;
}

const section = (title: string, lines: readonly string[]): string =>
  [`== ${title}`, ...(lines.length === 0 ? ['none'] : lines)].join('\n');

/** What "Copy diagnostics" copies: the window's own sentence first, then what support asks for. Times in UTC. */
export function diagnosticsText(catalogue: Catalogue, given: DiagnosticFacts): string {
  const { status, facts } = given.status;
  const { headline, reason } = renderStatus(catalogue, status.reason);
  const causes = status.causes.map(
    ({ code, params }) => `${code}: ${renderMessage(catalogue, code, params)}`,
  );
  return [
    section('PayFlow', [
      `version ${given.version}, ${process.platform} ${process.arch} ${release()}, node ${process.version}`,
      `at ${time(facts.now)}`,
      `${status.state}: ${headline}`,
      reason,
      `code ${status.reason.code}`,
    ]),
    section('Needs attention', causes),
    section('Figures', [
      `terminal ${given.status.terminal ?? 'none'}, store ${given.status.store ?? 'none'}, HQ ${facts.hq}, mode ${facts.mode}`,
      `waiting here ${facts.waiting}, oldest ${facts.oldestUnsentAt === null ? 'none' : time(facts.oldestUnsentAt)}, at HQ ${given.status.waitingAtHq ?? 'not known'}`,
      `held ${facts.held}, rejected ${facts.rejected}, conflicts ${facts.conflicts}`,
      clockLine(facts.clockSkewMs),
      `last run ${time(facts.lastRun?.at ?? null)} ${facts.lastRun?.status ?? ''}`.trim(),
      `last complete run ${time(given.status.lastCompleteAt)}, prices of ${time(given.status.pricesAt)}`,
      `next run ${given.status.nextRunAt === null ? 'none planned' : time(given.status.nextRunAt)}`,
      ...(facts.error === null
        ? []
        : [
            `${facts.error.code} ${JSON.stringify(facts.error.params)} since ${time(facts.error.since)}`,
          ]),
    ]),
    section('Last runs', given.runs.map(runLine)),
    section(
      `Held groups (${given.groupsTotal})`,
      given.groups.map(
        ({ key, why, waiting, since, tries }) =>
          `${key.direction} ${key.parentTable}:${key.parentId} ${why}, ${waiting} waiting since ${time(since)}, ${tries} tries`,
      ),
    ),
    section('Settings', settingsLines(given.settings)),
    section('Log', [given.logPath]),
    '',
  ].join('\n\n');
}
