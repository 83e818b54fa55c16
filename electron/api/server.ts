/** The HTTP API and the web console over a Host, as a table of contents. Nothing listens yet: `start.ts` does that. */
import helmet from '@fastify/helmet';
import fastifyJwt from '@fastify/jwt';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance } from 'fastify';
import { CONTENT_SECURITY_POLICY } from '../../shared/csp.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { Catalogue } from '../../shared/messages.ts';
import type { Host } from '../host/host-types.ts';
import type { Log } from '../host/log.ts';
import { authenticate } from './authentication.ts';
import { addCalls } from './calls.ts';
import { addConsole } from './console.ts';
import { addDocs } from './docs.ts';
import { addEvents } from './events.ts';
import { addFailures, refuseAddress } from './failures.ts';
import { createGuard } from './guards.ts';
import { API_LIMITS, type ApiLimits } from './limits.ts';
import type { LoginCodes } from './login-codes.ts';
import { addMetrics } from './metrics.ts';
import type { PublicApi } from '../host/public-api.ts';
import { addSessionRoutes } from './session-routes.ts';
import { createSessions } from './sessions.ts';
import { addSyncRoutes } from './sync-routes.ts';
import { jwtOptions } from './tokens.ts';
import { WITHOUT_SCHEMAS } from './without-schemas.ts';

export interface ApiOptions {
  readonly host: Host;
  readonly publicApi: PublicApi;
  readonly catalogue: Catalogue;
  readonly log: Log;
  /** The key that signs tokens (`tokenSecret`). */
  readonly secret: string;
  readonly codes: LoginCodes;
  /** Where it will listen: a name or address. Decides which names are its own. */
  readonly listenHost: string;
  /** The built window. */
  readonly rendererFolder: string;
  readonly version: string;
  readonly limits?: ApiLimits;
}

export async function createServer(options: ApiOptions): Promise<FastifyInstance> {
  const { host, publicApi, catalogue, log, limits = API_LIMITS } = options;
  const app = fastify({
    ...WITHOUT_SCHEMAS,
    bodyLimit: limits.body,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    frameworkErrors: refuseAddress(catalogue),
  });
  await addShields(app, options, limits);
  addFailures(app, catalogue, log);
  addDocs(app, options.version);
  const sessions = createSessions(app);
  app.get('/healthz', { schema: { tags: ['metrics'], summary: 'It runs', security: [] } }, () => ({
    ok: true,
  }));
  addSessionRoutes(app, sessions, options.codes, limits);
  await app.register((scope, _options, done) => {
    authenticate(scope, sessions);
    addCalls(scope, host, catalogue);
    addSyncRoutes(scope, host, publicApi, catalogue);
    addEvents(scope, host, sessions, limits);
    addMetrics(app, scope, host);
    done();
  });
  await addConsole(app, options.rendererFolder);
  return app;
}

/** What every request passes, in this order: its address, the rate limit, the body's size, the headers of an answer. */
async function addShields(
  app: FastifyInstance,
  options: ApiOptions,
  limits: ApiLimits,
): Promise<void> {
  const isWelcome = createGuard(options.listenHost);
  app.addHook('onRequest', async ({ method, headers }) => {
    const { host, origin } = headers;
    const [site, mode] = ['sec-fetch-site', 'sec-fetch-mode'].map((name) => headers[name]);
    const text = (value: typeof site): string | undefined =>
      Array.isArray(value) ? value.join() : value;
    if (!isWelcome({ method, host, origin, site: text(site), mode: text(mode) }))
      throw new PayflowError('API_FOREIGN');
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: Object.fromEntries(
        Object.entries(CONTENT_SECURITY_POLICY).map(([name, sources]) => [name, [...sources]]),
      ),
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // It speaks plain HTTP; a promise of TLS would lock people out of other servers of the same name.
    hsts: false,
  });
  await app.register(rateLimit, {
    max: limits.requestsPerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { ttl }) =>
      new PayflowError('API_TOO_MANY', { seconds: Math.ceil(ttl / 1000) }),
  });
  await app.register(fastifyJwt, jwtOptions(options.secret));
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
  });
}
