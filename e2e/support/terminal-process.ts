/**
 * A terminal in a process of its own: what `children.ts` starts. Tells its parent each run's report. Killed by its
 * own SIGKILL at the named step of the cycle where it is told to, as a power cut would.
 */
import { flushCompileCache } from 'node:module';
import { dirname, join } from 'node:path';
import { openApp } from '../../electron/host/app.ts';
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
    withKillPoints(ports, (point) => {
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
process.off('disconnect', abandoned);
process.disconnect();
