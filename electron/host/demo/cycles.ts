import { setTimeout as sleep } from 'node:timers/promises';
import { PayflowError } from '../../../shared/errors.ts';
import type { Catalogue } from '../../../shared/messages.ts';
import type { RunReport } from '../../../shared/report.ts';
import type { App } from '../app-types.ts';
import { decide } from '../../sync/retry.ts';
import { cycleLine } from './show.ts';
import type { RunTally } from './tally.ts';

const nobody = { onProgress: () => undefined, signal: new AbortController().signal };

/** What the acts of the demo are given. */
export interface Play {
  readonly app: App;
  readonly catalogue: Catalogue;
  readonly tally: RunTally;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/** One cycle, shown. It is never cut short: Ctrl-C is answered between two of them. */
export async function cycle(play: Play): Promise<RunReport> {
  const { app, catalogue, tally, print } = play;
  const report = await app.sync({ direction: 'both', table: null, dryRun: false, ...nobody });
  // What passes by itself is only shown, as a running PayFlow does.
  if (report.error !== undefined && decide(report.error.code).action !== 'retry')
    throw new PayflowError(report.error.code, report.error.params);
  tally.add(report);
  print(cycleLine(tally.count, report, await app.status(), catalogue));
  return report;
}

/** Waits, unless the demo is to end. */
export async function pause(play: Play, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: play.signal }).catch(() => undefined);
}
