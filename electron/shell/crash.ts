import { app, crashReporter } from 'electron';
import { APP_PAGE, CRASH_PAGE } from '../desktop/address.ts';
import { createCrashPolicy } from '../desktop/crash-policy.ts';
import type { Log } from '../host/log.ts';
import type { MainWindow } from './window.ts';

/** Dumps of a crash stay on this machine. Before the app is ready. */
export function keepCrashDumps(): void {
  crashReporter.start({ uploadToServer: false });
}

/** A window whose process died comes back once, then as a plain page; the engine does not notice. */
export function reviveWindow({ browserWindow }: MainWindow, log: Log): void {
  const policy = createCrashPolicy(Date.now);
  browserWindow.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    log.warn("the window's process has ended", { reason, exitCode });
    if (reason === 'clean-exit' || browserWindow.isDestroyed()) return;
    const page = policy.next() === 'reload' ? APP_PAGE : CRASH_PAGE;
    browserWindow.loadURL(page).catch((error: unknown) => {
      log.error('the window could not be shown again', error);
    });
  });
  app.on('child-process-gone', (_event, { type, reason }) => {
    log.warn('a helper process has ended', { type, reason });
  });
}
