import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/**
 * PayFlow's folder of this user: the one Electron's `app.getPath('userData')` gives, so that the desktop app and the
 * command line work on the same payflow.db.
 */
export function userDataFolder(
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
  home = homedir(),
): string {
  if (platform === 'win32') {
    return win32.join(env['APPDATA'] ?? win32.join(home, 'AppData', 'Roaming'), 'PayFlow');
  }
  if (platform === 'darwin') {
    return posix.join(home, 'Library', 'Application Support', 'PayFlow');
  }
  const config = env['XDG_CONFIG_HOME'];
  return posix.join(
    config === undefined || config === '' ? posix.join(home, '.config') : config,
    'PayFlow',
  );
}

/**
 * What belongs to this machine and must not travel with a copy of the user-data folder: another folder, which the
 * system itself does not carry along to other machines where it knows such a kind.
 */
export function stateFolder(
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
  home = homedir(),
): string {
  if (platform === 'win32') {
    return win32.join(env['LOCALAPPDATA'] ?? win32.join(home, 'AppData', 'Local'), 'PayFlow');
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'PayFlow');
  const state = env['XDG_STATE_HOME'];
  return posix.join(
    state === undefined || state === '' ? posix.join(home, '.local', 'state') : state,
    'PayFlow',
  );
}
