/** Signing in and out of the console. Open to everyone who may reach the server: it is how one becomes someone. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import { HTTP } from '../../shared/http.ts';
import type { ApiLimits } from './limits.ts';
import type { LoginCodes } from './login-codes.ts';
import { jsonSchema, parseInput } from './input.ts';
import type { Sessions } from './sessions.ts';
import { readToken } from './tokens.ts';

const signIn = z.union([
  z.strictObject({ code: z.string().min(1).max(200) }),
  z.strictObject({ token: z.string().min(1).max(4_000) }),
]);

export function addSessionRoutes(
  app: FastifyInstance,
  sessions: Sessions,
  codes: LoginCodes,
  limits: ApiLimits,
): void {
  const tags = ['session'];
  app.post(
    HTTP.session,
    {
      config: { rateLimit: { max: limits.signInsPerMinute } },
      schema: {
        tags,
        summary: 'Sign in with the code of a one-time link, or with a token',
        security: [],
        body: jsonSchema(signIn),
      },
    },
    (request, reply) => {
      const given = parseInput(signIn, request.body);
      if ('code' in given) {
        const role = codes.redeem(given.code);
        if (role === null) throw new PayflowError('API_LOGIN_USED');
        return reply.send({ ok: true, value: sessions.begin(reply, role) });
      }
      const claims = readToken(app, given.token);
      if (claims === 'expired') throw new PayflowError('API_SESSION_ENDED');
      if (claims === 'invalid' || claims.use !== 'token') throw new PayflowError('API_SIGN_IN');
      // A session never outlives the token that opened it.
      return reply.send({ ok: true, value: sessions.begin(reply, claims.role, claims.exp) });
    },
  );
  app.get(HTTP.session, { schema: { tags, summary: 'Whose session it is' } }, (request) => ({
    ok: true,
    value: sessions.shown(request),
  }));
  app.delete(HTTP.session, { schema: { tags, summary: 'Sign out' } }, (request, reply) => {
    sessions.end(request, reply);
    return reply.send({ ok: true, value: null });
  });
}
