/** The documentation at /api/docs, from the schemas that the routes stand with. */
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
  await app.register(swaggerUi, { routePrefix: '/api/docs', indexPrefix: '' });
}
