import type { PayflowBridge } from '../../shared/contract.ts';
import { LOGIN_PARAMETER, type SignIn } from '../../shared/http.ts';
import type { Bridge } from './bridge.ts';
import { httpBridge } from './http-bridge.ts';
import { ipcBridge } from './ipc-bridge.ts';

export interface Opened {
  readonly bridge: Bridge;
  /** Null where nobody signs in: the desktop app's own window. */
  readonly signIn: ((how: SignIn) => Promise<void>) | null;
}

declare global {
  interface Window {
    /** What the preload put there; absent in a browser. */
    readonly payflow?: PayflowBridge;
  }
}

/** Takes the one-time code out of the address, so that neither a bookmark nor the history keeps it. */
function takeLoginCode(): string | null {
  const address = new URL(location.href);
  const code = address.searchParams.get(LOGIN_PARAMETER);
  if (code === null) return null;
  address.searchParams.delete(LOGIN_PARAMETER);
  history.replaceState(null, '', address);
  return code;
}

/** The way to the host from here: IPC in the desktop app, HTTP in a browser. */
export async function openBridge(): Promise<Opened> {
  if (window.payflow !== undefined) return { bridge: ipcBridge(window.payflow), signIn: null };
  const bridge = httpBridge();
  const code = takeLoginCode();
  // A code that was used already leaves the session that it made then, or the sign-in page.
  if (code !== null) await bridge.signIn({ code }).catch(() => undefined);
  return { bridge, signIn: (how) => bridge.signIn(how) };
}
