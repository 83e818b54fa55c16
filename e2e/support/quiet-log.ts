import type { Log } from '../../electron/host/log.ts';

/** A log that goes nowhere. */
export const quietLog: Log = {
  path: '',
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
