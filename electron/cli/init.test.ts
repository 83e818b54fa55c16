/** 8.2: `init --take-over` at the command line, with an HQ that refuses until it is told. */
import { expect, test } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import type { App, InitReport } from '../host/app-types.ts';
import { payflow, testSession } from './testing.ts';

const done: InitReport = {
  database: '/till/payflow.db',
  terminal: 'T1',
  created: false,
  tables: { products: 3 },
  held: 0,
  rejected: 0,
  applied: [],
  backup: null,
  remaining: [],
};
const difference = { code: 'column-type', table: 'products', column: 'weight', fix: null };
const hour = 3_600_000;
const refusal = new PayflowError('CLONE_REFUSED', {
  holder: 'till-7',
  since: hour,
  seen: 2 * hour,
});

/** Runs `payflow init …`; `log` has what happened in its order. `failure` null: HQ refuses nobody. */
async function init(
  words: readonly string[],
  { answer = true, failure = refusal as PayflowError | null, report = done } = {},
): Promise<{ readonly log: readonly string[]; readonly error: unknown }> {
  const log: string[] = [];
  const app = {
    init: (
      _onProgress: unknown,
      _signal: unknown,
      _runId: unknown,
      options = { takeOver: false },
    ) => {
      log.push(options.takeOver ? 'takes over' : 'tries');
      return options.takeOver || failure === null
        ? Promise.resolve(report)
        : Promise.reject(failure);
    },
    status: () => Promise.resolve({ facts: { waiting: 2, held: 0, rejected: 0 } }),
    stats: () =>
      Promise.resolve({ tables: { orders: { rows: 9, pending: 2, held: 0, rejected: 0 } } }),
    close: () => Promise.resolve(),
  } as unknown as App;
  const session = testSession({
    openApp: () => Promise.resolve(app),
    show: ({ exit }) => void log.push(`exit ${String(exit)}`),
    note: (text) => void log.push(text),
    confirm: (question) => {
      log.push(question);
      return Promise.resolve(answer);
    },
  });
  try {
    await payflow(['init', ...words], session);
    return { log, error: null };
  } catch (error) {
    return { log, error };
  }
}

const says = (text: string) => expect.stringContaining(text) as string;

test('8.2: who the other machine is and what comes along stand before the question, the take-over after it', async () => {
  const { log, error } = await init(['--take-over']);
  expect(log).toEqual([
    'tries',
    says('till-7'),
    says('orders'),
    says('Is this machine to be the terminal from now on'),
    'takes over',
    'exit 0',
  ]);
  expect(error).toBeNull();
});

test('8.2: a no takes nothing over and leaves the refusal standing', async () => {
  const { log, error } = await init(['--take-over'], { answer: false });
  expect(log).not.toContain('takes over');
  expect(error).toBe(refusal);
});

test('8.2: --yes asks nobody', async () => {
  const { log } = await init(['--take-over', '--yes']);
  expect(log).toEqual(['tries', says('till-7'), says('orders'), 'takes over', 'exit 0']);
});

test('8.2: without --take-over a refused machine stays refused', async () => {
  const { log, error } = await init([]);
  expect([log, error]).toEqual([['tries'], refusal]);
});

test('where nobody else is the terminal, nothing is asked or taken', async () => {
  const { log } = await init(['--take-over'], { failure: null });
  expect(log).toEqual(['tries', 'exit 0']);
});

test('another failure is no question', async () => {
  const failure = new PayflowError('HQ_TIMEOUT', {});
  const { log, error } = await init(['--take-over'], { failure });
  expect([log, error]).toEqual([['tries'], failure]);
});

test.each([
  ['held', { held: 1 }, 3],
  ['rejected', { rejected: 1 }, 3],
  ['still different from HQ', { remaining: [{ ...difference, severity: 'manual' }] }, 3],
  ['only worth knowing', { remaining: [{ ...difference, severity: 'information' }] }, 0],
] as const)('10: what init leaves %s decides how it exits', async (_what, left, exit) => {
  const { log } = await init([], { failure: null, report: { ...done, ...left } });
  expect(log).toEqual(['tries', `exit ${String(exit)}`]);
});
