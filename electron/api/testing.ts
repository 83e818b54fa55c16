/** For the tests of the API: a Host and a PublicApi that only note what they are asked, and a server over them. */
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { HostEvent, Reply } from '../../shared/contract.ts';
import { PayflowError } from '../../shared/errors.ts';
import { statusOf, type Facts } from '../../shared/status.ts';
import type { StatusView } from '../../shared/views.ts';
import type { Caller, Host } from '../host/host-types.ts';
import { loadCatalogue } from '../host/messages.ts';
import type { PublicApi } from '../host/public-api.ts';
import { API_LIMITS, type ApiLimits } from './limits.ts';
import { createLoginCodes, type LoginCodes } from './login-codes.ts';
import { createServer } from './server.ts';

export const testSecret = 'a secret of the tests, as long as a secret has to be';
export const runId = '6f1c9b0e-4a57-4d0b-9a53-0d6d1b8c7a11';

const facts: Facts = {
  now: 1_800_000_000_000,
  configured: true,
  loaded: true,
  running: null,
  aliveAt: null,
  hq: 'reachable',
  error: null,
  paused: null,
  waiting: 3,
  oldestUnsentAt: 1_799_999_990_000,
  held: 2,
  rejected: 1,
  confirm: 0,
  conflicts: 4,
  oversold: 0,
  lastRun: { at: 1_799_999_900_000, status: 'partial' },
  nextRunAt: null,
  mode: 'live',
  intervalMs: 0,
  clockSkewMs: 12,
  diskLow: false,
  troubles: [],
  notices: [],
  differing: null,
};

const view: StatusView = {
  status: statusOf(facts),
  facts,
  terminal: 'T1',
  store: 'S1',
  waitingAtHq: 0,
  lastRun: null,
  lastCompleteAt: 1_799_999_000_000,
  pricesAt: null,
  nextRunAt: null,
  progress: [],
  queued: false,
  keptBack: 3,
};

export interface NotedCall {
  readonly caller: Caller;
  readonly method: string;
  readonly args: unknown;
}

export interface FakeHost extends Host {
  readonly calls: NotedCall[];
  /** What the next calls are answered; default: `startSync` and `takeOver` start, everything else is null. */
  answer: ((method: string) => Reply<unknown>) | null;
  readonly listeners: Set<(event: HostEvent) => void>;
  emit(event: HostEvent): void;
}

export function fakeHost(): FakeHost {
  const calls: NotedCall[] = [];
  const listeners = new Set<(event: HostEvent) => void>();
  return {
    calls,
    listeners,
    answer: null,
    call(caller, method, args) {
      calls.push({ caller, method, args });
      const starts = method === 'startSync' || method === 'takeOver';
      const value = starts ? { queued: false, runId } : null;
      return Promise.resolve(this.answer?.(method) ?? { ok: true, value });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    current: () => view,
    wake: () => undefined,
    networkLost: () => undefined,
    close: () => Promise.resolve(),
    emit(event) {
      for (const listener of listeners) listener(event);
    },
  };
}

const noCounts = { applied: 0, deleted: 0, held: 0, conflicts: 0, rejected: 0 };

export interface FakePublicApi extends PublicApi {
  readonly asked: string[];
}

export function fakePublicApi(): FakePublicApi {
  const asked: string[] = [];
  const note = <T>(what: string, answer: T): Promise<T> => {
    asked.push(what);
    return Promise.resolve(answer);
  };
  const since = '2026-11-22T10:00:00.000Z';
  return {
    asked,
    held: () =>
      note('held', [
        { table: 'orders', id: 'o1', direction: 'upload', missing: [], since, tries: 2 },
      ]),
    rejected: () =>
      note('rejected', [
        {
          table: 'orders',
          id: 'o2',
          direction: 'upload',
          code: 'APPEND_ONLY',
          params: { table: 'orders' },
          since,
          tries: 1,
        },
      ]),
    conflicts: () => note('conflicts', []),
    removals: () => note('removals', []),
    answerRemovals: (asked) =>
      note(`answerRemovals ${JSON.stringify(asked)}`, { queued: true, runId }),
    notices: () =>
      note('notices', [
        {
          id: 3,
          code: 'STATUS_HQ_MOVED',
          params: {},
          at: since,
          settledAt: null,
          settledBy: null,
        },
      ]),
    dismissNotice: ({ id }) =>
      id === 3
        ? note(`dismiss ${String(id)}`, { id })
        : Promise.reject(new PayflowError('NOTICE_SETTLED', { id })),
    oversold: () => note('oversold', []),
    logs: ({ limit }) =>
      note(`logs ${String(limit)}`, [
        {
          startedAt: since,
          endedAt: since,
          report: {
            runId,
            direction: 'both',
            status: 'completed',
            durationMs: 5,
            download: noCounts,
            upload: noCounts,
            tables: {},
          },
        },
      ]),
    stats: () => note('stats', { tables: {} }),
    checkpoints: () => note('checkpoints', []),
    reset: (table) =>
      table === 'nothing'
        ? Promise.reject(new PayflowError('TABLE_UNKNOWN', { table }))
        : note(`reset ${String(table)}`, ['orders']),
    resolve: (asked) => note(`resolve ${JSON.stringify(asked)}`, { changed: true, runId }),
    retry: (rows) => note(`retry ${JSON.stringify(rows)}`, { queued: true, runId }),
  };
}

export interface TestApi extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly host: FakeHost;
  readonly api: FakePublicApi;
  readonly codes: LoginCodes;
  /** Traces that went to the log. */
  readonly logged: unknown[];
}

export interface TestApiOptions {
  readonly limits?: Partial<ApiLimits>;
  readonly listenHost?: string;
  readonly now?: () => number;
  /** A folder with a built window; default: none. */
  readonly rendererFolder?: string;
}

/** Nothing listens: requests go in by `inject`. `await using` ends it. */
export async function testApi(options: TestApiOptions = {}): Promise<TestApi> {
  const host = fakeHost();
  const api = fakePublicApi();
  const codes = createLoginCodes(options.now);
  const logged: unknown[] = [];
  const app = await createServer({
    host,
    publicApi: api,
    catalogue: loadCatalogue(),
    log: {
      path: '/log',
      info: () => undefined,
      warn: () => undefined,
      error: (_message, error) => void logged.push(error),
    },
    secret: testSecret,
    codes,
    listenHost: options.listenHost ?? '127.0.0.1',
    rendererFolder: options.rendererFolder ?? join(import.meta.dirname, 'no-window-here'),
    version: '1.2.3',
    limits: { ...API_LIMITS, ...options.limits },
  });
  await app.ready();
  return {
    app,
    host,
    api,
    codes,
    logged,
    async [Symbol.asyncDispose]() {
      await app.close();
    },
  };
}
