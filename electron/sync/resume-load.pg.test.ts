/** DESIGN 5.1: a first load that was killed resumes where it stopped and ends equal. */
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTerminal, temporaryFile } from '../../e2e/support/children.ts';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import { scaled } from '../../e2e/support/scale.ts';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import { openApp } from '../host/app.ts';
import { readSettings } from '../host/settings.ts';

const PRODUCTS = scaled(8000, 60_000);
const VARIANTS = PRODUCTS / 2;
let hq: TestHq;

beforeEach(async () => {
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    SELECT 'p' || lpad(g::text, 6, '0'), 'sku-' || g, 'Product ' || g, g, 10, 'store-1', now()
      FROM generate_series(1, ${String(PRODUCTS)}) g;
    INSERT INTO product_variants (id, product_id, sku, selling_price, updated_at)
    SELECT 'v' || lpad(g::text, 6, '0'), 'p' || lpad((g * 2)::text, 6, '0'), 'variant-' || g, g, now()
      FROM generate_series(1, ${String(VARIANTS)}) g`);
});

afterEach(async () => {
  await hq.close();
});

interface Place {
  readonly rows: number;
  readonly loaded: boolean;
  readonly loadKey: string | null;
}

/** How far a table of a file has come, looked at from outside. */
function placeOf(path: string, table: string): Place {
  const db = new DatabaseSync(path, { readOnly: true });
  const { rows } = db.prepare(`SELECT count(*) AS rows FROM "${table}"`).get() as { rows: number };
  const cursor = db
    .prepare('SELECT loaded, load_key AS loadKey FROM sync_cursor WHERE tbl = ?')
    .get(table) as { loaded: number; loadKey: string | null };
  db.close();
  return { rows, loaded: cursor.loaded === 1, loadKey: cursor.loadKey };
}

async function killInLoad(path: string, page: number): Promise<void> {
  using killed = startTerminal({
    url: hq.url,
    path,
    code: 'T1',
    action: 'init',
    killAt: { step: 'load:page', time: page },
  });
  expect(await killed.ended).toBe('SIGKILL');
}

test(
  '5.1: killed twice in the middle of the first load, a terminal resumes and ends equal',
  { timeout: 600_000 },
  async () => {
    using file = temporaryFile();
    // The small tables before the products have a page each.
    await killInLoad(file.path, 4);
    const first = placeOf(file.path, 'products');
    expect(first.loaded).toBe(false);
    expect(first.loadKey).not.toBeNull();
    expect(first.rows).toBeGreaterThan(0);
    expect(first.rows).toBeLessThan(PRODUCTS);
    await killInLoad(file.path, 1);
    const second = placeOf(file.path, 'products');
    expect(second.rows).toBeGreaterThan(first.rows);
    expect(second.rows).toBeLessThan(PRODUCTS);
    // HQ goes on meanwhile: with rows that are here already, and with rows that are still to come.
    await hq.db.query(`
    UPDATE products SET selling_price = 7.25 WHERE id IN ('p000001', 'p${String(PRODUCTS - 1).padStart(6, '0')}');
    DELETE FROM products WHERE id IN ('p000003', 'p${String(PRODUCTS - 3).padStart(6, '0')}');
    INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
    VALUES ('p000000', 'early', 'Early', 1, 'store-1', now()), ('p999999', 'late', 'Late', 1, 'store-1', now())`);

    const terminal = await createTerminal(hq, 'T1', { path: file.path, init: false });
    const resumed = await terminal.app.init(() => undefined, new AbortController().signal);
    const again = await terminal.sync();

    // It went on: what was here was not read again (a few rows came once more from the feed).
    expect(resumed.created).toBe(false);
    expect(resumed.tables['products']).toBeGreaterThan(0);
    expect(resumed.tables['products']).toBeLessThanOrEqual(PRODUCTS - second.rows + 5);
    expect(resumed.tables['product_variants']).toBe(VARIANTS);
    expect(again.download).toMatchObject({ applied: 0, deleted: 0 });
    expect(
      await differences(hq.db, terminal.pos, { products: {}, product_variants: {}, stores: {} }),
    ).toEqual([]);
    await terminal.close();
  },
);

/** The terminal of a file whose first load was cut off in the middle of the products, after what HQ has done since. */
async function resumed(path: string): Promise<TestTerminal> {
  const terminal = await createTerminal(hq, 'T1', { path, init: false });
  await terminal.app.init(() => undefined, new AbortController().signal);
  await terminal.sync();
  expect(await differences(hq.db, terminal.pos, { products: {} })).toEqual([]);
  return terminal;
}

test('5.1, 5.5: a unique value that HQ hands from a loaded row to one that is still to come does not stop the load', async () => {
  using file = temporaryFile();
  await killInLoad(file.path, 4);
  const last = `p${String(PRODUCTS - 2).padStart(6, '0')}`;
  await hq.db.query(`
    UPDATE products SET sku = 'handed-on' WHERE id = 'p000002';
    UPDATE products SET sku = 'sku-2' WHERE id = '${last}'`);

  const terminal = await resumed(file.path);

  expect(terminal.row('products', last, 'sku')).toEqual({ sku: 'sku-2' });
  await terminal.close();
});

test('3.8, 5.1: a column that HQ gets and fills in the middle of a first load is filled in the rows that were loaded before', async () => {
  using file = temporaryFile();
  await killInLoad(file.path, 4);
  await hq.db.query(`ALTER TABLE products ADD COLUMN shelf text; UPDATE products SET shelf = 'B4'`);
  const admin = await openApp(readSettings({ DATABASE_URL: hq.url }), quietLog);
  await admin.installHq({ withSchema: false, manifest: null, notify: null });
  await admin.close();

  const terminal = await resumed(file.path);
  const { rows } = await hq.db.query(
    'SELECT count(*)::int AS filled FROM products WHERE shelf IS NOT NULL',
  );
  expect(rows).toEqual([{ filled: PRODUCTS }]);
  await terminal.close();
});

test('5.1, 8.2: a terminal that moves in the middle of its first load keeps nothing of its old store', async () => {
  using file = temporaryFile();
  await killInLoad(file.path, 4);
  await hq.db.query(`UPDATE terminals SET store_id = 'store-2' WHERE id = 'term-1'`);

  const terminal = await createTerminal(hq, 'T1', { path: file.path, init: false });
  await terminal.app.init(() => undefined, new AbortController().signal);

  expect(await terminal.sync()).toMatchObject({ status: 'completed' });
  expect(terminal.pos.prepare('SELECT count(*) AS left FROM products').get()).toEqual({ left: 0 });
  await terminal.close();
});
