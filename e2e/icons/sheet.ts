import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { TRAY_ICONS, type TrayIcon } from '../../shared/tray.ts';
import { iconFolder, PANELS } from './drawing.ts';

const image = (path: string, size: number): string => {
  const type = path.endsWith('.ico') ? 'image/x-icon' : 'image/png';
  const data = readFileSync(join(iconFolder, path)).toString('base64');
  return `<img width="${size}" height="${size}" src="data:${type};base64,${data}" alt="">`;
};

/** As it stands in a panel, and the same pixels four times as large. */
const cell = (path: string, size: number, colour: string): string =>
  `<td style="background:${colour}">${image(path, size)}${image(path, 4 * size)}</td>`;

const row = (icon: TrayIcon): string =>
  `<tr><th>${icon.replace('-attention', ', attention')}</th>
  ${cell(`linux/light/${icon}-22.png`, 22, PANELS.light)}
  ${cell(`linux/dark/${icon}-22.png`, 22, PANELS.dark)}
  ${cell(`windows/light/${icon}.ico`, 16, PANELS.light)}
  ${cell(`windows/dark/${icon}.ico`, 16, PANELS.dark)}
  ${cell(`mac/${icon}Template.png`, 18, '#ececec')}</tr>`;

const page = (): string => `<!doctype html><meta charset="utf-8"><style>
  body { margin: 16px; font: 14px sans-serif; background: #fff; width: max-content; }
  table { border-collapse: collapse; }
  th { text-align: left; padding: 4px 16px 4px 0; font-weight: 500; }
  td { padding: 6px 14px; border: 1px solid #ccc; }
  img { image-rendering: pixelated; vertical-align: middle; margin-right: 12px; }
</style><table><tr><th></th><th>Linux, light</th><th>Linux, dark</th><th>Windows, light</th><th>Windows, dark</th>
<th>macOS</th></tr>${TRAY_ICONS.map(row).join('')}</table>`;

/** One picture of all tray states, from the files that ship. Writes a PNG to `path`. */
export async function drawContactSheet(browser: Browser, path: string): Promise<void> {
  const tab = await browser.newPage({ viewport: { width: 1100, height: 1200 } });
  try {
    await tab.setContent(page());
    await tab.locator('table').screenshot({ path });
  } finally {
    await tab.close();
  }
}
