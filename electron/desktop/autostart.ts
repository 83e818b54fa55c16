import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** An argument as the desktop entry specification wants it between double quotes. */
const quoted = (argument: string): string =>
  `"${argument.replaceAll(/["`$\\]/g, (sign) => `\\${sign}`).replaceAll('%', '%%')}"`;

/**
 * Start at login on Linux, where Electron has nothing for it: an entry in the XDG autostart folder of this user.
 * `command`: program and arguments.
 */
export function setAutostart(
  configFolder: string,
  command: readonly string[],
  enabled: boolean,
): void {
  const path = join(configFolder, 'autostart', 'payflow.desktop');
  if (!enabled) {
    rmSync(path, { force: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  const lines = [
    '[Desktop Entry]',
    'Type=Application',
    'Name=PayFlow',
    `Exec=${command.map(quoted).join(' ')}`,
    'X-GNOME-Autostart-enabled=true',
  ];
  writeFileSync(path, `${lines.join('\n')}\n`);
}
