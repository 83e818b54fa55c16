/** `payflow schema fix` carries out what it has shown, and nothing else, alone and beside a running engine. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import type { App } from '../host/app-types.ts';
import { findEngine } from '../host/engine-client.ts';
import { runCommand, type CommandEngine } from '../host/engine-commands.ts';
import { serveEngine } from '../host/engine-server.ts';
import { loadCatalogue } from '../host/messages.ts';
import { parseSettings } from '../host/settings.ts';
import { buildProgram } from './program.ts';

const version = '1.0.0';
let hq: TestHq;
let till: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  till = await createTerminal(hq, 'T1');
});
afterAll(async () => {
  await till.close();
  await hq.close();
});

/** The terminal's own app; `between` happens when the fix has been worked out, before anybody has seen it. */
function appWith(between: () => Promise<unknown>): App {
  const { app } = till;
  return {
    schemaFix: async (asked: { readonly shown: string | null }) => {
      const report = await app.schemaFix(asked);
      if (asked.shown === null) await between();
      return report;
    },
    close: () => Promise.resolve(),
  } as unknown as App;
}

/** `payflow schema fix`: what it showed before it did anything, and how it ended. */
async function fix(app: App, running: CommandEngine | null) {
  const said: string[] = [];
  let exit: number | null = null;
  const program = buildProgram({
    settings: () =>
      parseSettings(
        { DATABASE_URL: hq.url, PAYFLOW_DB: till.path, PAYFLOW_TERMINAL: 'T1' },
        {},
        '/nowhere',
      ),
    catalogue: loadCatalogue(),
    openApp: () => Promise.resolve(app),
    findEngine: () => Promise.resolve(running),
    show: (outcome) => (exit = outcome.exit),
    note: (text) => void said.push(text),
    confirm: () => Promise.resolve(true),
  });
  const failed = await program.parseAsync(['schema', 'fix'], { from: 'user' }).then(
    () => null,
    (error: unknown) => error,
  );
  return { shown: said.join(), exit, failed };
}

const columns = (): unknown[] =>
  till.pos
    .prepare("SELECT name FROM pragma_table_info('products')")
    .all()
    .map(({ name }) => name);

/**
 * One column is missing when the fix is shown, two by the time it is to be applied. `over`: who is asked, of those who
 * work with this app.
 */
async function expectAsShown(
  [shelf, aisle]: readonly [string, string],
  over: (app: App) => Promise<CommandEngine | null>,
): Promise<void> {
  const add = (column: string) => hq.db.query(`ALTER TABLE products ADD COLUMN ${column} text`);
  await add(shelf);
  const meddled = appWith(() => add(aisle));
  const refused = await fix(meddled, await over(meddled));
  expect(refused).toMatchObject({ exit: null, failed: { code: 'SCHEMA_CHANGED' } });
  expect(refused.shown).toContain(shelf);
  expect(refused.shown).not.toContain(aisle);
  expect(columns()).not.toContain(shelf);

  const quiet = appWith(() => Promise.resolve());
  const fixed = await fix(quiet, await over(quiet));
  expect(fixed).toMatchObject({ exit: 0, failed: null });
  expect(fixed.shown).toContain(aisle);
  expect(columns()).toEqual(expect.arrayContaining([shelf, aisle]));
}

test('10: a fix that became another after it was shown is refused; the next one shown is applied', async () => {
  await expectAsShown(['shelf', 'aisle'], () => Promise.resolve(null));
});

test('10: a running engine that is asked refuses it the same way', async () => {
  let asked: CommandEngine = till.app;
  const server = await serveEngine({
    databasePath: till.path,
    version,
    log: quietLog,
    answer: (command, watch) => runCommand(asked, command, watch),
  });
  await expectAsShown(['rack', 'bin'], (app) => {
    asked = app;
    return findEngine(till.path, version);
  });
  await server?.close();
});
