import { InvalidArgumentError, type Command } from 'commander';
import type { RowName } from '../host/app-types.ts';
import { withEngine, withExample, type Session } from './session.ts';
import { runOutcome } from './sync.ts';

/** `table:id`; the id may hold colons. */
export function parseRowName(text: string): RowName {
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1) {
    throw new InvalidArgumentError('It must be TABLE:ID, as "payflow held" shows it.');
  }
  return { table: text.slice(0, colon), id: text.slice(colon + 1) };
}

export function addRetry(program: Command, session: Session): void {
  const command = program
    .command('retry')
    .description('try held and rejected rows again now')
    .argument(
      '[id...]',
      'TABLE:ID of the rows; none: all of them',
      (text: string, before: RowName[] | undefined) => [...(before ?? []), parseRowName(text)],
    );
  withExample(command, 'retry', 'retry orders:ord_001').action((rows: RowName[] | undefined) =>
    withEngine(session, 'terminal', async ({ engine, onProgress, signal, say }) =>
      runOutcome(await engine.retry(rows ?? [], onProgress, signal), say),
    ),
  );
}
