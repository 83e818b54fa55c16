/** HQ's clock by several answers: the one that came fastest is off by least, by half its way there and back. */
export class HqClock {
  readonly #ticks: () => number;
  #way = Number.POSITIVE_INFINITY;
  #offset = 0;

  /** `ticks`: monotonic milliseconds. */
  constructor(ticks: () => number = () => performance.now()) {
    this.#ticks = ticks;
  }

  /** `time`: `clock_timestamp()` of an answer (ISO 8601) to what was asked at `askedAt`, by the same ticks. */
  heard(time: string, askedAt: number): void {
    const now = this.#ticks();
    const way = now - askedAt;
    if (way >= this.#way) return;
    this.#way = way;
    this.#offset = Date.parse(time) - (askedAt + way / 2);
  }

  get ticks(): number {
    return this.#ticks();
  }

  /** HQ's time at this moment, ISO 8601. */
  now(): string {
    return new Date(this.#ticks() + this.#offset).toISOString();
  }
}
