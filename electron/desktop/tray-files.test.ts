import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { TRAY_ICONS } from '../../shared/tray.ts';
import { trayFile } from './tray-files.ts';

const icons = resolve(import.meta.dirname, '../../resources/icons');

test('every icon has its file on every system and panel', () => {
  const panels = (['linux', 'win32', 'darwin', 'freebsd'] as const).flatMap((platform) =>
    [true, false].flatMap((dark) =>
      ['', 'KDE', 'ubuntu:GNOME', 'XFCE'].map((desktop) => ({ platform, dark, desktop })),
    ),
  );
  const missing = panels.flatMap((panel) =>
    TRAY_ICONS.map((icon) => trayFile(icon, panel)).filter(
      (file) => !existsSync(join(icons, file)),
    ),
  );
  expect(missing).toEqual([]);
});

test('a panel that is dark in every theme gets the light icon also in a light theme', () => {
  const gnome = { platform: 'linux', dark: false, desktop: 'ubuntu:GNOME' } as const;
  expect(trayFile('idle', gnome)).toBe('linux/dark/idle-24.png');
  expect(trayFile('idle', { ...gnome, desktop: 'KDE' })).toBe('linux/light/idle-22.png');
});
