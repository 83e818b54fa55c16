import type { Args, Method, Result } from '../../shared/contract.ts';
import type { Host } from '../host/host-types.ts';
import type { Log } from '../host/log.ts';

export type Ask = <M extends Method>(method: M, args: Args<M>) => Promise<Result<M> | null>;

/** Calls of tray and menu, as the window would make them. A refusal is logged: the state already says what is wrong. */
export function askFor(host: Pick<Host, 'call'>, log: Log): Ask {
  return async <M extends Method>(method: M, args: Args<M>) => {
    const reply = await host.call({ role: 'manager', surface: 'desktop' }, method, args);
    // The host answers each method with what the contract says of it.
    if (reply.ok) return reply.value as Result<M>;
    log.warn('a call of the tray or the menu was refused', { method, ...reply.error });
    return null;
  };
}
