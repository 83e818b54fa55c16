import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright';
import { chromiumOptions } from '../chromium.ts';
import { app } from './app.ts';
import { ipcMain, type Frame } from './ipc.ts';
import { answerApp, toApp } from './protocol.ts';
import { initScript } from './page-side.ts';

interface PlaywrightFrame {
  url(): string;
  parentFrame(): PlaywrightFrame | null;
}

const frameOf = (frame: PlaywrightFrame): Frame => {
  const parent = frame.parentFrame();
  return { url: toApp(frame.url()), parent: parent === null ? null : frameOf(parent) };
};

let opened: Promise<BrowserContext> | null = null;

async function open(preload: string): Promise<BrowserContext> {
  const { args = [], ...options } = await chromiumOptions();
  const profile =
    process.env['PAYFLOW_STANDIN_PROFILE'] ?? join(app.getPath('sessionData'), 'standin');
  // With the profile, which the test removes: of an app that is killed Playwright leaves its own folder behind.
  const artifactsDir = join(profile, 'artifacts');
  mkdirSync(artifactsDir, { recursive: true });
  const context = await chromium.launchPersistentContext(
    profile,
    // The test drives the same browser from its own process.
    {
      ...options,
      artifactsDir,
      args: [...args, '--remote-debugging-port=0', '--window-size=1024,768'],
      locale: app.getLocale(),
      viewport: null,
    },
  );
  await context.addInitScript({ content: initScript(preload) });
  await context.exposeBinding('__standinInvoke', ({ frame }, channel: string, sent: unknown[]) =>
    ipcMain.answer(channel, frameOf(frame), sent),
  );
  await context.exposeBinding('__standinSend', ({ frame }, channel: string, sent: unknown[]) => {
    ipcMain.emit(channel, { senderFrame: frameOf(frame) }, ...sent);
  });
  await context.route('https://app.standin/**', async (route, request) => {
    const answer = await answerApp(request.url(), request.method());
    if (answer === null) return await route.abort();
    await route.fulfill({
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: Buffer.from(await answer.arrayBuffer()),
    });
  });
  app.closeBrowser = () => context.close();
  return context;
}

/** The one browser of this app; made with the first window's preload. */
export const browserFor = (preload: string): Promise<BrowserContext> => (opened ??= open(preload));
