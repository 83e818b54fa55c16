/** OpenAPI of given routes and the pages that show it. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyInstance, type RouteOptions } from 'fastify';
import { WITHOUT_SCHEMAS } from './without-schemas.ts';

/** Answers /api/docs and what lies below it; the routes themselves answer nothing here. */
export async function docsPages(
  routes: readonly RouteOptions[],
  version: string,
): Promise<FastifyInstance> {
  const app = fastify(WITHOUT_SCHEMAS);
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'PayFlow',
        version,
        description:
          'Sync of this terminal: trigger it, watch it, see what waits. Every call but the sign-in needs a token of ' +
          '`payflow token` (or the console\'s session). A failure is `{"ok": false, "error": {code, params, message}}`.',
      },
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
      security: [{ token: [] }],
    },
  });
  await addPages(app);
  for (const { method, url, schema } of routes) {
    app.route({ method, url, ...(schema === undefined ? {} : { schema }), handler: () => null });
  }
  return app;
}

const json = '/api/docs/json';

async function addPages(app: FastifyInstance): Promise<void> {
  const baseDir = pagesFolder();
  if (baseDir === null) {
    app.get('/api/docs', { schema: { hide: true } }, (_request, reply) => reply.redirect(json));
    app.get(json, { schema: { hide: true } }, () => app.swagger());
    return;
  }
  const content = await readFile(join(baseDir, 'logo.svg'));
  const logo = { type: 'image/svg+xml', content };
  await app.register(swaggerUi, { routePrefix: '/api/docs', indexPrefix: '', baseDir, logo });
}

/** Swagger UI's own files. The packaged app leaves them out: there the documentation is the JSON alone. */
function pagesFolder(): string | null {
  try {
    const file = createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json');
    return join(dirname(file), 'static');
  } catch {
    return null;
  }
}
