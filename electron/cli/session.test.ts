/** What every command does alike, whatever it asks of the app. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import type { App } from '../host/app-types.ts';
import { payflow, testSession, testTerminal, WIPED } from './testing.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const after = <T>(ms: number, answer: () => T): Promise<T> =>
  new Promise((resolve, reject) =>
    setTimeout(() => {
      try {
        resolve(answer());
      } catch (error) {
        reject(error as Error);
      }
    }, ms),
  );

/** Whatever it is asked, it says nothing for three seconds and then fails. */
const slowApp = new Proxy({} as App, {
  get: (_app, name) => {
    if (name === 'then') return undefined;
    if (name === 'close') return () => Promise.resolve();
    const fail = (): never => {
      throw new PayflowError('HQ_TIMEOUT', {});
    };
    return () => after(3_000, fail);
  },
});

test.each([
  'hq install',
  'hq status',
  'hq uninstall',
  'manifest',
  'schema check',
  'schema fix',
  'init',
  'sync',
  'verify --json',
])('10: payflow %s shows within two seconds that it works, and wipes it away', async (command) => {
  const terminal = testTerminal();
  const session = testSession({
    openApp: () => Promise.resolve(slowApp),
    progressStream: terminal,
  });
  const ended = payflow(command.split(' '), session).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(999);
  expect(terminal.written()).toBe('');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(terminal.written()).toContain('working [');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await ended).toMatchObject({ code: 'HQ_TIMEOUT' });
  expect(terminal.written()).toMatch(WIPED);
});

test('10: the answer comes when the bar is gone', async () => {
  const terminal = testTerminal();
  let before = '';
  const app = {
    uninstallHq: () => after(3_000, () => ({ tables: [] })),
    close: () => Promise.resolve(),
  } as unknown as App;
  const session = testSession({
    openApp: () => Promise.resolve(app),
    progressStream: terminal,
    show: () => (before = terminal.written()),
  });
  const ended = payflow(['hq', 'uninstall'], session);
  await vi.advanceTimersByTimeAsync(3_000);
  await ended;
  expect(before).toMatch(WIPED);
});

test('10: the bar is away while a text is printed and a question waits for its answer', async () => {
  const terminal = testTerminal();
  const seen: string[] = [];
  const app = {
    init: () =>
      after(2_000, () => {
        throw new PayflowError('CLONE_REFUSED', { holder: 'till-7', since: 1, seen: 2 });
      }),
    status: () => Promise.resolve({ facts: { waiting: 0, held: 0, rejected: 0 } }),
    close: () => Promise.resolve(),
  } as unknown as App;
  const session = testSession({
    openApp: () => Promise.resolve(app),
    progressStream: terminal,
    note: () => void seen.push(terminal.written()),
    confirm: () => {
      seen.push(terminal.written());
      return after(60_000, () => {
        seen.push(terminal.written());
        return true;
      });
    },
  });
  const ended = payflow(['init', '--take-over'], session).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(62_000);
  const [first] = seen;
  expect(first).toMatch(WIPED);
  expect(seen).toEqual([first, first, first, first]);
  // Then it works again, and shows it.
  await vi.advanceTimersByTimeAsync(1_900);
  expect(terminal.written().slice(first?.length)).toContain('working [');
  await vi.advanceTimersByTimeAsync(200);
  expect(await ended).toMatchObject({ code: 'CLONE_REFUSED' });
  expect(terminal.written()).toMatch(WIPED);
});
