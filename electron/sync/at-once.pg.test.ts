/** A batch of several tables leaves in one go (DESIGN 6.2), and what HQ says is still understood row by row (6.4). */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy, type Proxy } from '../../e2e/support/proxy.ts';
import { atHq, atPos, expectInStep } from '../../e2e/support/rows.ts';
import { sell } from '../../e2e/support/sale.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

let hq: TestHq;
let proxy: Proxy;
let till: TestTerminal;

beforeEach(async () => {
  hq = await createHq();
  await atHq(hq.db, 'products', { id: 'tea' });
  proxy = await startProxy(hq.url);
  till = await createTerminal(hq, 'T1', { url: proxy.url(hq.url) });
});

afterEach(async () => {
  await till.close();
  await proxy.close();
  await hq.close();
});

test("the lines of a sale are on their way while HQ still works on its order: a busy till does not keep HQ's rows locked", async () => {
  sell(till.pos, { id: 'sale', terminal: 'term-1', product: 'tea', quantity: 2, cents: 250 });
  const other = await hq.connect();
  await other.query('BEGIN; LOCK TABLE orders IN SHARE MODE');

  const lines = proxy.stopAt('INSERT INTO "public"."order_items"');
  const syncing = till.sync();
  const tooSoon = syncing.then(() => {
    throw new Error('the run ended without them');
  });
  tooSoon.catch(() => undefined);
  const wire = await Promise.race([lines, tooSoon]);
  await other.query('COMMIT');
  wire.deliver();

  expect(await syncing).toMatchObject({ status: 'completed', upload: { applied: 5 } });
  await expectInStep(hq, [till]);
});

test('all that a batch needs of HQ is on its way before HQ has answered the first of it: a far HQ is waited for three times a batch', async () => {
  sell(till.pos, { id: 'sale', terminal: 'term-1', product: 'tea', quantity: 2, cents: 250 });

  const entries = proxy.stopAt('INSERT INTO payflow_sync.upload_entry');
  const syncing = till.sync();
  const rows = await entries;
  await rows.followedBy('xid = pg_current_xact_id() GROUP BY');
  const recorded = proxy.stopAt('INSERT INTO payflow_sync.upload_outcome');
  rows.deliver();
  const outcome = await recorded;
  await outcome.followedBy('COMMIT\0');
  outcome.deliver();

  expect(await syncing).toMatchObject({ status: 'completed', upload: { applied: 5 } });
  await expectInStep(hq, [till]);
});

test("between putting one batch away and reading the next HQ is heard: a batch that HQ has taken does not wait for our own work, nor others' feed for its COMMIT", async () => {
  const steps: string[] = [];
  const busy = await createTerminal(hq, 'T2', {
    batchSize: 2,
    compose: (ports) => ({
      ...ports,
      at: (step) => {
        if (step === 'upload:acknowledged') steps.push('put away');
        ports.at(step);
      },
      local: {
        ...ports.local,
        entriesAfter: (...place) => {
          steps.push('read');
          return ports.local.entriesAfter(...place);
        },
      },
      remote: {
        ...ports.remote,
        send: (batch, meanwhile) =>
          ports.remote.send(batch, async () => {
            const working = meanwhile?.();
            steps.push('heard');
            await working;
          }),
      },
    }),
  });
  for (let number = 1; number <= 6; number += 1)
    atPos(busy.pos, 'customers', { local_id: `customer-${String(number)}`, last_name: 'Ada' });
  steps.length = 0;

  await busy.sync();

  const [, ...behind] = steps.join(' ').split('put away ');
  expect(behind[0]).toBe('heard read ');
  await expectInStep(hq, [busy]);
  await busy.close();
});

test('6.4: where a row of one table is another at HQ and one of the next table breaks a rule, each is refused for its own reason', async () => {
  const taken = '00000000-0000-4000-8000-00000000000a';
  await hq.db.query(`ALTER TABLE payments ADD CHECK (amount < 1000)`);
  sell(till.pos, { id: 'good', terminal: 'term-1', product: 'tea', quantity: 1, cents: 250 });
  sell(till.pos, { id: 'dear', terminal: 'term-1', product: 'tea', quantity: 1, cents: 200_000 });
  atPos(till.pos, 'customers', { local_id: taken, last_name: 'from here' });
  await atHq(hq.db, 'customers', { id: taken, last_name: 'from HQ' });

  const report = await till.sync({ direction: 'pull' });

  expect(report).toMatchObject({ status: 'partial', upload: { rejected: 2, held: 0 } });
  const refused = await till.app.rejected();
  expect(
    Object.fromEntries(refused.map(({ table, id, code }) => [`${table} ${id}`, code])),
  ).toEqual({ [`customers ${taken}`]: 'ROW_EXISTS', 'payments dear-paid': 'ROW_CHECK_FAILED' });
});
