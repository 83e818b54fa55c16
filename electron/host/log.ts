import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import electronLog from 'electron-log/node';

/** The log file: what happened, and the traces that no screen shows. */
export interface Log {
  /** Where it stands, for messages and diagnostics. */
  readonly path: string;
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  /** An error with its trace and all its causes. */
  error(message: string, error: unknown): void;
}

/** Twice this is the most the log ever takes: one file being written, one rotated. */
const maxBytes = 2 * 1024 * 1024;

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

/** Facts as JSON; errors among them with their traces, which JSON would drop. */
function described(facts: Record<string, unknown>): string[] {
  const entries = Object.entries(facts);
  const plain = entries.filter(([, value]) => !(value instanceof Error));
  const errors = entries.filter(([, value]) => value instanceof Error);
  return [
    ...(plain.length === 0 ? [] : [JSON.stringify(Object.fromEntries(plain))]),
    ...errors.map(([, error]) => describe(error)),
  ];
}

/** Where the log of a folder stands, also before it exists. */
export function logPath(folder: string): string {
  return join(folder, 'payflow.log');
}

/**
 * A log in `folder`, silent on the console (the command line owns stdout and stderr). Every line is freed of
 * `secrets`, wherever in an error or a fact they stand. A folder that cannot be written to must not end a command:
 * the log then goes nowhere.
 */
export function createLog(folder: string, secrets: readonly string[] = []): Log {
  const path = logPath(folder);
  const logger = electronLog.create({ logId: path });
  const hidden = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]).filter(Boolean);
  const clean = (text: string): string =>
    hidden.reduce((line, secret) => line.replaceAll(secret, '***'), text);
  logger.transports.console.level = false;
  // Its own complaints (a file it cannot write) go to the console of the first logger, whatever its level.
  for (const { transports } of [electronLog, logger]) transports.console.writeFn = () => undefined;
  // Otherwise it looks for a package.json above the current folder, and where there is none it drops every line.
  logger.transports.file.setAppName('PayFlow');
  logger.transports.file.resolvePathFn = () => path;
  logger.transports.file.maxSize = maxBytes;
  logger.transports.file.writeOptions = { flag: 'a', mode: 0o600, encoding: 'utf8' };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
  } catch {
    logger.transports.file.level = false;
  }
  const line = (message: string, facts: Record<string, unknown> = {}): string =>
    clean([message, ...described(facts)].join(' '));
  return {
    path,
    info: (message, facts) => logger.info(line(message, facts)),
    warn: (message, facts) => logger.warn(line(message, facts)),
    error: (message, error) => logger.error(clean(`${message}: ${describe(error)}`)),
  };
}
