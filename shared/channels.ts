/** The channels between the window and the main process: all there are. */
export const CHANNELS = {
  /** invoke (method, arguments) -> Reply */
  call: 'payflow:call',
  /** main -> window: HostEvent */
  event: 'payflow:event',
  /** window -> main: whether the browser sees a network */
  network: 'payflow:network',
} as const;
