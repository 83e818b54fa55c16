/**
 * What tests and measurements run: the renderer as it is shipped, built by Vite into dist/renderer. It is built once
 * for as long as its sources stay the same; whoever asks at the same time waits for the one that builds.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = resolve(import.meta.dirname, '../..');
const dist = join(root, 'dist');
const SOURCES = ['renderer', 'shared', 'resources/messages', 'vite.config.ts', 'package-lock.json'];

interface Target {
  readonly folder: string;
  /** With the fixtures behind `?fake=STATE`, which the product's own bundle does not hold. */
  readonly fake: boolean;
}

/** Makes dist/renderer as the sources are now. Throws with what Vite said when they do not build. */
export const ensureRenderer = (): Promise<string> =>
  ensure({ folder: join(dist, 'renderer'), fake: false });

/** The same window with the fixtures of tests and pictures; elsewhere, so that nobody ships it. */
export const ensureFakeRenderer = (): Promise<string> =>
  ensure({ folder: join(root, 'node_modules', '.cache', 'payflow-fake-window'), fake: true });

/** Asked of once per process: a window must not be swapped under a page that has it open. */
const asked = new Map<string, Promise<string>>();

function ensure(target: Target): Promise<string> {
  const known = asked.get(target.folder) ?? makeCurrent(target);
  asked.set(target.folder, known);
  return known;
}

async function makeCurrent(target: Target): Promise<string> {
  const { folder } = target;
  const stamp = join(folder, '.built-from');
  const wanted = digestOfSources();
  const isBuilt = (): boolean => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isBuilt()) return folder;
  const unlock = await lockBuilds();
  try {
    if (isBuilt()) return folder;
    await build(target);
    writeFileSync(stamp, wanted);
  } finally {
    unlock();
  }
  return folder;
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const path = join(root, source);
    const files = /\.(ts|json)$/.test(source)
      ? [path]
      : readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
          .map((entry) => join(entry.parentPath, entry.name))
          .toSorted();
    for (const file of files) hash.update(file).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** Only the window's part, in a process of its own: a build inside Vitest would take Vitest's view of the config. */
async function build({ folder, fake }: Target): Promise<void> {
  const config = {
    logLevel: 'warn',
    ...(fake ? { envPrefix: ['VITE_', 'PAYFLOW_FAKE'] } : {}),
    environments: { client: { build: { outDir: folder } } },
  };
  const script = `
    const { createBuilder } = await import('vite');
    const builder = await createBuilder(${JSON.stringify(config)});
    await builder.build(builder.environments.client);`;
  const { VITEST: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: { ...env, NODE_ENV: 'production', ...(fake ? { PAYFLOW_FAKE: '1' } : {}) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const exit = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  if (exit !== 0) throw new Error(`The window was not built (npm run build):\n${said}`);
}

/** One build at a time, across processes; a builder that has died holds nobody up. The answer lets the next one build. */
export async function lockBuilds(): Promise<() => void> {
  mkdirSync(dist, { recursive: true });
  const file = join(dist, '.building');
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch {
      if (!isAlive(file)) rmSync(file, { force: true });
      await sleep(100);
    }
  }
}

function isAlive(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // Just made and not yet written: its writer lives.
    if (pid === 0) return true;
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
