/** However busy the window is, what was put off is done after so long; milliseconds. */
const latest = 1_000;

/** Resolves when the window has nothing to draw or to answer. */
export function whenIdle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has no such call.
    if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: latest });
    else setTimeout(resolve, latest / 4);
  });
}
