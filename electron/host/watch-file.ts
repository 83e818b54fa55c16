import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { ReadableDb } from '../local/open.ts';
import { fileVersion, outboxEnd } from '../local/watch-version.ts';
import type { LocalFile } from './local-facts.ts';

/**
 * SQLite tells nobody about another program's commit; `PRAGMA data_version` says so when it is asked. It is asked when
 * the file system says that the -wal was written. That word comes before the commit can be seen (the disk is flushed in
 * between), hence the looks a little later.
 */
const againAfterMs = [1, 5, 25, 100] as const;
/**
 * The safety net, for file systems that tell late, of some writers only (network folders) or not at all: a sale is at HQ
 * within a second all the same. Refused: every 40 ms, which kept an idle till's processor busy by 0.8 %; and to rest
 * longer when nothing happens, because the first sale after a rest is a sale too.
 */
const everyMs = 250;

export interface FileWatch {
  close(): void;
}

/** Calls back with the name of a file of the folder that was written; the answer ends it. */
export type FolderWatch = (folder: string, onWrite: (name: string | null) => void) => () => void;

/**
 * `onChange` hears of each look that found new commits, the file's first sight included; `outbox`: some of them left
 * changes to send, or another file has taken the place of the one before, and a cycle has to find out which (DESIGN 8.1).
 */
export function watchFile(
  path: string,
  file: LocalFile,
  onChange: (outbox: boolean) => void,
  watchFolder: FolderWatch = folderWatch,
): FileWatch {
  let seen: ReadableDb | null = null;
  let version = 0;
  let end = 0;
  const look = (): void => {
    try {
      const db = file.open();
      if (db === null) return;
      const now = fileVersion(db);
      // Each connection counts commits of its own.
      if (db === seen && now === version) return;
      const entries = outboxEnd(db);
      // Our own commits change the version too, and leave nothing in the outbox: they must not start a cycle.
      const gained = seen !== null && (db !== seen || entries > end);
      seen = db;
      version = now;
      end = entries;
      onChange(gained);
    } catch {
      // The file is busy, damaged or being replaced: the next look, or the next cycle, says what it is.
    }
  };
  const timers = new Set<NodeJS.Timeout>();
  let wroteMeanwhile = false;
  const lookAgain = (): void => {
    wroteMeanwhile = false;
    for (const delay of againAfterMs) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        look();
        // The last looks may have come too early for what was written during them.
        if (timers.size === 0 && wroteMeanwhile) lookAgain();
      }, delay);
      timers.add(timer);
    }
  };
  const wal = `${basename(path)}-wal`;
  const unwatch = watchFolder(dirname(path), (name) => {
    if (name !== wal) return;
    if (timers.size === 0) lookAgain();
    else wroteMeanwhile = true;
  });
  const poll = setInterval(look, everyMs);
  look();
  return {
    close() {
      unwatch();
      clearInterval(poll);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** The folder, because the -wal comes and goes. Where the system cannot watch it, polling alone has to do. */
function folderWatch(folder: string, onWrite: (name: string | null) => void): () => void {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      onWrite(name);
    });
    watcher.on('error', () => {
      watcher.close();
    });
    return () => {
      watcher.close();
    };
  } catch {
    return () => undefined;
  }
}
