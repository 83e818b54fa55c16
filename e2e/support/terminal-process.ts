/**
 * A terminal in a process of its own: what `children.ts` starts. Tells its parent each run's report. Killed by its
 * own SIGKILL at the named step of the cycle where it is told to, as a power cut would.
 */
import { flushCompileCache } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { openApp, type Compose } from '../../electron/host/app.ts';
import { readSettings } from '../../electron/host/settings.ts';
import type { RunReport } from '../../shared/report.ts';
import { withKillPoints } from './kill-points.ts';
import { quietLog } from './quiet-log.ts';

export interface TerminalOrder {
  readonly url: string;
  readonly path: string;
  readonly code: string;
  readonly batchSize?: number;
  /** `syncs`: one after the other until the parent says stop. */
  readonly action: 'init' | 'sync' | 'syncs';
  /** A name of `withKillPoints`, or `*` for any; and which time it is reached, from 1. */
  readonly killAt?: { readonly step: string; readonly time: number };
  /** The name of one of `CURSOR_MUTANTS` (`simulation/mutants.ts`): an engine that is built wrong, for a test of a test. */
  readonly mutant?: string;
}

const ANY_POINT = '*';

const order = JSON.parse(process.argv[2] ?? '{}') as TerminalOrder;
const { killAt } = order;
let reached = 0;
let told = false;
const abandoned = (): void => process.exit(1);
process.on('message', () => {
  told = true;
});
// Nobody is left to work for.
process.once('disconnect', abandoned);

/** The engine's ports, or what the mutant makes of them; it looks at HQ with a connection of its own. */
async function wrongly(): Promise<{ compose: Compose; end: () => Promise<void> }> {
  if (order.mutant === undefined)
    return { compose: (ports) => ports, end: () => Promise.resolve() };
  const { CURSOR_MUTANTS } = await import('../simulation/mutants.ts');
  const mutate = CURSOR_MUTANTS[order.mutant];
  if (mutate === undefined) throw new Error(`no mutant ${order.mutant}`);
  const hq = new pg.Client({ connectionString: order.url });
  await hq.connect();
  return { compose: (ports) => mutate(ports, { hq }), end: () => hq.end() };
}

const { compose, end } = await wrongly();
const app = await openApp(
  readSettings({
    DATABASE_URL: order.url,
    PAYFLOW_DB: order.path,
    PAYFLOW_STATE_DIR: join(dirname(order.path), 'state'),
    PAYFLOW_TERMINAL: order.code,
    ...(order.batchSize === undefined ? {} : { SYNC_BATCH_SIZE: String(order.batchSize) }),
  }),
  quietLog,
  undefined,
  (ports) =>
    withKillPoints(compose(ports), (point) => {
      if (killAt === undefined || (point !== killAt.step && killAt.step !== ANY_POINT)) return;
      reached += 1;
      if (reached === killAt.time) process.kill(process.pid, 'SIGKILL');
    }),
);
// Who is killed would leave nothing to start faster from next time.
flushCompileCache();
const { signal } = new AbortController();
const nothing = (): void => undefined;
const sync = async (): Promise<void> => {
  const report: RunReport = await app.sync({
    direction: 'both',
    table: null,
    dryRun: false,
    onProgress: nothing,
    signal,
  });
  process.send?.(report);
};

if (order.action === 'init') await app.init(nothing, signal);
else if (order.action === 'sync') await sync();
else while (!told) await sync();
await app.close();
await end();
process.off('disconnect', abandoned);
process.disconnect();
