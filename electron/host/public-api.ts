import type { App, RowName, Stats, Checkpoint } from './app-types.ts';
import type {
  ConflictRow,
  ConflictSide,
  HeldRow,
  NoticeRow,
  OversoldRow,
  RejectedRow,
  RemovalQuestion,
} from '../../shared/rows.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { CycleAsked } from './desk-types.ts';
import type { EngineCalls } from './engine-calls.ts';
import type { Thread } from './engine-thread.ts';
import type { ReaderCalls } from './reader-calls.ts';

/** Calls of the reader thread: whole lists, as `--json` gives them. */
export interface PublicReads {
  allHeld(): Promise<readonly HeldRow[]>;
  allConflicts(): Promise<readonly ConflictRow[]>;
  allOversold(): Promise<readonly OversoldRow[]>;
  allRejected(): Promise<readonly RejectedRow[]>;
  removals(): Promise<readonly RemovalQuestion[]>;
  allNotices(): Promise<readonly NoticeRow[]>;
  stats(): Promise<Stats>;
  checkpoints(): Promise<readonly Checkpoint[]>;
}

/**
 * What the published endpoints (DESIGN 10) need beside the Host's contract: the lists as `--json` gives them, rows by
 * their names instead of a window's refs. Calls throw PayflowError. The host's threads answer them.
 */
export interface PublicApi extends Pick<
  App,
  | 'held'
  | 'conflicts'
  | 'rejected'
  | 'oversold'
  | 'removals'
  | 'notices'
  | 'dismissNotice'
  | 'logs'
  | 'stats'
  | 'checkpoints'
  | 'reset'
> {
  /** Answers a mass removal and starts a cycle, or queues one, that carries it out. Throws as `App.answerRemovals`. */
  answerRemovals(
    asked: Parameters<App['answerRemovals']>[0],
  ): Promise<{ readonly queued: boolean; readonly runId: string }>;
  /** Tries these held or rejected rows again, none: all of them. Starts a cycle or queues one, and names it. */
  retry(rows: readonly RowName[]): Promise<{ readonly queued: boolean; readonly runId: string }>;
  /** Decides a conflict; where that wrote a value, a cycle that sends it starts or is queued, and is named. */
  resolve(asked: {
    readonly id: number;
    readonly keep: ConflictSide;
  }): Promise<{ readonly changed: boolean; readonly runId: string | null }>;
}

export interface PublicApiParts {
  /** The threads of this moment: they are made anew with other settings. */
  readonly reader: () => Thread<ReaderCalls>;
  readonly engine: () => Thread<EngineCalls>;
  readonly requestCycle: (asked: CycleAsked) => {
    readonly queued: boolean;
    readonly runId: string;
  };
}

export function publicApi({ reader, engine, requestCycle }: PublicApiParts): PublicApi {
  const held = () => reader().call('allHeld');
  const rejected = () => reader().call('allRejected');
  return {
    held,
    rejected,
    conflicts: () => reader().call('allConflicts'),
    removals: () => reader().call('removals'),
    notices: () => reader().call('allNotices'),
    dismissNotice: (asked) => engine().call('dismissNotice', asked),
    oversold: () => reader().call('allOversold'),
    logs: (asked) => reader().call('logs', asked),
    stats: () => reader().call('stats'),
    checkpoints: () => reader().call('checkpoints'),
    reset: (table) => engine().call('reset', { table }),
    async answerRemovals(asked) {
      await engine().call('answerRemovals', asked);
      return requestCycle({ direction: 'both', retry: [], fetch: [] });
    },
    async retry(rows) {
      const listed = [...(await held()), ...(await rejected())];
      const unknown = rows.find(
        (row) => !listed.some(({ table, id }) => table === row.table && id === row.id),
      );
      if (unknown !== undefined)
        throw new PayflowError('ROW_NOT_LISTED', { table: unknown.table, id: unknown.id });
      const retry =
        rows.length > 0 ? rows : listed.map(({ table, id }): RowName => ({ table, id }));
      return requestCycle({ direction: 'both', retry, fetch: [] });
    },
    async resolve(asked) {
      const { changed } = await engine().call('resolveConflict', asked);
      const cycle = changed ? requestCycle({ direction: 'both', retry: [], fetch: [] }) : null;
      return { changed, runId: cycle?.runId ?? null };
    },
  };
}
