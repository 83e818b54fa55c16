import type { Running } from '../../shared/status.ts';
import type { SchedulerState } from './scheduler.ts';
import type { Timers } from './scheduler-shell.ts';
import type { StatusBoard } from './status-board.ts';
import { withProgress } from './status-view.ts';

/** A cycle of a busy till is over before eyes could read "syncing"; one that a person asked for shows at once. */
const quietMs = 150;

/** How far the work under way is shown on the board. */
export class RunDisplay {
  readonly #board: StatusBoard;
  readonly #timers: Timers;
  #eager = false;
  #latest: Running | null = null;
  #unset: (() => void) | null = null;

  constructor(board: StatusBoard, timers: Timers) {
    this.#board = board;
    this.#timers = timers;
  }

  /** A person waits to see that something happens. */
  hurry(): void {
    this.#eager = true;
  }

  follow(before: SchedulerState['running'], now: SchedulerState['running']): void {
    if (now === null) this.hide();
    else if (before !== now) this.#begin(now.what);
    else if (this.#eager) this.#show();
  }

  progress(word: Running): void {
    const { tables, running } = this.#board.parts;
    this.#latest = word;
    this.#board.change({
      tables: withProgress(tables, word),
      aliveAt: this.#timers.now(),
      ...(running === null ? {} : { running: word }),
    });
  }

  hide(): void {
    this.#unset?.();
    this.#eager = false;
    this.#latest = null;
    const { running, tables } = this.#board.parts;
    if (running !== null || tables.length > 0)
      this.#board.change({ running: null, aliveAt: null, tables: [] });
  }

  close(): void {
    this.#unset?.();
  }

  #begin(what: 'cycle' | 'check' | 'command'): void {
    this.#unset?.();
    this.#latest = {
      phase: what === 'check' ? 'check' : 'settle',
      table: null,
      done: 0,
      total: null,
    };
    this.#board.change({ aliveAt: this.#timers.now(), tables: [] });
    if (this.#eager || this.#board.parts.running !== null) this.#show();
    else
      this.#unset = this.#timers.after(quietMs, () => {
        this.#show();
      });
  }

  #show(): void {
    this.#unset?.();
    this.#board.change({ running: this.#latest });
  }
}
