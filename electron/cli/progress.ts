import cliProgress from 'cli-progress';
import type { Running } from '../../shared/status.ts';
import type { OnProgress } from '../host/app-types.ts';
import { printable } from './text.ts';

/** Work that is over within a second needs no bar. */
const quietMs = 1_000;
const barSize = 40;
/** Of a bar whose end nobody knows: its block is this long, and moves on this often. */
const blockSize = 8;
const stepMs = 200;

export interface ProgressBar {
  /** From now on a second is waited for; then there is a bar, whether anything was reported or not. */
  begin(): void;
  readonly show: OnProgress;
  /** Takes the bar away and leaves the line as it was; none comes before the next `begin`. */
  stop(): void;
}

/** Only the part of a terminal that we need. */
export interface ProgressStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

const silent: ProgressBar = { begin: () => {}, show: () => {}, stop: () => {} };

/** A bar on stderr, for people at a terminal only. `ticks` is a monotonic clock in milliseconds. */
export function createProgress(
  stream: ProgressStream,
  ticks: () => number = () => performance.now(),
): ProgressBar {
  if (stream.isTTY !== true) return silent;
  let begun: number | null = null;
  let latest: Running | null = null;
  let late: NodeJS.Timeout | undefined;
  // No setting of the terminal is changed: a second Ctrl-C would leave it behind, a hidden cursor for one.
  const bar = new cliProgress.SingleBar({
    stream,
    format: () => progressLine(latest, ticks() - (begun ?? 0)),
    clearOnComplete: true,
    hideCursor: false,
    linewrap: true,
  });
  const draw = (): void => {
    if (bar.isActive) bar.update({});
    else bar.start(1, 0);
  };
  return {
    begin() {
      begun = ticks();
      latest = null;
      late = setTimeout(draw, quietMs);
    },
    show(progress) {
      latest = progress;
      // The timer alone would not do: work that never waits lets none fire.
      if (begun !== null && ticks() - begun >= quietMs) draw();
    },
    stop() {
      clearTimeout(late);
      if (bar.isActive) bar.stop();
      begun = null;
    },
  };
}

/** How far it is, where that is known; else a block that goes round, so that one sees that it lives. */
function progressLine(progress: Running | null, elapsedMs: number): string {
  if (progress === null) return `working [${roundBar(elapsedMs)}]`;
  const { phase, table, done, total } = progress;
  const what = printable(table === null ? phase : `${phase} ${table}`);
  return total === null
    ? `${what} [${roundBar(elapsedMs)}] ${done}`
    : `${what} [${filledBar(done, total)}] ${done} of ${total}`;
}

function filledBar(done: number, total: number): string {
  const part = total === 0 ? 1 : Math.min(done / total, 1);
  const full = Math.round(part * barSize);
  return '█'.repeat(full) + '░'.repeat(barSize - full);
}

function roundBar(elapsedMs: number): string {
  const first = Math.floor(elapsedMs / stepMs) % barSize;
  const isBlock = (place: number): boolean => (place - first + barSize) % barSize < blockSize;
  return Array.from({ length: barSize }, (_, place) => (isBlock(place) ? '█' : '░')).join('');
}
