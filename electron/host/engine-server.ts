/** The running engine's socket: the command line's commands come in here and nothing else does. */
import { createServer, type Socket } from 'node:net';
import { PayflowError } from '../../shared/errors.ts';
import { isEngineThere } from './engine-client.ts';
import { parseCommand, type Command } from './engine-commands.ts';
import { makePlace, type EnginePlace } from './engine-place.ts';
import {
  ALIVE_MS,
  cancelLine,
  eachLine,
  GREETING_MS,
  LONGEST_QUESTION,
  parseLine,
  questionLine,
  type AnswerLine,
} from './engine-wire.ts';
import { asFailure } from './failure.ts';
import type { Log } from './log.ts';
import type { Watch } from './thread-messages.ts';

export interface EngineServerOptions {
  readonly databasePath: string;
  readonly version: string;
  readonly log: Log;
  /** Carries a command out; throws PayflowError. */
  readonly answer: (command: Command, watch: Watch) => Promise<unknown>;
}

export interface EngineServer {
  /** Takes no more commands, lets those end that are under way, and removes the socket. Never rejects. */
  close(): Promise<void>;
}

/** People at a prompt, and scripts that went wrong. */
const mostConnections = 32;
/** A client that reads nothing gets no more progress: only its answer waits for it. */
const mostUnread = 64 * 1024;

/**
 * Opens the socket, in the place of one that a killed engine has left. Null, and a line in the log: there can be none
 * (a path too long, a folder of somebody else's, another engine on this file); the engine works without it, and
 * commands beside it are refused as ENGINE_RUNNING.
 */
export async function serveEngine(options: EngineServerOptions): Promise<EngineServer | null> {
  try {
    return await listen(options);
  } catch (error) {
    options.log.warn('commands cannot ask this engine: it has no socket', { error });
    return null;
  }
}

async function listen({
  databasePath,
  version,
  log,
  answer,
}: EngineServerOptions): Promise<EngineServer> {
  if (await isEngineThere(databasePath)) throw new Error('another engine has it');
  const own = makePlace(databasePath);
  const open = new Set<Socket>();
  const underWay = new Set<Promise<void>>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    attend(socket, version, (command, watch) => {
      const work = reply(socket, log, () => answer(command(), watch)).finally(() =>
        underWay.delete(work),
      );
      underWay.add(work);
    });
  });
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(own.address, resolve);
  });
  server.on('error', (error) => {
    log.warn('the socket for commands', { error });
  });
  own.publish();
  let closing: Promise<void> | null = null;
  return {
    close: () =>
      (closing ??= (async () => {
        const closed = new Promise((resolve) => server.close(resolve));
        await Promise.all(underWay);
        for (const socket of open) socket.destroySoon();
        await closed;
        removed(own, log);
      })()),
  };
}

/** What stays behind (an antivirus program holds it, the disk can only be read) is no obstacle to the next engine. */
function removed(own: EnginePlace, log: Log): void {
  try {
    own.remove();
  } catch (error) {
    log.warn('the socket for commands could not be removed', { error });
  }
}

/** Greets, and hears one question; whoever hangs up takes it back. */
function attend(
  socket: Socket,
  version: string,
  onQuestion: (command: () => Command, watch: Watch) => void,
): void {
  const stop = new AbortController();
  const late = setTimeout(() => socket.destroy(), GREETING_MS);
  let asked = false;
  socket.on('close', () => {
    clearTimeout(late);
    stop.abort();
  });
  eachLine(socket, LONGEST_QUESTION, (line) => {
    if (asked) {
      if (parseLine(cancelLine, line) === null) socket.destroy();
      else stop.abort();
      return;
    }
    const question = parseLine(questionLine, line);
    if (question === null) return void socket.destroy();
    asked = true;
    clearTimeout(late);
    onQuestion(() => parseCommand(question.ask, question.args), {
      signal: stop.signal,
      onProgress: (progress) => {
        if (socket.writableLength < mostUnread) say(socket, { progress });
      },
    });
  });
  socket.write(`${JSON.stringify({ payflow: version })}\n`);
}

function say(socket: Socket, line: AnswerLine): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(line)}\n`);
}

/** Works, shows that it lives, answers, hangs up. Never rejects. */
async function reply(socket: Socket, log: Log, work: () => Promise<unknown>): Promise<void> {
  const beat = setInterval(() => {
    if (socket.writableLength < mostUnread) say(socket, { alive: true });
  }, ALIVE_MS);
  try {
    say(socket, { done: await work() });
  } catch (error) {
    if (!(error instanceof PayflowError)) log.error('a command', error);
    const { code, params } = asFailure(error, log.path);
    say(socket, { failed: { code, params } });
  } finally {
    clearInterval(beat);
    socket.end();
  }
}
