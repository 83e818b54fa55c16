/** The documentation at /api/docs, from the schemas that the routes stand with; made when it is first asked for. */
import type { FastifyInstance, RouteOptions } from 'fastify';

/** What a browser may say and hear about a page beside the page itself. */
const asked = ['accept', 'if-none-match', 'if-modified-since'] as const;
const told = ['content-type', 'etag', 'last-modified', 'cache-control', 'location'] as const;

/**
 * Before any route. The routes are only noted: the library that turns them into OpenAPI, and the pages that show it,
 * cost a start a tenth of a second and are read by few. They stand in a server of their own that never listens.
 */
export function addDocs(app: FastifyInstance, version: string): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    if (route.method !== 'HEAD' && route.schema?.hide !== true) routes.push(route);
  });
  let pages: Promise<FastifyInstance> | null = null;
  const open = (): Promise<FastifyInstance> =>
    (pages ??= import('./docs-pages.ts').then(({ docsPages }) => docsPages(routes, version)));
  for (const url of ['/api/docs', '/api/docs/*']) {
    app.get(url, { schema: { hide: true } }, async (request, reply) => {
      const server = await open();
      const headers: Record<string, string> = {};
      for (const name of asked) {
        const value = request.headers[name];
        if (value !== undefined) headers[name] = value;
      }
      const answer = await server.inject({ method: 'GET', url: request.url, headers });
      for (const name of told) {
        const value = answer.headers[name];
        if (value !== undefined) void reply.header(name, value);
      }
      return reply.code(answer.statusCode).send(answer.rawPayload);
    });
  }
  app.addHook('onClose', async () => (await pages)?.close());
}
