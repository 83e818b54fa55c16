import { expect, test } from 'vitest';
import { loadCatalogue } from '../host/messages.ts';
import { calmFacts, viewOf } from '../../e2e/support/any-facts.ts';
import { createQuitGuard, unsentOf, type QuitPorts } from './quit-guard.ts';
import { quitTexts } from './quit-texts.ts';

type Answer = 'sync' | 'quit' | 'cancel';

/** A program with unsent rows, and what was done with it in order. */
function program(
  unsent: number[],
  answers: Answer[],
  ports: Partial<QuitPorts> = {},
  keptBack = 0,
) {
  const done: string[] = [];
  let left = unsent.shift() ?? 0;
  const guard = createQuitGuard({
    unsent: () => ({ waiting: left, keptBack }),
    ask: ({ waiting }, again) => {
      done.push(`ask ${waiting}${again ? ' again' : ''}`);
      return Promise.resolve(answers.shift() ?? 'cancel');
    },
    sync: () => {
      done.push('sync');
      left = unsent.shift() ?? 0;
      return Promise.resolve();
    },
    close: () => {
      done.push('close');
      return Promise.resolve();
    },
    exit: () => done.push('exit'),
    ...ports,
  });
  return { guard, done };
}

test('with nothing unsent it ends at the first wish, unasked', async () => {
  const { guard, done } = program([0], []);
  await guard.quit();
  expect(done).toEqual(['close', 'exit']);
  expect(guard.done).toBe(true);
});

test('"Sync and quit" sends, then ends', async () => {
  const { guard, done } = program([14, 0], ['sync']);
  await guard.quit();
  expect(done).toEqual(['ask 14', 'sync', 'close', 'exit']);
});

test('what could not be sent is named, and asked about again', async () => {
  const { guard, done } = program([14, 3], ['sync', 'quit']);
  await guard.quit();
  expect(done).toEqual(['ask 14', 'sync', 'ask 3 again', 'close', 'exit']);
});

test('rows that were tried and kept back are asked about too, also when nothing else is unsent', async () => {
  const { guard, done } = program([0], ['quit'], {}, 2);
  await guard.quit();
  expect(done).toEqual(['ask 0', 'close', 'exit']);
});

test('the question names what waits and what is kept back, each with its number', () => {
  const texts = (waiting: number, keptBack: number, again = false): string =>
    quitTexts(loadCatalogue(), { waiting, keptBack }, again).message;
  expect(texts(14, 0)).toBe('14 changes are saved here and not sent to HQ yet.');
  expect(texts(1, 2)).toBe(
    '1 change is saved here and not sent to HQ yet. 2 rows of this terminal are kept here ' +
      'because HQ could not take them yet: see Held rows.',
  );
  expect(texts(0, 1, true)).toBe(
    '1 row of this terminal is kept here because HQ could not take it yet: see Held rows.',
  );
  expect(texts(3, 0, true)).toBe('3 changes could not be sent just now.');
});

test('what the demo sold is asked about by nobody, nor is there anything before the start', () => {
  const host = (isDemo: boolean) => ({
    isDemo: () => isDemo,
    current: () => ({ ...viewOf({ ...calmFacts, waiting: 14 }), keptBack: 2 }),
  });
  expect(unsentOf(null)).toEqual({ waiting: 0, keptBack: 0 });
  expect(unsentOf(host(true))).toEqual({ waiting: 0, keptBack: 0 });
  expect(unsentOf(host(false))).toEqual({ waiting: 14, keptBack: 2 });
});

test('"Cancel" leaves everything as it is, and the next wish is asked about again', async () => {
  const { guard, done } = program([14], ['cancel', 'quit']);
  await guard.quit();
  expect(done).toEqual(['ask 14']);
  expect(guard.leaving).toBe(false);
  await guard.quit();
  expect(done).toEqual(['ask 14', 'ask 14', 'close', 'exit']);
});

test('a second wish while the first is asked about adds no second question', async () => {
  const { guard, done } = program([14], ['quit']);
  await Promise.all([guard.quit(), guard.quit()]);
  expect(done).toEqual(['ask 14', 'close', 'exit']);
});

test('a system that shuts down asks nobody, also over an open question', async () => {
  const answer = Promise.withResolvers<Answer>();
  const { guard, done } = program([14], [], { ask: () => answer.promise });
  const asked = guard.quit();
  await guard.quit({ now: true });
  expect(done).toEqual(['close', 'exit']);
  answer.resolve('quit');
  await asked;
  expect(done).toEqual(['close', 'exit']);
});

test('it ends also when closing fails', async () => {
  const { guard, done } = program([0], [], { close: () => Promise.reject(new Error('no')) });
  await expect(guard.quit()).rejects.toThrow('no');
  expect(done).toEqual(['exit']);
});
