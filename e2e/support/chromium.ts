/**
 * A real Chromium for tests, screenshots and measurements, driven by Playwright. On Linux x64 the one that
 * @sparticuz/chromium brings with all its libraries, so that every machine runs the same; elsewhere an installed
 * Chrome or Edge. PAYFLOW_CHROMIUM names another program.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type LaunchOptions } from 'playwright';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, 'node_modules', '.cache', 'payflow-chromium');
/** Goes up whenever `chromium-unpack.ts` makes something else of the same browser. */
const UNPACKING = 3;

/** What to give to Playwright's `launch` or `launchPersistentContext`. May unpack the browser, which takes seconds once. */
export async function chromiumOptions(): Promise<LaunchOptions> {
  const named = process.env['PAYFLOW_CHROMIUM'];
  if (named !== undefined && named !== '') return { executablePath: named };
  if (process.platform === 'linux' && process.arch === 'x64') return await unpackedOptions();
  return { channel: 'chrome' };
}

/** The caller owes it a `close`. Throws one sentence where there is no browser that starts. */
export async function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  const own = await chromiumOptions();
  // Playwright finds that out as well, and leaves the folders behind that it made before.
  if (own.executablePath !== undefined && !existsSync(own.executablePath))
    throw noBrowser(new Error(`${own.executablePath} is not there`));
  const channels = own.channel === undefined ? [undefined] : ['chrome', 'msedge'];
  let problem: unknown;
  for (const channel of channels) {
    try {
      return await chromium.launch({
        ...own,
        ...options,
        ...(channel === undefined ? {} : { channel }),
      });
    } catch (error) {
      problem = error;
    }
  }
  throw noBrowser(problem);
}

function noBrowser(cause: unknown): Error {
  return new Error(
    'No browser could be started: install Chrome or Edge, or name a Chromium in PAYFLOW_CHROMIUM.',
    { cause },
  );
}

async function unpackedOptions(): Promise<LaunchOptions> {
  const folder = await unpacked();
  return {
    executablePath: join(folder, 'chromium'),
    // What a machine without graphics and a start as root need. The package's own list is not taken: it also
    // switches off the web security that these tests are about.
    args: [
      '--no-zygote',
      '--in-process-gpu',
      '--use-angle=swiftshader',
      '--font-render-hinting=none',
    ],
    env: {
      ...definedOnly(process.env),
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
      // What fontconfig knows of them: beside them, never in the folder of whoever starts the browser.
      XDG_CACHE_HOME: folder,
    },
  };
}

/** The folder of the unpacked browser. Starts at the same time are safe: the first whole folder wins. */
async function unpacked(): Promise<string> {
  const manifest = join(root, 'node_modules', '@sparticuz', 'chromium', 'package.json');
  if (!existsSync(manifest)) {
    throw new Error('The package @sparticuz/chromium is missing: run `npm ci`.');
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const folder = join(cache, `${version}-${String(UNPACKING)}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const own = await mkdtemp(join(cache, '.unpacking-'));
  try {
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'chromium-unpack.ts')], {
      env: { ...process.env, TMPDIR: own },
    });
    await rename(own, folder);
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

const definedOnly = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
