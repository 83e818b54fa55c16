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
import { parseSettings } from '../host/settings.ts';
import { payflow, testSession } from './testing.ts';

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
  const session = testSession({
    settings: () =>
      parseSettings(
        { DATABASE_URL: hq.url, PAYFLOW_DB: till.path, PAYFLOW_TERMINAL: 'T1' },
        {},
        '/nowhere',
      ),
    openApp: () => Promise.resolve(app),
    findEngine: () => Promise.resolve(running),
    show: (outcome) => (exit = outcome.exit),
    note: (text) => void said.push(text),
  });
  const failed = await payflow(['schema', 'fix'], session).then(
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

/** Whom a command finds that may ask for this app's work. */
interface Place {
  readonly over: (app: App) => Promise<CommandEngine | null>;
  readonly close: () => Promise<void>;
}

const alone = (): Promise<Place> =>
  Promise.resolve({ over: () => Promise.resolve(null), close: () => Promise.resolve() });

async function besideEngine(): Promise<Place> {
  let asked: CommandEngine = till.app;
  const server = await serveEngine({
    databasePath: till.path,
    version,
    log: quietLog,
    answer: (command, watch) => runCommand(asked, command, watch),
  });
  return {
    over: (app) => {
      asked = app;
      return findEngine(till.path, version);
    },
    close: async () => server?.close(),
  };
}

test.each([
  ['alone', 'shelf', 'aisle', alone],
  ['beside a running engine', 'rack', 'bin', besideEngine],
] as const)(
  '10: %s, a fix that became another after it was shown is refused, and the next one shown is applied',
  async (_where, shown, late, open) => {
    const add = (column: string) => hq.db.query(`ALTER TABLE products ADD COLUMN ${column} text`);
    const place = await open();
    await add(shown);
    const meddled = appWith(() => add(late));
    const refused = await fix(meddled, await place.over(meddled));
    expect(refused).toMatchObject({ exit: null, failed: { code: 'SCHEMA_CHANGED' } });
    expect(refused.shown).toContain(shown);
    expect(refused.shown).not.toContain(late);
    expect(columns()).not.toContain(shown);

    const quiet = appWith(() => Promise.resolve());
    const fixed = await fix(quiet, await place.over(quiet));
    expect(fixed).toMatchObject({ exit: 0, failed: null });
    expect(fixed.shown).toContain(late);
    expect(columns()).toEqual(expect.arrayContaining([shown, late]));
    await place.close();
  },
);
