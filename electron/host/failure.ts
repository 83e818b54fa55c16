import { PayflowError } from '../../shared/errors.ts';

/**
 * Any exception as a failure that can be said. What nobody expected becomes INTERNAL: its trace is for the log, whose
 * path `log` is, and not for the person at the till.
 */
export function asFailure(error: unknown, log: string): PayflowError {
  if (error instanceof PayflowError) return error;
  return new PayflowError('INTERNAL', { log }, { cause: error });
}
