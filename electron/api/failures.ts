/** Failures as answers: one sentence, a code, a status; a trace only in the log. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PayflowError, type MessageParams } from '../../shared/errors.ts';
import type { Reply } from '../../shared/contract.ts';
import type { Catalogue } from '../../shared/messages.ts';
import type { Log } from '../host/log.ts';
import { errorJson } from '../host/public-json.ts';

/** What is not here is a state of this terminal or of HQ (409) or, for INTERNAL, ours (500). */
const statuses: Readonly<Record<string, number>> = {
  API_BAD_INPUT: 400,
  BAD_REQUEST: 400,
  API_SIGN_IN: 401,
  API_SESSION_ENDED: 401,
  API_LOGIN_USED: 401,
  API_ROLE: 403,
  NOT_ALLOWED: 403,
  API_FOREIGN: 403,
  API_NOT_FOUND: 404,
  API_TOO_LARGE: 413,
  API_TOO_MANY: 429,
  CONSOLE_NOT_BUILT: 503,
  INTERNAL: 500,
};

/** Names that do not fit: the caller's to correct. */
const badInput =
  /^(TABLE_UNKNOWN|ROW_NOT_LISTED|SETTINGS_(INVALID|CRON_INVALID|PASSWORD_NEEDED)|EDIT_.+)$/;

export function httpStatus(code: string): number {
  return statuses[code] ?? (badInput.test(code) ? 400 : 409);
}

/** The failure of a reply, with the sentence that the command line has for it. */
export interface FailureBody {
  readonly ok: false;
  readonly error: {
    readonly code: string;
    readonly params: MessageParams;
    readonly message: string;
  };
}

export function failureBody(
  code: string,
  params: MessageParams,
  catalogue: Catalogue,
): FailureBody {
  return { ok: false, error: { params, ...errorJson(code, params, catalogue) } };
}

/** The contract's reply as an answer; `undefined` crosses JSON as null. */
export function sendReply(
  reply: FastifyReply,
  answer: Reply<unknown>,
  catalogue: Catalogue,
): FastifyReply {
  if (answer.ok) return reply.send({ ok: true, value: answer.value ?? null });
  const { code, params } = answer.error;
  return reply.code(httpStatus(code)).send(failureBody(code, params, catalogue));
}

const badAddress = 'its address cannot be read';

/** The server's own refusals come as a status with words for programmers; they are the caller's, and not for the log. */
function ofServer(error: FastifyError, request: FastifyRequest, log: Log): PayflowError {
  const { statusCode = 500 } = error;
  switch (statusCode) {
    case 403:
    case 404:
    case 416:
      return notFound(request);
    case 413:
      return new PayflowError('API_TOO_LARGE');
    case 415:
      return new PayflowError('API_BAD_INPUT', { problem: 'the body must be JSON' });
  }
  if (statusCode < 400 || statusCode >= 500)
    return new PayflowError('INTERNAL', { log: log.path }, { cause: error });
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const problem = hasBody ? 'the body is not valid JSON' : badAddress;
  return new PayflowError('API_BAD_INPUT', { problem });
}

function notFound({ method, url }: FastifyRequest): PayflowError {
  const path = url.replace(/\?.*$/, '').slice(0, 100);
  return new PayflowError('API_NOT_FOUND', { request: `${method} ${path}` });
}

/** Where the log lies names this machine's user: only who is signed in is told. */
function paramsFor(request: FastifyRequest, { code, params }: PayflowError): MessageParams {
  const isKnown = (request as Partial<FastifyRequest>).signedIn != null;
  return code === 'INTERNAL' && !isKnown ? {} : params;
}

export function addFailures(app: FastifyInstance, catalogue: Catalogue, log: Log): void {
  app.setErrorHandler<FastifyError | PayflowError>((error, request, reply) => {
    const failure = error instanceof PayflowError ? error : ofServer(error, request, log);
    if (failure.code === 'INTERNAL')
      log.error(`${request.method} ${request.routeOptions.url ?? 'nowhere'}`, failure);
    const status = httpStatus(failure.code);
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    const params = paramsFor(request, failure);
    return reply.code(status).send(failureBody(failure.code, params, catalogue));
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request) => {
    throw notFound(request);
  });
}

/** An address that no route can be looked up for is refused before hooks and handlers: the same form, nothing else. */
export function refuseAddress(catalogue: Catalogue) {
  return (_error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void => {
    const body = failureBody('API_BAD_INPUT', { problem: badAddress }, catalogue);
    void reply.code(400).type('application/json').send(JSON.stringify(body));
  };
}
