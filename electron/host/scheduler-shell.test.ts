import { expect, test } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import type { CycleOutcome } from './engine-calls.ts';
import { SchedulerShell, type SchedulerPorts, type Timers } from './scheduler-shell.ts';
import type { Watch } from './thread-messages.ts';

const minute = 60_000;
const second = 1_000;

/** Time that passes when it is told to, timers in their order. */
class HandTime implements Timers {
  #now = 0;
  readonly #waiting = new Set<{ readonly at: number; readonly work: () => void }>();

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.#now + ms, work };
    this.#waiting.add(timer);
    return () => {
      this.#waiting.delete(timer);
    };
  }

  /** Lets time pass; what is due happens, and answers arrive between. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const [next] = [...this.#waiting].toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#waiting.delete(next);
      this.#now = next.at;
      next.work();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
const done: CycleOutcome = { status: 'completed', error: null, received: 0, sent: 0 };

/** An engine that answers nothing until it is started anew. */
function stage(answers: Partial<SchedulerPorts> = {}) {
  const time = new HandTime();
  const lost = new Set<(error: PayflowError) => void>();
  const log: string[] = [];
  const never = <T>(): Promise<T> => new Promise<T>((_, fail) => lost.add(fail));
  let watch: Watch | null = null;
  const shell = new SchedulerShell(
    { mode: 'live', automatic: true, configured: true, begun: true, pause: null },
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
