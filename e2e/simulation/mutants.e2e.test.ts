/** The machine is worth something only where it can fail: every mutant must be caught by it. How it is run: e2e/README.md. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LONG } from '../support/scale.ts';
import { histories } from './arbitrary.ts';
import { House } from './house.ts';
import { play } from './machine.ts';
import { MUTANTS } from './mutants.ts';

const MOST_HISTORIES = 2000;
let house: House;

beforeAll(async () => {
  house = await House.open({ terminals: 2 });
});

afterAll(async () => {
  await house.close();
});

describe('each history that catches a mutant is fine without it', () => {
  test.each(MUTANTS)('$name', async ({ history }) => {
    expect(await play(house, history)).toEqual([]);
  });
});

describe('a mutant is caught', () => {
  test.each(MUTANTS)('$name', async ({ mutate, history, shows }) => {
    await house.rewire(mutate);
    expect((await play(house, history)).join('\n')).toMatch(shows);
  });
});

describe.runIf(LONG)('a mutant is caught by histories that nobody wrote', () => {
  test.each(MUTANTS)('$name', { timeout: 3600_000 }, async ({ name, mutate }) => {
    await house.rewire(mutate);
    const { failed, numRuns } = await fc.check(
      fc.asyncProperty(histories(2, 40), async (history) => {
        // By the judge alone: the product's own data check takes longer than a history.
        expect(await play(house, history, false)).toEqual([]);
      }),
      { numRuns: MOST_HISTORIES, endOnFailure: true },
    );
    expect(failed).toBe(true);
    console.log(`${name}: caught by history ${String(numRuns)}`);
  });
});
