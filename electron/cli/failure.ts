import { CommanderError } from 'commander';
import { EXIT, PayflowError } from '../../shared/errors.ts';
import { asFailure } from '../host/failure.ts';

/** Wrong before any connection: the command line itself, the settings, the manifest (DESIGN 10). */
const usageCode = /^(USAGE|TABLE_UNKNOWN|ROW_NOT_LISTED|CONFLICT_UNKNOWN|SETTINGS_.+|MANIFEST_.+)$/;

export function exitOf(error: PayflowError): number {
  return usageCode.test(error.code) ? EXIT.usage : EXIT.failed;
}

/** Commander's sentence without its prefix, on one line. */
function problemOf(error: CommanderError): string {
  if (error.code === 'commander.help') return 'The command is not complete.';
  const sentence = error.message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  const full = sentence.charAt(0).toUpperCase() + sentence.slice(1);
  return /[.?!)]$/.test(full) ? full : `${full}.`;
}

/**
 * Any exception as a failure that can be said. What nobody expected becomes INTERNAL: its trace is for the log, not
 * for the person at the till. Null: not a failure at all (`--help` was printed).
 */
export function toFailure(error: unknown, help: string, log: string): PayflowError | null {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return null;
    return new PayflowError('USAGE', { problem: problemOf(error), help });
  }
  return asFailure(error, log);
}
