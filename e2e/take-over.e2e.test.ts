/** New hardware for a terminal, at the command line (DESIGN 8.2). */
import { copyFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCli, type TestCli } from './support/cli.ts';
import { atHq } from './support/rows.ts';
import { sell } from './support/sale.ts';
import { createHq, type TestHq } from './support/shop.ts';

let hq: TestHq;
let old: TestCli;
let taking: TestCli;

beforeAll(async () => {
  hq = await createHq();
  await atHq(hq.db, 'products', { id: 'tea', name: 'Tea', master_stock_quantity: 100 });
  // Two users of two machines, each with a key of its own.
  old = createCli(hq.url);
  taking = createCli(hq.url);
});

afterAll(async () => {
  old.close();
  taking.close();
  await hq.close();
});

test('8.2: a copy is refused until init --take-over, which lists first what it brings; then the old one is', async () => {
  expect((await old.run(['init'])).exit).toBe(0);
  const pos = new DatabaseSync(old.db);
  sell(pos, { id: 'T-1', terminal: 'term-1', product: 'tea', quantity: 1, cents: 500 });
  pos.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  pos.close();
  copyFileSync(old.db, taking.db);

  expect(await taking.json(['sync'])).toMatchObject({
    exit: 1,
    json: { error: { code: 'CLONE_REFUSED' } },
  });
  const { exit, out, err } = await taking.run(['init', '--take-over']);
  expect([exit, err]).toEqual([0, '']);
  expect(out).toMatch(
    /^Every change is kept on this terminal, and nothing was sent\. Another machine/,
  );
  expect(out).toContain('This payflow.db takes over, and brings along what HQ has not got:\n');
  expect(out).toMatch(/\norders +1\n/);
  const { rowCount } = await hq.db.query(`SELECT 1 FROM orders WHERE order_number = 'T-1'`);
  expect(rowCount).toBe(1);
  expect(await old.json(['sync'])).toMatchObject({
    exit: 1,
    json: { error: { code: 'CLONE_REFUSED' } },
  });
});

test('8.1: the take-over is a notice: payflow notices asks for a look until somebody dismisses it', async () => {
  const [id, code] = [1, 'STATUS_TAKEN_OVER'];
  expect(await taking.json(['notices'])).toMatchObject({
    exit: 3,
    json: [{ id, code, headline: 'This machine is the terminal now', settledAt: null }],
  });
  expect((await taking.run(['dismiss', '1'])).exit).toBe(0);
  expect(await taking.json(['notices'])).toMatchObject({
    exit: 0,
    json: [{ id, code, settledBy: 'person' }],
  });
  expect(await taking.json(['dismiss', '1'])).toMatchObject({
    exit: 1,
    json: { error: { code: 'NOTICE_SETTLED' } },
  });
});
