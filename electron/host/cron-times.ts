import { Cron } from 'croner';

/**
 * The next time of a cron expression behind `now`, by this terminal's clock; null: it never comes. Croner only reads
 * the expression: its own timers would know nothing of pauses, outages and cycles that still run.
 */
export function cronTimes(expression: string): (now: number) => number | null {
  const cron = new Cron(expression, { paused: true });
  return (now) => cron.nextRun(new Date(now))?.getTime() ?? null;
}

/** Time between its next two runs; 0 where there are none. */
export function cronInterval(expression: string, now: number): number {
  const next = cronTimes(expression);
  const first = next(now);
  const second = first === null ? null : next(first);
  return first === null || second === null ? 0 : second - first;
}
