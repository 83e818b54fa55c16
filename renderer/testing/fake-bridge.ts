/**
 * A host made of fixtures, for tests of the window's own parts and for pictures of every state; never a part of the
 * product (`main.tsx` asks for it only in a build that says so). What the screens change changes here too, so that
 * they can be clicked through.
 */
import type { Args, HostEvent, Method, Result } from '../../shared/contract.ts';
import { statusOf, type Facts } from '../../shared/status.ts';
import type { AppInfo, Page, SettingsShown, SetupShown, StatusView } from '../../shared/views.ts';
import { CallFailed, type Bridge, type LinkState } from '../bridge/bridge.ts';
import * as lists from './fake-lists.ts';
import { fakeAppInfo, fakeSettings } from './fake-settings.ts';
import { fakeStatus } from './fake-states.ts';
import { lockedSettings, manyTerminals, quietCheck, settingsAt, setupAt } from './fixtures-b.ts';
import { longLists } from './long-lists.ts';

type Answers = { readonly [M in Method]: (args: Args<M>) => Result<M> };

export interface FakeBridge extends Bridge {
  readonly emit: (event: HostEvent) => void;
  readonly setLink: (state: LinkState) => void;
  /** From now on this method fails (or, null, works again). */
  readonly fail: (method: Method, error: CallFailed | null) => void;
  /** Every call so far, oldest first. */
  readonly calls: readonly { readonly method: Method; readonly args: unknown }[];
}

interface FakeOptions {
  readonly now?: number;
  readonly info?: Partial<AppInfo>;
  /** Lists have no rows. */
  readonly empty?: boolean;
  /** Lists have up to 10,000 rows, with every reason that there is. */
  readonly many?: boolean;
  /** How far the first run is (`fixtures-b.ts`). */
  readonly setup?: string | null;
  /** equal, stopped: what the last data check found. */
  readonly check?: string | null;
  /** The environment decides what it can. */
  readonly locked?: boolean;
}

function pageOf<T>(
  rows: readonly T[],
  { offset, limit }: { offset: number; limit: number },
): Page<T> {
  return { rows: rows.slice(offset, offset + limit), total: rows.length };
}

/** How far settings bring a first run, as the host counts it. */
function stepOf({ hq, terminal }: SettingsShown): SetupShown['step'] {
  if (hq === null) return 'server';
  return terminal === null ? 'terminal' : 'load';
}

export function fakeBridge(state: string, options: FakeOptions = {}): FakeBridge {
  const now = options.now ?? Date.now();
  const listeners = new Set<(event: HostEvent) => void>();
  const watchers = new Set<(link: LinkState) => void>();
  const failures = new Map<Method, CallFailed>();
  const calls: { method: Method; args: unknown }[] = [];
  const some = <T>(rows: readonly T[]): readonly T[] => (options.empty === true ? [] : rows);
  let view: StatusView = fakeStatus(state, now);
  const first = setupAt(options.setup ?? null);
  let setup: SetupShown = first ?? { step: 'language', running: false, error: null };
  let settings: SettingsShown = fakeSettings(now);
  if (first !== null) settings = settingsAt(first, settings);
  if (options.locked === true) settings = lockedSettings(settings);
  let info: AppInfo = { ...fakeAppInfo, ...options.info };

  const emit = (event: HostEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const change = (facts: Partial<Facts>): void => {
    const next = { ...view.facts, ...facts, now: Date.now() };
    view = { ...view, facts: next, status: statusOf(next) };
    emit({ type: 'status', status: view });
  };
  const start = (): { queued: boolean; runId: string } => {
    const queued = view.facts.running !== null;
    change({ running: { phase: 'settle', table: null, done: 0, total: null } });
    return { queued, runId: 'run-138' };
  };

  const answers: Answers = {
    appInfo: () => info,
    status: () => view,
    startSync: start,
    cancelSync: () => {
      change({ running: null });
      return null;
    },
    pause: ({ how }) => {
      const until = how === 'until-resumed' ? null : Date.now() + 2 * 3_600_000;
      change({ paused: { since: Date.now(), until }, running: null });
      return null;
    },
    resume: () => {
      change({ paused: null });
      return null;
    },
    takeOver: start,
    unsentRows: () => [
      { table: 'orders', rows: 6 },
      { table: 'order_items', rows: 14 },
    ],
    diagnostics: () => ({
      text: `PayFlow ${info.version}\nState: ${view.status.state} (${view.status.reason.code})\nTerminal: T-042\n`,
    }),
    heldGroups: (page) => pageOf(some(lists.heldGroups(now)), page),
    heldRows: (page) => pageOf(some(lists.heldRows(now)), page),
    rejectedRows: (page) => pageOf(some(lists.rejectedRows(now)), page),
    heldRow: ({ ref }) => lists.heldDetail(ref),
    rejectedRow: ({ ref }) => lists.rejectedDetail(ref),
    retryRows: start,
    fetchParent: start,
    editRejected: start,
    exportHeld: () => ({ name: 'held.csv', type: 'text/csv', content: 'table,id\norders,1\n' }),
    confirmQuestions: () => some(lists.confirmQuestions(now)),
    answerConfirm: () => start(),
    conflicts: ({ search, ...page }) =>
      pageOf(
        some(lists.conflicts(now)).filter((row) => `${row.table} ${row.rowId}`.includes(search)),
        page,
      ),
    resolveConflict: start,
    oversold: (page) => pageOf(some(lists.oversold(now)), page),
    findReceipt: ({ number }) => some(lists.receipts(number, now)),
    runs: ({ status, ...page }) =>
      pageOf(
        some(lists.runs(now)).filter((run) => status === 'all' || run.report.status === status),
        page,
      ),
    notices: (page) => pageOf(some(lists.notices(now)), page),
    dismissNotice: ({ id }) => {
      change({ notices: view.facts.notices.filter((notice) => notice.id !== id) });
      return null;
    },
    runPoints: () => some(lists.runPoints(now)),
    exportRuns: ({ format }) => ({
      name: `history.${format}`,
      type: format === 'csv' ? 'text/csv' : 'application/json',
      content: format === 'csv' ? 'run\n1\n' : '[]',
    }),
    logTail: () => ({ lines: ['[info] PayFlow 0.1.0 started', '[info] run completed: 12 rows'] }),
    openLog: () => null,
    startCheck: () => {
      change({ running: { phase: 'check', table: 'products', done: 300, total: 1_204 } });
      return null;
    },
    startRepair: () => {
      change({ running: { phase: 'check', table: 'products', done: 300, total: 1_204 } });
      return null;
    },
    startBooks: () => null,
    lastBooks: () => (options.empty === true ? null : lists.booksResult(now)),
    lastCheck: () => {
      if (options.empty === true) return null;
      return options.check == null
        ? lists.checkResult(now)
        : quietCheck(now, options.check === 'stopped');
    },
    differingRows: (page) => pageOf(lists.differingRows, page),
    schemaCheck: () =>
      options.empty === true
        ? { shown: null, findings: [] }
        : { shown: 'fix-1', findings: lists.schemaFindings },
    schemaFix: () => ({ applied: 1, backup: 'payflow-2026-11-22-143200.db', remaining: [] }),
    settings: () => settings,
    saveSettings: ({ hq, ...patch }) => {
      settings = {
        ...settings,
        ...patch,
        hq:
          hq === undefined
            ? settings.hq
            : {
                ...hq,
                hasPassword: hq.password !== undefined || settings.hq?.hasPassword === true,
              },
      } as SettingsShown;
      if (first !== null) setup = { ...setup, step: stepOf(settings) };
      const { language, appearance, large } = settings;
      info = { ...info, language, appearance, large };
      emit({ type: 'changed', topics: ['settings', 'setup'] });
      return settings;
    },
    testConnection: ({ hq }) =>
      hq.host === 'hq.example'
        ? {
            ok: true,
            passed: ['name', 'connect', 'tls', 'login', 'tables', 'version', 'terminal'],
            failed: null,
            terminals: manyTerminals,
          }
        : {
            ok: false,
            passed: [],
            failed: { step: 'name', message: { code: 'HQ_DNS', params: { where: hq.host } } },
            terminals: [],
          },
    setup: () => setup,
    finishSetup: () => {
      setup = { ...setup, step: 'load', running: true };
      emit({ type: 'changed', topics: ['setup'] });
      return null;
    },
    startDemo: () => {
      info = { ...info, demo: true };
      change({ configured: true, loaded: true });
      emit({ type: 'changed', topics: ['setup'] });
      return null;
    },
    ...(options.many === true ? longLists(now) : {}),
  };

  return {
    calls,
    emit,
    async call<M extends Method>(method: M, args: Args<M>): Promise<Result<M>> {
      calls.push({ method, args });
      await Promise.resolve();
      const failure = failures.get(method);
      if (failure !== undefined) throw failure;
      const answer: (args: Args<M>) => Result<M> = answers[method];
      return answer(args);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watchLink(listener) {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    setLink(link) {
      for (const watcher of watchers) watcher(link);
    },
    fail(method, error) {
      if (error === null) failures.delete(method);
      else failures.set(method, error);
    },
  };
}

/**
 * For `?fake=STATE` in the address: further `role`, `appearance`, `large`, `demo`, `language`, `empty=1`,
 * `setup=STEP`, `check=equal`, `check=stopped`, `locked=1`, `many=1`,
 * `fail=METHOD,METHOD` and `link=lost`.
 */
export function fakeBridgeIn(address: URLSearchParams): FakeBridge {
  const has = (name: string): boolean => address.get(name) === '1';
  const appearance = address.get('appearance');
  const language = address.get('language');
  const bridge = fakeBridge(address.get('fake') ?? 'idle', {
    empty: has('empty'),
    setup: address.get('setup'),
    check: address.get('check'),
    locked: has('locked'),
    many: has('many'),
    info: {
      role: address.get('role') === 'cashier' ? 'cashier' : 'manager',
      demo: has('demo'),
      large: has('large'),
      appearance: appearance === 'dark' || appearance === 'light' ? appearance : 'auto',
      language: language === 'es' || language === 'en' ? language : 'auto',
    },
  });
  for (const method of address.get('fail')?.split(',') ?? []) {
    bridge.fail(method as Method, new CallFailed('INTERNAL'));
  }
  if (address.get('link') === 'lost') {
    setTimeout(() => {
      bridge.setLink('lost');
    }, 300);
  }
  return bridge;
}
