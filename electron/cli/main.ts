/**
 * The command line's composition root: reads the arguments, runs one command, says how it ended. stdout carries the
 * answer and nothing else; errors and progress go to stderr (an error in JSON mode is the answer).
 */
import { join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import { createLog, logPath, type Log } from '../host/log.ts';
import { loadCatalogue } from '../host/messages.ts';
import { errorJson } from '../host/public-json.ts';
import { readSettings, type Settings } from '../host/settings.ts';
import { appVersion } from '../host/version.ts';
import { userDataFolder } from '../host/user-data.ts';
import { askYesNo } from './ask.ts';
import { exitOf, toFailure } from './failure.ts';
import type { Outcome } from './outcome.ts';
import { buildProgram, helpLine } from './program.ts';
import type { Session } from './session.ts';
import { printable } from './text.ts';

const argv = process.argv.slice(2);
const asJson = argv.includes('--json');
const catalogue = loadCatalogue();
let settings: Settings | undefined;
let log: Log | undefined;

/** `| head` ends a pipe early: no failure of ours. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Before the settings are known, or when they are wrong, the log stands in the user's folder. */
function logFolder(): string {
  return settings?.logFolder ?? (process.env['PAYFLOW_LOG_DIR'] || join(userDataFolder(), 'logs'));
}

/** Made when there is something to log. */
function openLog(): Log {
  const password = settings?.hq?.password;
  log ??= createLog(
    logFolder(),
    [password, settings?.jwtSecret].filter((secret) => typeof secret === 'string'),
  );
  return log;
}

function showFailure(error: unknown): void {
  const failure = toFailure(error, helpLine(buildProgram(session), argv), logPath(logFolder()));
  if (failure === null) return;
  const exit = exitOf(failure);
  // A wrong command line is no event; everything else is, with its trace.
  if (failure.code !== 'USAGE')
    openLog().error(`payflow ${argv.join(' ')}: ${failure.code}`, failure);
  const shown = errorJson(failure.code, failure.params, catalogue);
  const message = printable(shown.message);
  if (asJson) print(JSON.stringify({ error: { code: shown.code, message } }));
  else process.stderr.write(`${message}\n`);
  process.exitCode = exit;
}

const session: Session = {
  settings: () => (settings ??= readSettings()),
  catalogue,
  openApp: async (given) => {
    const { openApp } = await import('../host/app.ts');
    return openApp(given, openLog());
  },
  findEngine: async ({ databasePath }) => {
    const { findEngine } = await import('../host/engine-client.ts');
    return findEngine(databasePath, appVersion());
  },
  show: ({ json, text, exit, failure }: Outcome) => {
    if (asJson) print(JSON.stringify(json, null, 2));
    else if (text !== '') print(text);
    if (failure !== undefined && !asJson) process.stderr.write(`${printable(failure)}\n`);
    process.exitCode = exit;
  },
  note: (text) => {
    if (!asJson) print(text);
  },
  confirm: (question, signal) =>
    askYesNo(question, { input: process.stdin, output: process.stderr, signal }),
  progressStream: process.stderr,
};

function endUnexpectedly(error: unknown): never {
  showFailure(error instanceof PayflowError ? error : new Error('uncaught', { cause: error }));
  // The state of the process is unknown: nothing that still runs in it may go on writing.
  process.exit();
}

process.on('uncaughtException', endUnexpectedly);
process.on('unhandledRejection', endUnexpectedly);

try {
  await buildProgram(session).parseAsync(argv, { from: 'user' });
} catch (error) {
  showFailure(error);
}
