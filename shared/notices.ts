import type { Screen } from './contract.ts';
import { failureKind } from './failures.ts';
import type { Message } from './report.ts';
import type { State } from './status.ts';
import type { StatusView } from './views.ts';

/**
 * When the system's notifications may speak (UX.md): on entering attention or error, on recovery from error, and once
 * when HQ has been away for long. People who are told too often pause their sync, and people who are never told lose
 * sales; so each cause speaks once until it has gone, and never twice within an hour.
 */

export type NoticeKind = 'attention' | 'error' | 'recovered' | 'offline';

export interface Notice {
  readonly kind: NoticeKind;
  /** Rendered like a state's reason: headline as title, reason as text. */
  readonly message: Message;
  /** What a click on it shows. */
  readonly screen: Screen;
}

/** What has been said so far; starts as `nothingSaid` with every process. */
export interface NoticeMemory {
  readonly state: State | null;
  /** Causes that stand and need not be told again. */
  readonly told: readonly string[];
  /** When each cause last spoke. */
  readonly spoke: Readonly<Record<string, number>>;
  readonly offlineSince: number | null;
}

export const nothingSaid: NoticeMemory = { state: null, told: [], spoke: {}, offlineSince: null };

export interface NoticeContext {
  readonly now: number;
  /** Who looks at the window sees the state there. */
  readonly focused: boolean;
  /** A person's switches; `error` covers the recovery too. */
  readonly wanted: {
    readonly attention: boolean;
    readonly error: boolean;
    readonly offline: boolean;
  };
}

const hour = 3_600_000;
export const LONG_OFFLINE_MS = 24 * hour;

interface Candidate extends Notice {
  /** What is said at most once an hour. */
  readonly cause: string;
}

/** Where the one next step of a cause can be taken. */
export function screenOf({ code }: Message): Screen {
  if (code === 'STATUS_ROWS_SKIPPED' || code === 'STATUS_CONFIRM') return 'held';
  if (code === 'STATUS_SETUP') return 'setup';
  if (code.startsWith('LOCAL_SCHEMA_')) return 'schema';
  return failureKind(code) === 'stopped' && /^(HQ|TERMINAL|SETTINGS)_/.test(code)
    ? 'settings'
    : 'status';
}

const spoken = (kind: NoticeKind, message: Message): Candidate => ({
  kind,
  message,
  screen: screenOf(message),
  cause: `${kind}:${message.code}`,
});

const recovered: Message = { code: 'NOTICE_RECOVERED', params: {} };

/** Everything that stands and could be told, most urgent first. */
function standing(view: NoticeView, memory: NoticeMemory, now: number): Candidate[] {
  const { status, facts } = view;
  switch (status.state) {
    case 'error':
      return [spoken('error', status.reason)];
    case 'attention':
      return status.causes.map((cause) => spoken('attention', cause));
    case 'offline': {
      const since = memory.offlineSince ?? now;
      const message = { code: 'NOTICE_OFFLINE_LONG', params: { waiting: facts.waiting, since } };
      return now - since >= LONG_OFFLINE_MS ? [spoken('offline', message)] : [];
    }
    default:
      return [];
  }
}

/** A cause that is hidden for a while by another state (a run, a pause) has not gone. */
function stillStanding(cause: string, { status }: NoticeView): boolean {
  const [kind = '', code = ''] = cause.split(':');
  if (kind === 'attention') return status.causes.some((each) => each.code === code);
  return kind === status.state && (kind !== 'error' || status.reason.code === code);
}

function isRecovery({ status, facts }: NoticeView, memory: NoticeMemory): boolean {
  const works = status.state === 'idle' || status.state === 'syncing';
  return memory.state === 'error' && works && facts.error === null;
}

const wantedBy = (
  kind: NoticeKind,
  { attention, error, offline }: NoticeContext['wanted'],
): boolean => ({ attention, error, offline, recovered: error })[kind];

export type NoticeView = Pick<StatusView, 'status' | 'facts'>;

/**
 * One step: what is to be shown now (at most one notice, the most urgent), and what to remember. Called with every
 * status; calling it again with the same one says nothing twice.
 */
export function nextNotice(
  memory: NoticeMemory,
  view: NoticeView,
  context: NoticeContext,
): { readonly memory: NoticeMemory; readonly notice: Notice | null } {
  const { now } = context;
  const { state } = view.status;
  const offlineSince =
    state === 'offline' ? (memory.offlineSince ?? view.facts.error?.since ?? now) : null;
  const before = { ...memory, offlineSince };
  const causes = standing(view, before, now);
  const told = memory.told.filter((cause) => stillStanding(cause, view));
  const fresh = [
    ...(isRecovery(view, memory) ? [spoken('recovered', recovered)] : []),
    ...causes.filter(({ cause }) => !told.includes(cause)),
  ];
  // Seen in the window, or not wanted: as good as told.
  const settled = fresh.filter(({ kind }) => context.focused || !wantedBy(kind, context.wanted));
  const due = fresh.filter(
    (each) => !settled.includes(each) && now - (memory.spoke[each.cause] ?? -Infinity) >= hour,
  );
  const [first] = due;
  // One notice speaks for all that is due: they are read together on its screen.
  const quiet = [...settled, ...due].map(({ cause }) => cause);
  const spoke = Object.fromEntries([
    ...Object.entries(memory.spoke).filter(([, at]) => Math.abs(now - at) < hour),
    ...due.map(({ cause }) => [cause, now] as const),
  ]);
  return {
    memory: { state, told: [...told, ...quiet], spoke, offlineSince },
    notice:
      first === undefined
        ? null
        : { kind: first.kind, message: first.message, screen: first.screen },
  };
}
