import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileVersion, outboxEnd } from '../local/watch-version.ts';
import type { LocalFile } from './local-facts.ts';

/**
 * SQLite tells nobody about another program's commit. `PRAGMA data_version` does, when it is asked: it costs 2 us, so it
 * is asked every 40 ms, and at once when the file system says that the -wal was written. That word comes before the
 * commit can be seen, hence the looks a little later (PERFORMANCE F: 1.4 ms at the median, none missed).
 */
const everyMs = 40;
const againAfterMs = [1, 5, 25] as const;

export interface FileWatch {
  close(): void;
}

/** `onChange` hears of each look that found new commits; `outbox`: some of them left changes to send. */
export function watchFile(
  path: string,
  file: LocalFile,
  onChange: (outbox: boolean) => void,
): FileWatch {
  let version: number | null = null;
  let end = 0;
  const look = (): void => {
    try {
      const db = file.open();
      if (db === null) return;
      const now = fileVersion(db);
      if (now === version) return;
      const entries = outboxEnd(db);
      // Our own commits change the version too, and leave nothing in the outbox: they must not start a cycle.
      const gained = version !== null && entries > end;
      version = now;
      end = entries;
      onChange(gained);
    } catch {
      // The file is busy, damaged or being replaced: the next look, or the next cycle, says what it is.
    }
  };
  const timers = new Set<NodeJS.Timeout>();
  const wal = `${basename(path)}-wal`;
  const onWrite = (_event: string, name: string | null): void => {
    if (name !== wal || timers.size > 0) return;
    for (const delay of againAfterMs) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        look();
      }, delay);
      timers.add(timer);
    }
  };
  const poll = setInterval(look, everyMs);
  const folder = watchFolder(dirname(path), onWrite);
  look();
  return {
    close() {
      clearInterval(poll);
      for (const timer of timers) clearTimeout(timer);
      folder?.close();
    },
  };
}

/** The folder, because the -wal comes and goes. Where the system cannot watch it, polling alone has to do. */
function watchFolder(
  folder: string,
  onWrite: (event: string, name: string | null) => void,
): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, onWrite);
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  } catch {
    return null;
  }
}
