/** The desktop app as it ships, for tests: window, main process with its threads, preload; built when sources changed. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ensureRenderer } from './built.ts';

const root = resolve(import.meta.dirname, '../..');
export const builtFolder = join(root, 'dist', 'electron');

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

/** Answers once dist/ holds the app as the sources are now. Throws with what Vite said when they do not build. */
export async function ensureDesktop(): Promise<void> {
  await ensureRenderer();
  const stamp = join(builtFolder, '.built-from');
  const wanted = digest();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // A process of its own: a build inside Vitest would take Vitest's view of the config.
  const { VITEST: _, ...env } = process.env;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: { ...env, NODE_ENV: 'production' },
  });
  writeFileSync(stamp, wanted);
}
