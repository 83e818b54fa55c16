import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { STATES } from '../../shared/status.ts';
import type { Host } from '../host/host-types.ts';

/** How often the event loop is asked how late it is; the library's 10 ms would wake an idle terminal 100 times a second. */
const lagEveryMs = 1_000;

/** The status in Prometheus' names, and what the process says of itself. `answers`: count per HTTP status. */
export function metricsOf(host: Host, answers: ReadonlyMap<number, number>): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: lagEveryMs });
  new Counter({
    name: 'payflow_http_answers_total',
    help: 'Answers of the HTTP API by status',
    labelNames: ['status'],
    registers: [register],
    collect() {
      this.reset();
      for (const [status, count] of answers) this.inc({ status: String(status) }, count);
    },
  });
  addGauges(register, host);
  return register;
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
