import { describe, expect, test } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import type { CycleOutcome } from './engine-calls.ts';
import type { SchedulerState } from './scheduler.ts';
import { SchedulerShell, type SchedulerPorts, type Timers } from './scheduler-shell.ts';
import type { Watch } from './thread-messages.ts';

const minute = 60_000;
const second = 1_000;

/** Time that passes when it is told to, timers in their order. */
class HandTime implements Timers {
  #ticks = 0;
  #ahead = 0;
  readonly #waiting = new Set<{ readonly at: number; readonly work: () => void }>();

  now(): number {
    return this.#ticks + this.#ahead;
  }

  ticks(): number {
    return this.#ticks;
  }

  /** Sets the clock; timers go on as they were. */
  setBack(ms: number): void {
    this.#ahead -= ms;
  }

  random(): number {
    return 0;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.#ticks + ms, work };
    this.#waiting.add(timer);
    return () => {
      this.#waiting.delete(timer);
    };
  }

  /** Lets time pass; what is due happens, and answers arrive between. */
  async pass(ms: number): Promise<void> {
    const end = this.#ticks + ms;
    await settled();
    for (;;) {
      const [next] = [...this.#waiting].toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#waiting.delete(next);
      this.#ticks = next.at;
      next.work();
      await settled();
    }
    this.#ticks = end;
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
const refused = new PayflowError('HQ_REFUSED');
const done: CycleOutcome = { status: 'completed', error: null, received: 0, sent: 0 };

/** An engine that answers nothing until it is started anew. */
function stage(answers: Partial<SchedulerPorts> = {}, mode: SchedulerState['mode'] = 'live') {
  const time = new HandTime();
  const lost = new Set<(error: PayflowError) => void>();
  const log: string[] = [];
  const never = <T>(): Promise<T> => new Promise<T>((_, fail) => lost.add(fail));
  let watch: Watch | null = null;
  const shell = new SchedulerShell(
    { mode, automatic: true, configured: true, begun: true, pause: null },
    {
      cycle: (_, given) => {
        log.push('cycle');
        watch = given;
        given.signal.addEventListener('abort', () => log.push('abort'));
        return never();
      },
      check: () => never(),
      probe: () => {
        log.push('probe');
        return never();
      },
      listen: () => Promise.resolve(),
      keepPause: () => undefined,
      giveUp: () => {
        log.push('give up');
        for (const fail of lost) fail(new PayflowError('ENGINE_THREAD_LOST'));
        lost.clear();
      },
      asFailure: (error) =>
        error instanceof PayflowError ? error : new PayflowError('INTERNAL', {}, { cause: error }),
      nextCron: () => null,
      onState: () => undefined,
      onProgress: () => undefined,
      onOutcome: () => Promise.resolve(),
      ...answers,
    },
    time,
  );
  return { time, log, shell, watch: () => watch };
}

test('9: a cycle without a sign of life is asked to end, then made to, and tried again', async () => {
  const { time, log, shell, watch } = stage();
  shell.send({ type: 'start' });
  await time.pass(9 * minute);
  watch()?.onProgress({ phase: 'upload', table: 'orders', done: 1, total: null });
  await time.pass(9 * minute);
  expect(log).toEqual(['cycle']);

  await time.pass(1 * minute);
  expect(log).toEqual(['cycle', 'abort']);
  await time.pass(2 * minute);
  expect(log).toEqual(['cycle', 'abort', 'give up']);
  expect(shell.state).toMatchObject({ running: null, attempt: 1 });
  await time.pass(5 * second);
  expect(log).toEqual(['cycle', 'abort', 'give up', 'cycle']);
});

test('9: a look at HQ that is never answered does not stand for ever, and is repeated', async () => {
  const { time, log, shell } = stage({
    cycle: () => Promise.reject(new PayflowError('HQ_TIMEOUT', { where: 'hq' })),
  });
  shell.send({ type: 'start' });
  await time.pass(2 * second);
  expect(log).toEqual(['probe']);
  expect(shell.state).toMatchObject({ probing: true, hq: 'unreachable' });

  await time.pass(1 * minute);

  expect(log.slice(0, 2)).toEqual(['probe', 'give up']);
  await time.pass(1 * minute);
  expect(log.length).toBeGreaterThan(2);
});

test('9: a listener that is never ready does not hang: the engine is started anew', async () => {
  const { time, log, shell } = stage({
    cycle: () => Promise.resolve(done),
    listen: () => new Promise(() => undefined),
  });
  shell.send({ type: 'start' });
  await time.pass(10 * second);
  expect(log).toEqual([]);

  await time.pass(1 * minute);

  expect(log).toContain('give up');
});

describe('8: a clock that is set back by an hour puts nothing off', () => {
  const everyFiveMinutes = (now: number): number =>
    (Math.floor(now / (5 * minute)) + 1) * 5 * minute;

  test('an HQ that is back is found, and sync goes on', async () => {
    let hq: 'away' | 'back' = 'away';
    const { time, log, shell } = stage({
      cycle: () => (hq === 'away' ? Promise.reject(refused) : Promise.resolve(done)),
      probe: () => {
        log.push('probe');
        return Promise.resolve();
      },
    });
    shell.send({ type: 'start' });
    await time.pass(0);
    expect(shell.state).toMatchObject({ hq: 'unreachable', next: { what: 'probe' } });

    time.setBack(60 * minute);
    hq = 'back';
    await time.pass(1 * minute);

    expect(log).toEqual(['probe']);
    expect(shell.state.hq).toBe('reachable');
  });

  test('a try behind a failure comes, whatever is sold meanwhile', async () => {
    const { time, log, shell } = stage({
      cycle: () => {
        log.push('cycle');
        return Promise.reject(new PayflowError('HQ_LOGIN_REFUSED'));
      },
    });
    shell.send({ type: 'start' });
    await time.pass(0);

    time.setBack(60 * minute);
    for (let sale = 0; sale < 20; sale += 1) {
      await time.pass(30 * second);
      shell.send({ type: 'local' });
    }

    expect(log.length).toBeGreaterThan(1);
  });

  test.each<[what: string, mode: 'live' | 'cron', atMinutes: readonly number[]]>([
    ['the beat of live mode', 'live', [-56, -55, -54]],
    ['a time of cron, which is one of the clock as it is now', 'cron', [-55]],
  ])('%s', async (_what, mode, atMinutes) => {
    const ran: number[] = [];
    const { time, shell } = stage(
      {
        cycle: () => {
          ran.push(time.now());
          return Promise.resolve(done);
        },
        nextCron: everyFiveMinutes,
      },
      mode,
    );
    shell.send({ type: 'start' });
    await time.pass(2 * minute);
    ran.length = 0;

    time.setBack(60 * minute);
    await time.pass(4 * minute);

    expect(ran).toEqual(atMinutes.map((at) => at * minute));
  });
});
