import type { ConnectionTest, SetupShown } from '../../shared/views.ts';

/** The steps in their order; `done` stands after the last one. */
export const SETUP_STEPS = ['language', 'server', 'terminal', 'load'] as const;

/** How far the first run has come, as the place of its step: 4 is done. */
export function reachedStep({ step }: Pick<SetupShown, 'step'>): number {
  return step === 'done' ? SETUP_STEPS.length : SETUP_STEPS.indexOf(step);
}

/**
 * The step to show: the one a person went to, but none before its turn. `chosen` null: as far as it has come. While
 * the first sync runs there is nothing else to see.
 */
export function activeStep(setup: SetupShown, chosen: number | null): number {
  const reached = reachedStep(setup);
  if (setup.running) return SETUP_STEPS.indexOf('load');
  // A first sync that is done cannot be gone back to.
  const load = SETUP_STEPS.indexOf('load');
  return chosen === null || chosen >= load ? reached : Math.min(chosen, reached);
}

type Terminals = ConnectionTest['terminals'];

/** Terminals whose code, name or store has every word of the search, whatever their case. */
export function findTerminals(terminals: Terminals, search: string): Terminals {
  const words = search.trim().toLocaleLowerCase().split(/\s+/);
  return terminals.filter(({ code, name, store }) => {
    const text = `${code} ${name} ${store}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}
