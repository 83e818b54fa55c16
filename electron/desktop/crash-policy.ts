/** A window's process that dies again so soon would die for ever. */
const soonMs = 5 * 60_000;

/** What to do when the window's process has died: show it again once, and a plain page when it dies again soon. */
export function createCrashPolicy(now: () => number): { next(): 'reload' | 'plain-page' } {
  let last: number | null = null;
  return {
    next() {
      const at = now();
      const again = last !== null && Math.abs(at - last) < soonMs;
      last = at;
      return again ? 'plain-page' : 'reload';
    },
  };
}
