import { z } from 'zod';
import { TOPICS, type HostEvent, type Reply } from '../../shared/contract.ts';
import { HTTP, SIGNED_OUT_CODES, type SignIn } from '../../shared/http.ts';
import { LINK_LOST } from '../../shared/link.ts';
import { CallFailed, unwrap, type Bridge, type LinkState } from './bridge.ts';
import { eventData } from './event-stream.ts';

/** The browser's way: a bridge that also signs in and can be closed. */
export interface HttpBridge extends Bridge {
  /** Exchanges a one-time code or a token for the session's cookie; rejects with `CallFailed`. */
  signIn(how: SignIn): Promise<void>;
  close(): void;
}

interface HttpOptions {
  /** Where the API is; empty: where the page came from. */
  readonly base?: string;
  readonly fetch?: typeof fetch;
  /** Pauses between two tries of the events, the last one for ever; milliseconds. */
  readonly retryAfter?: readonly number[];
}

/** The host is trusted with what an answer holds; this only tells an answer from another server's error page. */
const replySchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({
    ok: z.literal(false),
    error: z.object({
      code: z.string(),
      params: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  }),
]);
const eventSchema = z.looseObject({ type: z.enum(['status', 'changed', 'navigate']) });

/** An answer without any value (`undefined`) has no JSON and arrives as an absent key. */
async function replyOf(answer: Response): Promise<Reply<unknown>> {
  const body: unknown = await answer.json().catch(() => null);
  const parsed = replySchema.safeParse(body);
  if (parsed.success) return parsed.data;
  return { ok: false, error: { code: LINK_LOST, params: {} } };
}

const lost = (cause: unknown): CallFailed =>
  cause instanceof CallFailed ? cause : new CallFailed(LINK_LOST, {}, { cause });

function parseEvent(data: string): HostEvent | null {
  try {
    const value: unknown = JSON.parse(data);
    return eventSchema.safeParse(value).success ? (value as HostEvent) : null;
  } catch {
    return null;
  }
}

/** Short pauses first: a stream that the server ended to renew the session is back before anybody notices. */
const patience = [0, 1_000, 2_000, 5_000];

export function httpBridge(options: HttpOptions = {}): HttpBridge {
  const { base = '', fetch: send = (...args) => fetch(...args), retryAfter = patience } = options;
  const listeners = new Set<(event: HostEvent) => void>();
  const watchers = new Set<(state: LinkState) => void>();
  let link: LinkState = 'up';
  let closed = false;
  let stream: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  let wasOpen = false;

  const setLink = (state: LinkState): void => {
    if (state === link || closed) return;
    link = state;
    for (const watcher of watchers) watcher(state);
  };
  const emit = (event: HostEvent): void => {
    for (const listener of listeners) listener(event);
  };

  async function request(path: string, init: RequestInit): Promise<unknown> {
    const answer = await send(base + path, { credentials: 'same-origin', ...init }).catch(
      (error: unknown) => {
        throw lost(error);
      },
    );
    return unwrap(await replyOf(answer));
  }

  const post = (path: string, body: unknown): Promise<unknown> =>
    request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  async function listen(signal: AbortSignal): Promise<void> {
    const answer = await send(base + HTTP.events, {
      headers: { accept: 'text/event-stream' },
      credentials: 'same-origin',
      cache: 'no-store',
      signal,
    });
    if (!answer.ok || answer.body === null) {
      unwrap(await replyOf(answer));
      throw new CallFailed(LINK_LOST);
    }
    tries = 0;
    setLink('up');
    // What changed while nobody listened is not told again.
    if (wasOpen) emit({ type: 'changed', topics: TOPICS });
    wasOpen = true;
    for await (const data of eventData(answer.body)) {
      const event = parseEvent(data);
      if (event !== null) emit(event);
    }
  }

  function connect(): void {
    stream?.abort();
    const mine = new AbortController();
    stream = mine;
    void listen(mine.signal)
      .catch(lost)
      .then((error) => {
        if (closed || mine.signal.aborted) return;
        if (error !== undefined && SIGNED_OUT_CODES.has(error.code)) {
          setLink('signed-out');
          return;
        }
        // The first try after an end is at once; only when that fails too is the link called lost.
        if (tries > 0) setLink('lost');
        timer = setTimeout(connect, retryAfter[Math.min(tries, retryAfter.length - 1)]);
        tries += 1;
      });
  }

  async function call(path: string, args: unknown): Promise<unknown> {
    try {
      const value = await post(path, args);
      if (link === 'signed-out') setLink('up');
      return value;
    } catch (error) {
      const failed = lost(error);
      if (SIGNED_OUT_CODES.has(failed.code)) setLink('signed-out');
      throw failed;
    }
  }

  return {
    call: async (method, args) => (await call(`${HTTP.call}/${method}`, args)) as never,
    subscribe(listener) {
      listeners.add(listener);
      if (stream === null) connect();
      return () => listeners.delete(listener);
    },
    watchLink(listener) {
      watchers.add(listener);
      if (link !== 'up') listener(link);
      return () => watchers.delete(listener);
    },
    async signIn(how) {
      await post(HTTP.session, how);
      clearTimeout(timer);
      setLink('up');
      if (stream !== null) connect();
      emit({ type: 'changed', topics: TOPICS });
    },
    close() {
      closed = true;
      clearTimeout(timer);
      stream?.abort();
    },
  };
}
