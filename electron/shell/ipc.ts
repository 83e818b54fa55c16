import { ipcMain, type WebFrameMain } from 'electron';
import { CHANNELS } from '../../shared/channels.ts';
import type { Reply } from '../../shared/contract.ts';
import { isOwnAddress } from '../desktop/address.ts';
import type { Host } from '../host/host-types.ts';
import type { Log } from '../host/log.ts';

/** Only the window's own page counts: no frame inside it, no page of others, no frame that has gone. */
function isWindow(frame: WebFrameMain | null): boolean {
  return frame !== null && frame.parent === null && isOwnAddress(frame.url);
}

const refused: Reply<never> = { ok: false, error: { code: 'NOT_ALLOWED', params: {} } };

export interface IpcOptions {
  /** Calls of a window that came up before the host wait for it. */
  readonly host: Promise<Host>;
  readonly log: Log;
  readonly onNetwork: (online: boolean) => void;
}

/** Answers the window: who calls is decided here, what is allowed and parsed in the host. */
export function answerWindow({ host, log, onNetwork }: IpcOptions): void {
  ipcMain.handle(CHANNELS.call, async (event, method: unknown, args: unknown) => {
    if (!isWindow(event.senderFrame) || typeof method !== 'string') {
      log.warn('a call from elsewhere was refused', { from: event.senderFrame?.url ?? '' });
      return refused;
    }
    return (await host).call({ role: 'manager', surface: 'desktop' }, method, args);
  });
  ipcMain.on(CHANNELS.network, (event, online: unknown) => {
    if (isWindow(event.senderFrame) && typeof online === 'boolean') onNetwork(online);
  });
}
