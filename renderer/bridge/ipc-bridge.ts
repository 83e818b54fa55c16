import type { Args, Method, PayflowBridge, Reply, Result } from '../../shared/contract.ts';
import { LINK_LOST } from '../../shared/link.ts';
import { CallFailed, unwrap, type Bridge } from './bridge.ts';

/** The desktop app's way to its host: what the preload put on the window. It ends only with the window itself. */
export function ipcBridge(api: PayflowBridge): Bridge {
  return {
    async call<M extends Method>(method: M, args: Args<M>): Promise<Result<M>> {
      const send: (args: Args<M>) => Promise<Reply<Result<M>>> = api.call[method];
      const reply = await send(args).catch((error: unknown) => {
        throw new CallFailed(LINK_LOST, {}, { cause: error });
      });
      return unwrap(reply);
    },
    subscribe: (listener) => api.subscribe(listener),
    watchLink: () => () => undefined,
  };
}
