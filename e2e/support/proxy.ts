/**
 * A network between a terminal and HQ that a test can break at an exact message: forwards TCP, stops at the message
 * it was told to wait for, and then does with both ends what the test says.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** One terminal connection, stopped at the awaited message, which HQ has not got yet, nor anything behind it. */
export interface Wire {
  /** HQ gets the message and what stands behind it; what it answers goes on to the terminal, if that is still there. */
  deliver(): void;
  /** Resolves when the terminal has sent `text` too, without an answer to the message. */
  followedBy(text: string): Promise<void>;
  /** HQ gets the message and answers; the answer reaches nobody and the terminal is cut. */
  deliverAndLoseReply(): void;
  /** The terminal loses the connection; HQ does not notice and keeps the transaction open. */
  cutTerminal(): void;
  /** HQ sees the connection close. */
  cutHq(): void;
}

export interface Proxy {
  /** `url`, by way of this proxy. */
  url(url: string): string;
  /** Stops the next terminal message that contains `text` (the engine's short statements: one message, one chunk). */
  stopAt(text: string): Promise<Wire>;
  /** As a network that goes: all connections break on both ends. */
  cutAll(): void;
  /** As an HQ that is switched off: all connections break and new ones are refused, until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

export interface ProxyOptions {
  /**
   * HQ's patience with an open transaction of a terminal that has gone, put in place of the ten seconds the
   * terminal asks for at its start: two digits, so that the startup message keeps its length.
   */
  readonly idleInTransactionSeconds?: string;
}

/** HQ's ReadyForQuery where no transaction is open: all that it was sent is carried out. */
const IDLE = 'Z\0\0\0\u0005I';

const PATIENCE = 'idle_in_transaction_session_timeout=';

interface Stop {
  readonly text: string;
  readonly reached: (wire: Wire) => void;
}

/** Forwards to the PostgreSQL of `hqUrl`. The caller owes it a `close`. */
export async function startProxy(hqUrl: string, options: ProxyOptions = {}): Promise<Proxy> {
  const hq = new URL(hqUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  let stop: Stop | null = null;

  const rewriteStartup = (chunk: Buffer): Buffer => {
    const { idleInTransactionSeconds: seconds } = options;
    if (seconds === undefined) return chunk;
    const text = chunk.toString('latin1');
    if (!text.includes(`${PATIENCE}10s`)) throw new Error('the startup message has changed');
    return Buffer.from(text.replace(`${PATIENCE}10s`, `${PATIENCE}${seconds}s`), 'latin1');
  };

  const server = createServer((terminal) => {
    const upstream = connect(Number(hq.port), hq.hostname);
    const pair = [terminal, upstream] as const;
    pairs.add(pair);
    let forgetful = false;
    let detached = false;
    let started = false;
    for (const socket of pair) socket.on('error', () => undefined);
    let kept: Buffer | null = null;
    const pass = (): void => {
      if (kept !== null) upstream.write(kept);
      kept = null;
    };
    terminal.on('data', (chunk) => {
      if (kept !== null) {
        kept = Buffer.concat([kept, chunk]);
        return;
      }
      const awaited = stop;
      if (awaited !== null && chunk.includes(awaited.text)) {
        stop = null;
        kept = chunk;
        awaited.reached({
          deliver: pass,
          followedBy: async (text) => {
            while (kept?.includes(text) === false) await once(terminal, 'data');
          },
          deliverAndLoseReply: () => {
            forgetful = true;
            pass();
          },
          cutTerminal: () => {
            detached = true;
            terminal.destroy();
          },
          cutHq: () => void upstream.destroy(),
        });
        return;
      }
      upstream.write(started ? chunk : rewriteStartup(chunk));
      started = true;
    });
    upstream.on('data', (chunk) => {
      // Cut at its first byte, HQ could lose a message that has not been read.
      if (forgetful && chunk.includes(IDLE)) for (const socket of pair) socket.destroy();
      else if (!forgetful && !terminal.destroyed) terminal.write(chunk);
    });
    terminal.on('close', () => {
      if (!detached) upstream.destroy();
    });
    upstream.on('close', () => {
      terminal.destroy();
      pairs.delete(pair);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cutAll = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  const down = async (): Promise<void> => {
    cutAll();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  return {
    url(url) {
      const through = new URL(url);
      through.host = `127.0.0.1:${String(port)}`;
      return through.href;
    },
    stopAt(text) {
      return new Promise((reached) => {
        stop = { text, reached };
      });
    },
    cutAll,
    down,
    async up() {
      if (server.listening) return;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    close: down,
  };
}
