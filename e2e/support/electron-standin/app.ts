import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { Emitter, refusable } from './record.ts';

const paths = new Map<string, string>([
  ['appData', process.env['XDG_CONFIG_HOME'] ?? ''],
  ['userData', ''],
]);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What Electron's `app` does of what PayFlow asks of it. */
class StandinApp extends Emitter {
  readonly isPackaged = false;
  readonly #ready = Promise.withResolvers<void>();
  /** Work that must be over before the process ends. */
  readonly #last: Promise<unknown>[] = [];
  #isReady = false;
  #lock: string | null = null;
  #quitting = false;
  /** Windows, as the window module knows them; each closes or refuses to. */
  windows: () => readonly { close(): void; isDestroyed(): boolean }[] = () => [];
  closeBrowser: () => Promise<void> = () => Promise.resolve();

  setName(): void {}
  setAppUserModelId(): void {}
  enableSandbox(): void {
    if (this.#isReady) throw new Error('app.enableSandbox() must be called before app is ready');
  }
  getPath(name: string): string {
    return paths.get(name) ?? '';
  }
  setPath(name: string, path: string): void {
    paths.set(name, path);
  }
  getAppPath(): string {
    return resolve(import.meta.dirname, '../../..');
  }
  getLocale(): string {
    return process.env['PAYFLOW_STANDIN_LOCALE'] ?? 'en-GB';
  }
  whenReady(): Promise<void> {
    return this.#ready.promise;
  }
  isReady(): boolean {
    return this.#isReady;
  }
  setLoginItemSettings(): void {}

  /** One process per user-data folder; who comes second tells the first one, and loses. */
  requestSingleInstanceLock(): boolean {
    const folder = this.getPath('userData');
    const file = join(folder, 'standin.lock');
    const socket = join(folder, 'standin.sock');
    for (;;) {
      try {
        const handle = openSync(file, 'wx');
        writeSync(handle, String(process.pid));
        closeSync(handle);
        break;
      } catch {
        const holder = Number(readFileSync(file, 'utf8'));
        if (isAlive(holder)) {
          const told = Promise.withResolvers<void>();
          createConnection(socket, () => undefined)
            .on('close', told.resolve)
            .on('error', () => {
              told.resolve();
            });
          this.#last.push(told.promise);
          return false;
        }
        rmSync(file, { force: true });
      }
    }
    this.#lock = file;
    rmSync(socket, { force: true });
    createServer((connection) => {
      connection.end();
      this.emit('second-instance', refusable({}), [], '');
    })
      .listen(socket)
      .unref();
    return true;
  }

  /** Called by the boot file once the main module has been read to its end. */
  becomeReady(): void {
    if (this.#quitting) return;
    this.#isReady = true;
    this.#ready.resolve();
    this.emit('ready');
  }

  quit(): void {
    const wish = refusable({});
    this.emit('before-quit', wish);
    if (wish.defaultPrevented) return;
    for (const window of this.windows()) window.close();
    if (this.windows().some((window) => !window.isDestroyed())) return;
    const will = refusable({});
    this.emit('will-quit', will);
    if (!will.defaultPrevented) this.exit(0);
  }

  exit(code = 0): void {
    if (this.#quitting) return;
    this.#quitting = true;
    this.emit('quit', {}, code);
    const end = async (): Promise<void> => {
      await Promise.allSettled([...this.#last, this.closeBrowser()]);
      if (this.#lock !== null) rmSync(this.#lock, { force: true });
      process.exit(code);
    };
    void end();
  }
}

export const app = new StandinApp();
