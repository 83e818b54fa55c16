/**
 * `npm run demo`: the app on the demo shop. The window in real Electron where its binary is present, on the stand-in
 * otherwise; and the way without a window, by the script itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { electronBinary, launchDesktop } from './support/desktop-app.ts';
import { findReceipt } from './support/screens.ts';

const root = resolve(import.meta.dirname, '..');
let home = '';
let temp = '';

beforeAll(async () => {
  console.log(
    `the demo's window runs on ${electronBinary() === null ? 'the stand-in' : 'Electron'}`,
  );
  home = mkdtempSync(join(tmpdir(), 'payflow-demo-test-'));
  // The demo's server runs as another user where we are root.
  chmodSync(home, 0o711);
});

beforeEach(() => {
  temp = join(home, 'tmp');
  rmSync(temp, { recursive: true, force: true });
  mkdirSync(temp, { mode: 0o711 });
});

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

test('--demo opens the window on a selling shop, asks nothing at its end, and leaves nothing', async () => {
  const app = await launchDesktop({ home, env: { TMPDIR: temp }, args: ['--demo'] });
  try {
    await app.page.getByText('demo', { exact: false }).first().waitFor();
    await findReceipt(app.page, 'TILL-1-1');
    await app.page.getByText('TILL-1-1').first().waitFor();
    expect(readdirSync(temp)).not.toEqual([]);
    await app.evaluate(({ app: electron }) => {
      electron.quit();
    });
    expect(await app.ended).toBe(0);
  } finally {
    await app.close();
  }
  expect(readdirSync(temp)).toEqual([]);
  expect(readdirSync(home)).not.toContain('PayFlow');
});

/** `npm run demo` with these words, as a terminal starts it: in a group of its own, which Ctrl-C reaches as a whole. */
function demo(args: readonly string[]) {
  const child = spawn(process.execPath, [join(root, 'electron', 'start.mjs'), 'demo', ...args], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      XDG_CONFIG_HOME: home,
      TMPDIR: temp,
      PAYFLOW_NO_ELECTRON: '1',
      // The run has built it: a second build beside other tests would take theirs away.
      PAYFLOW_NO_BUILD: '1',
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close') as Promise<[number | null]>;
  return {
    out: () => out,
    err: () => err,
    ended,
    isRunning: () => child.exitCode === null,
    interrupt: () => process.kill(-(child.pid ?? 0), 'SIGINT'),
  };
}

test('without a window it serves the demo and prints a link; Ctrl-C ends it and leaves nothing', async () => {
  const running = demo([]);
  const link = /http:\/\/127\.0\.0\.1:\d+\/\?login=[\w-]+/;
  try {
    await expect.poll(() => link.test(running.out()) || !running.isRunning()).toBe(true);
    expect(running.out()).toContain('opens in your browser, because PAYFLOW_NO_ELECTRON is set');
    const page = await fetch(link.exec(running.out())?.[0] ?? '');
    expect(await page.text()).toContain('<title>PayFlow</title>');
  } finally {
    running.interrupt();
  }
  expect([(await running.ended)[0], running.err()]).toEqual([0, '']);
  expect(readdirSync(temp)).toEqual([]);
  expect(readdirSync(home)).not.toContain('PayFlow');
});

test('with options it is the demonstration in the terminal, which demo.e2e.test.ts watches', async () => {
  const running = demo(['--once', '--help']);
  const [exit] = await running.ended;
  expect([exit, running.err()]).toEqual([0, '']);
  expect(running.out()).toMatch(/^Usage: payflow demo /);
});
