/** "Try it with a built-in demo shop": the demo inside the host, beside settings that stay as they are. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { quietLog } from '../../../e2e/support/quiet-log.ts';
import type { Method, Reply } from '../../../shared/contract.ts';
import type {
  AppInfo,
  ReceiptAnswer,
  SettingsShown,
  SetupShown,
  StatusView,
} from '../../../shared/views.ts';
import { tempFolder } from '../../local/testing.ts';
import { openApp } from '../app.ts';
import { createHost } from '../host.ts';
import { loadCatalogue } from '../messages.ts';
import { openSettingsStore } from '../settings-store.ts';
import { startDemoShop } from './inside.ts';

/** By `ps`. */
const ps = (...args: string[]): string => spawnSync('ps', args, { encoding: 'utf8' }).stdout.trim();
const childrenOf = (pid: number): number[] =>
  ps('-o', 'pid=', '--ppid', String(pid))
    .split('\n')
    .map((line) => Number(line.trim()))
    .filter((child) => child > 0);
const commandOf = (pid: number): string => ps('-o', 'args=', '-p', String(pid));

const noSecrets = { read: () => null, write: () => undefined, isSafe: true };
const caller = { role: 'manager', surface: 'console' } as const;

test('the shop sells inside the app, the settings are not touched, and nothing is left of it', async () => {
  using folder = tempFolder();
  const settingsStore = openSettingsStore({
    folder: folder.path,
    secrets: noSecrets,
    env: {},
    envFolder: folder.path,
  });
  const host = await createHost({
    settingsStore,
    log: quietLog,
    catalogue: loadCatalogue(),
    workerUrl: new URL('../engine-worker.ts', import.meta.url),
    demoAllowed: true,
  });
  try {
    const call = async <T>(method: Method, args: unknown = {}): Promise<T> => {
      const reply = (await host.call(caller, method, args)) as Reply<T>;
      if (!reply.ok) throw new Error(`${method}: ${reply.error.code}`);
      return reply.value;
    };
    const until = (fits: (status: StatusView) => boolean): Promise<StatusView> =>
      new Promise((done) => {
        const stop = host.subscribe((event) => {
          if (event.type !== 'status' || !fits(event.status)) return;
          stop();
          done(event.status);
        });
      });
    expect(host.current().status.state).toBe('setup');
    expect(await call<SetupShown>('setup')).toMatchObject({ step: 'language' });

    const sold = until(({ lastRun }) => (lastRun?.sent ?? 0) > 0);
    await call('startDemo');
    // A second click starts no second shop.
    await call('startDemo');
    expect(await sold).toMatchObject({ facts: { configured: true, loaded: true } });
    expect(await call<AppInfo>('appInfo')).toMatchObject({ demo: true });
    const receipts = await call<readonly ReceiptAnswer[]>('findReceipt', {
      number: 'till-1-1',
    });
    expect(receipts).toMatchObject([{ number: 'TILL-1-1', here: true }]);

    expect(await call<SettingsShown>('settings')).toMatchObject({ hq: null, terminal: null });
    expect(await call<SetupShown>('setup')).toMatchObject({ step: 'language', running: false });
    expect(existsSync(`${folder.path}/settings.json`)).toBe(false);
  } finally {
    await host.close();
  }
  expect(readdirSync(folder.path).filter((name) => name.endsWith('.db'))).toEqual([]);
});

test('the shop of the demo goes with all that it made, also before it was opened', async () => {
  const shop = await startDemoShop();
  const folder = dirname(dirname(shop.settings.databasePath));
  expect(existsSync(folder)).toBe(true);
  await shop.end();
  expect(existsSync(folder)).toBe(false);
});

test('a program of the demo that dies is told, once, and the shop stays until the demo ends', async () => {
  const shop = await startDemoShop();
  try {
    const app = await openApp(shop.settings, quietLog);
    await app.init(() => undefined, new AbortController().signal);
    await app.close();
    const lost: string[] = [];
    const before = childrenOf(process.pid);
    shop.open((program) => lost.push(program));
    const till = childrenOf(process.pid).find(
      (pid) => !before.includes(pid) && commandOf(pid).includes('pos.ts'),
    );
    expect(till).toBeDefined();
    process.kill(till ?? 0, 'SIGKILL');
    await expect.poll(() => lost).toEqual(['till']);
  } finally {
    await shop.end();
  }
});
