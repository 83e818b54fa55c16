import { Gentle } from './gentle.ts';
import { isPaused } from './scheduler.ts';
import type { Timers } from './scheduler-shell.ts';
import type { StatusBoard } from './status-board.ts';

const everyMs = 60_000;
const gapMs = 2_000;

/**
 * How many rows wait at HQ, asked only where nothing brings them by itself: paused, by cron, by hand. Whoever downloads
 * with every change has nothing waiting there.
 */
export class BehindCount {
  readonly #board: StatusBoard;
  readonly #timers: Timers;
  readonly #automatic: boolean;
  readonly #work: Gentle;
  #unset: (() => void) | null = null;
  #closed = false;

  constructor(
    board: StatusBoard,
    timers: Timers,
    automatic: boolean,
    count: () => Promise<number | null>,
  ) {
    this.#board = board;
    this.#timers = timers;
    this.#automatic = automatic;
    this.#work = new Gentle(
      gapMs,
      timers,
      async () => {
        const waitingAtHq = await count();
        // Meanwhile a cycle may have brought them all.
        if (this.#isWanted()) board.change({ waitingAtHq });
      },
      () => {
        // HQ is away; the next cycle or probe says so.
        board.change({ waitingAtHq: null });
      },
    );
  }

  ask(): void {
    if (this.#isWanted()) this.#work.ask();
  }

  /** From here on it is asked again every minute. */
  plan(): void {
    this.#unset?.();
    // A cycle that `close` cut short is told of after it: a timer then would keep the process.
    if (!this.#automatic || this.#closed) return;
    this.#unset = this.#timers.after(everyMs, () => {
      this.ask();
      this.plan();
    });
  }

  close(): void {
    this.#closed = true;
    this.#unset?.();
    this.#work.close();
  }

  #isWanted(): boolean {
    const { scheduler, local } = this.#board.parts;
    const { mode, hq, configured, running, closed } = scheduler;
    const holdsBack = mode !== 'live' || isPaused(scheduler, this.#timers.now());
    const reachable = configured && hq !== 'unreachable' && local.facts.loaded;
    return holdsBack && reachable && running === null && !closed && !this.#closed;
  }
}
