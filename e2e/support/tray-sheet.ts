/** One picture of all tray icons as the files have them, on the panels they are made for. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TRAY_ICONS, type TrayIcon } from '../../shared/tray.ts';

const icons = resolve(import.meta.dirname, '../../resources/icons');

interface Panel {
  readonly title: string;
  readonly color: string;
  /** Points, as the system shows it. */
  readonly size: number;
  readonly file: (icon: TrayIcon) => string;
  /** A template picture of macOS: the system draws its shape in the panel's own text colour. */
  readonly template?: 'black' | 'white';
}

const PANELS: readonly Panel[] = [
  {
    title: 'Linux, light panel',
    color: '#f2f2f2',
    size: 22,
    file: (icon) => `linux/light/${icon}-22.png`,
  },
  {
    title: 'Linux, dark panel',
    color: '#2b2b2b',
    size: 22,
    file: (icon) => `linux/dark/${icon}-22.png`,
  },
  {
    title: 'Windows, light',
    color: '#e8eaed',
    size: 16,
    file: (icon) => `windows/light/${icon}.ico`,
  },
  {
    title: 'Windows, dark',
    color: '#202020',
    size: 16,
    file: (icon) => `windows/dark/${icon}.ico`,
  },
  {
    title: 'macOS, light',
    color: '#ececec',
    size: 16,
    file: (icon) => `mac/${icon}Template@2x.png`,
    template: 'black',
  },
  {
    title: 'macOS, dark',
    color: '#1e1e1e',
    size: 16,
    file: (icon) => `mac/${icon}Template@2x.png`,
    template: 'white',
  },
];

const WORDS: Readonly<Record<TrayIcon, string>> = {
  setup: 'Setup not finished',
  error: 'Sync stopped',
  paused: 'Paused',
  offline: 'Offline',
  syncing: 'Syncing',
  attention: 'Needs attention',
  idle: 'Up to date',
  'syncing-attention': 'Syncing, something needs a look',
  'paused-attention': 'Paused, something needs a look',
  'offline-attention': 'Offline, something needs a look',
};

function picture(panel: Panel, icon: TrayIcon, scale: number): string {
  const path = join(icons, panel.file(icon));
  const type = path.endsWith('.ico') ? 'image/x-icon' : 'image/png';
  const data = `data:${type};base64,${readFileSync(path).toString('base64')}`;
  const side = `${String(panel.size * scale)}px`;
  const drawn = scale === 1 ? '' : 'image-rendering: pixelated;';
  if (panel.template === undefined) {
    return `<img src="${data}" style="width:${side};height:${side};${drawn}" alt="">`;
  }
  const mask = `url(${data}) 0 0 / ${side} ${side} no-repeat`;
  return `<span style="display:inline-block;width:${side};height:${side};background:${panel.template};mask:${mask}"></span>`;
}

/** The sheet as a page without scripts; each icon at its own size and four times as large. */
export function traySheet(): string {
  const head = PANELS.map(({ title }) => `<th scope="col">${title}</th>`).join('');
  const rows = TRAY_ICONS.map((icon) => {
    const cells = PANELS.map(
      (panel) =>
        `<td style="background:${panel.color}">${picture(panel, icon, 1)} ${picture(panel, icon, 3)}</td>`,
    ).join('');
    return `<tr><th scope="row">${WORDS[icon]}</th>${cells}</tr>`;
  }).join('');
  return `<!doctype html><meta charset="utf-8"><title>Tray icons</title><style>
    body { margin: 16px; font: 15px sans-serif; background: #fff; color: #111; }
    th { text-align: start; font-weight: 400; padding: 4px 10px; }
    td { padding: 8px 14px; white-space: nowrap; }
    td img, td span { vertical-align: middle; margin-inline-end: 8px; }
    </style><table cellspacing="2"><thead><tr><td></td>${head}</tr></thead><tbody>${rows}</tbody></table>`;
}
