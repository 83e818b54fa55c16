/** Tokens: signed and read in one way only. HS256 is pinned on both sides, so that no header can choose another. */
import fastifyJwt, { type FastifyJWTOptions } from '@fastify/jwt';
import fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ROLES, type Role } from '../../shared/contract.ts';
import { WITHOUT_SCHEMAS } from './without-schemas.ts';

/** token: a bearer token of `payflow token`. session: the console's cookie. Neither serves as the other. */
const claimsSchema = z.object({
  role: z.enum(ROLES),
  use: z.enum(['token', 'session']),
  /** A session's own name, for signing out. */
  sid: z.string().optional(),
  /** When a session can no longer be renewed, seconds since 1970. */
  ends: z.number().optional(),
  iat: z.number(),
  exp: z.number(),
});

export type Claims = z.infer<typeof claimsSchema>;

const issuer = 'payflow';
const audience = 'payflow-api';
/** Two clocks of one shop; more is a clock to be mended. */
const clockToleranceMs = 5_000;

export function jwtOptions(secret: string): FastifyJWTOptions {
  return {
    secret,
    sign: { algorithm: 'HS256', iss: issuer, aud: audience },
    verify: {
      algorithms: ['HS256'],
      allowedIss: issuer,
      allowedAud: audience,
      requiredClaims: ['iss', 'aud', 'iat', 'exp'],
      clockTolerance: clockToleranceMs,
    },
  };
}

/** Signs claims as they are: `iat` and `exp` are the caller's. `app` has `jwtOptions`. */
export function signToken(app: FastifyInstance, claims: Claims): string {
  return app.jwt.sign(claims);
}

export type TokenAnswer = Claims | 'expired' | 'invalid';

export function readToken(app: FastifyInstance, token: string): TokenAnswer {
  try {
    const parsed = claimsSchema.safeParse(app.jwt.verify<object>(token));
    return parsed.success ? parsed.data : 'invalid';
  } catch (error) {
    return isExpired(error) ? 'expired' : 'invalid';
  }
}

/** The library says so by a code only where the signature was right. */
const isExpired = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).endsWith('_EXPIRED');

export interface IssuedToken {
  readonly token: string;
  readonly role: Role;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A bearer token for scripts, made without a server. */
export async function issueToken(
  secret: string,
  role: Role,
  hours: number,
  now = Date.now(),
): Promise<IssuedToken> {
  const app = fastify(WITHOUT_SCHEMAS);
  await app.register(fastifyJwt, jwtOptions(secret));
  try {
    const iat = Math.floor(now / 1000);
    const exp = iat + Math.round(hours * 3600);
    return { token: signToken(app, { role, use: 'token', iat, exp }), role, expiresAt: exp * 1000 };
  } finally {
    await app.close();
  }
}
