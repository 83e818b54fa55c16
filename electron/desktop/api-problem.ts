import { PayflowError } from '../../shared/errors.ts';
import type { Message } from '../../shared/report.ts';

/** What the window says of a web console that could not start: what is safe, what is wrong, what to do. */
export function apiProblem(error: unknown): Message {
  return error instanceof PayflowError && error.code === 'API_PORT_TAKEN'
    ? { code: 'STATUS_API_PORT_TAKEN', params: error.params }
    : { code: 'STATUS_API_OFF', params: {} };
}
