/**
 * The product as it ships, for tests and measurements: window, main process, `payflow` with its threads, preload; built
 * when sources changed.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ensureRenderer, lockBuilds } from './built.ts';

const root = resolve(import.meta.dirname, '../..');
export const builtFolder = join(root, 'dist', 'electron');
/** `payflow` from the build; there once `ensureDesktop` has answered. */
export const builtCli = join(builtFolder, 'cli.js');

function digest(): string {
  const hash = createHash('sha256');
  const folders = ['electron', 'shared'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const files = ['vite.config.ts', 'package-lock.json'].map((name) => join(root, name));
  for (const file of [...folders, ...files].toSorted())
    hash.update(file).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

const script = `
  const { createBuilder } = await import('vite');
  const builder = await createBuilder({ logLevel: 'warn' });
  for (const name of ['main', 'preload']) await builder.build(builder.environments[name]);`;

let asked: Promise<void> | null = null;

/** Answers once dist/ holds the product as the sources are now. Throws with what Vite said when they do not build. */
export const ensureDesktop = (): Promise<void> => (asked ??= makeCurrent());

async function makeCurrent(): Promise<void> {
  await ensureRenderer();
  const stamp = join(builtFolder, '.built-from');
  const wanted = digest();
  const isBuilt = (): boolean => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isBuilt()) return;
  const unlock = await lockBuilds();
  try {
    if (isBuilt()) return;
    await build();
    writeFileSync(stamp, wanted);
  } finally {
    unlock();
  }
}

/** In a process of its own: a build inside Vitest would take Vitest's view of the config. */
async function build(): Promise<void> {
  const { VITEST: _, ...env } = process.env;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: { ...env, NODE_ENV: 'production' },
  });
}
