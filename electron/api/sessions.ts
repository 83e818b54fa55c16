/** The console's session: a short token in a cookie that no script can read, renewed while it is used. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Role } from '../../shared/contract.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { Session } from '../../shared/http.ts';
import type { SignedIn } from './authentication.ts';
import { readToken, signToken, type Claims } from './tokens.ts';

/** An unused console is signed out after this; a used one is renewed at half of it. */
export const SESSION_SECONDS = 15 * 60;
/** However much it is used. */
export const SESSION_MAX_SECONDS = 12 * 60 * 60;

export interface Sessions {
  /** Whose session the cookie names; renews it where it is due. Throws API_SIGN_IN or API_SESSION_ENDED. */
  signedIn(request: FastifyRequest, reply: FastifyReply): SignedIn;
  /** `endsBy`: no later than this, seconds since 1970. */
  begin(reply: FastifyReply, role: Role, endsBy?: number): Session;
  /** Also a copy of the cookie is worth nothing from now on, and what still runs for it is told. */
  end(request: FastifyRequest, reply: FastifyReply): void;
  /** Hears the name of each session that is signed out. */
  onEnd(listener: (sid: string) => void): void;
  /** The session's facts; throws as `signedIn` does. */
  shown(request: FastifyRequest): Session;
}

const unsafe = (method: string): boolean => method !== 'GET' && method !== 'HEAD';

/** Cookies know no ports: two servers of one machine must not sign each other's consoles out. */
const cookieName = (request: FastifyRequest): string =>
  `payflow_session_${String(request.socket.localPort ?? 0)}`;

function cookieOf(request: FastifyRequest): string | undefined {
  const name = `${cookieName(request)}=`;
  return request.headers.cookie
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(name))
    ?.slice(name.length);
}

function setCookie(reply: FastifyReply, value: string, seconds: number): void {
  const name = cookieName(reply.request);
  // No "Secure": the console speaks plain HTTP on loopback, where browsers would drop the cookie.
  const text = `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${String(seconds)}`;
  void reply.header('set-cookie', text);
}

export function createSessions(
  app: FastifyInstance,
  now: () => number = () => Math.floor(Date.now() / 1000),
): Sessions {
  /** Sessions that were signed out, until they would have ended anyway. */
  const ended = new Map<string, number>();
  // Of this server alone: the next one knows nothing of who was signed out, and so takes none of its sessions over.
  const ownPrefix = `${randomUUID()}.`;
  const listeners: ((sid: string) => void)[] = [];

  function give(reply: FastifyReply, role: Role, sid: string, ends: number): Claims {
    const iat = now();
    const exp = Math.min(iat + SESSION_SECONDS, ends);
    const claims: Claims = { role, use: 'session', sid, ends, iat, exp };
    setCookie(reply, signToken(app, claims), exp - iat);
    return claims;
  }

  function claimsOf(request: FastifyRequest): Claims & { sid: string; ends: number } {
    const cookie = cookieOf(request);
    if (cookie === undefined) throw new PayflowError('API_SIGN_IN');
    // A browser says where a page's request comes from; the guard has compared it with our address.
    if (unsafe(request.method) && request.headers.origin === undefined)
      throw new PayflowError('API_FOREIGN');
    const claims = readToken(app, cookie);
    if (claims === 'expired') throw new PayflowError('API_SESSION_ENDED');
    if (claims === 'invalid' || claims.use !== 'session') throw new PayflowError('API_SIGN_IN');
    const { sid, ends } = claims;
    if (sid === undefined || ends === undefined) throw new PayflowError('API_SIGN_IN');
    if (ended.has(sid) || !sid.startsWith(ownPrefix)) throw new PayflowError('API_SESSION_ENDED');
    return { ...claims, sid, ends };
  }

  return {
    signedIn(request, reply) {
      const claims = claimsOf(request);
      const { role, sid, ends, iat, exp } = claims;
      const due = now() - iat >= (exp - iat) / 2 && exp < ends;
      const current = due ? give(reply, role, sid, ends) : claims;
      return { role, surface: 'console', expiresAt: current.exp * 1000, sid };
    },
    begin(reply, role, endsBy = Infinity) {
      const ends = Math.min(now() + SESSION_MAX_SECONDS, endsBy);
      give(reply, role, ownPrefix + randomUUID(), ends);
      return { role, endsAt: ends * 1000 };
    },
    end(request, reply) {
      const { sid, ends } = claimsOf(request);
      for (const [other, until] of ended) if (until < now()) ended.delete(other);
      ended.set(sid, ends);
      setCookie(reply, '', 0);
      for (const listener of listeners) listener(sid);
    },
    onEnd(listener) {
      listeners.push(listener);
    },
    shown(request) {
      const { role, ends } = claimsOf(request);
      return { role, endsAt: ends * 1000 };
    },
  };
}
