/** Numbers for Prometheus, read from the status at the moment they are asked for. */
import type { FastifyInstance } from 'fastify';
import type { Host } from '../host/host-types.ts';

export function addMetrics(app: FastifyInstance, scope: FastifyInstance, host: Host): void {
  const answers = new Map<number, number>();
  app.addHook('onResponse', (_request, { statusCode }, done) => {
    answers.set(statusCode, (answers.get(statusCode) ?? 0) + 1);
    done();
  });
  // Made with the first question: most terminals are never asked, and the process's own metrics keep it awake.
  let metrics: Promise<{ readonly contentType: string; metrics(): Promise<string> }> | null = null;
  scope.get(
    '/metrics',
    { schema: { tags: ['metrics'], summary: 'Metrics for Prometheus' } },
    async (_request, reply) => {
      metrics ??= import('./metrics-registry.ts').then(({ metricsOf }) => metricsOf(host, answers));
      const registry = await metrics;
      return reply.header('content-type', registry.contentType).send(await registry.metrics());
    },
  );
}
