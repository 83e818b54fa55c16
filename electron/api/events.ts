/** What happens in the host, as server-sent events. */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { TOPICS, type HostEvent } from '../../shared/contract.ts';
import { PayflowError } from '../../shared/errors.ts';
import { HTTP } from '../../shared/http.ts';
import type { Host } from '../host/host-types.ts';
import { callerOf } from './authentication.ts';
import type { ApiLimits } from './limits.ts';
import { SESSION_SECONDS, type Sessions } from './sessions.ts';

const heartbeatMs = 15_000;
/** A browser comes back after so long when a stream has ended. */
const comeBackMs = 500;
/** A client that reads nothing for so long is let go: it gets the whole status when it comes back. */
const maxUnreadBytes = 512 * 1024;
/** A stream ends in time for a session to be renewed by the next one. */
const longestMs = (SESSION_SECONDS * 1000) / 2 + 1_000;

interface OpenStream {
  readonly stream: Readable;
  /** Nothing more is said, and the client hears that it is over. Idempotent. */
  readonly end: () => void;
}

/** One client's stream; it ends by itself when the client is gone, too slow, or its sign-in runs out. */
function openStream(host: Host, lifeMs: number, isReturn: boolean): OpenStream {
  let id = 0;
  const stream = new Readable({ read: () => undefined, highWaterMark: maxUnreadBytes });
  const push = (text: string): void => {
    if (!stream.push(text)) stream.destroy();
  };
  const send = (event: HostEvent): void => {
    push(`id: ${String((id += 1))}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  const unsubscribe = host.subscribe(send);
  const heart = setInterval(() => {
    push(': still here\n\n');
  }, heartbeatMs);
  const beQuiet = (): void => {
    unsubscribe();
    clearInterval(heart);
    clearTimeout(life);
  };
  const end = (): void => {
    beQuiet();
    stream.push(null);
  };
  const life = setTimeout(end, lifeMs);
  stream.once('close', beQuiet);
  push(`retry: ${String(comeBackMs)}\n\n`);
  send({ type: 'status', status: host.current() });
  // Whoever comes back has missed something; nobody knows what.
  if (isReturn) send({ type: 'changed', topics: TOPICS });
  return { stream, end };
}

export function addEvents(
  scope: FastifyInstance,
  host: Host,
  sessions: Sessions,
  limits: ApiLimits,
): void {
  /** With the session that each belongs to. */
  const open = new Map<OpenStream, string | null>();
  sessions.onEnd((ended) => {
    for (const [{ end }, sid] of open) if (sid === ended) end();
  });
  scope.get(
    HTTP.events,
    {
      // The answer to HEAD would be a stream that nobody reads to its end.
      exposeHeadRoute: false,
      schema: { tags: ['events'], summary: 'Server-sent events: status, and lists that changed' },
    },
    (request, reply) => {
      if (open.size >= limits.streams) throw new PayflowError('API_TOO_MANY', { seconds: 60 });
      const { expiresAt, sid } = callerOf(request);
      const life = Math.min(expiresAt - Date.now(), longestMs);
      const opened = openStream(
        host,
        Math.max(life, 0),
        request.headers['last-event-id'] !== undefined,
      );
      const { stream } = opened;
      open.set(opened, sid);
      stream.once('close', () => open.delete(opened));
      // Also where an answer ends before the stream was ever attached to it.
      reply.raw.once('close', () => stream.destroy());
      return reply
        .header('content-type', 'text/event-stream; charset=utf-8')
        .header('x-accel-buffering', 'no')
        .send(stream);
    },
  );
  scope.addHook('preClose', (done) => {
    for (const { end } of open.keys()) end();
    done();
  });
}
