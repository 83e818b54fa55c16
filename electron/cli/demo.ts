import { InvalidArgumentError, type Command } from 'commander';
import type { DemoResult } from '../host/app-types.ts';
import { doneWith } from './outcome.ts';
import { withExample, type Session } from './session.ts';

function rowCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

/** Both sides must be equal, with nothing set aside; a demo stopped before that has nothing to show. */
function needsLook({ verify }: DemoResult): boolean {
  return verify !== null && (!verify.equal || verify.explained > 0);
}

/** The demo brings its own HQ and its own payflow.db: it reads no settings and touches nothing of this user's. */
export function addDemo(program: Command, session: Session): void {
  const command = program
    .command('demo')
    .description(
      'watch PayFlow work: a PostgreSQL as HQ, a sample shop, a busy POS and back office',
    )
    .option('--once', 'one round, then the end')
    .option('--rows <n>', 'about so many rows in the sample shop', rowCount);
  withExample(command, 'demo --once').action(async (options: { once?: boolean; rows?: number }) => {
    const { runDemo } = await import('../host/demo/demo.ts');
    const stop = new AbortController();
    const onInterrupt = (): void => stop.abort();
    process.once('SIGINT', onInterrupt);
    process.once('SIGTERM', onInterrupt);
    try {
      const result = await runDemo({
        once: options.once === true,
        rows: options.rows ?? null,
        print: session.note,
        signal: stop.signal,
      });
      const { text, ...json } = result;
      session.show(doneWith(needsLook(result), json, text));
    } finally {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onInterrupt);
    }
  });
}
