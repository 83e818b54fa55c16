import { net, powerMonitor } from 'electron';

export interface Connectivity {
  /** What the window's browser says. */
  report(online: boolean): void;
  close(): void;
}

/** The system tells of a network only when asked. */
const lookMs = 5_000;

/**
 * Tells of a network that comes or goes, and of a machine that wakes up. That there is none is certain; that there is
 * one says nothing about HQ, which the host then asks itself.
 */
export function watchConnectivity(wake: () => void, lost: () => void): Connectivity {
  let online = net.isOnline();
  const report = (now: boolean): void => {
    if (now === online) return;
    online = now;
    if (now) wake();
    else lost();
  };
  const look = setInterval(() => {
    report(net.isOnline());
  }, lookMs);
  look.unref();
  powerMonitor.on('resume', wake);
  powerMonitor.on('unlock-screen', wake);
  if (!online) lost();
  return {
    report,
    close() {
      clearInterval(look);
      powerMonitor.off('resume', wake);
      powerMonitor.off('unlock-screen', wake);
    },
  };
}
