import { LONG } from '../support/scale.ts';

export interface SimulationSettings {
  /** At most so many terminals in a history, and steps. */
  readonly terminals: number;
  readonly steps: number;
  readonly runs: number;
  /** Ends earlier when they are over; null: no limit. */
  readonly minutes: number | null;
  readonly seed: number;
  /** Of the failure to replay: where in the run of this seed it was found, and how it was shrunk. */
  readonly path: string | null;
}

/**
 * `PAYFLOW_SIM=TERMINALSxSTEPS:SEED[:PATH]`, as a failure prints it, chooses what is drawn, `PAYFLOW_SIM_MINUTES` and
 * `PAYFLOW_SIM_RUNS` how much of it. Without them: the short form, with the same seed every day, so that nobody's build is
 * red by chance; with PAYFLOW_LONG=1 the long one, with a new seed each time.
 */
export function simulationSettings(env: NodeJS.ProcessEnv): SimulationSettings {
  const number = (name: string): number | null => {
    const text = env[name];
    if (text === undefined || text === '') return null;
    const value = Number(text);
    if (!Number.isFinite(value)) throw new Error(`${name} must be a number`);
    return value;
  };
  const minutes = number('PAYFLOW_SIM_MINUTES') ?? (LONG ? 20 : null);
  const runs = number('PAYFLOW_SIM_RUNS') ?? (minutes === null ? 300 : 1_000_000);
  const drawn = env['PAYFLOW_SIM'] ?? '';
  if (drawn !== '') {
    const [, terminals, steps, seed, path] = /^(\d)x(\d+):(-?\d+)(?::(.+))?$/.exec(drawn) ?? [];
    if (seed === undefined) throw new Error('PAYFLOW_SIM is TERMINALSxSTEPS:SEED[:PATH]');
    return {
      terminals: Number(terminals),
      steps: Number(steps),
      seed: Number(seed),
      path: path ?? null,
      runs,
      minutes,
    };
  }
  return LONG
    ? { terminals: 6, steps: 40, seed: Date.now() % 2 ** 31, path: null, runs, minutes }
    : { terminals: 3, steps: 14, seed: 20_261_122, path: null, runs, minutes };
}
