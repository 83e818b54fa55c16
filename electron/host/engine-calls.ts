import { PayflowError } from '../../shared/errors.ts';
import { recordsMoved, type Message, type RunReport, type RunStatus } from '../../shared/report.ts';
import type { BooksReport, VerifyReport } from '../../shared/rows.ts';
import { saveMeta } from '../local/save-meta.ts';
import { countBehind } from '../remote/count-behind.ts';
import { Connections } from '../remote/connection.ts';
import { probe } from '../remote/probe.ts';
import { watchFeed, type FeedWatch } from '../remote/watch-feed.ts';
import { feedPlace } from '../local/feed-place.ts';
import type { InitReport } from './app-types.ts';
import type { RepairReport } from './app-types.ts';
import { DESK_ENGINE, type CycleAsked, type DeskEngine, type HostedApp } from './desk-types.ts';
import { runCommand, type Command, type CommandDone } from './engine-commands.ts';
import type { Log } from './log.ts';
import { LocalFile } from './local-facts.ts';
import { PAUSE_META, type KeptPause } from './pause.ts';
import { requireHq, type Settings } from './settings.ts';
import type { Callable, ThreadEvent, Watch } from './thread-messages.ts';

/** What became of a cycle, the first load included. Rows of this cycle. */
export interface CycleOutcome {
  readonly status: RunStatus;
  readonly error: Message | null;
  readonly received: number;
  readonly sent: number;
}

/** The calls of the engine thread. Those that work with both sides come one after another, in the order they were asked. */
export interface EngineCalls extends DeskEngine {
  /** One cycle; where payflow.db is not set up yet, it is made and loaded. Throws what no run could report. */
  cycle(asked: CycleAsked, watch: Watch): Promise<CycleOutcome>;
  verify(asked: null, watch: Watch): Promise<VerifyReport>;
  repair(asked: { readonly log: boolean }, watch: Watch): Promise<RepairReport>;
  books(asked: null, watch: Watch): Promise<BooksReport>;
  /** The command line's. */
  command(asked: Command, watch: Watch): Promise<CommandDone['answer']>;
  /** Is HQ there? Throws why not. */
  probe(): Promise<null>;
  /** Listens at HQ until `unwatchFeed`, or until a `feed-lost` event. Already listening: nothing. */
  watchFeed(): Promise<null>;
  unwatchFeed(): Promise<null>;
  /** Feed entries for this terminal that it has not read, counted up to `atMost`; null: nothing was loaded yet. */
  countBehind(asked: { readonly atMost: number }): Promise<number | null>;
  /** False: there is no file to keep it in. */
  keepPause(pause: KeptPause | null): Promise<boolean>;
  /** Marks tables (null: all) for a comparison with HQ at the next cycle; answers with their names. */
  reset(asked: { readonly table: string | null }): Promise<readonly string[]>;
}

export interface EngineParts {
  readonly app: HostedApp;
  readonly settings: Settings;
  readonly log: Log;
  readonly emit: (event: ThreadEvent) => void;
}

export interface ThreadSide<C> {
  readonly calls: Callable<C>;
  readonly close: () => Promise<void>;
}

export function engineCalls(parts: EngineParts): ThreadSide<EngineCalls> {
  const { app, settings, emit } = parts;
  const turn = turns();
  const file = new LocalFile(settings.databasePath);
  let feed: FeedWatch | null = null;
  const address = () => ({
    address: requireHq(settings),
    applicationName: `payflow ${settings.terminal ?? ''} watch`,
  });
  const unwatch = async (): Promise<void> => {
    const open = feed;
    feed = null;
    await open?.close();
  };
  const desk = Object.fromEntries(
    DESK_ENGINE.map((name) => [
      name,
      // Each takes what its own signature says: the names are bound to it by DESK_ENGINE's type.
      (asked: never) => turn(() => (app.desk[name] as (asked: never) => Promise<unknown>)(asked)),
    ]),
  ) as unknown as Callable<DeskEngine>;
  return {
    calls: {
      ...desk,
      cycle: (asked, watch) => turn(() => cycleOrLoad(app, asked, watch)),
      reset: ({ table }) => turn(() => app.reset(table)),
      verify: (_asked, { onProgress, signal }) => turn(() => app.verify(onProgress, signal)),
      repair: (asked, { onProgress, signal }) => turn(() => app.repair(asked, onProgress, signal)),
      books: (_asked, { onProgress, signal }) => turn(() => app.books(onProgress, signal)),
      command: (asked, watch) => turn(() => runCommand(app, asked, watch)),
      async probe() {
        await probe(address());
        return null;
      },
      async watchFeed() {
        if (feed?.open === true) return null;
        await unwatch();
        feed = await watchFeed(address(), {
          onMoved: () => {
            emit({ type: 'feed' });
          },
          onLost: ({ code, params }) => {
            emit({ type: 'feed-lost', code, params });
          },
        });
        return null;
      },
      async unwatchFeed() {
        await unwatch();
        return null;
      },
      async countBehind({ atMost }) {
        const db = file.open();
        const place = db === null ? null : feedPlace(db);
        if (place === null) return null;
        const connections = new Connections(address());
        try {
          return await connections.use((client) => countBehind(client, place, atMost));
        } finally {
          await connections.close();
        }
      },
      keepPause(pause) {
        if (file.open() === null) return Promise.resolve(false);
        saveMeta(settings.databasePath, PAUSE_META, pause === null ? null : JSON.stringify(pause));
        return Promise.resolve(true);
      },
    },
    async close() {
      await unwatch();
      file.close();
    },
  };
}

/** One piece of work at a time; a failed one does not stop the next. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

const notSetUp: ReadonlySet<string> = new Set(['LOCAL_NOT_FOUND', 'LOCAL_NOT_INITIALISED']);

async function cycleOrLoad(
  app: HostedApp,
  asked: CycleAsked,
  { onProgress, signal }: Watch,
): Promise<CycleOutcome> {
  try {
    return outcomeOf(await app.cycle(asked, onProgress, signal));
  } catch (error) {
    if (!(error instanceof PayflowError && notSetUp.has(error.code))) throw error;
  }
  try {
    return outcomeOfLoad(
      await app.init(onProgress, signal, asked.runId, { takeOver: asked.takeOver === true }),
    );
  } catch (error) {
    if (!(error instanceof PayflowError && error.code === 'CANCELLED')) throw error;
    return { status: 'cancelled', error: null, received: 0, sent: 0 };
  }
}

export function outcomeOfLoad({ tables, held, rejected }: InitReport): CycleOutcome {
  return {
    status: held + rejected > 0 ? 'partial' : 'completed',
    error: null,
    received: Object.values(tables).reduce((sum, rows) => sum + rows, 0),
    sent: 0,
  };
}

export function outcomeOf({ status, error, download, upload }: RunReport): CycleOutcome {
  return {
    status,
    error: error ?? null,
    received: recordsMoved(download),
    sent: recordsMoved(upload),
  };
}
