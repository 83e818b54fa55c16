import type { StatusView } from '../../shared/views.ts';
import type { Timers } from './scheduler-shell.ts';
import { statusView, type StatusParts } from './status-view.ts';

/** Eyes follow no more, and a window that is told more often only redraws. */
const gapMs = 100;
/** Ages turn a state into another without any event. */
const agingMs = 20_000;

/**
 * The status as it stands, and who hears of it: at most ten times a second, each time it differs, and always the last.
 */
export class StatusBoard {
  readonly #timers: Timers;
  readonly #tell: (status: StatusView) => void;
  #parts: StatusParts;
  #told = '';
  #toldAt = -Infinity;
  #unset: (() => void) | null = null;
  #closed = false;

  constructor(parts: StatusParts, timers: Timers, tell: (status: StatusView) => void) {
    this.#parts = parts;
    this.#timers = timers;
    this.#tell = tell;
    this.#wait(agingMs);
  }

  get parts(): StatusParts {
    return this.#parts;
  }

  current(): StatusView {
    return statusView(this.#parts, this.#timers.now());
  }

  change(parts: Partial<StatusParts>): void {
    this.#parts = { ...this.#parts, ...parts };
    this.#wait(Math.max(this.#toldAt + gapMs - this.#timers.ticks(), 0));
  }

  close(): void {
    this.#closed = true;
    this.#unset?.();
  }

  #wait(ms: number): void {
    if (this.#closed) return;
    this.#unset?.();
    if (ms === 0) this.#say();
    else
      this.#unset = this.#timers.after(ms, () => {
        this.#say();
      });
  }

  #say(): void {
    const view = this.current();
    // The clock alone is no news.
    const text = JSON.stringify({ ...view, facts: { ...view.facts, now: 0 } });
    if (text !== this.#told) {
      this.#told = text;
      this.#toldAt = this.#timers.ticks();
      this.#tell(view);
    }
    this.#wait(agingMs);
  }
}
