/** The launcher in a project of its own: which Node it takes, and that nobody notices it in between. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const launcher = join('electron', 'with-node.mjs');
const target = `${process.platform}-${process.arch}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'payflow-with-node-'));
  write('package.json', JSON.stringify({ type: 'module', scripts }));
  mkdirSync(join(folder, 'electron'));
  copyFileSync(join(import.meta.dirname, 'with-node.mjs'), join(folder, launcher));
  for (const [name, source] of Object.entries(programs)) write(`${name}.mjs`, source);
});
afterEach(() => rmSync(folder, { recursive: true }));

const scripts = {
  show: 'node show.mjs',
  shell: 'echo "$GREETING" && exit 5',
  polite: 'node polite.mjs',
  rude: 'node rude.mjs',
};
const programs = {
  show: `console.log(JSON.stringify([process.execPath, ...process.argv.slice(2)])); process.exit(7)`,
  polite: `
    import { writeFileSync } from 'node:fs';
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.on(signal, () => { writeFileSync('heard', signal); process.exit(3); });
    setTimeout(() => process.exit(9), 30_000);
    console.log('ready');`,
  rude: `setTimeout(() => process.exit(9), 30_000); console.log('ready')`,
};

function write(name: string, content: string, mode = 0o644): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode });
}

/** A Node that the optionalDependencies brought: it only says which one it is, and what it was given. */
function bring(name: string): void {
  write(`node_modules/${name}/bin/node`, `#!/bin/sh\necho "${name} $*"\nexit 4\n`, 0o755);
}

/** Runs a script by this Node, or by one that takes itself for another version. */
function run(args: readonly string[], { version = '', env = {} } = {}) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const before = version === '' ? [] : ['--import', `data:text/javascript,${encodeURI(pretend)}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...before, launcher, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

describe.skipIf(process.platform === 'win32')('the launcher', () => {
  test.each(['22.18.0', '24.0.0', '26.1.0', '27.0.0'])('takes Node %s as it is', (version) => {
    bring(`node-${target}`);
    const { status, stdout } = run(['show'], { version });
    expect([status, JSON.parse(stdout)]).toEqual([7, [process.execPath]]);
  });

  test.each(['20.19.0', '22.17.1', '23.11.0', '25.2.0'])(
    'takes the one of npm ci instead of Node %s',
    (version) => {
      bring(`node-${target}`);
      bring(`node-bin-${target}`);
      expect(run(['show', 'a'], { version })).toEqual({
        status: 4,
        stdout: `node-${target} show.mjs a\n`,
        stderr: '',
      });
    },
  );

  test('takes the one that is there under the other name', () => {
    bring(`node-bin-${target}`);
    expect(run(['show'], { version: '20.19.0' }).stdout).toBe(`node-bin-${target} show.mjs\n`);
  });

  test('says in a sentence that there is none', () => {
    const { status, stdout, stderr } = run(['show'], { version: '20.19.0' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^PayFlow needs Node .* \(this is 20\.19\.0\).* run `npm ci` .*\n$/);
  });

  test('says in a sentence that there is no such script', () => {
    const { status, stderr } = run(['shew']);
    expect([status, stderr]).toEqual([2, 'package.json has no script "shew".\n']);
  });

  test('passes arguments on as they are, and the exit code back', () => {
    const odd = ['a b', '"', "'", '$HOME', '*', '--', '--json', ''];
    const { status, stdout } = run(['show', ...odd]);
    expect([status, JSON.parse(stdout)]).toEqual([7, [process.execPath, ...odd]]);
  });

  test('passes the exit code of a shell line back too', () => {
    const { status, stdout } = run(['shell'], { env: { GREETING: 'good day' } });
    expect([status, stdout]).toEqual([5, 'good day\n']);
  });

  /** Started, and its program is ready for signals. */
  async function started(
    command: string,
    args: readonly string[],
    env = {},
  ): Promise<ChildProcess> {
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...process.env, npm_lifecycle_event: undefined, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    return child;
  }

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'passes %s on, and ends when and as the program does',
    async (signal) => {
      const polite = await started(process.execPath, [launcher, 'polite']);
      polite.kill(signal);
      expect(await once(polite, 'exit')).toEqual([3, null]);
      const rude = await started(process.execPath, [launcher, 'rude']);
      rude.kill(signal);
      expect(await once(rude, 'exit')).toEqual([null, signal]);
    },
  );

  test('ends the program when npm, which started it, is gone', async () => {
    const env = { npm_lifecycle_event: 'polite' };
    const line = `"${process.execPath}" ${launcher} polite; true`;
    const npm = await started('sh', ['-c', line], env);
    // Closed when the last one that could write to it has ended.
    const closed = once(npm, 'close');
    npm.kill('SIGKILL');
    await closed;
    expect(readFileSync(join(folder, 'heard'), 'utf8')).toBe('SIGTERM');
  });
});
