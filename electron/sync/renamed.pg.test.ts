/**
 * Invariant 2 for rows whose local_id the POS changes at any moment: while nobody knows what became of their batch, and in
 * the middle of a cycle. They stay the same rows at HQ (DESIGN 4.3, 6.1).
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy, type Proxy } from '../../e2e/support/proxy.ts';
import { atPos, expectInStep, hqRow, serverId } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let network: Proxy;
let t1: TestTerminal;
let t2: TestTerminal;
/** What happens at a named point of T1's cycle. */
let atStep: (step: string) => void = () => undefined;

beforeEach(async () => {
  atStep = () => undefined;
  hq = await createHq();
  // HQ answers with the row wherever it has made something else of it.
  await hq.db.query(`
    CREATE FUNCTION normalise() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.first_name := trim(NEW.first_name);
      RETURN NEW;
    END $$;
    CREATE TRIGGER normalise BEFORE INSERT OR UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION normalise();
    ALTER TABLE customers ADD CONSTRAINT no_city CHECK (city <> 'Nowhere')`);
  network = await startProxy(hq.url);
  t1 = await createTerminal(hq, 'T1', {
    url: network.url(hq.url),
    batchSize: 2,
    at: (step) => {
      atStep(step);
    },
  });
  t2 = await createTerminal(hq, 'T2');
});

afterEach(async () => {
  await t1.close();
  await t2.close();
  await network.close();
  await hq.close();
});

const rename = (from: string, to: string, table = 'customers'): void => {
  t1.pos.exec(`UPDATE ${table} SET local_id = '${to}' WHERE local_id = '${from}'`);
};

const customer = (localId: string, values: Record<string, string> = {}): void => {
  atPos(t1.pos, 'customers', { local_id: localId, first_name: 'Ana', ...values });
};

/** A cycle whose COMMIT HQ carries out, and whose answer nobody hears. */
async function syncAndLoseAnswer(): Promise<void> {
  const commit = network.stopAt('COMMIT\0');
  const failing = t1.trySync();
  (await commit).deliverAndLoseReply();
  expect(await failing).toMatchObject({ error: { code: 'HQ_CONNECTION_LOST' } });
}

/** A cycle whose COMMIT never reaches HQ. */
async function syncAndLoseCommit(): Promise<void> {
  const commit = network.stopAt('COMMIT\0');
  const failing = t1.trySync();
  await commit;
  network.cutAll();
  expect(await failing).toMatchObject({ error: { code: 'HQ_CONNECTION_LOST' } });
}

/** As evidence that capture was off: the next cycle compares all rows with what HQ was told. */
const askForScan = (): void => {
  t1.pos.exec(`
    INSERT INTO sync_meta (name, value) VALUES ('scan_due', 'test')
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`);
};

/** Does this once, at the given point of the next cycle. */
function once(at: string, work: () => void): void {
  atStep = (step) => {
    if (step !== at) return;
    atStep = () => undefined;
    work();
  };
}

/** HQ's customers whose code begins so, by code. */
async function atHqLike(code: string): Promise<unknown[]> {
  const { rows } = await hq.db.query<Record<string, unknown>>(
    `SELECT customer_code AS code, first_name AS name, city FROM customers
      WHERE customer_code LIKE $1 ORDER BY customer_code`,
    [`${code}%`],
  );
  return rows;
}

const waiting = (): unknown =>
  t1.pos.prepare('SELECT op, local_id FROM sync_outbox ORDER BY seq').all();

/** Nothing waits, nothing is listed, a scan finds nothing, and all three say the same. */
async function expectSettled(): Promise<void> {
  askForScan();
  const report = await t1.sync();
  expect(report.upload).toMatchObject({ applied: 0, deleted: 0 });
  expect(waiting()).toEqual([]);
  expect(await t1.app.rejected()).toEqual([]);
  const twice = t1.pos
    .prepare(
      `SELECT tbl, coalesce(server_id, local_id) AS key FROM sync_row GROUP BY 1, 2 HAVING count(*) > 1`,
    )
    .all();
  expect(twice).toEqual([]);
  await t2.sync();
  await expectInStep(hq, [t1, t2]);
}

test('6.1: a new row that was sent, its answer lost, and that has another name since is not sent again', async () => {
  customer('new', { city: 'Rome' });
  await syncAndLoseAnswer();
  rename('new', 'new-b');
  await t1.sync();

  expect(await atHqLike('new')).toEqual([{ code: 'new', name: 'Ana', city: 'Rome' }]);
  const id = serverId(t1, 'customers', 'new-b');
  expect(await hqRow(hq.db, 'customers', id, 'city')).toEqual({ city: 'Rome' });
  await expectSettled();
});

test('6.1: an edited row whose answer was lost and that has another name since stands at HQ, also after a scan', async () => {
  customer('known');
  await t1.sync();
  const id = serverId(t1, 'customers', 'known');
  t1.pos.exec(`UPDATE customers SET city = 'Oslo' WHERE local_id = 'known'`);
  await syncAndLoseAnswer();
  rename('known', 'known-c');
  await t1.sync();
  askForScan();
  await t1.sync();

  expect(await hqRow(hq.db, 'customers', id, 'city')).toEqual({ city: 'Oslo' });
  expect(serverId(t1, 'customers', 'known-c')).toBe(id);
  await expectSettled();
});

test('6.5: what HQ made of a row lands under the name the row has by then', async () => {
  customer('spaced', { first_name: ' Eva ' });
  await syncAndLoseCommit();
  rename('spaced', 'spaced-b');
  await t1.sync();

  expect(t1.row('customers', 'spaced')).toBeUndefined();
  expect(t1.row('customers', 'spaced-b', 'first_name')).toEqual({ first_name: 'Eva' });
  expect(await atHqLike('spaced')).toHaveLength(1);
  await expectSettled();
});

test('6.1: names that are passed on and swapped while the answer is lost go with their rows', async () => {
  customer('pass-1', { city: 'Bonn' });
  customer('pass-2', { city: 'Bern' });
  await syncAndLoseAnswer();
  rename('pass-1', 'pass-3');
  rename('pass-3', 'pass-4');
  t1.pos.exec('BEGIN');
  rename('pass-4', 'pass-tmp');
  rename('pass-2', 'pass-4');
  rename('pass-tmp', 'pass-2');
  t1.pos.exec('COMMIT');
  t1.pos.exec(`UPDATE customers SET first_name = 'Ina' WHERE local_id = 'pass-2'`);
  await t1.sync();

  expect(await atHqLike('pass')).toEqual([
    { code: 'pass-1', name: 'Ina', city: 'Bonn' },
    { code: 'pass-2', name: 'Ana', city: 'Bern' },
  ]);
  await expectSettled();
});

test('6.1: a new row under the name that a sent one had is another row', async () => {
  customer('used', { customer_code: 'used-1', city: 'Bonn' });
  await syncAndLoseAnswer();
  rename('used', 'used-b');
  customer('used', { customer_code: 'used-2', city: 'Bern' });
  await t1.sync();

  expect(await atHqLike('used')).toEqual([
    { code: 'used-1', name: 'Ana', city: 'Bonn' },
    { code: 'used-2', name: 'Ana', city: 'Bern' },
  ]);
  expect(serverId(t1, 'customers', 'used')).not.toBe(serverId(t1, 'customers', 'used-b'));
  await expectSettled();
});

test('6.1, 4.3: of two sent rows of which one took the place of the other, HQ keeps one', async () => {
  customer('place-1', { city: 'Bonn' });
  customer('place-2', { city: 'Bern' });
  await syncAndLoseCommit();
  t1.pos.exec(`UPDATE OR REPLACE customers SET local_id = 'place-2' WHERE local_id = 'place-1'`);
  await t1.sync();

  expect(await atHqLike('place')).toMatchObject([{ code: 'place-1', city: 'Bonn' }]);
  await expectSettled();
});

test('5.5: a unique value that came with a row put in the place of another is not given away: HQ never gets its placeholder', async () => {
  customer('seat-1', { city: 'Bonn' });
  customer('seat-2', { city: 'Bern' });
  await t1.sync();
  t1.pos.exec(`UPDATE OR REPLACE customers SET local_id = 'seat-2' WHERE local_id = 'seat-1'`);
  await hq.db.query(`UPDATE customers SET city = 'Basel' WHERE customer_code = 'seat-1'`);
  await t1.sync();
  await t1.sync();

  // Two rows want one value: both stay as they are, and are listed.
  expect(await atHqLike('seat')).toMatchObject([
    { code: 'seat-1', city: 'Basel' },
    { code: 'seat-2', city: 'Bern' },
  ]);
  expect(t1.row('customers', 'seat-2', 'customer_code, city')).toEqual({
    customer_code: 'seat-1',
    city: 'Bonn',
  });
  expect((await t1.app.rejected()).map(({ direction, code }) => [direction, code])).toEqual([
    ['download', 'UNIQUE_HELD_BY_UNSENT'],
    ['upload', 'ROW_DUPLICATE'],
    ['upload', 'SWAP_FAILED'],
  ]);
  t1.pos.exec(`UPDATE customers SET customer_code = 'seat-3' WHERE local_id = 'seat-2'`);
  await t1.sync();
  await t1.sync();
  expect(await atHqLike('seat')).toMatchObject([
    { code: 'seat-1', city: 'Basel' },
    { code: 'seat-3', city: 'Bonn' },
  ]);
  await expectSettled();
});

test('6.1: a deleted row whose answer was lost does not take along the row that has its name since', async () => {
  customer('gone-1', { city: 'Bonn' });
  customer('gone-2', { city: 'Bern' });
  await t1.sync();
  t1.pos.exec(`DELETE FROM customers WHERE local_id = 'gone-1'`);
  await syncAndLoseAnswer();
  rename('gone-2', 'gone-1');
  await t1.sync();

  expect(await atHqLike('gone')).toMatchObject([{ code: 'gone-2', city: 'Bern' }]);
  await expectSettled();
});

test('6.1: several batches that are open at once know their rows by the new names', async () => {
  for (const name of ['many-1', 'many-2', 'many-3', 'many-4']) customer(name);
  let sends = 0;
  atStep = (step) => {
    if (step !== 'upload:before-send') return;
    sends += 1;
    if (sends === 2) throw new Error('the process ends');
  };
  await t1.trySync();
  atStep = () => undefined;
  expect(t1.pos.prepare('SELECT answered FROM sync_batch ORDER BY number').all()).toEqual([
    { answered: 1 },
    { answered: 0 },
  ]);
  for (const name of ['many-1', 'many-2', 'many-3', 'many-4']) rename(name, `${name}-b`);
  await t1.sync();

  expect(await atHqLike('many')).toHaveLength(4);
  await expectSettled();
});

test('6.4: a row that HQ refused is listed under the name it has by then', async () => {
  customer('refused', { city: 'Nowhere' });
  await syncAndLoseAnswer();
  rename('refused', 'refused-b');
  await t1.sync();

  expect((await t1.app.rejected()).map(({ id }) => id)).toEqual(['refused-b']);
  t1.pos.exec(`UPDATE customers SET city = 'Rome' WHERE local_id = 'refused-b'`);
  await t1.sync();
  expect(await atHqLike('refused')).toHaveLength(1);
  await expectSettled();
});

test('6.4, 8: a refused row that takes the name of another refused one keeps no cycle from ending', async () => {
  customer('both-1', { city: 'Nowhere' });
  customer('both-2', { city: 'Nowhere' });
  await t1.sync();
  t1.pos.exec(`DELETE FROM customers WHERE local_id = 'both-2'`);
  rename('both-1', 'both-2');
  await t1.sync();

  expect((await t1.app.rejected()).map(({ id }) => id)).toEqual(['both-2']);
  t1.pos.exec(`DELETE FROM customers WHERE local_id = 'both-2'`);
  await t1.sync();
  await expectSettled();
});

const POINTS = [
  'cycle:connected',
  'cycle:settled',
  'scan:page',
  'download:read',
  'cycle:downloaded',
  'upload:prepared',
  'upload:batch-saved',
  'upload:after-send',
  'upload:before-acknowledge',
  'upload:acknowledged',
];

test.each(POINTS)(
  'a row that is renamed in the middle of a cycle (%s) is the same at HQ',
  async (point) => {
    const name = `mid-${point.replace(':', '-')}`;
    customer(`${name}-known`, { city: 'Bonn' });
    await t1.sync();
    const id = serverId(t1, 'customers', `${name}-known`);
    await hq.db.query(
      `UPDATE customers SET last_name = 'of HQ', updated_at = now() WHERE id = $1`,
      [id],
    );
    t1.pos.exec(`UPDATE customers SET city = 'Oslo' WHERE local_id = '${name}-known'`);
    customer(`${name}-new`, { first_name: ' Eva ', city: 'Rome' });
    customer(`${name}-plain`, { city: 'Paris' });
    customer(`${name}-last`, { city: 'Lima' });
    askForScan();
    once(point, () => {
      for (const kind of ['known', 'new', 'plain', 'last']) {
        rename(`${name}-${kind}`, `${name}-${kind}-b`);
        // Whoever takes the old name is another row.
        customer(`${name}-${kind}`, { customer_code: `${name}-${kind}-again`, city: 'Wien' });
      }
    });
    await t1.sync();
    await t1.sync();

    expect(await atHqLike(name)).toEqual([
      { code: `${name}-known`, name: 'Ana', city: 'Oslo' },
      { code: `${name}-known-again`, name: 'Ana', city: 'Wien' },
      { code: `${name}-last`, name: 'Ana', city: 'Lima' },
      { code: `${name}-last-again`, name: 'Ana', city: 'Wien' },
      { code: `${name}-new`, name: 'Eva', city: 'Rome' },
      { code: `${name}-new-again`, name: 'Ana', city: 'Wien' },
      { code: `${name}-plain`, name: 'Ana', city: 'Paris' },
      { code: `${name}-plain-again`, name: 'Ana', city: 'Wien' },
    ]);
    expect(serverId(t1, 'customers', `${name}-known-b`)).toBe(id);
    const { rows: deleted } = await hq.db.query(
      `SELECT key FROM payflow_sync.feed WHERE tbl = 'customers' AND op = 'D' AND key = $1`,
      [id],
    );
    expect(deleted).toEqual([]);
    await expectSettled();
  },
);

test('6.3: a line of a renamed order that is being sent goes to that order, not to the one that has its name now', async () => {
  atPos(t1.pos, 'orders', { local_id: 'parent', order_number: 'parent-1' });
  atPos(t1.pos, 'orders', { local_id: 'other', order_number: 'parent-2' });
  atPos(t1.pos, 'products', { local_id: 'goods' });
  await t1.sync();
  atPos(t1.pos, 'order_items', { local_id: 'line-1', order_id: 'parent', product_id: 'goods' });
  once('upload:after-send', () => {
    rename('parent', 'parent-b', 'orders');
    t1.pos.exec(`UPDATE order_items SET order_id = 'parent-b' WHERE order_id = 'parent'`);
    atPos(t1.pos, 'orders', { local_id: 'parent', order_number: 'parent-3' });
    atPos(t1.pos, 'order_items', { local_id: 'line-3', order_id: 'parent', product_id: 'goods' });
  });
  await t1.sync();
  await t1.sync();

  const { rows } = await hq.db.query(`
    SELECT o.order_number AS number, count(i.id)::int AS lines FROM orders o LEFT JOIN order_items i ON i.order_id = o.id
     WHERE o.order_number LIKE 'parent-%' GROUP BY 1 ORDER BY 1`);
  expect(rows).toEqual([
    { number: 'parent-1', lines: 1 },
    { number: 'parent-2', lines: 0 },
    { number: 'parent-3', lines: 1 },
  ]);
  await expectSettled();
});
