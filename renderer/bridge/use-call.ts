import { useCallback } from 'react';
import type { Args, Method, Result } from '../../shared/contract.ts';
import { useBridge } from './bridge.ts';

export type Call = <M extends Method>(method: M, args: Args<M>) => Promise<Result<M>>;

/** `await call('pause', {how: '2h'})`; throws `CallFailed`. The function keeps its identity. */
export function useCall(): Call {
  const bridge = useBridge();
  return useCallback((method, args) => bridge.call(method, args), [bridge]);
}
