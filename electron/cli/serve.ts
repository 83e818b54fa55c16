import { InvalidArgumentError, type Command } from 'commander';
import { renderMessage } from '../../shared/messages.ts';
import { done } from './outcome.ts';
import { withExample, type Session } from './session.ts';
import { paragraphs } from './text.ts';

interface Options {
  readonly host: string;
  readonly port?: number;
  readonly demo?: boolean;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}

/** Resolves at the first Ctrl-C or SIGTERM; the second one is the system's own. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ['SIGINT', 'SIGTERM'] as const;
    const stop = (): void => {
      for (const signal of signals) process.off(signal, stop);
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
  });
}

/** Runs until it is stopped; what it has to say is said when it listens. */
async function serve(session: Session, { host, port, demo = false }: Options): Promise<void> {
  const { startHeadless } = await import('../headless.ts');
  const { catalogue } = session;
  // Heard from the beginning, so that a stop during the start is none too early.
  const stopped = untilStopped();
  if (demo) session.note('Starting a PostgreSQL and the demo shop ...\n');
  const running = await startHeadless({ listenHost: host, port: port ?? null, demo, catalogue });
  try {
    const { url, loginUrl, isConsoleBuilt, isLocal } = running;
    const unbuilt = isConsoleBuilt ? '' : renderMessage(catalogue, 'CONSOLE_NOT_BUILT');
    const warning = isLocal ? '' : renderMessage(catalogue, 'API_UNENCRYPTED', { host });
    session.show({
      ...done(
        { url, loginUrl, warnings: [unbuilt, warning].filter((text) => text !== '') },
        paragraphs(
          `PayFlow is running, with its API at ${url}/api/docs.`,
          `Open the console with this link. It signs you in as manager, once, within 10 minutes:\n\n  ${loginUrl}`,
          unbuilt,
          demo
            ? 'Ctrl-C ends it and removes everything the demo made.'
            : 'Ctrl-C ends it; sales go on and are sent at the next start.',
        ),
      ),
      ...(warning === '' ? {} : { failure: warning }),
    });
    await stopped;
  } finally {
    await running.close();
  }
}

export function addServe(program: Command, session: Session): void {
  const command = program
    .command('serve')
    .description('keep syncing without a window: engine, HTTP API and web console; Ctrl-C ends it')
    .option(
      '--port <n>',
      'where it listens; default: the setting PORT; 0: any free one',
      portNumber,
    )
    .option(
      '--host <name>',
      "this machine's name or address to listen at; the traffic is not encrypted",
      '127.0.0.1',
    )
    .option(
      '--demo',
      'the built-in demo shop instead of your own; needs no settings, touches nothing',
    );
  withExample(command, 'serve', 'serve --port 4100', 'serve --demo').action((options: Options) =>
    serve(session, options),
  );
}
