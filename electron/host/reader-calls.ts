import { DESK_READER, type DeskReader, type HostedApp } from './desk-types.ts';
import type { LogEntry } from './app-types.ts';
import type { ThreadSide } from './engine-calls.ts';
import { LocalFile, localFacts, type LocalFacts } from './local-facts.ts';
import type { PublicReads } from './public-api.ts';
import type { Settings } from './settings.ts';
import type { Callable, ThreadEvent } from './thread-messages.ts';
import { watchFile } from './watch-file.ts';

/** The calls of the reader thread: never behind a cycle, and never writing. */
export interface ReaderCalls extends DeskReader, PublicReads {
  facts(): Promise<LocalFacts>;
  /** Newest first; none where there is no file yet. */
  logs(asked: { readonly limit: number }): Promise<readonly LogEntry[]>;
}

export interface ReaderParts {
  readonly app: HostedApp;
  readonly settings: Settings;
  readonly emit: (event: ThreadEvent) => void;
}

export function readerCalls({ app, settings, emit }: ReaderParts): ThreadSide<ReaderCalls> {
  const file = new LocalFile(settings.databasePath);
  const watch = watchFile(settings.databasePath, file, (outbox) => {
    emit({ type: 'file', outbox });
  });
  const desk = Object.fromEntries(
    DESK_READER.map((name) => [
      name,
      (asked: never) => (app.desk[name] as (asked: never) => Promise<unknown>)(asked),
    ]),
  ) as unknown as Callable<DeskReader>;
  return {
    calls: {
      ...desk,
      facts: () => Promise.resolve(localFacts(file.open(), settings, Date.now())),
      allHeld: () => app.held(),
      allConflicts: () => app.conflicts(),
      allOversold: () => app.oversold(),
      allNotices: () => app.notices(),
      allRejected: () => app.rejected(),
      stats: () => app.stats(),
      checkpoints: () => app.checkpoints(),
      logs: (asked) => (file.open() === null ? Promise.resolve([]) : app.logs(asked)),
    },
    close() {
      watch.close();
      file.close();
      return Promise.resolve();
    },
  };
}
