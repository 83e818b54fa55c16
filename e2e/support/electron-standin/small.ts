import { existsSync } from 'node:fs';
import { Emitter, record } from './record.ts';

export interface MenuItemLike {
  readonly label?: string;
  readonly click?: () => void;
  readonly submenu?: MenuItemLike | readonly MenuItemLike[];
}

export class Menu {
  static application: Menu | null = null;
  readonly items: readonly MenuItemLike[];
  constructor(items: readonly MenuItemLike[] = []) {
    this.items = items;
  }
  static buildFromTemplate(template: readonly MenuItemLike[]): Menu {
    return new Menu(template);
  }
  static setApplicationMenu(menu: Menu | null): void {
    Menu.application = menu;
  }
}

interface Picture {
  readonly path: string;
  isEmpty(): boolean;
}

export const nativeImage = {
  createFromPath: (path: string): Picture => ({ path, isEmpty: () => !existsSync(path) }),
};

export class Tray extends Emitter {
  static readonly all: Tray[] = [];
  image: Picture;
  tooltip = '';
  menu: Menu | null = null;
  constructor(image: Picture) {
    super();
    if (image.isEmpty()) throw new Error(`Failed to load image from path '${image.path}'`);
    this.image = image;
    Tray.all.push(this);
  }
  setImage(image: Picture): void {
    this.image = image;
  }
  setToolTip(text: string): void {
    this.tooltip = text;
  }
  setContextMenu(menu: Menu | null): void {
    this.menu = menu;
  }
  destroy(): void {
    Tray.all.splice(Tray.all.indexOf(this), 1);
  }
}

export class Notification extends Emitter {
  readonly #options: { readonly title?: string; readonly body?: string };
  constructor(options: { readonly title?: string; readonly body?: string } = {}) {
    super();
    this.#options = options;
  }
  static isSupported(): boolean {
    return true;
  }
  show(): void {
    const { title = '', body = '' } = this.#options;
    record.notifications.push({ title, body, click: () => this.emit('click', {}) });
  }
}

class StandinTheme extends Emitter {
  themeSource: 'system' | 'light' | 'dark' = 'system';
  readonly shouldUseDarkColors = false;
  readonly shouldUseDarkColorsForSystemIntegratedUI = true;
}

export const nativeTheme = new StandinTheme();
export const powerMonitor = new Emitter();
export const net = { isOnline: () => record.online };

/** As Linux without a key ring, which Electron's own switch asks for. */
const hasNoKeyRing = (): boolean => process.argv.includes('--password-store=basic');
/** Not encryption: what matters is that what was written can be read, and stands nowhere as it is. */
const scrambled = (bytes: Buffer): Buffer => {
  // Electron refuses to encrypt with the key that everyone knows, unless it is told to.
  if (hasNoKeyRing()) throw new Error('Error while encrypting the text provided to safeStorage.');
  return Buffer.from(bytes.map((byte) => byte ^ 0x5a));
};
export const safeStorage = {
  isEncryptionAvailable: () => !hasNoKeyRing(),
  getSelectedStorageBackend: () => (hasNoKeyRing() ? 'basic_text' : 'gnome_libsecret'),
  encryptString: (text: string) => scrambled(Buffer.from(text)),
  decryptString: (bytes: Buffer) => scrambled(bytes).toString(),
} as const;

interface BoxOptions {
  readonly message: string;
  readonly buttons?: readonly string[];
}
export const dialog = {
  showMessageBox(...args: readonly unknown[]) {
    const { message, buttons = [] } = args.at(-1) as BoxOptions;
    record.dialogs.push({ message, buttons });
    return Promise.resolve({ response: record.answer, checkboxChecked: false });
  },
  showErrorBox(title: string, content: string): void {
    record.errorBoxes.push({ title, content });
  },
};

export const shell = {
  openPath(path: string): Promise<string> {
    record.opened.push(path);
    return Promise.resolve('');
  },
  openExternal(url: string): Promise<void> {
    record.opened.push(url);
    return Promise.resolve();
  },
};

export const clipboard = {
  writeText(text: string): Promise<void> {
    record.clipboard = text;
    return Promise.resolve();
  },
};

export const crashReporter = { start(): void {} };

const display = { id: 1, workArea: { x: 0, y: 0, width: 1280, height: 800 } };
export const screen = {
  getPrimaryDisplay: () => display,
  getAllDisplays: () => [display],
};

export const session = {
  defaultSession: {
    setPermissionRequestHandler(): void {},
    setPermissionCheckHandler(): void {},
    setDevicePermissionHandler(): void {},
  },
};
