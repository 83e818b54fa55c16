/** Whose request it is: by a bearer token (scripts) or by the session's cookie (the console), and by nothing else. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Role } from '../../shared/contract.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { Caller } from '../host/host-types.ts';
import type { Sessions } from './sessions.ts';
import { readToken } from './tokens.ts';

export interface SignedIn extends Caller {
  readonly surface: 'console';
  /** Milliseconds since 1970; a long answer (events) ends before it. */
  readonly expiresAt: number;
  /** The console's session; null: a bearer token, which nobody signs out. */
  readonly sid: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    signedIn: SignedIn | null;
  }
  interface FastifyContextConfig {
    /** Who may; absent: whoever is signed in. */
    role?: Role;
  }
}

/** The caller of a request that came through `authenticate`. */
export function callerOf(request: FastifyRequest): SignedIn {
  if (request.signedIn === null) throw new PayflowError('API_SIGN_IN');
  return request.signedIn;
}

function byBearer(app: FastifyInstance, header: string): SignedIn {
  const [, token] = /^Bearer ([\w.-]+)$/i.exec(header) ?? [];
  const claims = token === undefined ? 'invalid' : readToken(app, token);
  if (claims === 'expired') throw new PayflowError('API_SESSION_ENDED');
  if (claims === 'invalid' || claims.use !== 'token') throw new PayflowError('API_SIGN_IN');
  return { role: claims.role, surface: 'console', expiresAt: claims.exp * 1000, sid: null };
}

/**
 * All routes of `scope` need a sign-in, and the role of their config. It runs after the rate limit, which so counts
 * guesses too, and before a body is read.
 */
export function authenticate(scope: FastifyInstance, sessions: Sessions): void {
  scope.decorateRequest('signedIn', null);
  scope.addHook('preParsing', async (request: FastifyRequest, reply: FastifyReply) => {
    const { authorization } = request.headers;
    const signedIn =
      authorization === undefined
        ? sessions.signedIn(request, reply)
        : byBearer(scope, authorization);
    const { role } = request.routeOptions.config;
    if (role === 'manager' && signedIn.role !== 'manager') throw new PayflowError('API_ROLE');
    request.signedIn = signedIn;
  });
}
