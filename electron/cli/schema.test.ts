import { expect, test } from 'vitest';
import type { App, SchemaDifference } from '../host/app-types.ts';
import { loadCatalogue } from '../host/messages.ts';
import { parseSettings } from '../host/settings.ts';
import type { Outcome } from './outcome.ts';
import { buildProgram } from './program.ts';

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
  const program = buildProgram({
    settings: () =>
      parseSettings(
        { DATABASE_URL: 'postgres://u:pw@h/d', PAYFLOW_TERMINAL: 'T1' },
        {},
        '/nowhere',
      ),
    catalogue: loadCatalogue(),
    openApp: () => Promise.resolve(app),
    findEngine: () => Promise.resolve(null),
    show: (outcome) => void shown.push(outcome),
    note: () => undefined,
    confirm: () => Promise.resolve(true),
  });
  await program.parseAsync(['schema', 'fix'], { from: 'user' });
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
