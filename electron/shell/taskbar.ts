import { join } from 'node:path';
import { nativeImage } from 'electron';
import type { StatusView } from '../../shared/views.ts';
import type { TrayModel } from '../../shared/tray.ts';
import type { MainWindow } from './window.ts';

/** Electron's own words for "no bar" and "busy, without an end in sight". */
const NO_BAR = -1;
const BUSY = 2;

function progressOf({ facts }: StatusView): number {
  if (facts.running === null) return NO_BAR;
  const { done, total } = facts.running;
  return total === null || total === 0 ? BUSY : Math.min(done / total, 1);
}

/** The state on the taskbar's button: a bar while it syncs, and on Windows the state's icon over ours. */
export function showOnTaskbar(
  { browserWindow }: MainWindow,
  icons: string,
): (view: StatusView, model: TrayModel) => void {
  let bar = NO_BAR;
  let overlay = '';
  return (view, { icon, tooltip }) => {
    if (browserWindow.isDestroyed()) return;
    // A hundredth is all that can be seen of it.
    const now = Math.round(progressOf(view) * 100) / 100;
    if (now !== bar) browserWindow.setProgressBar(now);
    bar = now;
    if (process.platform !== 'win32' || icon === overlay) return;
    overlay = icon;
    const image = nativeImage.createFromPath(join(icons, 'windows', 'light', `${icon}.ico`));
    browserWindow.setOverlayIcon(image, tooltip);
  };
}
