import { expect, test } from 'vitest';
import type { App, SchemaDifference } from '../host/app-types.ts';
import type { Outcome } from './outcome.ts';
import { payflow, testSession } from './testing.ts';

/** How `payflow schema fix` ends beside these differences; it must not come to applying anything. */
async function unfixed(differences: readonly SchemaDifference[]): Promise<Outcome | null> {
  const shown: Outcome[] = [];
  const app = {
    schemaFix: (asked: { readonly shown: string | null }) =>
      asked.shown === null
        ? Promise.resolve({ differences, applied: [], backup: null, remaining: differences })
        : Promise.reject(new Error('applied')),
    close: () => Promise.resolve(),
  } as unknown as App;
  const session = testSession({
    openApp: () => Promise.resolve(app),
    show: (outcome) => void shown.push(outcome),
  });
  await payflow(['schema', 'fix'], session);
  return shown[0] ?? null;
}

const byHand = { code: 'key-missing', severity: 'blocking', table: 'products', fix: null };

test('where nothing can be mended, schema fix names what is left and applies nothing', async () => {
  const outcome = await unfixed([byHand]);
  expect(outcome?.exit).toBe(3);
  expect(outcome?.text).toMatch(
    /^Nothing to fix\.\n\nLeft as they are:\n.*\nproducts .*key-missing/,
  );
  expect((await unfixed([{ ...byHand, severity: 'information' }]))?.exit).toBe(0);
  expect((await unfixed([]))?.text).toContain('has everything');
});
