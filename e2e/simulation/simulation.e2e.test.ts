/**
 * The machine that breaks it: companies in which anything may happen in any order, and after each of them the invariants of
 * DESIGN 11. How it is run, and a failure replayed: e2e/README.md.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LONG } from '../support/scale.ts';
import { histories } from './arbitrary.ts';
import { FOUND } from './found.ts';
import { print } from './history.ts';
import { House } from './house.ts';
import { play } from './machine.ts';
import { simulationSettings } from './settings.ts';

const { terminals, runs, minutes, steps, seed, path } = simulationSettings(process.env);
/** The shape of what is drawn: another one draws other histories from the same seed. */
const drawn = `${String(terminals)}x${String(steps)}`;
let house: House;

beforeAll(async () => {
  house = await House.open({ terminals });
});

afterAll(async () => {
  await house.close();
});

test.each(Object.entries(FOUND))('%s', async (_name, history) => {
  expect(await play(house, history)).toEqual([]);
});

test(
  'whatever happens in whatever order, nothing is lost, doubled or overwritten in silence, and both sides end alike',
  { timeout: 24 * 3600_000 },
  async () => {
    const started = performance.now();
    let played = 0;
    let thorough = LONG || path !== null;
    const report = await fc.check(
      fc.asyncProperty(histories(terminals, steps), async (history) => {
        played += 1;
        const wrong = await play(house, history, thorough || played % 5 === 0);
        // What the data check alone has found is to be found again while it is shrunk.
        thorough ||= wrong.length > 0;
        if (wrong.length > 0) throw new Error(wrong.join('\n'));
      }),
      {
        seed,
        numRuns: runs,
        ...(path === null ? {} : { path }),
        ...(minutes === null
          ? {}
          : { interruptAfterTimeLimit: minutes * 60_000, markInterruptAsFailure: false }),
      },
    );

    console.log(
      `simulation: ${String(report.numRuns)} histories (${String(played)} played), seed ${String(report.seed)}, ${String(Math.round((performance.now() - started) / 1000))} s`,
    );
    if (!report.failed) return;
    const [history] = report.counterexample ?? [];
    const message = report.errorInstance instanceof Error ? report.errorInstance.message : '';
    expect.fail(
      [
        message,
        history === undefined ? '' : print(history),
        `replay: PAYFLOW_SIM=${drawn}:${String(report.seed)}:${report.counterexamplePath ?? ''}`,
      ].join('\n'),
    );
  },
);
