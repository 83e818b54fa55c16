/** What the POS replaces, displaces or only tries to: DESIGN 4.3 from the write to HQ. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq, atPos, expectInStep, hqRow, serverId } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let t1: TestTerminal;
let t2: TestTerminal;

beforeAll(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1');
  t2 = await createTerminal(hq, 'T2');
});

afterAll(async () => {
  await t1.close();
  await t2.close();
  await hq.close();
});

/** A product made at T1, known to T2. */
async function product(localId: string, values: Record<string, string | number> = {}) {
  atPos(t1.pos, 'products', { local_id: localId, ...values });
  await t1.sync();
  await t2.sync();
  return serverId(t1, 'products', localId);
}

async function settled(): Promise<void> {
  await t1.sync();
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
}

const waiting = (): unknown =>
  t1.pos.prepare('SELECT op, local_id FROM sync_outbox ORDER BY seq').all();

/** The whole row as the POS's product form saves it. */
function save(localId: string, sku: string, name: string, stock: number): void {
  t1.pos.exec(`
    INSERT OR REPLACE INTO products (local_id, sku, name, brand, selling_price, stock_quantity, store_id, updated_at)
    VALUES ('${localId}', '${sku}', '${name}', 'of the POS', '5.00', ${String(stock)}, 'store-1', '2026-11-22T09:00:00.000Z')`);
}

test.each(['OFF', 'ON'])(
  '4.3: a replaced row merges by column and adds by what it gained (recursive_triggers %s)',
  async (recursive) => {
    const key = `whole-${recursive}`;
    const id = await product(key, { sku: key, name: 'Tea', stock_quantity: 10 });
    t1.pos.exec(`PRAGMA recursive_triggers = ${recursive}`);
    save(key, key, 'Tea', 7);
    t1.pos.exec('PRAGMA recursive_triggers = OFF');
    t2.pos.exec(
      `UPDATE products SET stock_quantity = stock_quantity - 1, name = 'Green tea' WHERE local_id = '${id}'`,
    );
    await t2.sync();
    await t1.sync();

    // Each side's column stands: T1 saved the name as it was, so that it changed only brand and stock.
    expect(await hqRow(hq.db, 'products', id, 'name, brand, master_stock_quantity')).toEqual({
      name: 'Green tea',
      brand: 'of the POS',
      master_stock_quantity: 6,
    });
    const lost = (await t1.app.conflicts()).filter((row) => row.rowId === id);
    expect(lost.map(({ column }) => column)).toEqual([]);
    await settled();
  },
);

test('4.3: a row that a unique key displaces is deleted at HQ', async () => {
  const displaced = await product('displaced', { sku: 'handed-on' });
  save('heir', 'handed-on', 'Heir', 0);
  expect(waiting()).toEqual([
    { op: 'R', local_id: 'displaced' },
    { op: 'I', local_id: 'heir' },
  ]);
  await t1.sync();
  await t1.sync();

  expect(await hqRow(hq.db, 'products', displaced, 'sku')).toBeUndefined();
  expect(await hqRow(hq.db, 'products', serverId(t1, 'products', 'heir'), 'sku, name')).toEqual({
    sku: 'handed-on',
    name: 'Heir',
  });
  expect(await t1.app.rejected()).toEqual([]);
  await settled();
});

test('4.3, 6.6: a row that a unique key displaced, and that HQ does not let go, comes back when its place is free', async () => {
  const kept = await product('kept-at-hq', { sku: 'contested' });
  await hq.db.query(`
    CREATE FUNCTION keep_contested() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
    CREATE TRIGGER keep_contested BEFORE DELETE ON products FOR EACH ROW WHEN (OLD.sku = 'contested')
      EXECUTE FUNCTION keep_contested()`);
  save('intruder', 'contested', 'Intruder', 0);
  await t1.sync();
  await t1.sync();
  expect(t1.row('products', 'kept-at-hq')).toBeUndefined();

  t1.pos.exec(`DELETE FROM products WHERE local_id = 'intruder'`);
  await t1.sync();
  await t1.sync();

  expect(t1.row('products', 'kept-at-hq', 'sku')).toEqual({ sku: 'contested' });
  expect(await hqRow(hq.db, 'products', kept, 'sku')).toEqual({ sku: 'contested' });
  expect(await t1.app.rejected()).toEqual([]);
  await hq.db.query('DROP TRIGGER keep_contested ON products');
  await settled();
});

test('4.3: evidence of a row that stands is dropped, and HQ hears nothing', async () => {
  const id = await product('stands', { sku: 'stands' });
  const before = await hqRow(hq.db, 'products', id, 'xmin::text, *');
  t1.pos.exec(`
    INSERT OR IGNORE INTO products (local_id, sku, name, selling_price, store_id, updated_at)
    VALUES ('stands', 'stands', 'x', '1', 'store-1', 'x');
    INSERT INTO products (local_id, sku, name, selling_price, store_id, updated_at)
    VALUES ('other', 'stands', 'x', '1', 'store-1', 'x') ON CONFLICT DO NOTHING`);
  expect(waiting()).toEqual([
    { op: 'R', local_id: 'stands' },
    { op: 'R', local_id: 'stands' },
  ]);
  const report = await t1.sync();

  expect(report.upload).toMatchObject({ applied: 0, rejected: 0 });
  expect(waiting()).toEqual([]);
  expect(await hqRow(hq.db, 'products', id, 'xmin::text, *')).toEqual(before);
});

test('4.3: evidence alone does not make a refused row pending again', async () => {
  atPos(t1.pos, 'categories', { local_id: 'mine' });
  await t1.sync();
  const refused = (await t1.app.rejected()).find((row) => row.id === 'mine');
  expect(refused).toMatchObject({ code: 'HQ_OWNS_TABLE', tries: 1 });
  t1.pos.exec(
    `INSERT OR IGNORE INTO categories (local_id, name, store_id, updated_at) VALUES ('mine', 'x', 'store-1', 'x')`,
  );
  await t1.sync();

  expect((await t1.app.rejected()).find((row) => row.id === 'mine')).toEqual(refused);
  t1.pos.exec(`DELETE FROM categories WHERE local_id = 'mine'`);
  await t1.sync();
  expect(await t1.app.rejected()).toEqual([]);
});

test('4.3: a row deleted and put back with other values is an edit of it', async () => {
  const id = await product('back', { sku: 'back', name: 'Tea', stock_quantity: 5 });
  t1.pos.exec(`DELETE FROM products WHERE local_id = 'back'`);
  save('back', 'back', 'Tea', 4);
  await atHq(hq.db, 'products', { id: 'beside' });
  await hq.db.query(`UPDATE products SET name = 'At HQ', master_stock_quantity = 9 WHERE id = $1`, [
    id,
  ]);
  await t1.sync();

  expect(await hqRow(hq.db, 'products', id, 'name, brand, master_stock_quantity')).toEqual({
    name: 'At HQ',
    brand: 'of the POS',
    master_stock_quantity: 8,
  });
  await settled();
});

test('4.3: a key that moves onto another row edits that row and deletes the one that moved', async () => {
  const moved = await product('mover', { sku: 'mover', name: 'Mover' });
  const stood = await product('stood', { sku: 'stood', name: 'Stood' });
  t1.pos.exec(`UPDATE OR REPLACE products SET local_id = 'stood' WHERE local_id = 'mover'`);
  await t1.sync();
  await t1.sync();

  expect(await hqRow(hq.db, 'products', moved, 'sku')).toBeUndefined();
  expect(await hqRow(hq.db, 'products', stood, 'sku, name')).toEqual({
    sku: 'mover',
    name: 'Mover',
  });
  await settled();
});
