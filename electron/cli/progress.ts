import cliProgress from 'cli-progress';
import type { OnProgress } from '../host/app-types.ts';
import { printable } from './text.ts';

/** Work that is over within a second needs no bar. */
const quietMs = 1_000;

export interface ProgressBar {
  readonly show: OnProgress;
  stop(): void;
}

/** Only the part of a terminal that we need. */
export interface ProgressStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

const silent: ProgressBar = { show: () => {}, stop: () => {} };

/** A bar on stderr, for people at a terminal only. `ticks` is a monotonic clock in milliseconds. */
export function createProgress(
  stream: ProgressStream = process.stderr,
  ticks: () => number = () => performance.now(),
): ProgressBar {
  if (stream.isTTY !== true) return silent;
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: '{what} [{bar}] {value} of {end}',
      clearOnComplete: true,
      hideCursor: true,
      etaBuffer: 100,
    },
    cliProgress.Presets.shades_grey,
  );
  const begun = ticks();
  let started = false;
  return {
    show({ phase, table, done, total }) {
      if (ticks() - begun < quietMs) return;
      const what = printable(table === null ? phase : `${phase} ${table}`);
      const end = total ?? done;
      if (!started) bar.start(end, done, { what });
      started = true;
      bar.setTotal(end);
      bar.update(done, { what });
    },
    stop() {
      if (started) bar.stop();
      started = false;
    },
  };
}
