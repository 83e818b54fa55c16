/** What neither side's triggers told of: DESIGN 3.1, 3.8, 4.4, 10. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { atHq, atPos, expectInStep, hqRow, serverId } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let t1: TestTerminal;

const nobody = () => undefined;
const { signal } = new AbortController();
const verify = () => t1.app.verify(nobody, signal);
const repair = () => t1.app.repair({ log: true }, nobody, signal);
const nightly = () => t1.app.repair({ log: false }, nobody, signal);

beforeAll(async () => {
  hq = await createHq();
  t1 = await createTerminal(hq, 'T1');
});

afterAll(async () => {
  await t1.close();
  await hq.close();
});

beforeEach(async () => {
  await t1.sync();
});

/** As an administrator does who wants no trigger to see it. */
async function behindTriggers(sql: string, table: string): Promise<void> {
  const { rows } = await hq.db.query<{ name: string; enabled: string }>(
    `SELECT tgname AS name, tgenabled AS enabled FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal`,
    [table],
  );
  await hq.db.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await hq.db.query(sql);
  const modes: Record<string, string> = { O: '', R: 'REPLICA', A: 'ALWAYS' };
  for (const { name, enabled } of rows)
    await hq.db.query(`ALTER TABLE ${table} ENABLE ${modes[enabled] ?? ''} TRIGGER "${name}"`);
}

async function product(localId: string, values: Record<string, string | number> = {}) {
  atPos(t1.pos, 'products', { local_id: localId, ...values });
  await t1.sync();
  return serverId(t1, 'products', localId);
}

/** The POS without our triggers, as if a tool had dropped them. */
function uncaptured(sql: string): void {
  const triggers = t1.pos
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'sync_capture_%'`)
    .all() as { name: string }[];
  for (const { name } of triggers) t1.pos.exec(`DROP TRIGGER "${name}"`);
  t1.pos.exec(sql);
}

const conflictsOf = async (rowId: string) =>
  (await t1.app.conflicts())
    .filter((row) => row.rowId === rowId)
    .map(({ column, kept, lost, rule }) => ({ column, kept, lost, rule }));

test('4.4: edits, new rows and deletes behind dropped triggers reach HQ with the next sync', async () => {
  const edited = await product('edited', { name: 'Tea', brand: 'b', stock_quantity: 5 });
  const deleted = await product('deleted');
  const both = await product('both-sides', { name: 'Tea', brand: 'b' });
  uncaptured(`
    UPDATE products SET name = 'Edited', stock_quantity = 3 WHERE local_id = 'edited';
    UPDATE products SET brand = 'of the POS' WHERE local_id = 'both-sides';
    DELETE FROM products WHERE local_id = 'deleted'`);
  atPos(t1.pos, 'products', { local_id: 'unheard', name: 'Unheard' });
  await hq.db.query(`UPDATE products SET name = 'At HQ' WHERE id = $1`, [both]);
  await t1.sync();
  await t1.sync();

  const unheard = serverId(t1, 'products', 'unheard');
  expect(await hqRow(hq.db, 'products', edited, 'name, brand, master_stock_quantity')).toEqual({
    name: 'Edited',
    brand: 'b',
    master_stock_quantity: 3,
  });
  expect(await hqRow(hq.db, 'products', deleted, 'id')).toBeUndefined();
  expect(await hqRow(hq.db, 'products', unheard, 'name')).toEqual({ name: 'Unheard' });
  // HQ had changed it too, and nobody knows what it was before: every column that differs is on record.
  const columns = (await conflictsOf(both)).map(({ column }) => column);
  expect(columns.toSorted()).toEqual(['brand', 'name']);
  expect(await conflictsOf(edited)).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('4.4: a table that the POS built anew, with triggers put back, is scanned; what stands costs nothing', async () => {
  const id = await product('rebuilt', { brand: 'b' });
  const triggers = t1.pos
    .prepare(`SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'products'`)
    .all() as { sql: string }[];
  const { sql } = t1.pos.prepare(`SELECT sql FROM sqlite_master WHERE name = 'products'`).get() as {
    sql: string;
  };
  t1.pos.exec(`PRAGMA foreign_keys = OFF; BEGIN;
    ${sql.replace(/products/, 'products_new')};
    INSERT INTO products_new SELECT * FROM products;
    UPDATE products_new SET brand = 'built anew' WHERE local_id = 'rebuilt';
    DROP TABLE products; ALTER TABLE products_new RENAME TO products;
    ${triggers.map((trigger) => trigger.sql).join(';\n')}; COMMIT; VACUUM; PRAGMA foreign_keys = ON`);
  const report = await t1.sync();

  expect(report.upload.applied).toBe(1);
  expect(await hqRow(hq.db, 'products', id, 'brand')).toEqual({ brand: 'built anew' });
  t1.pos.exec('VACUUM');
  expect((await t1.sync()).upload).toMatchObject({ applied: 0, deleted: 0 });
  await expectInStep(hq, [t1]);
});

test('4.4: a row whose name changed behind the triggers keeps its identity', async () => {
  const id = await product('old-name', { brand: 'b' });
  uncaptured(`UPDATE products SET local_id = 'new-name', brand = 'c' WHERE local_id = 'old-name'`);
  await t1.sync();
  await t1.sync();

  expect(serverId(t1, 'products', 'new-name')).toBe(id);
  expect(await hqRow(hq.db, 'products', id, 'brand')).toEqual({ brand: 'c' });
  await expectInStep(hq, [t1]);
});

test('4.4: without evidence nothing is scanned', async () => {
  await t1.sync();
  const due = t1.pos.prepare(`SELECT value FROM sync_meta WHERE name = 'scan_due'`).get();
  expect(due ?? { value: null }).toEqual({ value: null });
});

test('4.1: numbers of the outbox that a tool has reset lose nothing', async () => {
  const id = await product('numbered', { brand: 'b' });
  t1.pos.exec(
    `DELETE FROM sqlite_sequence; UPDATE products SET brand = 'c' WHERE local_id = 'numbered'`,
  );
  await t1.sync();
  t1.pos.exec(
    `DELETE FROM sqlite_sequence; UPDATE products SET brand = 'd' WHERE local_id = 'numbered'`,
  );
  await t1.sync();

  expect(await hqRow(hq.db, 'products', id, 'brand')).toEqual({ brand: 'd' });
  await expectInStep(hq, [t1]);
});

test('3.1: a replica-role session at HQ is heard like any other', async () => {
  await atHq(hq.db, 'products', { id: 'replicated', name: 'Before' });
  await t1.sync();
  await hq.db.query(`SET session_replication_role = replica`);
  await hq.db.query(`UPDATE products SET name = 'After' WHERE id = 'replicated'`);
  await hq.db.query(`SET session_replication_role = DEFAULT`);
  await t1.sync();
  expect(t1.row('products', 'replicated', 'name')).toEqual({ name: 'After' });

  await hq.db.query(`SET session_replication_role = replica`);
  await hq.db.query(`DELETE FROM products WHERE id = 'replicated'`);
  await hq.db.query(`SET session_replication_role = DEFAULT`);
  await t1.sync();
  expect(t1.row('products', 'replicated')).toBeUndefined();
});

test('3.1: a TRUNCATE in a replica-role session is heard too', async () => {
  await atHq(hq.db, 'discounts', { id: 'gone' });
  await t1.sync();
  expect(t1.row('discounts', 'gone', 'local_id')).toEqual({ local_id: 'gone' });
  await hq.db.query(`SET session_replication_role = replica`);
  await hq.db.query(`TRUNCATE discounts`);
  await hq.db.query(`SET session_replication_role = DEFAULT`);
  await t1.sync();
  expect(t1.row('discounts', 'gone')).toBeUndefined();
});

test('3.8: the nightly compare brings what no trigger at HQ told of, and nothing is logged', async () => {
  await atHq(
    hq.db,
    'products',
    { id: 'night-edit', name: 'Before' },
    { id: 'night-gone' },
    { id: 'night-still', name: 'Still' },
  );
  await t1.sync();
  t1.pos.exec(`UPDATE products SET brand = 'unsent' WHERE local_id = 'night-edit'`);
  await behindTriggers(
    `UPDATE products SET name = 'After' WHERE id = 'night-edit';
     DELETE FROM products WHERE id = 'night-gone';
     INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
     VALUES ('night-new', 'night-new', 'New', 1, 'store-1', now())`,
    'products',
  );
  const report = await nightly();

  expect(report).toMatchObject({ equal: true });
  expect(t1.row('products', 'night-edit', 'name, brand')).toEqual({
    name: 'After',
    brand: 'unsent',
  });
  expect(t1.row('products', 'night-new', 'name')).toEqual({ name: 'New' });
  expect(t1.row('products', 'night-gone')).toBeUndefined();
  expect(await hqRow(hq.db, 'products', 'night-edit', 'brand')).toEqual({ brand: 'unsent' });
  expect(await conflictsOf('night-edit')).toEqual([]);
  await expectInStep(hq, [t1]);
});

test('10: verify names exactly the rows that differ and repairs none; repair makes both sides equal and logs', async () => {
  await atHq(
    hq.db,
    'categories',
    ...Array.from({ length: 300 }, (_, n) => ({
      id: `c${String(n)}`,
      name: `Category ${String(n)}`,
    })),
  );
  await t1.sync();
  await behindTriggers(
    `UPDATE categories SET name = 'Other' WHERE id IN ('c7', 'c70')`,
    'categories',
  );
  const first = await verify();

  expect(first).toMatchObject({ equal: false });
  expect(first.tables['categories']?.differing.toSorted()).toEqual(['c7', 'c70']);
  expect(t1.row('categories', 'c7', 'name')).toEqual({ name: 'Category 7' });
  const second = await repair();

  expect(second).toMatchObject({ equal: true, repaired: 2 });
  expect(t1.row('categories', 'c7', 'name')).toEqual({ name: 'Other' });
  expect(await conflictsOf('c70')).toEqual([
    { column: 'name', kept: 'Other', lost: 'Category 70', rule: 'repair' },
  ]);
  expect(await verify()).toMatchObject({ equal: true });
});

test('10: repair never discards an unsent edit, captured or not', async () => {
  const id = await product('unsent', { name: 'Tea', brand: 'b', description: 'd' });
  await behindTriggers(`UPDATE products SET description = 'at HQ' WHERE id = '${id}'`, 'products');
  t1.pos.exec(`UPDATE products SET brand = 'captured' WHERE local_id = 'unsent'`);
  expect(await repair()).toMatchObject({ equal: true });

  expect(await hqRow(hq.db, 'products', id, 'brand, description')).toEqual({
    brand: 'captured',
    description: 'at HQ',
  });
  uncaptured(`UPDATE products SET brand = 'missed' WHERE local_id = 'unsent'`);
  expect(await repair()).toMatchObject({ equal: true });
  expect(await hqRow(hq.db, 'products', id, 'brand')).toEqual({ brand: 'missed' });
});

test('10: what HQ has lost of an upload-only table is sent again', async () => {
  atPos(t1.pos, 'audit_logs', { local_id: 'audit', terminal_id: 'term-1' });
  await t1.sync();
  const id = serverId(t1, 'audit_logs', 'audit');
  await behindTriggers(`DELETE FROM audit_logs WHERE id = '${id}'`, 'audit_logs');
  expect((await verify()).tables['audit_logs']).toMatchObject({ differing: [id] });

  expect(await repair()).toMatchObject({ equal: true, repaired: 1 });
  expect(
    await hqRow(hq.db, 'audit_logs', serverId(t1, 'audit_logs', 'audit'), 'action_type'),
  ).toBeDefined();
});

test('10: a row that an open transaction at HQ hides from the feed is on its way, not different', async () => {
  const other = await hq.connect();
  await other.query('BEGIN');
  await other.query(`SELECT pg_current_xact_id()`);
  await atHq(hq.db, 'categories', { id: 'late' });
  const report = await verify();
  await other.query('COMMIT');

  expect(report).toMatchObject({ equal: true });
  expect(report.explained).toBeGreaterThan(0);
});

const books = () => t1.app.books(nobody, signal);

/** A sale with a card payment; amounts as a POS writes them, here and there from a double. */
function sale(id: string, tender: string, net: string, tax: string, total: string): void {
  atPos(t1.pos, 'orders', {
    local_id: id,
    order_number: id,
    terminal_id: 'term-1',
    shift_id: 'shift-1',
    payment_method: tender,
    subtotal: net,
    tax_amount: tax,
    total_amount: total,
  });
  atPos(t1.pos, 'payments', {
    local_id: `${id}-paid`,
    order_id: id,
    payment_method: tender,
    amount: total,
  });
}

test('10: a cent that changed at HQ behind the triggers is found by the money check, and its receipt is named', async () => {
  await atHq(hq.db, 'shifts', { id: 'shift-1', terminal_id: 'term-1' });
  await t1.sync();
  for (let n = 0; n < 10; n += 1)
    sale(`R-${String(n)}`, n % 2 === 0 ? 'cash' : 'card', '0.1', '0.02', '0.12');
  await t1.sync();
  sale('unsent', 'cash', '99', '1', '100');
  const before = await books();

  expect(before).toMatchObject({ equal: true, explained: 2, first: null });
  expect(before.lines.find((line) => line.table === 'orders' && line.tender === 'cash')).toEqual({
    table: 'orders',
    shift: 'shift-1',
    tender: 'cash',
    hq: { count: 5, net: '0.5', tax: '0.1', total: '0.6' },
    terminal: { count: 5, net: '0.5', tax: '0.1', total: '0.6' },
    equal: true,
  });
  await t1.sync();
  const id = serverId(t1, 'orders', 'R-3');
  await behindTriggers(`UPDATE orders SET total_amount = 0.13 WHERE id = '${id}'`, 'orders');
  const after = await books();

  expect(after.equal).toBe(false);
  expect(after.lines.filter((line) => !line.equal)).toMatchObject([
    { table: 'orders', tender: 'card', hq: { total: '0.61' }, terminal: { total: '0.6' } },
  ]);
  expect(after.first).toEqual({
    table: 'orders',
    id,
    receipt: 'R-3',
    shift: 'shift-1',
    tender: 'card',
    hq: { net: '0.1', tax: '0.02', total: '0.13' },
    terminal: { net: '0.1', tax: '0.02', total: '0.12' },
  });
  await behindTriggers(
    `DELETE FROM payments WHERE id = '${serverId(t1, 'payments', 'R-4-paid')}'`,
    'payments',
  );
  const { lines } = await books();
  expect(lines.filter(({ equal }) => !equal).map(({ table }) => table)).toEqual([
    'orders',
    'payments',
  ]);
  expect(await repair()).toMatchObject({ equal: true });
  expect(await books()).toMatchObject({ equal: true });
});
