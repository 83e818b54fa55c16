/**
 * Where a running engine is found: in a folder of its user's own beside payflow.db, named after the file behind every
 * symlink. Whoever knows the file finds its engine, whatever the environment says; nothing stands in a folder that
 * others may write to under a name that they could take first.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { realPath } from '../local/lock.ts';

const windows = process.platform === 'win32';
/** What `sun_path` holds, on the system that holds least. */
const longestPath = 103;
const pipeName = /^\\\\\.\\pipe\\payflow-[0-9a-f]{32}$/;

export interface EnginePlace {
  /** For `net.Server.listen`. */
  readonly address: string;
  /** The server listens: from now on it can be found. */
  publish(): void;
  /** Removes what is left of it, once the server is closed. Throws the file system's own error. */
  remove(): void;
}

const folderOf = (databasePath: string): string => `${realPath(databasePath)}.engine`;

/** A real folder, not a link, of this user's, that nobody else may look into. */
function isOurs(path: string, kind: 'folder' | 'socket'): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (kind === 'folder' ? !found.isDirectory() : !found.isSocket()) return false;
  return windows || (found.uid === process.getuid?.() && (found.mode & 0o077) === 0);
}

/** Makes the folder; nobody listens there any more, and what a killed engine has left goes. Throws a plain Error that says why there can be no socket here. */
export function makePlace(databasePath: string): EnginePlace {
  const folder = folderOf(databasePath);
  const socket = join(folder, 'socket');
  if (!windows && Buffer.byteLength(socket) > longestPath)
    throw new Error(`the path is too long for a socket: ${socket}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (!isOurs(folder, 'folder'))
    throw new Error(`${folder} is not a folder of this user's alone: delete it`);
  const note = join(folder, 'pipe');
  const removeLeft = (): void => rmSync(windows ? note : socket, { force: true });
  removeLeft();
  // A pipe has one name space for all users: this name cannot be guessed and taken first.
  const address = windows ? `\\\\.\\pipe\\payflow-${randomBytes(16).toString('hex')}` : socket;
  return {
    address,
    publish() {
      if (windows) writeFileSync(note, address, { mode: 0o600 });
      else chmodSync(socket, 0o600);
    },
    remove() {
      removeLeft();
      try {
        rmdirSync(folder);
      } catch (error) {
        // The next engine has moved in already, or somebody has removed it.
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EEXIST') throw error;
      }
    },
  };
}

/** The address of an engine on this file, dead or alive; null: there is none that this user may trust. */
export function findPlace(databasePath: string): string | null {
  // What is wrong with the path itself says whoever opens the file.
  if (!existsSync(dirname(databasePath))) return null;
  const folder = folderOf(databasePath);
  if (!isOurs(folder, 'folder')) return null;
  if (!windows) {
    const socket = join(folder, 'socket');
    return isOurs(socket, 'socket') ? socket : null;
  }
  try {
    const name = readFileSync(join(folder, 'pipe'), 'utf8');
    return pipeName.test(name) ? name : null;
  } catch {
    return null;
  }
}
