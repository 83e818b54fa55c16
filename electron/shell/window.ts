import { app, BrowserWindow, screen } from 'electron';
import { CHANNELS } from '../../shared/channels.ts';
import type { HostEvent, Screen } from '../../shared/contract.ts';
import { APP_PAGE } from '../desktop/address.ts';
import type { DesktopMemory } from '../desktop/memory.ts';
import { placeOn, SMALLEST } from '../desktop/window-place.ts';

export interface WindowOptions {
  /** The built preload file. */
  readonly preload: string;
  readonly icon: string;
  readonly memory: DesktopMemory;
  /** False: a close hides the window. */
  readonly mayClose: () => boolean;
  /** The window has gone out of sight, and the program goes on. */
  readonly onHidden: () => void;
  /** Without a panel icon a hidden window could not be found again. */
  readonly hasTray: () => boolean;
}

export interface MainWindow {
  readonly browserWindow: BrowserWindow;
  /** Brings it forward, on this screen if one is named. */
  show(screen?: Screen | null): void;
  send(event: HostEvent): void;
  isFocused(): boolean;
}

/** Moving and sizing come in bursts; the place is kept once it is quiet. */
const quietMs = 500;

function keepPlace(window: BrowserWindow, memory: DesktopMemory): void {
  let timer: NodeJS.Timeout | undefined;
  const keep = (): void => {
    clearTimeout(timer);
    if (window.isDestroyed() || window.isMinimized()) return;
    const { x, y, width, height } = window.getNormalBounds();
    memory.write({ place: { x, y, width, height, maximized: window.isMaximized() } });
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(keep, quietMs);
  };
  window.on('resize', later);
  window.on('move', later);
  window.on('close', keep);
}

/** The one window. It opens unseen; `show` brings it forward. */
export function createWindow(options: WindowOptions): MainWindow {
  const { memory } = options;
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  const { maximized, ...bounds } = placeOn(
    memory.read().place,
    [primary, ...others].map(({ workArea }) => workArea),
  );
  const window = new BrowserWindow({
    ...bounds,
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    show: false,
    title: 'PayFlow',
    icon: options.icon,
    autoHideMenuBar: true,
    webPreferences: {
      preload: options.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      devTools: !app.isPackaged,
      spellcheck: false,
      // The state in a hidden window must not lag behind the one in the panel.
      backgroundThrottling: false,
    },
  });
  if (maximized) window.maximize();
  keepPlace(window, memory);
  window.on('close', (event) => {
    if (options.mayClose()) return;
    event.preventDefault();
    if (options.hasTray()) window.hide();
    else window.minimize();
    options.onHidden();
  });
  const send = (event: HostEvent): void => {
    if (!window.isDestroyed()) window.webContents.send(CHANNELS.event, event);
  };
  const loaded = window.loadURL(APP_PAGE);
  // The page says itself what it cannot load; a window that dies meanwhile is the crash handler's.
  loaded.catch(() => undefined);
  return {
    browserWindow: window,
    show(wanted = null) {
      if (window.isDestroyed()) return;
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
      if (wanted === null) return;
      void loaded.catch(() => undefined).then(() => send({ type: 'navigate', screen: wanted }));
    },
    send,
    isFocused: () => !window.isDestroyed() && window.isVisible() && window.isFocused(),
  };
}
