import { posix } from 'node:path';
import type { TrayIcon } from '../../shared/tray.ts';

export interface Panel {
  readonly platform: NodeJS.Platform;
  /** Light text on dark ground. */
  readonly dark: boolean;
  /** XDG_CURRENT_DESKTOP, on Linux. */
  readonly desktop: string;
}

/** Desktops whose panel is dark in every theme. */
const alwaysDark = /gnome|unity|pantheon/i;
/** Desktops whose panel has 24 pixels for an icon; the others have 22. */
const larger = /gnome|unity|xfce|mate/i;

/** The file of an icon below `resources/icons`, the one for dense screens beside it. */
export function trayFile(icon: TrayIcon, { platform, dark, desktop }: Panel): string {
  if (platform === 'darwin') return posix.join('mac', `${icon}Template.png`);
  if (platform === 'win32') return posix.join('windows', dark ? 'dark' : 'light', `${icon}.ico`);
  const panel = dark || alwaysDark.test(desktop) ? 'dark' : 'light';
  return posix.join('linux', panel, `${icon}-${larger.test(desktop) ? 24 : 22}.png`);
}
