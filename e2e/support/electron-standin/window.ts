import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright';
import { app } from './app.ts';
import { browserFor } from './browser.ts';
import { toApp, toBrowser } from './protocol.ts';
import { Emitter, refusable } from './record.ts';

interface Rectangle {
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
}
interface Options extends Rectangle {
  readonly show?: boolean;
  readonly webPreferences?: { readonly preload?: string };
}
type OpenHandler = (details: { readonly url: string }) => { readonly action: 'allow' | 'deny' };

class WebContents extends Emitter {
  readonly #page: Promise<Page>;
  #sent: Promise<unknown> = Promise.resolve();
  #openHandler: OpenHandler = () => ({ action: 'allow' });
  /** The address that the app itself asked for: no navigation of the page. */
  #asked = '';

  constructor(context: Promise<BrowserContext>) {
    super();
    this.#page = context.then((opened) => this.#open(opened));
    this.#page.catch((error: unknown) => {
      console.error(error);
      app.exit(70);
    });
  }

  async #open(context: BrowserContext): Promise<Page> {
    const page = context.pages()[0] ?? (await context.newPage());
    page.on('crash', () => {
      this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 });
    });
    context.on('page', (other) => {
      void this.#onPopup(other);
    });
    await page.route('**/*', async (route, request) => {
      const url = toApp(request.url());
      const leaves = request.isNavigationRequest() && url !== this.#asked;
      const event = refusable({ url, isMainFrame: request.frame().parentFrame() === null });
      if (leaves) this.emit('will-frame-navigate', event);
      if (event.defaultPrevented) await route.abort('aborted');
      else await route.fallback();
    });
    return page;
  }

  async #onPopup(page: Page): Promise<void> {
    const { action } = this.#openHandler({ url: toApp(page.url()) });
    if (action === 'deny') await page.close();
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }

  send(channel: string, ...args: unknown[]): void {
    this.#sent = this.#sent.then(async () => {
      const page = await this.#page;
      await page
        .evaluate(
          ([name, sent]) => {
            const { __standinDeliver: deliver } = window as unknown as {
              __standinDeliver?: (channel: string, args: unknown[]) => void;
            };
            deliver?.(name, sent);
          },
          [channel, args] as const,
        )
        // A page that is going away hears nothing, as in Electron.
        .catch(() => undefined);
    });
  }

  async load(url: string): Promise<void> {
    this.#asked = url;
    const page = await this.#page;
    await page.goto(toBrowser(url));
    this.#asked = '';
    this.emit('did-finish-load');
  }
}

/** A window of bookkeeping around a real page: places and visibility are numbers here. */
export class BrowserWindow extends Emitter {
  static readonly #all: BrowserWindow[] = [];
  readonly webContents: WebContents;
  #bounds: Required<Rectangle>;
  #state = { visible: false, focused: false, minimized: false, maximized: false, destroyed: false };
  progress = -1;

  constructor(options: Options = {}) {
    super();
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
    const { x = 0, y = 0, width = 800, height = 600, show = true } = options;
    this.#bounds = { x, y, width, height };
    this.#state.visible = show;
    const preload = readFileSync(options.webPreferences?.preload ?? '', 'utf8');
    this.webContents = new WebContents(browserFor(preload));
    BrowserWindow.#all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }

  static getAllWindows(): BrowserWindow[] {
    return BrowserWindow.#all.filter((window) => !window.isDestroyed());
  }

  async loadURL(url: string): Promise<void> {
    await this.webContents.load(url);
    this.emit('ready-to-show');
  }

  show(): void {
    this.#state.visible = true;
    this.emit('show');
  }
  hide(): void {
    Object.assign(this.#state, { visible: false, focused: false });
    this.emit('hide');
  }
  focus(): void {
    this.#state.focused = true;
  }
  blur(): void {
    this.#state.focused = false;
  }
  minimize(): void {
    Object.assign(this.#state, { minimized: true, focused: false });
  }
  restore(): void {
    this.#state.minimized = false;
  }
  maximize(): void {
    this.#state.maximized = true;
  }
  isVisible(): boolean {
    return this.#state.visible;
  }
  isFocused(): boolean {
    return this.#state.focused;
  }
  isMinimized(): boolean {
    return this.#state.minimized;
  }
  isMaximized(): boolean {
    return this.#state.maximized;
  }
  isDestroyed(): boolean {
    return this.#state.destroyed;
  }
  getNormalBounds(): Required<Rectangle> {
    return this.#bounds;
  }
  setBounds(bounds: Rectangle): void {
    this.#bounds = { ...this.#bounds, ...bounds };
    this.emit('resize');
    this.emit('move');
  }
  setProgressBar(progress: number): void {
    this.progress = progress;
  }
  setOverlayIcon(): void {}

  close(): void {
    const wish = refusable({});
    this.emit('close', wish);
    if (wish.defaultPrevented) return;
    this.#state.destroyed = true;
    this.emit('closed');
    if (BrowserWindow.getAllWindows().length === 0) app.emit('window-all-closed');
  }
}

app.windows = () => BrowserWindow.getAllWindows();
