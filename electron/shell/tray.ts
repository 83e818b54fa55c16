import { join } from 'node:path';
import { Menu, nativeImage, nativeTheme, Tray, type MenuItemConstructorOptions } from 'electron';
import type { TrayAction, TrayIcon, TrayItem, TrayModel } from '../../shared/tray.ts';
import { trayFile } from '../desktop/tray-files.ts';
import type { Log } from '../host/log.ts';

export interface PanelIcon {
  update(model: TrayModel): void;
  close(): void;
}

function template(
  items: readonly TrayItem[],
  run: (action: TrayAction) => void,
): MenuItemConstructorOptions[] {
  return items.map((item) => {
    switch (item.kind) {
      case 'line':
        return { type: 'separator' };
      case 'text':
        return { label: item.label, enabled: false };
      case 'action':
        return {
          label: item.label,
          click: () => {
            run(item.action);
          },
        };
      case 'menu':
        return { label: item.label, submenu: template(item.items, run) };
    }
  });
}

function imageOf(icons: string, icon: TrayIcon): Electron.NativeImage {
  const file = trayFile(icon, {
    platform: process.platform,
    dark: nativeTheme.shouldUseDarkColorsForSystemIntegratedUI,
    desktop: process.env['XDG_CURRENT_DESKTOP'] ?? '',
  });
  return nativeImage.createFromPath(join(icons, file));
}

/**
 * The icon in the panel; null where the system has no place for one. `icons`: the folder of the icon files. Everything
 * is in its menu, because what a click does differs from desktop to desktop; where it does come, it opens the window.
 */
export function createTray(
  icons: string,
  first: TrayModel,
  run: (action: TrayAction) => void,
  log: Log,
): PanelIcon | null {
  let tray: Tray;
  try {
    tray = new Tray(imageOf(icons, first.icon));
  } catch (error) {
    log.error('the panel takes no icon', error);
    return null;
  }
  let shown: TrayModel | null = null;
  const draw = (model: TrayModel): void => {
    // Each change redraws the panel of some desktops: only what has changed is set.
    if (model.icon !== shown?.icon) tray.setImage(imageOf(icons, model.icon));
    if (model.tooltip !== shown?.tooltip) tray.setToolTip(model.tooltip);
    if (JSON.stringify(model.items) !== JSON.stringify(shown?.items)) {
      tray.setContextMenu(Menu.buildFromTemplate(template(model.items, run)));
    }
    shown = model;
  };
  const redraw = (): void => {
    if (shown !== null) tray.setImage(imageOf(icons, shown.icon));
  };
  nativeTheme.on('updated', redraw);
  tray.on('click', () => {
    run({ type: 'open', screen: null });
  });
  draw(first);
  return {
    update: draw,
    close() {
      nativeTheme.off('updated', redraw);
      tray.destroy();
    },
  };
}
