/** The command line's way to a running engine. Every wait has a deadline. */
import { connect, type Socket } from 'node:net';
import { PayflowError } from '../../shared/errors.ts';
import { commandsOver, type Command, type CommandEngine } from './engine-commands.ts';
import { findPlace } from './engine-place.ts';
import {
  answerLine,
  eachLine,
  GREETING_MS,
  helloLine,
  LONGEST_ANSWER,
  parseLine,
  SILENCE_MS,
} from './engine-wire.ts';
import type { Watch } from './thread-messages.ts';

export interface ClientLimits {
  /** Milliseconds until the greeting; and between two signs of life afterwards. */
  readonly greetingMs: number;
  readonly silenceMs: number;
}

const usualLimits: ClientLimits = { greetingMs: GREETING_MS, silenceMs: SILENCE_MS };

/** A connection that has been greeted by an engine of this very version. */
interface Line {
  readonly socket: Socket;
  /** Who hears the lines from now on; `null`: the connection is gone. */
  hear(listener: (line: string | null) => void): void;
}

/**
 * The engine that works on this file, whichever process it is in; null: none does (what a killed one has left behind
 * is none). Throws ENGINE_SILENT, ENGINE_OTHER_VERSION.
 */
export async function findEngine(
  databasePath: string,
  version: string,
  limits: ClientLimits = usualLimits,
): Promise<CommandEngine | null> {
  const address = findPlace(databasePath);
  const first = address === null ? null : await open(address, version, limits);
  if (address === null || first === null) return null;
  first.socket.destroy();
  return commandsOver(async (command, watch) => {
    const line = await open(address, version, limits);
    if (line === null) throw new PayflowError('ENGINE_GONE');
    return ask(line, command, watch, limits);
  });
}

/** Is somebody at the address that this file's engine has? */
export async function isEngineThere(databasePath: string): Promise<boolean> {
  const address = findPlace(databasePath);
  if (address === null) return false;
  const socket = await reach(address);
  socket?.destroy();
  return socket !== null;
}

/** Null: nobody is there. A full queue of an engine that hangs is somebody. */
function reach(address: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

async function open(address: string, version: string, limits: ClientLimits): Promise<Line | null> {
  const socket = await reach(address);
  if (socket === null) return null;
  // What is said of an error comes by 'close'.
  socket.on('error', () => undefined);
  let listener: (line: string | null) => void = () => undefined;
  const line: Line = {
    socket,
    hear(next) {
      listener = next;
    },
  };
  try {
    const greeting = await new Promise<string | null>((resolve) => {
      const late = setTimeout(() => resolve(null), limits.greetingMs);
      listener = (text) => {
        clearTimeout(late);
        resolve(text);
      };
      eachLine(socket, LONGEST_ANSWER, (text) => listener(text));
      socket.once('close', () => listener(null));
    });
    const hello = greeting === null ? null : parseLine(helloLine, greeting);
    if (hello === null) throw new PayflowError('ENGINE_SILENT');
    if (hello.payflow !== version)
      throw new PayflowError('ENGINE_OTHER_VERSION', { running: hello.payflow, version });
    return line;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function ask(
  line: Line,
  { name, args }: Command,
  { onProgress, signal }: Partial<Watch>,
  { silenceMs }: ClientLimits,
): Promise<unknown> {
  const { socket } = line;
  if (socket.destroyed) return Promise.reject(new PayflowError('ENGINE_GONE'));
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let late: NodeJS.Timeout | undefined;
  const hasLife = (): void => {
    clearTimeout(late);
    late = setTimeout(() => reject(new PayflowError('ENGINE_SILENT')), silenceMs);
  };
  const cancel = (): void => void socket.write(`${JSON.stringify({ cancel: true })}\n`);
  line.hear((text) => {
    if (text === null) return reject(new PayflowError('ENGINE_GONE'));
    const answer = parseLine(answerLine, text);
    if (answer === null) return reject(new PayflowError('ENGINE_SILENT'));
    hasLife();
    if ('progress' in answer) onProgress?.(answer.progress);
    else if ('failed' in answer) reject(new PayflowError(answer.failed.code, answer.failed.params));
    else if ('done' in answer) resolve(answer.done);
  });
  hasLife();
  socket.write(`${JSON.stringify({ ask: name, args })}\n`);
  if (signal?.aborted === true) cancel();
  else signal?.addEventListener('abort', cancel, { once: true });
  return promise.finally(() => {
    clearTimeout(late);
    signal?.removeEventListener('abort', cancel);
    socket.destroy();
  });
}
