/** Invariant 3: every committed change of HQ arrives, whatever transactions run beside it (DESIGN 3.3). */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunReport } from '../shared/report.ts';
import { CURSOR_MUTANTS } from './simulation/mutants.ts';
import { startTerminal, temporaryFile } from './support/children.ts';
import { importProducts, write } from './support/hq-writers.ts';
import { LONG, scaled } from './support/scale.ts';
import {
  createHq,
  createTerminal,
  differences,
  type Difference,
  type TestHq,
  type TestTerminal,
} from './support/shop.ts';

const WRITERS = 12;
const SECONDS = scaled(6, 30);
const LONGEST_TRANSACTION = scaled(3, 5);
const IMPORTED = scaled(3000, 30_000);
/** Small pages, so that they end inside transactions. */
const PAGE = 50;
const patience = { timeout: 600_000 };

interface Outcome {
  readonly gaps: readonly Difference[];
  readonly terminal: TestTerminal;
  readonly told: readonly RunReport[];
  readonly sum: (what: 'committed' | 'rolledBack' | 'long') => number;
}

let hq: TestHq;
let file: ReturnType<typeof temporaryFile>;
let terminal: TestTerminal | null = null;

beforeEach(async () => {
  file = temporaryFile();
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO customers (id, customer_code, first_name, store_id, updated_at)
    SELECT 'common-' || g, 'common-' || g, 'Common', 'store-1', now() FROM generate_series(0, 4) g`);
});

afterEach(async () => {
  await terminal?.close();
  terminal = null;
  file[Symbol.dispose]();
  await hq.close();
});

/** 12 writers and an import commit beside a running sync; then one more sync, and a comparison of its own. */
async function syncBesideWriters(mutant?: string): Promise<Outcome> {
  const right = { url: hq.url, path: file.path, code: 'T1', batchSize: PAGE };
  const order = mutant === undefined ? right : { ...right, mutant };
  using first = startTerminal({ ...right, action: 'init' });
  expect(await first.ended).toBe(0);
  const writers = await Promise.all(Array.from({ length: WRITERS }, () => hq.connect()));
  const importer = await hq.connect();

  using syncing = startTerminal({ ...order, action: 'syncs' });
  // A wrong reader must keep up with the writers, else it comes when all is committed, and loses nothing.
  const importing =
    mutant === undefined
      ? sleep(1000).then(() => importProducts(importer, IMPORTED, 1))
      : Promise.resolve();
  const written = await Promise.all(
    writers.map((client, number) =>
      write(client, { number: number + 1, seconds: SECONDS, longSeconds: LONGEST_TRANSACTION }),
    ),
  );
  await importing;
  syncing.stop();
  expect(await syncing.ended).toBe(0);
  using last = startTerminal({ ...order, action: 'sync' });
  expect(await last.ended).toBe(0);
  terminal = await createTerminal(hq, 'T1', { path: file.path, batchSize: PAGE, init: false });

  const inStore = { where: `store_id = 'store-1'` };
  return {
    gaps: await differences(hq.db, terminal.pos, {
      products: inStore,
      customers: inStore,
      product_variants: {},
    }),
    terminal,
    told: [...syncing.told, ...last.told],
    sum: (what) => written.reduce((total, writer) => total + writer[what], 0),
  };
}

test(
  '3.3: every change that 12 writers and an import commit beside a running sync arrives',
  patience,
  async () => {
    const { gaps, terminal: till, told, sum } = await syncBesideWriters();

    expect(gaps).toEqual([]);
    const again = await till.sync();
    expect(again.download).toMatchObject({ applied: 0, deleted: 0 });
    expect(await till.app.held()).toEqual([]);
    expect(await till.app.rejected()).toEqual([]);
    // The test is worth something only where there was something to lose.
    expect(sum('committed')).toBeGreaterThanOrEqual(WRITERS * 15);
    expect(sum('rolledBack')).toBeGreaterThan(0);
    expect(sum('long')).toBeGreaterThan(0);
    expect(told.length).toBeGreaterThan(1);
    expect(told.flatMap((report) => report.error ?? [])).toEqual([]);
  },
);

test.runIf(LONG).each(Object.keys(CURSOR_MUTANTS))(
  'it sees what is lost where %s',
  patience,
  async (mutant) => {
    // It must keep up with the writers, else it comes when all is committed, and loses nothing.
    await hq.db.query('CREATE INDEX ON payflow_sync.feed (tbl, seq)');
    const { gaps } = await syncBesideWriters(mutant);
    expect(gaps).not.toEqual([]);
  },
);
