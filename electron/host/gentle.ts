import type { Timers } from './scheduler-shell.ts';

/** How many times its own length a piece of work rests before it is done again. */
const restFactor = 5;
/** Also behind work that a machine slept through. */
const longestRestMs = 60_000;

/** Work that is asked for often and done seldom: never twice at a time, with a rest between, and always once more. */
export class Gentle {
  readonly #gapMs: number;
  readonly #timers: Timers;
  readonly #work: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #running: Promise<void> | null = null;
  #again = false;
  #restUntil = 0;
  #unset: (() => void) | null = null;
  #closed = false;

  constructor(
    gapMs: number,
    timers: Timers,
    work: () => Promise<void>,
    onError: (error: unknown) => void,
  ) {
    this.#gapMs = gapMs;
    this.#timers = timers;
    this.#work = work;
    this.#onError = onError;
  }

  ask(): void {
    if (this.#closed) return;
    if (this.#running !== null) {
      this.#again = true;
      return;
    }
    if (this.#unset !== null) return;
    this.#unset = this.#timers.after(Math.max(this.#restUntil - this.#timers.ticks(), 0), () => {
      this.#unset = null;
      void this.#run();
    });
  }

  /** Does it now, begun after this call; resolves when it is done, also after a failure. */
  async now(): Promise<void> {
    await this.#running;
    if (this.#closed) return;
    this.#unset?.();
    this.#unset = null;
    await this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#unset?.();
  }

  #run(): Promise<void> {
    const began = this.#timers.ticks();
    this.#again = false;
    this.#running ??= this.#work()
      .catch((error: unknown) => {
        if (!this.#closed) this.#onError(error);
      })
      .finally(() => {
        this.#running = null;
        const now = this.#timers.ticks();
        const rest = Math.min(restFactor * (now - began), longestRestMs);
        this.#restUntil = now + Math.max(this.#gapMs, rest);
        if (this.#again) this.ask();
      });
    return this.#running;
  }
}
