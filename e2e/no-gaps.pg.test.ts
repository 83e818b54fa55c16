/** Invariant 3: every committed change of HQ arrives, whatever transactions run beside it (DESIGN 3.3). */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTerminal, temporaryFile } from './support/children.ts';
import { importProducts, write } from './support/hq-writers.ts';
import { scaled } from './support/scale.ts';
import { createHq, createTerminal, differences, type TestHq } from './support/shop.ts';

const WRITERS = 12;
const SECONDS = scaled(6, 30);
const LONGEST_TRANSACTION = scaled(3, 5);
const IMPORTED = scaled(3000, 30_000);
/** Small pages, so that they end inside transactions. */
const PAGE = 50;
const patience = { timeout: 600_000 };

let hq: TestHq;

beforeAll(async () => {
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO customers (id, customer_code, first_name, store_id, updated_at)
    SELECT 'common-' || g, 'common-' || g, 'Common', 'store-1', now() FROM generate_series(0, 4) g`);
});

afterAll(async () => {
  await hq.close();
});

test(
  '3.3: every change that 12 writers and an import commit beside a running sync arrives',
  patience,
  async () => {
    using file = temporaryFile();
    const { path } = file;
    using first = startTerminal({ url: hq.url, path, code: 'T1', batchSize: PAGE, action: 'init' });
    expect(await first.ended).toBe(0);
    const writers = await Promise.all(Array.from({ length: WRITERS }, () => hq.connect()));
    const importer = await hq.connect();

    using syncing = startTerminal({
      url: hq.url,
      path,
      code: 'T1',
      batchSize: PAGE,
      action: 'syncs',
    });
    const importing = sleep(1000).then(() => importProducts(importer, IMPORTED, 1));
    const written = await Promise.all(
      writers.map((client, number) =>
        write(client, { number: number + 1, seconds: SECONDS, longSeconds: LONGEST_TRANSACTION }),
      ),
    );
    await importing;
    syncing.stop();
    expect(await syncing.ended).toBe(0);
    const terminal = await createTerminal(hq, 'T1', { path, batchSize: PAGE, init: false });
    await terminal.sync();
    const again = await terminal.sync();

    const inStore = { where: `store_id = 'store-1'` };
    expect(
      await differences(hq.db, terminal.pos, {
        products: inStore,
        customers: inStore,
        product_variants: {},
      }),
    ).toEqual([]);
    expect(again.download).toMatchObject({ applied: 0, deleted: 0 });
    expect(await terminal.app.held()).toEqual([]);
    expect(await terminal.app.rejected()).toEqual([]);
    const sum = (what: keyof (typeof written)[number]): number =>
      written.reduce((total, writer) => total + writer[what], 0);
    // The test is worth something only where there was something to lose.
    expect(sum('committed')).toBeGreaterThanOrEqual(WRITERS * 15);
    expect(sum('rolledBack')).toBeGreaterThan(0);
    expect(sum('long')).toBeGreaterThan(0);
    expect(syncing.told.length).toBeGreaterThan(1);
    expect(syncing.told.flatMap((report) => report.error ?? [])).toEqual([]);
    await terminal.close();
  },
);
