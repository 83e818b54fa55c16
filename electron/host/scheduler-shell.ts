import { PayflowError } from '../../shared/errors.ts';
import type { Running } from '../../shared/status.ts';
import type { CycleAsked } from './desk-types.ts';
import type { CycleOutcome } from './engine-calls.ts';
import type { KeptPause } from './pause.ts';
import {
  advance,
  startState,
  wakeAt,
  type Action,
  type CheckJob,
  type Moment,
  type SchedulerEvent,
  type SchedulerState,
} from './scheduler.ts';
import type { Watch } from './thread-messages.ts';

/** Time, so that tests own it. */
export interface Timers {
  /** What the clock on the wall says: it is set forward and back, and goes on while the machine sleeps. */
  now(): number;
  /** Milliseconds that nobody sets, for gaps and rests. */
  ticks(): number;
  random(): number;
  /** Runs `work` once, after so many milliseconds; the answer takes it back. */
  after(ms: number, work: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => Date.now(),
  ticks: () => performance.now(),
  random: () => Math.random(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** What the scheduler has done for it. A failure that no report holds is thrown as PayflowError. */
export interface SchedulerPorts {
  cycle(asked: CycleAsked, watch: Watch): Promise<CycleOutcome>;
  check(job: CheckJob, watch: Watch): Promise<{ readonly code: string | null }>;
  /** Throws why HQ does not answer. */
  probe(): Promise<unknown>;
  listen(): Promise<unknown>;
  keepPause(pause: KeptPause | null): void;
  /** Of work that neither ends nor says anything any more. */
  giveUp(): void;
  asFailure(error: unknown): PayflowError;
  nextCron(now: number): number | null;

  // What others want to hear.
  onState(state: SchedulerState): void;
  onProgress(progress: Running): void;
  /** Before `onState` says that the cycle is over. Must not reject. */
  onOutcome(outcome: CycleOutcome, asked: CycleAsked): Promise<void>;
}

/** Clocks are set and machines sleep: no timer trusts a longer time. */
const longestWaitMs = 60_000;
/** Work that has shown no sign for so long hangs, whatever its own deadlines: it is asked to end, then made to. */
const silenceMs = 10 * 60_000;
const patienceMs = 2 * 60_000;
/** Looks at HQ have deadlines of their own, together far below this; who exceeds it does not answer any more. */
const lookMs = 60_000;

/** A command's answer, and what it says about HQ: why it could not be reached; null: it was; undefined: nothing. */
export interface CommandEnd<T> {
  readonly value: T;
  readonly code: string | null | undefined;
}

interface CommandWork {
  readonly run: (watch: Watch) => Promise<string | null | undefined>;
  readonly drop: () => void;
}

/** Carries out what `advance` decides. */
export class SchedulerShell {
  readonly #ports: SchedulerPorts;
  readonly #timers: Timers;
  #state: SchedulerState;
  #stop: AbortController | null = null;
  #unset: (() => void) | null = null;
  readonly #commands = new Map<number, CommandWork>();
  #lastCommand = 0;

  constructor(
    given: Parameters<typeof startState>[0],
    ports: SchedulerPorts,
    timers: Timers = systemTimers,
  ) {
    this.#ports = ports;
    this.#timers = timers;
    this.#state = startState(given);
  }

  get state(): SchedulerState {
    return this.#state;
  }

  send(event: SchedulerEvent): void {
    const moment: Moment = {
      now: this.#timers.now(),
      random: this.#timers.random(),
      nextCron: (now) => this.#ports.nextCron(now),
    };
    const { state, actions } = advance(this.#state, event, moment);
    this.#state = state;
    this.#setTimer(moment.now);
    for (const action of actions) this.#carryOut(action);
    this.#ports.onState(this.#state);
    if (this.#state.closed) this.#dropCommands();
  }

  /**
   * Work that somebody waits for, in its turn; `begins`: the first load is asked for. Aborting `watch.signal` ends it
   * at its next safe point or takes it back. Throws CANCELLED where it did not begin.
   */
  command<T>(
    work: (watch: Watch) => Promise<CommandEnd<T>>,
    watch: Watch,
    begins = false,
  ): Promise<T> {
    const id = (this.#lastCommand += 1);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const gone = (): void => {
      if (!this.#commands.delete(id)) {
        this.#stop?.abort();
        return;
      }
      reject(new PayflowError('CANCELLED'));
      this.send({ type: 'command-gone', id });
    };
    this.#commands.set(id, {
      drop: () => reject(new PayflowError('CANCELLED')),
      run: async (own) => {
        try {
          const { value, code } = await work({
            signal: own.signal,
            onProgress: (progress) => {
              own.onProgress(progress);
              watch.onProgress(progress);
            },
          });
          resolve(value);
          return code;
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return this.#ports.asFailure(error).code;
        }
      },
    });
    watch.signal.addEventListener('abort', gone, { once: true });
    if (watch.signal.aborted) gone();
    else this.send({ type: 'command', id, begins });
    return promise.finally(() => watch.signal.removeEventListener('abort', gone));
  }

  #dropCommands(): void {
    for (const { drop } of this.#commands.values()) drop();
    this.#commands.clear();
  }

  #setTimer(now: number): void {
    this.#unset?.();
    const at = wakeAt(this.#state);
    this.#unset =
      at === null
        ? null
        : this.#timers.after(Math.min(Math.max(at - now, 0), longestWaitMs), () => {
            this.send({ type: 'time' });
          });
  }

  #carryOut(action: Action): void {
    switch (action.do) {
      case 'cycle':
        void this.#cycle(action.asked);
        break;
      case 'check':
        void this.#check(action.job);
        break;
      case 'command':
        void this.#command(action.id);
        break;
      case 'probe':
        void this.#failureOf(this.#inTime(this.#ports.probe())).then((code) => {
          this.send({ type: 'probed', code });
        });
        break;
      case 'abort':
        this.#stop?.abort();
        break;
      case 'keep-pause':
        this.#ports.keepPause(action.pause);
        break;
      case 'listen':
        void this.#failureOf(this.#inTime(this.#ports.listen())).then((code) => {
          if (code !== null) this.send({ type: 'feed-lost', code });
        });
        break;
    }
  }

  /** An engine that never answers would leave "asking HQ" standing for ever: it is started anew, and the call fails. */
  async #inTime(work: Promise<unknown>): Promise<void> {
    const unset = this.#timers.after(lookMs, () => {
      this.#ports.giveUp();
    });
    try {
      await work;
    } finally {
      unset();
    }
  }

  async #failureOf(work: Promise<unknown>): Promise<string | null> {
    try {
      await work;
      return null;
    } catch (error) {
      return this.#ports.asFailure(error).code;
    }
  }

  async #cycle(asked: CycleAsked): Promise<void> {
    const outcome = await this.#watched((watch) => this.#ports.cycle(asked, watch)).catch(
      (error: unknown): CycleOutcome => {
        const { code, params } = this.#ports.asFailure(error);
        return { status: 'failed', error: { code, params }, received: 0, sent: 0 };
      },
    );
    await this.#ports.onOutcome(outcome, asked);
    this.send({ type: 'ended', status: outcome.status, code: outcome.error?.code ?? null });
  }

  async #check(job: CheckJob): Promise<void> {
    const { code } = await this.#watched((watch) => this.#ports.check(job, watch)).catch(
      (error: unknown) => ({ code: this.#ports.asFailure(error).code }),
    );
    this.send({ type: 'check-ended', job, code });
  }

  async #command(id: number): Promise<void> {
    const command = this.#commands.get(id);
    this.#commands.delete(id);
    const code = command && (await this.#watched((watch) => command.run(watch)));
    this.send({ type: 'command-ended', code });
  }

  /** Runs work that can be cancelled and that must not hang. */
  async #watched<T>(work: (watch: Watch) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    this.#stop = stop;
    let unset: () => void = () => undefined;
    const expect = (ms: number, late: () => void): void => {
      unset();
      unset = this.#timers.after(ms, late);
    };
    const hasLife = (): void => {
      expect(silenceMs, () => {
        stop.abort();
        expect(patienceMs, () => {
          this.#ports.giveUp();
        });
      });
    };
    hasLife();
    try {
      return await work({
        signal: stop.signal,
        onProgress: (progress) => {
          hasLife();
          this.#ports.onProgress(progress);
        },
      });
    } finally {
      unset();
      this.#stop = null;
    }
  }
}
