/** Both sides write: DESIGN 4.3, 6.5, 7.1 to 7.4, and what the POS program reads of its rows. */
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
/** What T1 does at a named point of its cycle. */
let atStep: (step: string) => void = () => undefined;

beforeAll(async () => {
  hq = await createHq();
  // What a shop's own triggers do to uploaded rows: normalise, stamp, and move stock in another table.
  await hq.db.query(`
    CREATE FUNCTION normalise() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.first_name := trim(NEW.first_name);
      NEW.updated_at := now() AT TIME ZONE 'UTC';
      RETURN NEW;
    END $$;
    CREATE TRIGGER normalise BEFORE INSERT OR UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION normalise();
    CREATE FUNCTION take_stock() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE products SET master_stock_quantity = master_stock_quantity + NEW.quantity_change WHERE id = NEW.product_id;
      RETURN NULL;
    END $$;
    CREATE TRIGGER take_stock AFTER INSERT ON inventory_transactions FOR EACH ROW EXECUTE FUNCTION take_stock();`);
  t1 = await createTerminal(hq, 'T1', {
    at: (step) => {
      atStep(step);
    },
  });
  t2 = await createTerminal(hq, 'T2');
});

afterAll(async () => {
  await t1.close();
  await t2.close();
  await hq.close();
});

const conflictsOf = async (terminal: TestTerminal, rowId: string) =>
  (await terminal.app.conflicts())
    .filter((row) => row.rowId === rowId)
    .map(({ column, kept, lost, rule }) => ({ column, kept, lost, rule }));

const status = (table: string, localId: string) =>
  t1.row(table, localId, 'sync_status, sync_operation');

/** A product made at T1, known to T2 under HQ's id. */
async function product(localId: string, values: Record<string, string | number> = {}) {
  atPos(t1.pos, 'products', { local_id: localId, ...values });
  await t1.sync();
  await t2.sync();
  return serverId(t1, 'products', localId);
}

test('7.3: two terminals that each sell one from ten leave eight, on every side', async () => {
  const id = await product('eight', { stock_quantity: 10 });
  t1.pos.exec("UPDATE products SET stock_quantity = stock_quantity - 1 WHERE local_id = 'eight'");
  t2.pos.exec(`UPDATE products SET stock_quantity = stock_quantity - 1 WHERE local_id = '${id}'`);
  await t1.sync();
  await t2.sync();
  await t1.sync();

  expect(await hqRow(hq.db, 'products', id, 'master_stock_quantity')).toEqual({
    master_stock_quantity: 8,
  });
  expect([
    t1.row('products', 'eight', 'stock_quantity'),
    t2.row('products', id, 'stock_quantity'),
  ]).toEqual([{ stock_quantity: 8 }, { stock_quantity: 8 }]);
  expect(await conflictsOf(t1, id)).toEqual([]);
  await expectInStep(hq, [t1, t2]);
});

test('increments of money are exact', async () => {
  atPos(t1.pos, 'customers', { local_id: 'debt', current_balance: '0.1' });
  await t1.sync();
  await t2.sync();
  const id = serverId(t1, 'customers', 'debt');
  await hq.db.query('UPDATE customers SET current_balance = 12345678901.2 WHERE id = $1', [id]);
  t1.pos.exec("UPDATE customers SET current_balance = '0.3' WHERE local_id = 'debt'");
  t2.pos.exec(`UPDATE customers SET current_balance = '0.2001' WHERE local_id = '${id}'`);
  await t1.sync();
  await t2.sync();
  await t1.sync();

  expect(await hqRow(hq.db, 'customers', id, 'current_balance::text')).toEqual({
    current_balance: '12345678901.5001',
  });
  await expectInStep(hq, [t1, t2]);
});

test('7.4: of two edits of one column the later stays and the earlier is kept in the log, whichever side made it', async () => {
  const id = await product('newest', { brand: 'old', name: 'old' });
  await hq.db.query("UPDATE products SET brand = 'of HQ' WHERE id = $1", [id]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t1.pos.exec("UPDATE products SET brand = 'of T1' WHERE local_id = 'newest'");
  t1.pos.exec("UPDATE products SET name = 'of T1' WHERE local_id = 'newest'");
  await new Promise((resolve) => setTimeout(resolve, 20));
  // The feed has one time for the whole row: this later edit counts for the row.
  const first = await t1.sync();
  expect(first).toMatchObject({ status: 'completed', download: { conflicts: 1 } });
  expect(await conflictsOf(t1, id)).toEqual([
    { column: 'brand', kept: 'of T1', lost: 'of HQ', rule: 'newest' },
  ]);
  expect(await hqRow(hq.db, 'products', id, 'brand, name')).toEqual({
    brand: 'of T1',
    name: 'of T1',
  });

  t1.pos.exec("UPDATE products SET brand = 'earlier' WHERE local_id = 'newest'");
  await new Promise((resolve) => setTimeout(resolve, 20));
  await hq.db.query("UPDATE products SET brand = 'later' WHERE id = $1", [id]);
  await t1.sync();

  expect(t1.row('products', 'newest', 'brand, sync_status')).toEqual({
    brand: 'later',
    sync_status: 'synced',
  });
  expect(await hqRow(hq.db, 'products', id, 'brand')).toEqual({ brand: 'later' });
  expect(await conflictsOf(t1, id)).toEqual([
    { column: 'brand', kept: 'later', lost: 'earlier', rule: 'newest' },
    { column: 'brand', kept: 'of T1', lost: 'of HQ', rule: 'newest' },
  ]);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('7.1: columns that only one side changed never conflict', async () => {
  const id = await product('apart', { brand: 'b', description: 'd' });
  await hq.db.query("UPDATE products SET brand = 'HQ' WHERE id = $1", [id]);
  t1.pos.exec("UPDATE products SET description = 'T1' WHERE local_id = 'apart'");
  t2.pos.exec(`UPDATE products SET barcode = 'T2' WHERE local_id = '${id}'`);
  await t1.sync();
  await t2.sync();
  await t1.sync();

  expect(await hqRow(hq.db, 'products', id, 'brand, description, barcode')).toEqual({
    brand: 'HQ',
    description: 'T1',
    barcode: 'T2',
  });
  expect([await conflictsOf(t1, id), await conflictsOf(t2, id)]).toEqual([[], []]);
  await expectInStep(hq, [t1, t2]);
});

test('7.1: a swap that fails because HQ changed under the upload is rebased and sent in the same cycle', async () => {
  const id = await product('swap', { brand: 'b', stock_quantity: 10 });
  await hq.db.query("UPDATE products SET brand = 'HQ', master_stock_quantity = 20 WHERE id = $1", [
    id,
  ]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t1.pos.exec(
    "UPDATE products SET brand = 'T1', stock_quantity = stock_quantity - 3 WHERE local_id = 'swap'",
  );
  // Upload only, so that the terminal has not seen HQ's edit when it sends its own.
  const report = await t1.sync({ direction: 'pull' });

  expect(report).toMatchObject({ status: 'completed', upload: { applied: 1, rejected: 0 } });
  expect(await hqRow(hq.db, 'products', id, 'brand, master_stock_quantity')).toEqual({
    brand: 'T1',
    master_stock_quantity: 17,
  });
  expect(await conflictsOf(t1, id)).toEqual([
    { column: 'brand', kept: 'T1', lost: 'HQ', rule: 'newest' },
  ]);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test.each(['upload:batch-saved', 'upload:after-send', 'upload:before-acknowledge'])(
  'an edit at %s stays pending and arrives with the next sync',
  async (step) => {
    const localId = `during-${step}`;
    const id = await product(localId, { brand: 'first', stock_quantity: 10 });
    t1.pos.exec(
      `UPDATE products SET brand = 'second', stock_quantity = stock_quantity - 1 WHERE local_id = '${localId}'`,
    );
    let seen: unknown;
    atStep = (name) => {
      if (name !== step) return;
      atStep = () => undefined;
      t1.pos.exec(
        `UPDATE products SET brand = 'third', stock_quantity = stock_quantity - 1 WHERE local_id = '${localId}'`,
      );
      seen = status('products', localId);
    };
    await t1.sync();
    await t1.sync();

    expect(seen).toEqual({ sync_status: 'pending', sync_operation: 'update' });
    expect(await hqRow(hq.db, 'products', id, 'brand, master_stock_quantity')).toEqual({
      brand: 'third',
      master_stock_quantity: 8,
    });
    expect(await conflictsOf(t1, id)).toEqual([]);
    await t2.sync();
    await expectInStep(hq, [t1, t2]);
  },
);

test('a row edited while its insert is on the way is an update of the same row', async () => {
  atPos(t1.pos, 'customers', { local_id: 'fresh', first_name: ' Ann ', loyalty_points: 1 });
  atStep = (name) => {
    if (name !== 'upload:after-send') return;
    atStep = () => undefined;
    t1.pos.exec(
      "UPDATE customers SET city = 'Rome', loyalty_points = loyalty_points + 5 WHERE local_id = 'fresh'",
    );
  };
  await t1.sync();
  await t1.sync();

  const id = serverId(t1, 'customers', 'fresh');
  expect(await hqRow(hq.db, 'customers', id, 'first_name, city, loyalty_points')).toEqual({
    first_name: 'Ann',
    city: 'Rome',
    loyalty_points: 6,
  });
  const { rows } = await hq.db.query("SELECT id FROM customers WHERE customer_code = 'fresh'");
  expect(rows).toEqual([{ id }]);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('a delete here that meets an unseen edit at HQ is done, and every value HQ had is in the log', async () => {
  const id = await product('deleted', { brand: 'b' });
  await hq.db.query("UPDATE products SET brand = 'unseen' WHERE id = $1", [id]);
  t1.pos.exec("DELETE FROM products WHERE local_id = 'deleted'");
  await t1.sync({ direction: 'pull' });

  expect(await hqRow(hq.db, 'products', id, 'id')).toBeUndefined();
  const lost = await conflictsOf(t1, id);
  expect(lost).toContainEqual({ column: 'brand', kept: null, lost: 'unseen', rule: 'deleted' });
  expect(lost).toContainEqual({ column: 'sku', kept: null, lost: 'deleted', rule: 'deleted' });
  await t1.sync();
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('a delete here that met nothing unseen logs nothing', async () => {
  const id = await product('quietly');
  t1.pos.exec("DELETE FROM products WHERE local_id = 'quietly'");
  expect(await t1.sync()).toMatchObject({ upload: { deleted: 1, conflicts: 0 } });
  await t2.sync();
  expect([await conflictsOf(t1, id), t2.row('products', id)]).toEqual([[], undefined]);
  await expectInStep(hq, [t1, t2]);
});

test.each(['ON', 'OFF'])(
  'INSERT OR REPLACE of a known row is an update of it (recursive_triggers %s)',
  async (recursive) => {
    const localId = `replaced-${recursive}`;
    const id = await product(localId, { brand: 'b', description: 'd' });
    t1.pos.exec(`
      PRAGMA recursive_triggers = ${recursive};
      INSERT OR REPLACE INTO products (local_id, sku, name, brand, selling_price, store_id, updated_at)
      VALUES ('${localId}', '${localId}', '${localId}', 'replaced', '5.00', 'store-1', '2026-11-22T08:00:00.000Z');
      PRAGMA recursive_triggers = OFF`);
    await t1.sync();
    await t1.sync();

    expect(t1.row('products', localId, 'server_id, brand, sync_status')).toEqual({
      server_id: id,
      brand: 'replaced',
      sync_status: 'synced',
    });
    const { rows } = await hq.db.query('SELECT id, brand FROM products WHERE sku = $1', [localId]);
    expect(rows).toEqual([{ id, brand: 'replaced' }]);
    await t2.sync();
    await expectInStep(hq, [t1, t2]);
  },
);

test("what HQ's own triggers make of an upload is here after the same sync, and the next one moves nothing", async () => {
  const id = await product('stocked', { stock_quantity: 10 });
  atPos(t1.pos, 'customers', { local_id: 'echo-c', first_name: '  Bea ' });
  atPos(t1.pos, 'inventory_transactions', {
    local_id: 'echo-t',
    product_id: 'stocked',
    terminal_id: 'term-1',
    quantity_change: -4,
  });
  await t1.sync();

  expect(t1.row('customers', 'echo-c', 'first_name, sync_status')).toEqual({
    first_name: 'Bea',
    sync_status: 'synced',
  });
  expect(t1.row('products', 'stocked', 'stock_quantity, sync_status')).toEqual({
    stock_quantity: 6,
    sync_status: 'synced',
  });
  expect(await hqRow(hq.db, 'products', id, 'master_stock_quantity')).toEqual({
    master_stock_quantity: 6,
  });
  expect(await t1.sync()).toMatchObject({
    download: { applied: 0, deleted: 0 },
    upload: { applied: 0, deleted: 0 },
  });
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('soft deletes travel both ways', async () => {
  const here = await product('soft-here');
  const there = await product('soft-there');
  t1.pos.exec(
    "UPDATE products SET deleted_at = '2026-11-22T10:00:00.000Z' WHERE local_id = 'soft-here'",
  );
  await hq.db.query("UPDATE products SET deleted_at = '2026-11-22 11:00' WHERE id = $1", [there]);
  await t1.sync();
  await t2.sync();

  expect(await hqRow(hq.db, 'products', here, 'deleted_at::text')).toEqual({
    deleted_at: '2026-11-22 10:00:00',
  });
  expect(t1.row('products', 'soft-there', 'deleted_at')).toEqual({
    deleted_at: '2026-11-22T11:00:00.000Z',
  });
  expect(t2.row('products', here, 'deleted_at')).toEqual({
    deleted_at: '2026-11-22T10:00:00.000Z',
  });
  await expectInStep(hq, [t1, t2]);
});

test('hard deletes travel both ways with their children', async () => {
  const ids: string[] = [];
  for (const name of ['hard-here', 'hard-there']) {
    ids.push(await product(name));
    atPos(t1.pos, 'product_variants', { local_id: `${name}-v`, product_id: name });
  }
  await t1.sync();
  await t2.sync();
  const [here = '', there = ''] = ids;
  t1.pos.exec(`
    DELETE FROM product_variants WHERE local_id = 'hard-here-v';
    DELETE FROM products WHERE local_id = 'hard-here'`);
  await hq.db.query('DELETE FROM product_variants WHERE product_id = $1', [there]);
  await hq.db.query('DELETE FROM products WHERE id = $1', [there]);
  await t1.sync();
  await t2.sync();

  expect(await hqRow(hq.db, 'products', here, 'id')).toBeUndefined();
  for (const name of ['hard-here', 'hard-there']) {
    expect(t1.row('products', name)).toBeUndefined();
    expect(t1.row('product_variants', `${name}-v`)).toBeUndefined();
  }
  expect([t2.row('products', here), t2.row('products', there)]).toEqual([undefined, undefined]);
  await expectInStep(hq, [t1, t2]);
});

test('a row that both sides delete is gone without a trace', async () => {
  const id = await product('both-gone');
  t1.pos.exec("DELETE FROM products WHERE local_id = 'both-gone'");
  await hq.db.query('DELETE FROM products WHERE id = $1', [id]);
  await t1.sync();
  await t2.sync();
  expect(await t1.app.rejected()).toEqual([]);
  await expectInStep(hq, [t1, t2]);
});

test('a row tells the POS truly where it stands, at every stage', async () => {
  const stage = () =>
    t1.row('customers', 'stage', 'sync_status, sync_operation, last_sync_at IS NULL AS never');
  atPos(t1.pos, 'customers', { local_id: 'stage', city: 'x'.repeat(101) });
  expect(stage()).toEqual({ sync_status: 'pending', sync_operation: 'insert', never: 1 });
  await t1.sync();
  expect(stage()).toEqual({ sync_status: 'error', sync_operation: 'insert', never: 1 });
  t1.pos.exec("UPDATE customers SET city = 'Rome' WHERE local_id = 'stage'");
  expect(stage()).toEqual({ sync_status: 'pending', sync_operation: 'insert', never: 1 });
  await t1.sync();
  expect(stage()).toEqual({ sync_status: 'synced', sync_operation: null, never: 0 });
  t1.pos.exec("UPDATE customers SET city = 'Oslo' WHERE local_id = 'stage'");
  expect(stage()).toEqual({ sync_status: 'pending', sync_operation: 'update', never: 0 });
  t1.pos.exec("UPDATE customers SET city = 'Rome' WHERE local_id = 'stage'");
  await t1.sync();
  expect(stage()).toEqual({ sync_status: 'synced', sync_operation: null, never: 0 });
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test.each(['ON', 'OFF'])(
  'a local_id that the POS changes is still the same row at HQ, and its children are not touched (foreign_keys %s)',
  async (foreignKeys) => {
    const from = `rename-${foreignKeys}`;
    const id = await product(from, { brand: 'b' });
    atPos(t1.pos, 'orders', { local_id: `${from}-o` });
    atPos(t1.pos, 'order_items', {
      local_id: `${from}-i`,
      order_id: `${from}-o`,
      product_id: from,
    });
    await t1.sync();
    t1.pos.exec(`
      PRAGMA foreign_keys = ${foreignKeys};
      BEGIN;
      UPDATE products SET local_id = '${from}-new', brand = 'renamed' WHERE local_id = '${from}';
      UPDATE order_items SET product_id = '${from}-new' WHERE product_id = '${from}';
      COMMIT;
      PRAGMA foreign_keys = ON`);
    await t1.sync();

    expect(await t1.app.rejected()).toEqual([]);
    expect(t1.row('products', `${from}-new`, 'server_id, brand, sync_status')).toEqual({
      server_id: id,
      brand: 'renamed',
      sync_status: 'synced',
    });
    expect(t1.row('order_items', `${from}-i`, 'product_id, sync_status')).toEqual({
      product_id: `${from}-new`,
      sync_status: 'synced',
    });
    expect(await hqRow(hq.db, 'products', id, 'brand')).toEqual({ brand: 'renamed' });
    await t2.sync();
    await expectInStep(hq, [t1, t2]);
  },
);

test('7.1: a row that came and went between two syncs is never sent', async () => {
  atPos(t1.pos, 'customers', { local_id: 'ghost' });
  t1.pos.exec("UPDATE customers SET city = 'Rome' WHERE local_id = 'ghost'");
  t1.pos.exec("DELETE FROM customers WHERE local_id = 'ghost'");
  const report = await t1.sync();

  expect(report.upload).toMatchObject({ applied: 0, deleted: 0 });
  const { rows } = await hq.db.query(
    "SELECT key FROM payflow_sync.feed WHERE tbl = 'customers' AND key NOT IN (SELECT id FROM customers)",
  );
  expect(rows).toEqual([]);
  await expectInStep(hq, [t1]);
});

test("terminal_id is this terminal's where a row says nothing, and sync_batch_id the batch's on both sides", async () => {
  await atHq(hq.db, 'taxes', { id: 'tax-1' });
  const id = await product('own');
  atPos(t1.pos, 'orders', { local_id: 'own-o' });
  atPos(t1.pos, 'inventory_transactions', { local_id: 'own-t', product_id: 'own' });
  await t1.sync();

  expect(t1.row('taxes', 'tax-1', 'terminal_id')).toEqual({ terminal_id: 'term-1' });
  expect(t2.row('products', id, 'terminal_id')).toEqual({ terminal_id: 'term-2' });
  const order = serverId(t1, 'orders', 'own-o');
  const transaction = serverId(t1, 'inventory_transactions', 'own-t');
  expect(await hqRow(hq.db, 'inventory_transactions', transaction, 'terminal_id')).toEqual({
    terminal_id: 'term-1',
  });
  expect(t1.row('inventory_transactions', 'own-t', 'terminal_id')).toEqual({
    terminal_id: 'term-1',
  });
  const atHqSide = await hqRow(hq.db, 'orders', order, 'sync_batch_id');
  expect(atHqSide).toEqual({ sync_batch_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
  expect(t1.row('orders', 'own-o', 'sync_batch_id')).toEqual(atHqSide);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});

test('references without a foreign key are translated where their row is known, and hold nothing', async () => {
  atPos(t1.pos, 'products', { local_id: 'ref-p', created_by: 'user-1' });
  atPos(t1.pos, 'audit_logs', {
    local_id: 'ref-same',
    table_name: 'products',
    record_id: 'ref-p',
  });
  await t1.sync();
  const id = serverId(t1, 'products', 'ref-p');
  atPos(t1.pos, 'audit_logs', {
    local_id: 'ref-known',
    table_name: 'products',
    record_id: 'ref-p',
  });
  atPos(t1.pos, 'audit_logs', {
    local_id: 'ref-other',
    table_name: 'fridges',
    record_id: 'ref-p',
  });
  atPos(t1.pos, 'products', { local_id: 'ref-gone', created_by: 'nobody-knows' });
  await t1.sync();

  const record = async (localId: string) =>
    (await hqRow(hq.db, 'audit_logs', serverId(t1, 'audit_logs', localId), 'record_id'))?.[
      'record_id'
    ];
  expect([await record('ref-same'), await record('ref-known'), await record('ref-other')]).toEqual([
    id,
    id,
    'ref-p',
  ]);
  expect(
    await hqRow(hq.db, 'products', serverId(t1, 'products', 'ref-gone'), 'created_by'),
  ).toEqual({ created_by: 'nobody-knows' });
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
});
