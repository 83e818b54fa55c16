/**
 * The desktop app, put together. What must precede `ready` runs at once; nothing at the top of this file waits, because
 * Electron reports `ready` only when its main module has been read to the end.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { app, dialog, Menu } from 'electron';
import { renderMessage } from '../shared/messages.ts';
import { PayflowError } from '../shared/errors.ts';
import { createLog } from './host/log.ts';
import { loadCatalogue } from './host/messages.ts';
import { userDataFolder } from './host/user-data.ts';
import { keepCrashDumps } from './shell/crash.ts';
import { runDesktop } from './shell/desktop.ts';
import { registerAppScheme } from './shell/protocol.ts';
import { guardPages } from './shell/security.ts';

function failStart(error: unknown): void {
  createLog(join(app.getPath('userData'), 'logs')).error('the start did not succeed', error);
  const catalogue = loadCatalogue();
  const { code, params } = error instanceof PayflowError ? error : new PayflowError('INTERNAL');
  dialog.showErrorBox(
    renderMessage(catalogue, 'START_PROBLEM'),
    renderMessage(catalogue, code, params),
  );
  app.exit(1);
}

function start(folder: string): void {
  const log = createLog(join(folder, 'logs'));
  process.on('uncaughtExceptionMonitor', (error) => {
    log.error('an error that nobody caught', error);
  });
  // Electron's own menu, which opens DevTools, would be there until the host is up and ours is set.
  Menu.setApplicationMenu(null);
  registerAppScheme();
  keepCrashDumps();
  guardPages(log);
  app
    .whenReady()
    .then(() => runDesktop({ folder, log, demo }))
    .catch(failStart);
}

app.setName('PayFlow');
// Windows shows notifications only of a program that it knows by this name.
app.setAppUserModelId('com.payflow.desktop');
app.enableSandbox();
const demo = process.argv.includes('--demo') && !app.isPackaged;
// The demo touches nothing of this user's, and nothing of it is left.
const folder = demo ? mkdtempSync(join(tmpdir(), 'payflow-demo-')) : userDataFolder();
if (demo) {
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
}
mkdirSync(folder, { recursive: true, mode: 0o700 });
app.setPath('userData', folder);
// The browser's own caches and cookies, apart from payflow.db and the log.
app.setPath('sessionData', join(folder, 'browser'));
if (app.requestSingleInstanceLock()) start(folder);
else app.quit();
