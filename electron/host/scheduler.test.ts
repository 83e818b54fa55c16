import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CycleAsked } from './desk-types.ts';
import {
  advance,
  isPaused,
  nextRunAt,
  startState,
  wakeAt,
  type Action,
  type Moment,
  type SchedulerEvent,
  type SchedulerState,
} from './scheduler.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 22, 14, 0);
const whole: CycleAsked = { direction: 'both', retry: [], fetch: [] };
const row = (id: string) => ({ table: 'orders', id });

/** A scheduler with the time in the test's hands; every five minutes by cron. */
class Desk {
  now = start;
  random = 0.5;
  state: SchedulerState;
  actions: Action[] = [];

  constructor(given: Partial<Parameters<typeof startState>[0]> = {}) {
    this.state = startState({
      mode: 'live',
      automatic: true,
      configured: true,
      begun: true,
      pause: null,
      ...given,
    });
  }

  send(event: SchedulerEvent): readonly Action[] {
    const moment: Moment = {
      now: this.now,
      random: this.random,
      nextCron: (now) => (Math.floor(now / (5 * minute)) + 1) * 5 * minute,
    };
    const { state, actions } = advance(this.state, event, moment);
    this.state = state;
    this.actions.push(...actions);
    return actions;
  }

  /** What is done, by name. */
  does(event: SchedulerEvent): string[] {
    return this.send(event).map((action) => action.do);
  }

  /** Lets the time come that the scheduler waits for. */
  wait(): string[] {
    const at = wakeAt(this.state);
    if (at === null) return ['nothing planned'];
    this.now = Math.max(this.now, at);
    return this.does({ type: 'time' });
  }

  completes(): string[] {
    return this.does({ type: 'ended', status: 'completed', code: null });
  }

  fails(code: string): string[] {
    return this.does({ type: 'ended', status: 'failed', code });
  }
}

describe('modes', () => {
  test('live: a cycle at start, then with every local change and every word of HQ, and one a minute', () => {
    const desk = new Desk();
    expect(desk.does({ type: 'start' })).toEqual(['cycle']);
    expect(desk.completes()).toEqual(['listen']);
    expect(nextRunAt(desk.state)).toBeNull();
    expect(desk.does({ type: 'local' })).toEqual(['cycle']);
    expect(desk.completes()).toEqual(['listen']);
    expect(desk.does({ type: 'feed' })).toEqual(['cycle']);
    expect(desk.completes()).toEqual(['listen']);
    expect(desk.wait()).toEqual(['cycle']);
    expect(desk.now - start).toBe(minute);
  });

  test('cron: at its times, and changes wait for them', () => {
    const desk = new Desk({ mode: 'cron' });
    expect(desk.does({ type: 'start' })).toEqual(['cycle']);
    expect(desk.completes()).toEqual([]);
    expect(nextRunAt(desk.state)).toBe(start + 5 * minute);
    expect(desk.does({ type: 'local' })).toEqual([]);
    expect(desk.wait()).toEqual(['cycle']);
    expect(desk.now).toBe(start + 5 * minute);
  });

  test('manual: at start and when it is asked for, never by itself', () => {
    const desk = new Desk({ mode: 'manual' });
    expect(desk.does({ type: 'start' })).toEqual(['cycle']);
    expect(desk.completes()).toEqual([]);
    expect([desk.does({ type: 'local' }), desk.does({ type: 'feed' })]).toEqual([[], []]);
    expect(wakeAt(desk.state)).toBeNull();
    expect(desk.does({ type: 'ask', asked: whole })).toEqual(['cycle']);
  });

  test('without timers only what is asked for runs', () => {
    const desk = new Desk({ automatic: false });
    const types = ['start', 'local', 'feed', 'wake'] as const;
    expect(types.flatMap((type) => desk.does({ type }))).toEqual([]);
    expect(desk.does({ type: 'ask', asked: whole })).toEqual(['cycle']);
    expect(desk.fails('HQ_REFUSED')).toEqual([]);
    expect(desk.state.hq).toBe('unreachable');
  });

  test('before the setup nothing runs, and the first load waits until it is asked for', () => {
    const unset = new Desk({ configured: false });
    expect(unset.does({ type: 'ask', asked: whole })).toEqual([]);
    const fresh = new Desk({ begun: false });
    expect(fresh.does({ type: 'start' })).toEqual([]);
    expect(fresh.does({ type: 'ask', asked: whole })).toEqual(['cycle']);
    expect(fresh.fails('HQ_BUSY')).toEqual([]);
    expect(fresh.wait()).toEqual(['cycle']);
  });
});

describe('one slot', () => {
  test('9: requests during a cycle make exactly one more, which does all they asked for', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    expect(desk.does({ type: 'ask', asked: { ...whole, direction: 'push' } })).toEqual([]);
    expect(desk.does({ type: 'local' })).toEqual([]);
    expect(
      desk.does({ type: 'ask', asked: { direction: 'push', retry: [row('a')], fetch: [] } }),
    ).toEqual([]);
    expect(desk.does({ type: 'ask', asked: { ...whole, retry: [row('a'), row('b')] } })).toEqual(
      [],
    );
    desk.completes();
    expect(desk.actions.at(-1)).toEqual({
      do: 'cycle',
      asked: { direction: 'both', retry: [row('a'), row('b')], fetch: [] },
    });
    expect(desk.completes()).toEqual(['listen']);
    expect(desk.state.running).toBeNull();
  });

  test('what was asked for during a cycle that failed goes with the next try', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    desk.send({ type: 'ask', asked: { ...whole, retry: [row('a')] } });
    desk.fails('HQ_BUSY');
    desk.wait();
    expect(desk.actions.at(-1)).toMatchObject({ do: 'cycle', asked: { retry: [row('a')] } });
  });

  test('a data check and a cycle never run side by side', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    expect(desk.does({ type: 'check', job: 'verify' })).toEqual([]);
    expect(desk.completes()).toEqual(['listen', 'check']);
    expect(desk.does({ type: 'local' })).toEqual([]);
    expect(desk.does({ type: 'check-ended', job: 'verify', code: null })).toEqual([
      'listen',
      'cycle',
    ]);
  });

  test('what was asked for during a check runs behind it, one of each kind', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    for (const job of ['verify', 'books', 'repair', 'books'] as const)
      desk.send({ type: 'check', job });
    expect(desk.completes()).toEqual(['listen', 'check']);
    for (const job of ['verify', 'repair'] as const)
      desk.send({ type: 'check-ended', job, code: null });
    const jobs = desk.actions.flatMap((action) => (action.do === 'check' ? [action.job] : []));
    expect(jobs).toEqual(['verify', 'repair', 'books']);
  });

  describe('3.8: both sides are compared once a day', () => {
    /** By the clock on the terminal's wall. */
    const at = (day: number, hour: number): number => new Date(2026, 10, day, hour, 30).getTime();
    const idleAt = (now: number, given: ConstructorParameters<typeof Desk>[0]): string[] => {
      const desk = new Desk(given);
      desk.now = now;
      desk.send({ type: 'start' });
      return desk.completes();
    };

    test.each<[what: string, now: number, comparedAt: number, compares: boolean]>([
      ['in the quiet hours of the next day', at(23, 2), at(22, 3), true],
      ['not twice in one night', at(22, 4), at(22, 2), false],
      [
        'not while the shop is open, if the last night had its compare',
        at(22, 12),
        at(22, 2),
        false,
      ],
      ['when the terminal was off at night, as soon as it is idle', at(23, 9), at(22, 2), true],
    ])('%s', (_what, now, comparedAt, compares) => {
      expect(idleAt(now, { comparedAt })).toEqual(compares ? ['listen', 'check'] : ['listen']);
    });

    test('never by itself where sync is by hand, off or paused', () => {
      const comparedAt = at(1, 2);
      expect(idleAt(at(23, 2), { comparedAt, mode: 'manual' })).not.toContain('check');
      expect(idleAt(at(23, 2), { comparedAt, automatic: false })).not.toContain('check');
      const pause = { since: at(22, 2), until: null };
      expect(idleAt(at(23, 2), { comparedAt, pause })).not.toContain('check');
    });

    test('behind a cycle that was asked for, and again only when HQ went away meanwhile', () => {
      const desk = new Desk({ comparedAt: at(22, 2) });
      desk.now = at(23, 2);
      desk.send({ type: 'start' });
      desk.send({ type: 'ask', asked: whole });
      expect(desk.completes()).toEqual(['listen', 'cycle']);
      expect(desk.completes()).toEqual(['listen', 'check']);
      expect(desk.does({ type: 'check-ended', job: 'night', code: 'HQ_UNREACHABLE' })).toEqual([]);
      desk.send({ type: 'ask', asked: whole });
      expect(desk.completes()).toEqual(['listen', 'check']);
      expect(desk.does({ type: 'check-ended', job: 'night', code: null })).toEqual(['listen']);
      desk.send({ type: 'ask', asked: whole });
      expect(desk.completes()).toEqual(['listen']);
    });

    test('also where the last compare was made by a clock that ran a year ahead', () => {
      const desk = new Desk({ comparedAt: at(22, 2) + 365 * 24 * 60 * minute });
      desk.now = at(23, 2);
      desk.send({ type: 'start' });
      desk.completes();
      desk.now = at(24, 2);
      desk.send({ type: 'ask', asked: whole });
      expect(desk.completes()).toEqual(['listen', 'check']);
    });

    test('a terminal that was never compared begins its day with the first cycle that went well', () => {
      const desk = new Desk();
      desk.send({ type: 'start' });
      expect(desk.completes()).toEqual(['listen']);
      expect(desk.state.comparedAt).toBe(desk.now);
    });
  });

  test('8.2: a take-over that was agreed to during a cycle holds for the next one and for no other', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    desk.send({ type: 'ask', asked: { ...whole, takeOver: true } });
    desk.send({ type: 'ask', asked: whole });
    const next = desk.send({ type: 'ended', status: 'completed', code: null });
    expect(next).toContainEqual({ do: 'cycle', asked: { ...whole, takeOver: true } });
    desk.send({ type: 'ask', asked: whole });
    const after = desk.send({ type: 'ended', status: 'completed', code: null });
    expect(after).toContainEqual({ do: 'cycle', asked: whole });
  });

  test('cancelling ends what runs and forgets what is queued', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    desk.send({ type: 'ask', asked: whole });
    expect(desk.does({ type: 'cancel' })).toEqual(['abort']);
    expect(desk.does({ type: 'ended', status: 'cancelled', code: null })).toEqual([]);
    expect(desk.state).toMatchObject({ running: null, queued: null });
  });
});

describe('pause', () => {
  test('nothing starts by itself; Sync now runs once, and the pause stays', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    desk.completes();
    const pause = { since: desk.now, until: desk.now + 30 * minute };
    expect(desk.does({ type: 'pause', pause })).toEqual(['keep-pause']);
    expect([desk.does({ type: 'local' }), desk.does({ type: 'feed' })]).toEqual([[], []]);
    expect(desk.does({ type: 'ask', asked: whole })).toEqual(['cycle']);
    expect(desk.completes()).toEqual([]);
    expect(desk.state.pause).toEqual(pause);
    expect(desk.does({ type: 'local' })).toEqual([]);
  });

  test('it ends by itself, is forgotten in the file, and a cycle makes good', () => {
    const desk = new Desk({ pause: { since: start - minute, until: start + minute } });
    expect(desk.does({ type: 'start' })).toEqual([]);
    expect(desk.wait()).toEqual(['keep-pause', 'cycle']);
    expect(desk.now).toBe(start + minute);
    expect(desk.state.pause).toBeNull();
  });

  test('a pause until resumed waits for the person, who gets a cycle at once', () => {
    const desk = new Desk({ pause: { since: start, until: null } });
    desk.send({ type: 'start' });
    expect(wakeAt(desk.state)).toBeNull();
    expect(desk.does({ type: 'resume' })).toEqual(['keep-pause', 'cycle']);
  });

  test('a long cycle is ended by it, a short one is let to its end', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    desk.now += 500;
    const pause = { since: desk.now, until: null };
    expect(desk.does({ type: 'pause', pause })).toEqual(['keep-pause']);
    desk.now += 10_000;
    expect(desk.does({ type: 'pause', pause })).toEqual(['keep-pause', 'abort']);
  });
});

describe('failures', () => {
  test('9: HQ away: asked again with growing pauses up to half a minute, and synced when it answers', () => {
    const desk = new Desk({ mode: 'manual' });
    desk.send({ type: 'start' });
    expect(desk.fails('HQ_REFUSED')).toEqual([]);
    expect(desk.state.hq).toBe('unreachable');
    const pauses: number[] = [];
    for (let index = 0; index < 12; index += 1) {
      const before = desk.now;
      expect(desk.wait()).toEqual(['probe']);
      pauses.push(desk.now - before);
      expect(desk.does({ type: 'probed', code: 'HQ_REFUSED' })).toEqual([]);
    }
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
    expect(desk.wait()).toEqual(['probe']);
    expect(desk.does({ type: 'probed', code: null })).toEqual(['cycle']);
    expect(desk.completes()).toEqual([]);
    expect(desk.state).toMatchObject({ hq: 'reachable', attempt: 0 });
  });

  test('what passes by itself is tried again, and local changes do not hurry it', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    desk.fails('HQ_BUSY');
    expect(nextRunAt(desk.state)).toBeGreaterThan(desk.now);
    expect([desk.does({ type: 'local' }), desk.does({ type: 'feed' })]).toEqual([[], []]);
    expect(desk.wait()).toEqual(['cycle']);
    expect(desk.completes()).toEqual(['listen']);
    expect(desk.does({ type: 'local' })).toEqual(['cycle']);
  });

  test('9: what somebody asked for behind a cycle that fails is tried at once, and once; what came by itself waits', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    desk.send({ type: 'local' });
    desk.send({ type: 'ask', asked: { ...whole, runId: 'click' } });
    expect(desk.fails('HQ_BUSY')).toEqual(['cycle']);
    expect(desk.actions.at(-1)).toEqual({ do: 'cycle', asked: { ...whole, runId: 'click' } });

    desk.send({ type: 'local' });
    expect(desk.fails('HQ_BUSY')).toEqual([]);
    expect(nextRunAt(desk.state)).toBeGreaterThan(desk.now);
  });

  test('what stops sync is looked at again, because nobody tells that a person has acted', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    desk.fails('HQ_LOGIN_REFUSED');
    expect(desk.state.hq).toBe('reachable');
    expect(desk.wait()).toEqual(['cycle']);
    expect(desk.now - start).toBeGreaterThanOrEqual(10_000); // seldom: a person takes minutes
  });

  test('a lost watch is no outage: HQ is asked at once, and a cycle follows when it answers', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    desk.completes();
    expect(desk.does({ type: 'feed-lost', code: 'HQ_CONNECTION_LOST' })).toEqual([]);
    expect(desk.state.hq).toBe('reachable');
    expect(desk.wait()).toEqual(['probe']);
    expect(desk.now).toBe(start);
    expect(desk.does({ type: 'probed', code: null })).toEqual(['cycle']);
  });

  test('9: a machine that wakes up asks HQ within a moment, whatever was planned', () => {
    const desk = new Desk({ mode: 'cron' });
    desk.send({ type: 'start' });
    desk.completes();
    desk.send({ type: 'wake' });
    expect(desk.wait()).toEqual(['probe']);
    expect(desk.now - start).toBeLessThan(2_000);
    expect(desk.does({ type: 'probed', code: null })).toEqual(['cycle']);
  });

  test('no network is offline at once', () => {
    const desk = new Desk();
    desk.send({ type: 'start' });
    desk.completes();
    desk.send({ type: 'network-lost' });
    expect(desk.state.hq).toBe('unreachable');
    expect(desk.wait()).toEqual(['probe']);
  });
});

test('after the end nothing starts any more', () => {
  const desk = new Desk();
  desk.send({ type: 'start' });
  desk.send({ type: 'ask', asked: whole });
  expect(desk.does({ type: 'close' })).toEqual(['abort']);
  expect(desk.does({ type: 'ended', status: 'completed', code: null })).toEqual([]);
  expect(desk.does({ type: 'ask', asked: whole })).toEqual([]);
  expect(wakeAt(desk.state)).toBeNull();
});

test('9: a pause, its end and "Stop" during a data check leave the next cycle planned', () => {
  const desk = new Desk({ mode: 'live' });
  desk.send({ type: 'start' });
  desk.send({ type: 'ended', status: 'completed', code: null });
  desk.send({ type: 'check', job: 'verify' });
  desk.send({ type: 'pause', pause: { since: desk.now, until: null } });
  desk.send({ type: 'resume' });
  expect(desk.does({ type: 'cancel' })).toEqual(['abort']);
  expect(desk.does({ type: 'check-ended', job: 'verify', code: null })).toEqual(['listen']);
  expect(desk.state.next?.what).toBe('cycle');
});

/** What can happen next; answers only come to what is under way. */
const codes = ['HQ_REFUSED', 'HQ_BUSY', 'HQ_LOGIN_REFUSED', 'INTERNAL', 'ENGINE_THREAD_LOST'];
const anyStep = fc.oneof(
  fc.constantFrom('local', 'feed', 'start', 'wake', 'network-lost', 'cancel', 'resume', 'check'),
  fc.constant('set-back'),
  fc.constantFrom('ask', 'pause', 'feed-lost', 'answer', 'answer', 'answer', 'wait', 'wait'),
);

test('9: whatever happens: one thing at a time, no pause broken, and always something planned', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('live', 'cron', 'manual'),
      fc.array(fc.record({ step: anyStep, code: fc.option(fc.constantFrom(...codes)) }), {
        maxLength: 60,
      }),
      (mode, steps) => {
        const desk = new Desk({ mode });
        let running: string | null = null;
        let probing = false;
        const asked = { cycle: false, check: false };
        const broken: string[] = [];
        const must = (holds: boolean, rule: string): void => {
          if (!holds) broken.push(rule);
        };
        const follow = (event: SchedulerEvent): void => {
          const paused = isPaused(desk.state, desk.now);
          if (event.type === 'ended' || event.type === 'check-ended') running = null;
          if (event.type === 'probed') probing = false;
          for (const action of desk.send(event)) {
            if (action.do === 'cycle' || action.do === 'check') {
              must(running === null, 'one thing at a time');
              running = action.do;
              const holds = paused && isPaused(desk.state, desk.now);
              must(!holds || asked[action.do], 'a pause holds');
              asked[action.do] = false;
            }
            if (action.do === 'probe') {
              must(!probing, 'one probe at a time');
              probing = true;
            }
          }
        };
        follow({ type: 'start' });
        for (const { step, code } of steps) {
          if (step === 'ask') {
            asked.cycle = true;
            follow({ type: 'ask', asked: whole });
          } else if (step === 'check') {
            asked.check = true;
            follow({ type: 'check', job: 'verify' });
          } else if (step === 'pause') {
            follow({ type: 'pause', pause: { since: desk.now, until: desk.now + minute } });
          } else if (step === 'feed-lost') {
            follow({ type: 'feed-lost', code: code ?? 'HQ_CONNECTION_LOST' });
          } else if (step === 'wait') {
            const at = wakeAt(desk.state);
            if (at !== null) desk.now = Math.max(desk.now, at);
            follow({ type: 'time' });
          } else if (step === 'set-back') {
            desk.now -= 60 * minute;
            follow({ type: 'time' });
          } else if (step === 'answer') {
            if (probing) follow({ type: 'probed', code });
            if (running === 'cycle')
              follow({ type: 'ended', status: code === null ? 'completed' : 'failed', code });
            else if (running === 'check') follow({ type: 'check-ended', job: 'verify', code });
          } else {
            follow({ type: step });
          }
          const { state } = desk;
          must((state.running?.what ?? null) === running, 'the state says what runs');
          const alone = running === null && !probing && !isPaused(state, desk.now);
          // The next local change would start something anyway; but nothing may depend on one.
          must(!alone || mode === 'manual' || wakeAt(state) !== null, 'something is planned');
          const late = state.next !== null && state.next.at - desk.now > 5 * minute;
          must(!late, 'no clock puts it off');
        }
        expect(broken).toEqual([]);
      },
    ),
    { numRuns: 3_000 },
  );
});

describe('commands of the command line (DESIGN 10)', () => {
  const command = (id: number, begins = false) => ({ type: 'command', id, begins }) as const;

  test('one begins when nothing runs, and otherwise next: before the cycle that was asked for', () => {
    const desk = new Desk({ mode: 'manual' });
    expect(desk.does(command(1))).toEqual(['command']);
    expect(desk.does({ type: 'ask', asked: whole })).toEqual([]);
    expect(desk.does(command(2))).toEqual([]);
    expect(desk.send({ type: 'command-ended', code: null })).toEqual([{ do: 'command', id: 2 }]);
    expect(desk.does({ type: 'command-ended', code: null })).toEqual(['cycle']);
    expect(desk.does(command(3))).toEqual([]);
    expect(desk.completes()).toEqual(['command']);
  });

  test('one that nobody waits for any more does not begin', () => {
    const desk = new Desk({ mode: 'manual' });
    desk.send({ type: 'ask', asked: whole });
    desk.send(command(1));
    desk.send(command(2));
    desk.send({ type: 'command-gone', id: 1 });
    expect(desk.send({ type: 'ended', status: 'completed', code: null })).toEqual([
      { do: 'command', id: 2 },
    ]);
  });

  test('it comes also where nothing starts by itself: paused, away, before the setup', () => {
    const paused = new Desk({ pause: { since: start, until: null } });
    expect(paused.does(command(1))).toEqual(['command']);
    expect(paused.does({ type: 'command-ended', code: null })).toEqual([]);
    const away = new Desk();
    away.send({ type: 'start' });
    away.fails('HQ_REFUSED');
    expect(away.does(command(1))).toEqual(['command']);
    const unset = new Desk({ configured: false, begun: false });
    expect(unset.does(command(1, true))).toEqual(['command']);
    expect(unset.state.begun).toBe(true);
  });

  test('what it says about HQ counts: out of reach is asked again, reached is planned as after a cycle', () => {
    const desk = new Desk();
    desk.send(command(1));
    desk.send({ type: 'command-ended', code: 'HQ_REFUSED' });
    expect(desk.state).toMatchObject({ hq: 'unreachable', next: { what: 'probe' } });
    desk.send(command(2));
    expect(desk.does({ type: 'command-ended', code: null })).toEqual(['listen']);
    expect(desk.state).toMatchObject({ hq: 'reachable', attempt: 0, next: { what: 'cycle' } });
    desk.send(command(3));
    desk.send({ type: 'command-ended', code: undefined });
    expect(desk.state).toMatchObject({ hq: 'reachable', next: { what: 'cycle' } });
  });

  test('closing ends the one that runs and begins no other', () => {
    const desk = new Desk();
    desk.send(command(1));
    desk.send(command(2));
    expect(desk.does({ type: 'close' })).toEqual(['abort']);
    expect(desk.does({ type: 'command-ended', code: null })).toEqual([]);
    expect(desk.state.commands).toEqual([]);
  });
});
