/** One side deletes, the other edits (DESIGN 7.5, invariant 10: deletes stay deleted, except by 7.5). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atHq, atPos, expectInStep, hqRow } from '../../e2e/support/rows.ts';
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

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

const logged = async (terminal: TestTerminal, rowId: string) =>
  (await terminal.app.conflicts())
    .filter((row) => row.rowId === rowId)
    .map(({ column, kept, lost, winner, rule }) => ({ column, kept, lost, winner, rule }));

/** A product of HQ's that both terminals have. */
async function product(
  id: string,
  values: Record<string, string | number> = {},
  variant = false,
): Promise<void> {
  await atHq(hq.db, 'products', { id, brand: 'b', master_stock_quantity: 10, ...values });
  if (variant) await atHq(hq.db, 'product_variants', { id: `${id}-v`, product_id: id });
  await t1.sync();
  await t2.sync();
}

const atT1 = (id: string) => t1.row('products', id, 'brand, stock_quantity, sync_status');
const gone = async (id: string): Promise<void> => {
  expect(await hqRow(hq.db, 'products', id, 'id')).toBeUndefined();
  expect(atT1(id)).toBeUndefined();
  expect(t2.row('products', id)).toBeUndefined();
};
const inStep = async (): Promise<void> => {
  await t2.sync();
  for (const terminal of [t1, t2]) {
    expect(await terminal.app.rejected()).toEqual([]);
    expect(await terminal.app.held()).toEqual([]);
  }
  await expectInStep(hq, [t1, t2]);
};

test("7.5: a later edit here undoes HQ's delete: the row is made again at HQ with all its values and its key", async () => {
  await product('back', { description: 'kept as it was', sku: 'SKU-back' });
  await hq.db.query("DELETE FROM products WHERE id = 'back'");
  await later();
  t1.pos.exec("UPDATE products SET brand = 'edited' WHERE local_id = 'back'");
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'completed', download: { conflicts: 1, deleted: 0 } });
  expect(
    await hqRow(hq.db, 'products', 'back', 'brand, description, sku, master_stock_quantity'),
  ).toEqual({
    brand: 'edited',
    description: 'kept as it was',
    sku: 'SKU-back',
    master_stock_quantity: 10,
  });
  expect(atT1('back')).toEqual({ brand: 'edited', stock_quantity: 10, sync_status: 'synced' });
  expect(await logged(t1, 'back')).toEqual([
    { column: 'brand', kept: 'edited', lost: null, winner: 'terminal', rule: 'restored' },
  ]);
  await inStep();
  expect(t2.row('products', 'back', 'brand')).toEqual({ brand: 'edited' });

  // From here on it is a row as any other.
  t1.pos.exec("UPDATE products SET brand = 'again' WHERE local_id = 'back'");
  await t1.sync();
  expect(await hqRow(hq.db, 'products', 'back', 'brand')).toEqual({ brand: 'again' });
  await inStep();
});

test("7.5: an earlier edit here does not undo HQ's delete; what was typed is kept in the log", async () => {
  await product('stays');
  t1.pos.exec("UPDATE products SET brand = 'earlier' WHERE local_id = 'stays'");
  await later();
  await hq.db.query("DELETE FROM products WHERE id = 'stays'");
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'completed', download: { conflicts: 1, deleted: 1 } });
  expect(await logged(t1, 'stays')).toEqual([
    { column: 'brand', kept: null, lost: 'earlier', winner: 'hq', rule: 'deleted' },
  ]);
  await inStep();
  await gone('stays');
});

test('7.5: a sale, increments and the time of last change only, never undoes a delete, however late it is', async () => {
  await product('sold-out');
  await hq.db.query("DELETE FROM products WHERE id = 'sold-out'");
  await later();
  t1.pos
    .exec(`UPDATE products SET stock_quantity = stock_quantity - 1, updated_at = '2030-01-01T00:00:00.000Z'
    WHERE local_id = 'sold-out'`);
  await t1.sync();

  expect(await logged(t1, 'sold-out')).toEqual([
    { column: 'master_stock_quantity', kept: null, lost: '9', winner: 'hq', rule: 'deleted' },
  ]);
  await inStep();
  await gone('sold-out');
});

test("7.5: an edit of a price that HQ decides never undoes HQ's delete", async () => {
  await product('priced');
  await hq.db.query("DELETE FROM products WHERE id = 'priced'");
  await later();
  t1.pos.exec("UPDATE products SET selling_price = '1' WHERE local_id = 'priced'");
  await t1.sync();
  expect(await logged(t1, 'priced')).toMatchObject([{ column: 'selling_price', lost: '1' }]);
  await inStep();
  await gone('priced');
});

test('7.5 terminal: an edit under `terminal` undoes a delete also where it is the earlier one', async () => {
  atPos(t1.pos, 'shifts', { local_id: 'shift', opening_balance: '1' });
  await t1.sync();
  const id = String(t1.row('shifts', 'shift', 'server_id')?.['server_id']);
  t1.pos.exec("UPDATE shifts SET opening_balance = '2' WHERE local_id = 'shift'");
  await later();
  await hq.db.query('DELETE FROM shifts WHERE id = $1', [id]);
  await t1.sync();

  expect(await hqRow(hq.db, 'shifts', id, 'opening_balance::text')).toEqual({
    opening_balance: '2.0000',
  });
  expect(t1.row('shifts', 'shift', 'server_id, sync_status')).toEqual({
    server_id: id,
    sync_status: 'synced',
  });
  await inStep();
});

test.each(['both', 'pull'] as const)(
  'a delete at HQ that only the upload meets is decided in the same cycle (%s)',
  async (direction) => {
    const [late, early] = [`met-late-${direction}`, `met-early-${direction}`];
    await product(late);
    await product(early);
    t1.pos.exec(`UPDATE products SET brand = 'early' WHERE local_id = '${early}'`);
    await later();
    await hq.db.query('DELETE FROM products WHERE id = ANY ($1)', [[late, early]]);
    await later();
    t1.pos.exec(`UPDATE products SET brand = 'late' WHERE local_id = '${late}'`);
    const report = await t1.sync({ direction });

    expect(report.status).toBe('completed');
    expect(await hqRow(hq.db, 'products', late, 'brand')).toEqual({ brand: 'late' });
    expect(atT1(early)).toBeUndefined();
    await t1.sync();
    await inStep();
    await gone(early);
  },
);

test('7.5: a later edit at HQ undoes a delete here: the row comes back, under its name', async () => {
  await product('returns');
  t1.pos.exec("DELETE FROM products WHERE local_id = 'returns'");
  await later();
  await hq.db.query("UPDATE products SET brand = 'later' WHERE id = 'returns'");
  const report = await t1.sync();

  expect(report).toMatchObject({ status: 'completed', upload: { deleted: 0 } });
  expect(atT1('returns')).toEqual({ brand: 'later', stock_quantity: 10, sync_status: 'synced' });
  expect(await logged(t1, 'returns')).toEqual([
    { column: 'brand', kept: 'later', lost: null, winner: 'hq', rule: 'restored' },
  ]);
  await inStep();
});

test('7.5: a later edit at HQ that only the upload meets undoes the delete too', async () => {
  await product('unseen');
  t1.pos.exec("DELETE FROM products WHERE local_id = 'unseen'");
  await later();
  await hq.db.query("UPDATE products SET brand = 'unseen' WHERE id = 'unseen'");
  const report = await t1.sync({ direction: 'pull' });

  expect(report).toMatchObject({ status: 'completed', upload: { deleted: 0 } });
  expect(atT1('unseen')).toEqual({ brand: 'unseen', stock_quantity: 10, sync_status: 'synced' });
  await t1.sync();
  await inStep();
});

test.each(['both', 'pull'] as const)(
  "7.5: HQ's stock, price or earlier edit does not undo a delete here; each value is in the log (%s)",
  async (direction) => {
    const ids = ['stock', 'price', 'early'].map((what) => `no-${what}-${direction}`);
    const [stock = '', price = '', early = ''] = ids;
    for (const id of ids) await product(id);
    await hq.db.query("UPDATE products SET brand = 'early' WHERE id = $1", [early]);
    await later();
    t1.pos.exec(`DELETE FROM products WHERE local_id IN ('${ids.join("', '")}')`);
    await later();
    await hq.db.query(
      'UPDATE products SET master_stock_quantity = 3, updated_at = now() WHERE id = $1',
      [stock],
    );
    await hq.db.query('UPDATE products SET selling_price = 77 WHERE id = $1', [price]);
    const report = await t1.sync({ direction });

    expect(report).toMatchObject({ status: 'completed', upload: { deleted: 3 } });
    expect(await logged(t1, stock)).toContainEqual({
      column: 'master_stock_quantity',
      kept: null,
      lost: '3',
      winner: 'terminal',
      rule: 'deleted',
    });
    expect(await logged(t1, price)).toContainEqual({
      column: 'selling_price',
      kept: null,
      lost: '77',
      winner: 'terminal',
      rule: 'deleted',
    });
    expect(await logged(t1, early)).toContainEqual({
      column: 'brand',
      kept: null,
      lost: 'early',
      winner: 'terminal',
      rule: 'deleted',
    });
    await t1.sync();
    await inStep();
    for (const id of ids) await gone(id);
  },
);

test('7.5: a child whose parent stays deleted cannot come back; a child of a parent that does, comes with it', async () => {
  await product('lost-family', {}, true);
  await product('family', {}, true);
  for (const id of ['lost-family', 'family']) {
    await hq.db.query('DELETE FROM product_variants WHERE product_id = $1', [id]);
    await hq.db.query('DELETE FROM products WHERE id = $1', [id]);
  }
  await later();
  t1.pos.exec(`
    UPDATE product_variants SET variant_name = 'Large' WHERE local_id = 'lost-family-v';
    UPDATE product_variants SET variant_name = 'Large' WHERE local_id = 'family-v';
    UPDATE products SET brand = 'edited' WHERE local_id = 'family'`);
  const report = await t1.sync();

  expect(report.status).toBe('completed');
  expect(await hqRow(hq.db, 'product_variants', 'family-v', 'variant_name, product_id')).toEqual({
    variant_name: 'Large',
    product_id: 'family',
  });
  expect(t1.row('product_variants', 'lost-family-v')).toBeUndefined();
  expect(await logged(t1, 'lost-family-v')).toEqual([
    { column: 'variant_name', kept: null, lost: 'Large', winner: 'hq', rule: 'deleted' },
  ]);
  await inStep();
  await gone('lost-family');
});

test('7.5: a row that comes back takes what was sold of it meanwhile along, once', async () => {
  await product('counted');
  await hq.db.query("DELETE FROM products WHERE id = 'counted'");
  await later();
  t1.pos.exec(
    "UPDATE products SET brand = 'edited', stock_quantity = stock_quantity - 4 WHERE local_id = 'counted'",
  );
  await t1.sync();
  expect(await hqRow(hq.db, 'products', 'counted', 'master_stock_quantity')).toEqual({
    master_stock_quantity: 6,
  });
  await inStep();
});

test('7.5: what HQ makes again itself before it is sent is merged, not made twice', async () => {
  await product('twice');
  await hq.db.query("DELETE FROM products WHERE id = 'twice'");
  await later();
  t1.pos.exec("UPDATE products SET brand = 'of T1' WHERE local_id = 'twice'");
  await t1.sync({ direction: 'push' });
  await later();
  await atHq(hq.db, 'products', { id: 'twice', brand: 'of HQ', name: 'anew' });
  await t1.sync();

  expect(await hqRow(hq.db, 'products', 'twice', 'brand, name')).toEqual({
    brand: 'of HQ',
    name: 'anew',
  });
  expect(atT1('twice')).toMatchObject({ brand: 'of HQ', sync_status: 'synced' });
  await inStep();
});

test('a row that came back and is deleted here before it is sent is gone on both sides', async () => {
  await product('fickle');
  await hq.db.query("DELETE FROM products WHERE id = 'fickle'");
  await later();
  t1.pos.exec("UPDATE products SET brand = 'edited' WHERE local_id = 'fickle'");
  await t1.sync({ direction: 'push' });
  expect(atT1('fickle')).toMatchObject({ brand: 'edited', sync_status: 'pending' });
  t1.pos.exec("DELETE FROM products WHERE local_id = 'fickle'");
  await t1.sync();
  await inStep();
  await gone('fickle');
});
