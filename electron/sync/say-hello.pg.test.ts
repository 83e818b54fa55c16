/** The hello of a cycle, which asks HQ for all at once where it has been asked before (DESIGN 8.1). */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy, type Proxy } from '../../e2e/support/proxy.ts';
import { atHq, atPos, expectInStep } from '../../e2e/support/rows.ts';
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
  proxy = await startProxy(hq.url);
  till = await createTerminal(hq, 'T1', { url: proxy.url(hq.url) });
});

afterEach(async () => {
  await till.close();
  await proxy.close();
  await hq.close();
});

test('8.1: all that a hello asks is on its way before HQ has answered the first of it: a far HQ is waited for once', async () => {
  const first = proxy.stopAt('SELECT body FROM payflow_sync.manifest');
  const syncing = till.sync();
  const manifest = await first;
  await manifest.followedBy('who.key, who.store');
  manifest.deliver();

  expect(await syncing).toMatchObject({ status: 'completed' });
});

test('8.1: an HQ whose terminals have got other names since is asked for them, not taken for one without terminals', async () => {
  await atHq(hq.db, 'products', { id: 'tea' });
  await till.sync();
  await hq.db.query(`
    ALTER TABLE terminals RENAME COLUMN terminal_code TO code;
    UPDATE payflow_sync.manifest
       SET body = jsonb_set(body::jsonb, '{terminals,code}', '"code"')::text`);
  atPos(till.pos, 'customers', { local_id: 'ana', last_name: 'Ada' });
  await atHq(hq.db, 'products', { id: 'milk' });

  expect(await till.sync()).toMatchObject({ status: 'completed', upload: { applied: 1 } });

  await expectInStep(hq, [till]);
});

test('8.1: a terminal that HQ has let go is told so in the same words as in its first hello', async () => {
  await hq.db.query(`UPDATE terminals SET terminal_code = 'T9' WHERE terminal_code = 'T1'`);

  expect(await till.trySync()).toMatchObject({
    status: 'failed',
    error: { code: 'TERMINAL_UNKNOWN', params: { code: 'T1' } },
  });
});
