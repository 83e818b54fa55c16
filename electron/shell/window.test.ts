import { expect, test, vi } from 'vitest';
import { openMemory } from '../desktop/memory.ts';
import { tempFolder } from '../local/testing.ts';
import { createWindow } from './window.ts';

const { electron, opened } = vi.hoisted(() => {
  interface Options {
    readonly webPreferences: Readonly<Record<string, unknown>>;
  }
  const made: Options[] = [];
  class BrowserWindow {
    constructor(options: Options) {
      made.push(options);
    }
    on(): void {}
    loadURL(): Promise<void> {
      return Promise.resolve();
    }
  }
  const display = { id: 1, workArea: { x: 0, y: 0, width: 1280, height: 800 } };
  const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] };
  return { electron: { app: { isPackaged: false }, BrowserWindow, screen }, opened: made };
});
vi.mock('electron', () => electron);

test.each([
  ['the release', true],
  ['a checkout', false],
])('the window of %s is closed to pages, and its tools are for developers', (_, isPackaged) => {
  using folder = tempFolder();
  electron.app.isPackaged = isPackaged;
  createWindow({
    preload: '',
    icon: '',
    memory: openMemory(folder.path),
    mayClose: () => true,
    onHidden: () => undefined,
    hasTray: () => false,
  });
  expect(opened.at(-1)?.webPreferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webviewTag: false,
    devTools: !isPackaged,
  });
});
