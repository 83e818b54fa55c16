/** Numbers for Prometheus, read from the status at the moment they are asked for. */
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { STATES } from '../../shared/status.ts';
import type { Host } from '../host/host-types.ts';

export function addMetrics(app: FastifyInstance, scope: FastifyInstance, host: Host): void {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const answers = new Counter({
    name: 'payflow_http_answers_total',
    help: 'Answers of the HTTP API by status',
    labelNames: ['status'],
    registers: [register],
  });
  app.addHook('onResponse', (_request, reply, done) => {
    answers.inc({ status: String(reply.statusCode) });
    done();
  });
  addGauges(register, host);
  scope.get(
    '/metrics',
    { schema: { tags: ['metrics'], summary: 'Metrics for Prometheus' } },
    async (_request, reply) =>
      reply.header('content-type', register.contentType).send(await register.metrics()),
  );
}

function addGauges(register: Registry, host: Host): void {
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [register],
      collect() {
        this.set(value());
      },
    });
  };
  const facts = () => host.current().facts;
  const seconds = (at: number | null): number => (at === null ? 0 : at / 1000);
  gauge('payflow_unsent_changes', 'Changes that wait for upload', () => facts().waiting);
  gauge('payflow_held_rows', 'Rows that wait for a row they refer to', () => facts().held);
  gauge('payflow_rejected_rows', 'Rows that a side refuses', () => facts().rejected);
  gauge('payflow_oldest_unsent_seconds', 'Age of the oldest unsent change; 0: none', () => {
    const { oldestUnsentAt, now } = facts();
    return oldestUnsentAt === null ? 0 : Math.max(0, (now - oldestUnsentAt) / 1000);
  });
  gauge(
    'payflow_last_complete_timestamp_seconds',
    'When the last run ended that left nothing open; 0: never',
    () => seconds(host.current().lastCompleteAt),
  );
  new Gauge({
    name: 'payflow_state',
    help: '1 for the state that holds',
    labelNames: ['state'],
    registers: [register],
    collect() {
      const { state } = host.current().status;
      for (const each of STATES) this.set({ state: each }, each === state ? 1 : 0);
    },
  });
}
