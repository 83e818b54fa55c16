/** `payflow demo` as a table of contents: an HQ, a shop, a till, work on both sides, and the proof. */
import type { VerifyReport } from '../../../shared/rows.ts';
import { syncText } from '../../cli/sync-text.ts';
import { count, paragraphs } from '../../cli/text.ts';
import type { DemoBooks, DemoOptions, DemoResult } from '../app-types.ts';
import { loadCatalogue } from '../messages.ts';
import { compareBooks } from './books.ts';
import type { Play } from './cycles.ts';
import { loadShop } from './load-shop.ts';
import { busyScene, lastScene, waitingScene, type WaitingScene } from './scenes.ts';
import { buildShop, productsFor } from './shop.ts';
import { readShopTexts } from './shop-texts.ts';
import { cycleTitle, faint, stepLine, strong } from './show.ts';
import { Stage, tillCode } from './stage.ts';
import { RunTally } from './tally.ts';

/** Cycles of a round before the scene with the row that waits. */
const busyCycles = { first: 4, later: 20 };

export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const stage = new Stage();
  try {
    await setUp(stage, options);
    return await play(stage, options);
  } catch (error) {
    if (error instanceof StoppedEarly) return stoppedEarly;
    throw error;
  } finally {
    await stage.close();
  }
}

/** Ctrl-C before there was anything to compare. */
class StoppedEarly extends Error {}

const stoppedEarly: DemoResult = {
  reports: [],
  verify: null,
  held: [],
  released: false,
  books: null,
  office: {},
  text: 'Stopped before the first sync. Nothing of the demo is left.',
};

async function setUp(stage: Stage, options: DemoOptions): Promise<void> {
  const { print, signal } = options;
  const step = async (title: string, work: () => Promise<string>): Promise<void> => {
    const begun = performance.now();
    // A Ctrl-C also ends what it interrupts, with an error of its own.
    const text = await work().catch((error: unknown) => {
      throw signal.aborted ? new StoppedEarly() : error;
    });
    if (signal.aborted) throw new StoppedEarly();
    print(stepLine(title, text, performance.now() - begun));
  };
  print(strong('PayFlow demo: a till, its head office (HQ), and PayFlow between the two.\n'));
  await step('HQ', async () => {
    await stage.startHq();
    await stage.app.installHq({ withSchema: true, manifest: null, notify: null });
    return 'a PostgreSQL of its own is running, with PayFlow installed';
  });
  await step('Sample shop', async () => {
    const products = productsFor(options.rows);
    const shop = buildShop(readShopTexts(), products, new Date());
    const rows = await loadShop(stage.hq, shop);
    const size = (table: string): number => shop.get(table)?.length ?? 0;
    return (
      `${count(size('stores'), 'store')}, ${count(size('terminals'), 'till')}, ${count(size('users'), 'user')}, ` +
      `${count(products, 'product')}, ${count(size('customers'), 'customer')}: ${rows} rows at HQ`
    );
  });
  await step(tillCode, async () => {
    const { tables } = await stage.app.init(() => undefined, signal);
    const rows = Object.values(tables).reduce((sum, loaded) => sum + loaded, 0);
    return `payflow.db is made and holds its store's part: ${rows} rows`;
  });
}

async function play(stage: Stage, options: DemoOptions): Promise<DemoResult> {
  const { print, signal, once } = options;
  const tally = new RunTally();
  const acts: Play = { app: stage.app, catalogue: loadCatalogue(), tally, print, signal };
  const [pos, office] = [stage.startPos(), stage.startBackOffice()];
  if (!once) print(whereToLook(stage));
  print(
    '\nTwo other programs work now: the till sells, the back office changes prices and products.\n',
  );
  print(cycleTitle());
  await busyScene(acts, pos, office, busyCycles.first);
  let waited: WaitingScene = { held: [], released: false };
  if (!signal.aborted) waited = await waitingScene(acts, pos);
  while (!once && !signal.aborted) {
    await busyScene(acts, pos, office, busyCycles.later);
    if (!signal.aborted) waited = await waitingScene(acts, pos);
  }
  await lastScene(acts, pos, office);
  const verify = await stage.app.verify(() => undefined, new AbortController().signal);
  const books = await compareBooks(stage.hq, await pos.ask('tally'));
  const done = await office.ask('tally');
  const { facts } = await stage.app.status();
  print('');
  return {
    reports: tally.reports,
    verify,
    ...waited,
    books,
    office: done,
    text: paragraphs(
      `${verdict(verify)}\n${booksLine(books)}\n${officeLine(done)}`,
      syncText(tally.total(facts)),
    ),
  };
}

function whereToLook(stage: Stage): string {
  const lines = [
    'Look yourself from another terminal while this runs (Ctrl-C ends it and removes everything):',
    `  payflow.db   ${stage.databasePath}`,
    `  HQ           ${stage.hqUrl}`,
  ];
  return `\n${faint(lines.join('\n'))}`;
}

function verdict({ equal, explained, tables }: VerifyReport): string {
  const all = Object.values(tables);
  const rows = all.reduce((sum, table) => sum + table.terminal, 0);
  if (equal && explained === 0)
    return `Verify: both sides are equal, ${rows} rows in ${count(all.length, 'table')} compared one by one.`;
  const differing = all.reduce((sum, table) => sum + table.differing.length, 0);
  return `Verify: ${count(differing, 'row')} of ${rows} differ, ${explained} wait or were refused.`;
}

function booksLine({ till, hq }: DemoBooks): string {
  return `Books:  the till took ${till.total} in ${count(till.sales, 'sale')}; HQ has ${hq.total} in ${hq.sales}.`;
}

function officeLine(done: DemoResult['office']): string {
  const kinds = Object.entries(done).map(([kind, rows]) => `${kind} ${rows}`);
  return `Office: the back office did at HQ: ${kinds.join(', ')}.`;
}
