/**
 * What crosses between the host and one of its threads. A call's name, arguments and answer are plain data; a failure
 * crosses as a code of the catalogue with its parameters, because a class does not survive the way.
 */
import type { MessageParams } from '../../shared/errors.ts';
import type { Running } from '../../shared/status.ts';
import type { Settings } from './settings.ts';

/** engine: the writing connection and HQ. reader: a read-only connection, so that lists never wait for a cycle. */
export type ThreadRole = 'engine' | 'reader';

/** `workerData` of a thread. */
export interface ThreadData {
  readonly role: ThreadRole;
  readonly settings: Settings;
  /** Texts that no log line may hold. */
  readonly secrets: readonly string[];
}

export type ToThread =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: string;
      readonly params: MessageParams;
    }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Running }
  | { readonly kind: 'event'; readonly event: ThreadEvent }
  | { readonly kind: 'closed' };

/** What a thread says without being asked. */
export type ThreadEvent =
  /** payflow.db was changed by somebody; `outbox`: there are new changes to send. */
  | { readonly type: 'file'; readonly outbox: boolean }
  /** HQ may have something new for this terminal. */
  | { readonly type: 'feed' }
  /** The connection that listens at HQ broke, or could not go on. */
  | { readonly type: 'feed-lost'; readonly code: string; readonly params: MessageParams };

/** What a call is given beside its arguments. */
export interface Watch {
  readonly onProgress: (progress: Running) => void;
  readonly signal: AbortSignal;
}

/** An object whose methods are calls: one argument of plain data, and a promise of plain data. */
export type Callable<C> = {
  readonly [N in keyof C]: C[N] extends (args: infer A, watch: Watch) => Promise<infer R>
    ? (args: A, watch: Watch) => Promise<R>
    : never;
};
