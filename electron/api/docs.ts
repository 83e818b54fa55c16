/** The documentation at /api/docs, from the schemas that the routes stand with. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/** Before any route, which the plugin collects as they come. */
export async function addDocs(app: FastifyInstance, version: string): Promise<void> {
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

const json = '/api/docs/json';

/** Swagger UI's own files. The packaged app leaves them out: there the documentation is the JSON alone. */
function pagesFolder(): string | null {
  try {
    const file = createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json');
    return join(dirname(file), 'static');
  } catch {
    return null;
  }
}
