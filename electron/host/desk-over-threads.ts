import {
  DESK_ENGINE,
  DESK_READER,
  type Desk,
  type DeskEngine,
  type DeskReader,
} from './desk-types.ts';
import type { Thread } from './engine-thread.ts';

type Asked = (asked: unknown) => Promise<unknown>;
type AnyThread = Thread<Record<string, Asked>>;

/** The desk as seen from the main thread: each call goes to the thread it belongs to, whichever that is by now. */
export function deskOverThreads(
  reader: () => Promise<Thread<DeskReader>>,
  engine: () => Promise<Thread<DeskEngine>>,
): Desk {
  const to =
    (thread: () => Promise<unknown>) =>
    (name: string): [string, Asked] => [
      name,
      async (asked) => ((await thread()) as AnyThread).call(name, asked),
    ];
  return Object.fromEntries([
    ...DESK_READER.map(to(reader)),
    ...DESK_ENGINE.map(to(engine)),
  ]) as unknown as Desk;
}
