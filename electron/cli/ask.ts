import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface AskOptions {
  readonly input: Readable & { readonly isTTY?: boolean };
  /** stdout carries the answer of a command and nothing else: a question goes to stderr. */
  readonly output: Writable;
  /** Ctrl-C: a no. */
  readonly signal: AbortSignal;
}

/** True for "y" and "yes" in any case. Where `input` is no terminal nobody is asked: whoever wrote the script has decided. */
export function askYesNo(
  question: string,
  { input, output, signal }: AskOptions,
): Promise<boolean> {
  if (input.isTTY !== true) return Promise.resolve(true);
  const lines = createInterface({ input, output });
  return new Promise((resolve) => {
    const answer = (isYes: boolean): void => {
      resolve(isYes);
      lines.close();
    };
    signal.addEventListener('abort', () => answer(false), { once: true });
    lines.once('SIGINT', () => answer(false));
    // The end of the input, too, is no yes.
    lines.once('close', () => resolve(false));
    if (signal.aborted) answer(false);
    else lines.question(`${question} [y/N] `, (text) => answer(/^y(es)?$/i.test(text.trim())));
  });
}
