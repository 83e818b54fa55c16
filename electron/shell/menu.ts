import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { Screen } from '../../shared/contract.ts';
import { renderMessage, type Catalogue } from '../../shared/messages.ts';

export interface MenuActions {
  readonly show: (screen: Screen) => void;
  readonly sync: () => void;
  readonly copyDiagnostics: () => void;
  /** Null while the HTTP API is off. */
  readonly openConsole: (() => void) | null;
  readonly quit: () => void;
}

/** In the order of the window's own list: Ctrl/Cmd+1 to 7. */
const screens: readonly (readonly [Screen, string])[] = [
  ['status', 'MENU_STATUS'],
  ['held', 'MENU_HELD'],
  ['conflicts', 'MENU_CONFLICTS'],
  ['receipt', 'MENU_RECEIPT'],
  ['history', 'MENU_HISTORY'],
  ['check', 'MENU_CHECK'],
  ['schema', 'MENU_SCHEMA'],
];

/** The menu bar, or on macOS the screen's. What the system does itself is asked for by role. */
export function setMenu(catalogue: Catalogue, actions: MenuActions): void {
  const say = (code: string): string => renderMessage(catalogue, code);
  const mac = process.platform === 'darwin';
  const line: MenuItemConstructorOptions = { type: 'separator' };
  const settings: MenuItemConstructorOptions = {
    label: say('TRAY_SETTINGS'),
    accelerator: 'CommandOrControl+,',
    click: () => {
      actions.show('settings');
    },
  };
  const quit: MenuItemConstructorOptions = {
    label: say('TRAY_QUIT'),
    accelerator: 'CommandOrControl+Q',
    click: () => {
      actions.quit();
    },
  };
  const own: MenuItemConstructorOptions[] = [
    // F5 and Ctrl/Cmd+R mean "again" everywhere; the window itself answers F5.
    { label: say('TRAY_SYNC_NOW'), accelerator: 'CommandOrControl+R', click: actions.sync },
    {
      label: say('TRAY_COPY_DIAGNOSTICS'),
      accelerator: 'CommandOrControl+Shift+D',
      click: actions.copyDiagnostics,
    },
    ...(actions.openConsole === null
      ? []
      : [{ label: say('MENU_CONSOLE'), click: actions.openConsole }]),
    line,
    settings,
    line,
  ];
  const application: MenuItemConstructorOptions = {
    label: mac ? 'PayFlow' : say('MENU_FILE'),
    submenu: mac
      ? [
          { role: 'about' },
          line,
          ...own,
          { role: 'services' },
          line,
          { role: 'hide' },
          { role: 'hideOthers' },
          { role: 'unhide' },
          line,
          quit,
        ]
      : [...own, { role: 'close', label: say('MENU_CLOSE') }, quit],
  };
  const edit: MenuItemConstructorOptions = {
    label: say('MENU_EDIT'),
    submenu: [
      { role: 'undo', label: say('MENU_UNDO') },
      { role: 'redo', label: say('MENU_REDO') },
      line,
      { role: 'cut', label: say('MENU_CUT') },
      { role: 'copy', label: say('MENU_COPY') },
      { role: 'paste', label: say('MENU_PASTE') },
      { role: 'selectAll', label: say('MENU_SELECT_ALL') },
    ],
  };
  const view: MenuItemConstructorOptions = {
    label: say('MENU_VIEW'),
    submenu: [
      { role: 'zoomIn', label: say('MENU_ZOOM_IN') },
      { role: 'zoomOut', label: say('MENU_ZOOM_OUT') },
      { role: 'resetZoom', label: say('MENU_ZOOM_RESET') },
      line,
      { role: 'togglefullscreen', label: say('MENU_FULL_SCREEN') },
    ],
  };
  const go: MenuItemConstructorOptions = {
    label: say('MENU_GO'),
    submenu: screens.map(([screen, code], at) => ({
      label: say(code),
      accelerator: `CommandOrControl+${at + 1}`,
      click: () => {
        actions.show(screen);
      },
    })),
  };
  const windows: MenuItemConstructorOptions = { role: 'windowMenu', label: say('MENU_WINDOW') };
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([application, edit, view, go, ...(mac ? [windows] : [])]),
  );
}
