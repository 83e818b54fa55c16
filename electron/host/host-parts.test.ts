import { expect, test } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import { METHODS, type Method } from '../../shared/contract.ts';
import { cronInterval, cronTimes } from './cron-times.ts';
import { dispatch, type Served } from './dispatch.ts';
import { Gentle } from './gentle.ts';
import { localFacts } from './local-facts.ts';
import { parsePause, pauseFrom } from './pause.ts';
import { startState } from './scheduler.ts';
import type { Timers } from './scheduler-shell.ts';
import { parseSettings } from './settings.ts';
import { StatusBoard } from './status-board.ts';
import { nothingSeen, statusView, withProgress, type StatusParts } from './status-view.ts';

/** Time that stands still until the test lets it pass, and a clock that it can set back. */
function handTimers(): Timers & {
  readonly pass: (ms: number) => Promise<void>;
  readonly setBack: (ms: number) => void;
} {
  let ticks = 0;
  let since = Date.UTC(2026, 10, 22, 14, 0);
  let next = 0;
  const set = new Map<number, { at: number; work: () => void }>();
  return {
    now: () => since + ticks,
    ticks: () => ticks,
    setBack(ms) {
      since -= ms;
    },
    random: () => 0.5,
    after(ms, work) {
      const id = next++;
      set.set(id, { at: ticks + ms, work });
      return () => set.delete(id);
    },
    async pass(ms) {
      const end = ticks + ms;
      await new Promise((resolve) => setImmediate(resolve));
      for (;;) {
        const due = [...set].filter(([, { at }]) => at <= end);
        const [first] = due.toSorted(([, a], [, b]) => a.at - b.at);
        if (first === undefined) break;
        set.delete(first[0]);
        ticks = Math.max(ticks, first[1].at);
        first[1].work();
        await new Promise((resolve) => setImmediate(resolve));
      }
      ticks = end;
    },
  };
}

const settings = parseSettings({ PAYFLOW_DB: '/nowhere/payflow.db' }, {}, '/nowhere');

function parts(more: Partial<StatusParts> = {}): StatusParts {
  const scheduler = startState({
    mode: 'live',
    automatic: true,
    configured: true,
    begun: true,
    pause: null,
  });
  return {
    local: localFacts(null, settings, 0),
    scheduler,
    seen: nothingSeen,
    running: null,
    aliveAt: null,
    tables: [],
    waitingAtHq: null,
    troubles: {},
    intervalMs: 0,
    ...more,
  };
}

const loaded = (more: Partial<StatusParts['local']['facts']>): StatusParts['local'] => {
  const local = localFacts(null, settings, 0);
  return { ...local, initialised: true, facts: { ...local.facts, loaded: true, ...more } };
};

test('a pause until tomorrow ends at four in the morning by the wall clock', () => {
  const now = new Date(2026, 10, 22, 23, 30).getTime();
  expect(pauseFrom('tomorrow', now).until).toBe(new Date(2026, 10, 23, 4).getTime());
  expect(pauseFrom('30m', now)).toEqual({ since: now, until: now + 1_800_000 });
  expect(pauseFrom('2h', now)).toEqual({ since: now, until: now + 7_200_000 });
  expect(pauseFrom('until-resumed', now)).toEqual({ since: now, until: null });
});

test('a pause that nobody can read is none', () => {
  expect(parsePause(null)).toBeNull();
  expect(parsePause('later')).toBeNull();
  expect(parsePause('{"since":1}')).toBeNull();
  expect(parsePause('{"since":1,"until":null}')).toEqual({ since: 1, until: null });
});

test('the window hears of a pause from the scheduler alone: said once, and gone when it ends', () => {
  const kept = { since: 1_000, until: null };
  const lastRun = { at: 8_000, status: 'completed', received: 0, sent: 0 } as const;
  const local = { ...loaded({ paused: kept }), lastRun };
  const { scheduler } = parts();
  const paused = { ...scheduler, pause: kept };
  expect(statusView(parts({ local, scheduler: paused }), 9_000).status).toMatchObject({
    reason: { code: 'STATUS_PAUSED' },
    causes: [],
  });
  expect(statusView(parts({ local }), 9_000).status.state).toBe('idle');
});

test('cron times lie behind the moment they are asked for', () => {
  const now = new Date(2026, 10, 22, 14, 3).getTime();
  expect(cronTimes('*/5 * * * *')(now)).toBe(new Date(2026, 10, 22, 14, 5).getTime());
  expect(cronInterval('*/5 * * * *', now)).toBe(300_000);
});

test('what this process saw stands above what payflow.db says, and an old trouble keeps its beginning', () => {
  const stored = { code: 'HQ_BUSY', params: {}, since: 1_000 };
  const local = loaded({ error: stored });
  expect(statusView(parts({ local }), 9_000).facts.error).toEqual(stored);
  const failed = { ...nothingSeen, failure: { code: 'HQ_REFUSED', params: {}, since: 5_000 } };
  expect(statusView(parts({ local, seen: failed }), 9_000).facts.error).toEqual({
    code: 'HQ_REFUSED',
    params: {},
    since: 1_000,
  });
  const fine = { ...nothingSeen, failure: null };
  expect(statusView(parts({ local, seen: fine }), 9_000).facts.error).toBeNull();
});

test('a run that met nothing does not hide rows that still wait', () => {
  const lastRun = { at: 8_000, status: 'completed', received: 0, sent: 0 } as const;
  const seen = { ...nothingSeen, failure: null, lastRun };
  const clean = statusView(parts({ local: loaded({}), seen }), 9_000);
  expect(clean).toMatchObject({ status: { state: 'idle' }, lastCompleteAt: 8_000 });
  const held = statusView(parts({ local: loaded({ held: 1 }), seen }), 9_000);
  expect(held).toMatchObject({
    status: { state: 'attention' },
    lastRun: { status: 'partial' },
    lastCompleteAt: null,
  });
});

test('a run that closing cut short is taken up at once: the state never stands at attention meanwhile', () => {
  const lastRun = { at: 8_000, status: 'cancelled', received: 0, sent: 0 } as const;
  const local = { ...loaded({}), lastRun };
  const { scheduler } = parts();
  const running = { ...scheduler, running: { what: 'cycle', since: 8_990 } } as const;
  const begun = statusView(parts({ local, scheduler: running }), 9_000);
  expect(begun).toMatchObject({ status: { state: 'syncing', attention: false } });
  expect(statusView(parts({ local }), 9_000).status).toMatchObject({
    state: 'attention',
    reason: { code: 'STATUS_LAST_RUN_OPEN' },
  });
});

test('what does not work beside the sync is part of the facts, and goes when it works again', () => {
  const trouble = { code: 'STATUS_API_PORT_TAKEN', params: { port: 4_000 } };
  const seen = { ...nothingSeen, lastRun: { at: 8, status: 'completed', received: 0, sent: 0 } };
  const given = { local: loaded({}), seen } as Partial<StatusParts>;
  expect(statusView(parts({ ...given, troubles: { api: trouble } }), 9).status).toMatchObject({
    state: 'attention',
    reason: trouble,
  });
  expect(statusView(parts(given), 9).status.state).toBe('idle');
});

test('HQ out of reach has no count that anybody could know', () => {
  const { scheduler } = parts();
  const away = parts({ scheduler: { ...scheduler, hq: 'unreachable' }, waitingAtHq: 7 });
  expect(statusView(away, 0).waitingAtHq).toBeNull();
  expect(statusView(parts({ waitingAtHq: 7 }), 0).waitingAtHq).toBe(7);
});

test('progress: one line per table and phase, in the order they came', () => {
  const word = (phase: 'download' | 'upload', table: string | null, done: number) =>
    ({ phase, table, done, total: null }) as const;
  const lines = [
    word('download', 'products', 1),
    word('upload', 'orders', 1),
    word('upload', null, 0),
    word('download', 'products', 2),
  ].reduce(withProgress, []);
  expect(lines.map(({ table, done }) => [table, done])).toEqual([
    ['products', 2],
    ['orders', 1],
  ]);
});

test('the board tells at most ten times a second, only what differs, and always the last', async () => {
  const timers = handTimers();
  const told: (number | null)[] = [];
  const board = new StatusBoard(parts(), timers, ({ waitingAtHq }) => told.push(waitingAtHq));
  for (let count = 1; count <= 50; count += 1) {
    board.change({ waitingAtHq: count });
    await timers.pass(10);
  }
  await timers.pass(100);
  expect(told.length).toBeLessThanOrEqual(7);
  expect(told.at(-1)).toBe(50);
  const before = told.length;
  board.change({ waitingAtHq: 50 });
  await timers.pass(1_000);
  expect(told.length).toBe(before);
  board.close();
});

test('8: behind a clock that was set back the board tells what is new as before', async () => {
  const timers = handTimers();
  const told: (number | null)[] = [];
  const board = new StatusBoard(parts(), timers, ({ waitingAtHq }) => told.push(waitingAtHq));
  board.change({ waitingAtHq: 1 });

  timers.setBack(3_600_000);
  for (const waitingAtHq of [2, 3]) {
    board.change({ waitingAtHq });
    await timers.pass(100);
  }

  expect(told).toEqual([1, 2, 3]);
  board.close();
});

test('age alone turns waiting rows into attention, without any event', async () => {
  const timers = handTimers();
  const states: string[] = [];
  const local = loaded({ waiting: 1, oldestUnsentAt: timers.now() });
  const lastRun = { at: timers.now(), status: 'completed', received: 0, sent: 0 } as const;
  const seen = { ...nothingSeen, failure: null, lastRun };
  const board = new StatusBoard(parts({ local, seen }), timers, ({ status }) =>
    states.push(status.state),
  );
  await timers.pass(120_000);
  expect(states).toEqual(['syncing', 'attention']);
  board.close();
});

test('gentle work: never twice at a time, with rests between, and once more for who asked meanwhile', async () => {
  const timers = handTimers();
  let begun = 0;
  let open: (() => void) | null = null;
  const work = new Gentle(
    250,
    timers,
    () => {
      begun += 1;
      return new Promise((resolve) => (open = resolve));
    },
    () => undefined,
  );
  work.ask();
  await timers.pass(1);
  work.ask();
  work.ask();
  await timers.pass(1_000);
  expect(begun).toBe(1);
  (open as (() => void) | null)?.();
  await timers.pass(1);
  await timers.pass(20_000);
  expect(begun).toBe(2);
  work.close();
});

test('8: gentle work rests no longer for a clock that was set, nor for a machine that slept', async () => {
  const timers = handTimers();
  let done = 0;
  let slow = 0;
  const work = new Gentle(
    250,
    timers,
    async () => {
      await timers.pass(slow);
      done += 1;
    },
    () => undefined,
  );
  await work.now();
  timers.setBack(3_600_000);
  work.ask();
  await timers.pass(250);
  expect(done).toBe(2);

  slow = 8 * 3_600_000;
  await work.now();
  work.ask();
  await timers.pass(60_000);
  expect(done).toBe(4);
  work.close();
});

test('a call: known, allowed, readable; a failure keeps its code, a bug becomes INTERNAL and is logged', async () => {
  const logged: string[] = [];
  const log = {
    path: '/log',
    info: () => undefined,
    warn: () => undefined,
    error: (message: string) => void logged.push(message),
  };
  const answers: Partial<Record<Method, Served>> = {
    status: () => Promise.resolve('fine'),
    resume: () => Promise.reject(new PayflowError('HQ_BUSY', { detail: 'full' })),
    cancelSync: () => Promise.reject(new Error('a bug')),
  };
  const never: Served = () => Promise.reject(new Error('not to be reached'));
  const service = Object.fromEntries(METHODS.map((name) => [name, answers[name] ?? never]));
  const call = (role: 'cashier' | 'manager', method: string, args: unknown) =>
    dispatch(service as Record<Method, Served>, log, { role, surface: 'console' }, method, args);

  expect(await call('cashier', 'status', {})).toEqual({ ok: true, value: 'fine' });
  expect(await call('cashier', 'resume', {})).toEqual({
    ok: false,
    error: { code: 'HQ_BUSY', params: { detail: 'full' } },
  });
  for (const method of ['nothing', '__proto__', 'toString'])
    expect(await call('manager', method, {})).toMatchObject({ error: { code: 'BAD_REQUEST' } });
  for (const args of [null, [], { direction: 1 }, { direction: 'both', table: 'users' }])
    expect(await call('manager', 'startSync', args)).toMatchObject({
      error: { code: 'BAD_REQUEST' },
    });
  expect(await call('cashier', 'saveSettings', {})).toMatchObject({
    error: { code: 'NOT_ALLOWED' },
  });
  expect(logged).toEqual([]);
  expect(await call('cashier', 'cancelSync', {})).toEqual({
    ok: false,
    error: { code: 'INTERNAL', params: { log: '/log' } },
  });
  expect(logged).toEqual(['call cancelSync']);
});
