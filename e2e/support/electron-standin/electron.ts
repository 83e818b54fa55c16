/** What `import ... from 'electron'` finds in the stand-in: what PayFlow's main process calls, and nothing else. */
export { app } from './app.ts';
export { ipcMain } from './ipc.ts';
export { protocol } from './protocol.ts';
export { record } from './record.ts';
export {
  clipboard,
  crashReporter,
  dialog,
  Menu,
  nativeImage,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
} from './small.ts';
export { BrowserWindow } from './window.ts';
