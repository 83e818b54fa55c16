import type { App, RowName } from './app-types.ts';

/**
 * What the published endpoints (DESIGN 10) need beside the Host's contract: the lists as `--json` gives them, rows by
 * their names instead of a window's refs. Calls throw PayflowError. The host's threads answer them.
 */
export interface PublicApi extends Pick<
  App,
  'held' | 'conflicts' | 'rejected' | 'logs' | 'stats' | 'checkpoints' | 'reset'
> {
  /** Tries these held or rejected rows again, none: all of them. Starts a cycle or queues one, and names it. */
  retry(rows: readonly RowName[]): Promise<{ readonly queued: boolean; readonly runId: string }>;
}
