import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Question, Tally } from './helper.ts';

/** One thing the program can do, by name. */
export type Skills = Readonly<Record<string, () => void | Promise<void>>>;

/** A program that works at its own pace between `work` and `rest`. */
export interface Worker {
  /** One piece of work, a short transaction. */
  readonly step: () => void | Promise<void>;
  readonly pauseMs: () => number;
  readonly tally: () => Tally;
  readonly skills?: Skills;
}

/** Serves the demo until its channel closes, which also happens when the demo is killed. */
export function serve({ step, pauseMs, tally, skills = {} }: Worker): void {
  let working: Promise<void> | null = null;
  let resting = new AbortController();
  const work = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await step();
      await sleep(pauseMs(), undefined, { signal }).catch(() => undefined);
    }
  };
  const known: Skills = {
    ...skills,
    work: () => {
      if (working !== null) return;
      resting = new AbortController();
      working = work(resting.signal);
      // Reported by `rest`, which waits for it.
      working.catch(() => undefined);
    },
    rest: async () => {
      resting.abort();
      await working;
      working = null;
    },
    tally: () => undefined,
  };
  const answer = async ({ id, what }: Question): Promise<Answer> => {
    try {
      const skill = known[what];
      if (skill === undefined) throw new Error(`"${what}" is not known here`);
      await skill();
      return { id, tally: tally() };
    } catch (error) {
      return { id, problem: error instanceof Error ? error.message : String(error) };
    }
  };
  process.on('message', (question: Question) => {
    void answer(question).then((reply) => process.send?.(reply));
  });
  process.on('disconnect', () => process.exit(0));
  // The demo ends us, in its order.
  process.on('SIGINT', () => undefined);
}
