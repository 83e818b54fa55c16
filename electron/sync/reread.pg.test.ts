/** HQ's current row is the truth, whatever an entry says (DESIGN 5.2, 5.3, 6.5); nothing echoes (4.2). */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy } from '../../e2e/support/proxy.ts';
import { sell } from '../../e2e/support/sale.ts';
import {
  createHq,
  createTerminal,
  differences,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let terminal: TestTerminal;

beforeEach(async () => {
  hq = await createHq();
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
    VALUES ('tea', 'tea', 'Tea', 2, 10, 'store-1', now()), ('milk', 'milk', 'Milk', 1, 10, 'store-1', now())`);
});

afterEach(async () => {
  await terminal.close();
  await hq.close();
});

/** The shop's own rules at HQ: an order is stamped and the products that are sold are marked. */
const RULES = `
  CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.notes := 'seen by HQ'; RETURN NEW; END $$;
  CREATE TRIGGER stamp BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
  CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN UPDATE products SET brand = 'sold' WHERE id <> NEW.product_id; RETURN NULL; END $$;
  CREATE TRIGGER mark AFTER INSERT ON order_items FOR EACH ROW EXECUTE FUNCTION mark();`;

const sale = (id: string): void => {
  sell(terminal.pos, { id, terminal: 'term-1', product: 'tea', quantity: 1, cents: 200 });
};

async function expectInStep(): Promise<void> {
  expect(terminal.row('orders', 'sale', 'notes')).toEqual({ notes: 'seen by HQ' });
  expect(terminal.row('products', 'milk', 'brand')).toEqual({ brand: 'sold' });
  expect(await differences(hq.db, terminal.pos, { products: {}, orders: {} })).toEqual([]);
}

test('6.5: what the rules of HQ make of an upload is here with the acknowledgement and comes no second time', async () => {
  terminal = await createTerminal(hq, 'T1');
  await hq.db.query(RULES);
  sale('sale');

  await terminal.sync();
  await expectInStep();
  const again = await terminal.sync();

  expect(again).toMatchObject({
    download: { applied: 0, deleted: 0 },
    upload: { applied: 0, deleted: 0 },
  });
  await expectInStep();
});

test('6.5: what the rules of HQ made of an upload whose reply was lost comes with the feed', async () => {
  const network = await startProxy(hq.url);
  terminal = await createTerminal(hq, 'T1', { url: network.url(hq.url) });
  await hq.db.query(RULES);
  sale('sale');
  const commit = network.stopAt('COMMIT\0');
  const failing = terminal.trySync();
  const ended = failing.then(() => null);
  (await Promise.race([commit, ended]))?.deliverAndLoseReply();
  expect(await failing).toMatchObject({ status: 'failed', error: { code: 'HQ_CONNECTION_LOST' } });

  await terminal.sync();

  await expectInStep();
  await network.close();
});

test('5.3: a row that was removed at HQ and made again under the same key stays', async () => {
  terminal = await createTerminal(hq, 'T1');
  await hq.db.query(`DELETE FROM products WHERE id = 'milk'`);
  await hq.db.query(`
    INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
    VALUES ('milk', 'milk', 'New milk', 1, 'store-1', now())`);

  await terminal.sync();

  expect(terminal.row('products', 'milk', 'name')).toEqual({ name: 'New milk' });
});

test('4.2: what a download writes is no change of the POS', async () => {
  terminal = await createTerminal(hq, 'T1');
  await hq.db.query(`
    UPDATE products SET name = 'Green tea' WHERE id = 'tea';
    DELETE FROM products WHERE id = 'milk';
    INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
    VALUES ('salt', 'salt', 'Salt', 1, 'store-1', now())`);

  await terminal.sync({ direction: 'push' });

  expect(terminal.row('products', 'tea', 'name, sync_status')).toEqual({
    name: 'Green tea',
    sync_status: 'synced',
  });
  expect(terminal.pos.prepare('SELECT * FROM sync_outbox').all()).toEqual([]);
});
