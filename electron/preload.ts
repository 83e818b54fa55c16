/** What the window can do: the contract's calls by name, and one subscription. It never holds Electron itself. */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import { CHANNELS } from '../shared/channels.ts';
import { METHODS, type HostEvent, type PayflowBridge } from '../shared/contract.ts';

const call = Object.fromEntries(
  METHODS.map((method) => [
    method,
    (args: unknown): Promise<unknown> => ipcRenderer.invoke(CHANNELS.call, method, args),
  ]),
);

const bridge: PayflowBridge = {
  call: call as unknown as PayflowBridge['call'],
  subscribe(listener) {
    const onEvent = (_event: IpcRendererEvent, event: HostEvent): void => {
      listener(event);
    };
    ipcRenderer.on(CHANNELS.event, onEvent);
    return () => {
      ipcRenderer.off(CHANNELS.event, onEvent);
    };
  },
};

contextBridge.exposeInMainWorld('payflow', bridge);

for (const event of ['online', 'offline'] as const) {
  window.addEventListener(event, () => {
    ipcRenderer.send(CHANNELS.network, event === 'online');
  });
}
