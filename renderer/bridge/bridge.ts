/** What the screens reach the host through, over whichever transport; typed by the contract and nothing else. */
import { createContext, useContext } from 'react';
import type { Args, HostEvent, Method, Reply, Result } from '../../shared/contract.ts';
import type { MessageParams } from '../../shared/errors.ts';

/** A call that the host answered with a failure, or that did not reach it (`LINK_LOST`). */
export class CallFailed extends Error {
  readonly code: string;
  readonly params: MessageParams;

  constructor(code: string, params: MessageParams = {}, options?: { cause?: unknown }) {
    super(code, options);
    this.name = 'CallFailed';
    this.code = code;
    this.params = params;
  }
}

/** lost: the host does not answer at the moment and is tried again. signed-out: it asks for a sign-in first. */
export type LinkState = 'up' | 'lost' | 'signed-out';

export interface Bridge {
  /** Rejects with `CallFailed` and nothing else. */
  call<M extends Method>(method: M, args: Args<M>): Promise<Result<M>>;
  /** Events in the order the host sent them; the answer ends the subscription. */
  subscribe(listener: (event: HostEvent) => void): () => void;
  /** Hears where the link stands unless it is `up`, and every change of it. */
  watchLink(listener: (state: LinkState) => void): () => void;
}

/** A reply of the contract as a value or a `CallFailed`. */
export function unwrap<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.value;
  throw new CallFailed(reply.error.code, reply.error.params);
}

/** Whatever was thrown as a `CallFailed`; a fault of the window itself is `INTERNAL`. */
export function asCallFailed(error: unknown): CallFailed {
  return error instanceof CallFailed ? error : new CallFailed('INTERNAL', {}, { cause: error });
}

export const BridgeContext = createContext<Bridge | null>(null);

export function useBridge(): Bridge {
  const bridge = useContext(BridgeContext);
  if (bridge === null) throw new Error('useBridge outside of BridgeContext');
  return bridge;
}
