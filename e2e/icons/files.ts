import { join } from 'node:path';
import type { TrayIcon } from '../../shared/tray.ts';
import { TRAY_ICONS } from '../../shared/tray.ts';
import type { Panel } from './drawing.ts';

export interface PngFile {
  readonly path: string;
  readonly icon: TrayIcon;
  readonly panel: Panel;
  readonly size: number;
}

export const LINUX_SIZES = [22, 24] as const;
export const WINDOWS_SIZES = [16, 20, 24, 32] as const;
export const APP_ICO_SIZES = [16, 20, 24, 32, 48, 64] as const;

const dense = [
  ['', 1],
  ['@2x', 2],
] as const;

const linux: readonly PngFile[] = TRAY_ICONS.flatMap((icon) =>
  (['light', 'dark'] as const).flatMap((panel) =>
    LINUX_SIZES.flatMap((size) =>
      dense.map(([suffix, times]) => ({
        path: join('linux', panel, `${icon}-${size}${suffix}.png`),
        icon,
        panel,
        size: size * times,
      })),
    ),
  ),
);

/** macOS takes a file for a template by the end of its name. */
const mac: readonly PngFile[] = TRAY_ICONS.flatMap((icon) =>
  dense.map(([suffix, times]) => ({
    path: join('mac', `${icon}Template${suffix}.png`),
    icon,
    panel: 'template' as const,
    size: 18 * times,
  })),
);

/** Every file of the tray, relative to resources/icons. */
export const PNG_FILES: readonly PngFile[] = [...linux, ...mac];

export const ICO_FILES = TRAY_ICONS.flatMap((icon) =>
  (['light', 'dark'] as const).map((panel) => ({
    path: join('windows', panel, `${icon}.ico`),
    icon,
    panel,
  })),
);
