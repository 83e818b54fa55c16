import { app, shell } from 'electron';
import { PayflowError } from '../../shared/errors.ts';
import { setAutostart } from '../desktop/autostart.ts';
import type { DesktopPorts } from '../host/host-types.ts';

/** The program and what it needs to be told to start unseen. In a checkout the program is Electron, told our folder. */
function startCommand(): readonly string[] {
  const program = process.env['APPIMAGE'] ?? process.execPath;
  return app.isPackaged ? [program, '--hidden'] : [program, app.getAppPath(), '--hidden'];
}

/** What the host asks of the desktop around it. */
export const desktopPorts: DesktopPorts = {
  async openLog(path) {
    const problem = await shell.openPath(path);
    if (problem !== '') throw new PayflowError('LOG_NOT_OPENED', { path, problem });
  },
  setLaunchAtLogin(enabled) {
    const [path = '', ...args] = startCommand();
    if (process.platform === 'linux') {
      setAutostart(app.getPath('appData'), [path, ...args], enabled);
      return;
    }
    app.setLoginItemSettings({ openAtLogin: enabled, path, args });
  },
};
