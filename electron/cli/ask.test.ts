import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askYesNo } from './ask.ts';

/** A person at a terminal, who types. */
function terminal(isTTY = true) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const stop = new AbortController();
  const asked = askYesNo('Sure?', {
    input: Object.assign(input, { isTTY }),
    output,
    signal: stop.signal,
  });
  return { input, stop, asked, said: () => String(output.read() ?? '') };
}

test.each([
  ['y', true],
  ['Yes', true],
  [' yes ', true],
  ['', false],
  ['n', false],
  ['yesterday', false],
])('"%s" is %s', async (typed, answer) => {
  const { input, asked, said } = terminal();
  input.write(`${typed}\n`);
  expect(await asked).toBe(answer);
  expect(said()).toContain('Sure? [y/N]');
});

test('the end of the input and Ctrl-C are no yes', async () => {
  const [ended, stopped] = [terminal(), terminal()];
  ended.input.end();
  stopped.stop.abort();
  expect([await ended.asked, await stopped.asked]).toEqual([false, false]);
});

test('a script is not asked: it has said so by its command', async () => {
  const { asked, said } = terminal(false);
  expect([await asked, said()]).toEqual([true, '']);
});
