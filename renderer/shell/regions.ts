/** The parts of the window that F6 goes through, in the order of the page: `data-region`. */
const regions = (): HTMLElement[] =>
  [...document.querySelectorAll<HTMLElement>('[data-region]')].filter((region) =>
    region.checkVisibility(),
  );

const focusable =
  'a[href], button:not(:disabled), input:not(:disabled), [tabindex]:not([tabindex="-1"])';

/** Moves the focus to the first thing in the next (or previous) region; stays inside an open dialog. */
export function moveRegion(back: boolean): void {
  if (document.querySelector('[role=dialog]') !== null) return;
  const all = regions();
  const here = all.findIndex((region) => region.contains(document.activeElement));
  const next = all.at(here === -1 ? 0 : (here + (back ? -1 : 1)) % all.length);
  const target =
    next?.querySelector<HTMLElement>('[aria-current]') ??
    next?.querySelector<HTMLElement>('[data-screen-title]') ??
    next?.querySelector<HTMLElement>(focusable) ??
    next;
  target?.focus();
}
