/**
 * `npm start`: builds the app and opens it; `npm run demo`: on the demo shop. Electron's binary is no npm package; where it is missing it is fetched
 * once, and where it cannot be had the same window runs in a browser, served by `payflow serve`. Arguments go to
 * whichever runs.
 *
 * Never `import 'electron'` to find the binary: that starts a download which nothing ends.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const electronFolder = join(root, 'node_modules', 'electron');
/** A slow line still gets its binary; a blocked one does not hold anybody up for long. */
const downloadMs = 120_000;

/** The binary's path; null: it is not there. */
function findElectron() {
  const pathFile = join(electronFolder, 'path.txt');
  if (!existsSync(pathFile)) return null;
  const path = join(electronFolder, 'dist', readFileSync(pathFile, 'utf8').trim());
  return existsSync(path) ? path : null;
}

/** Runs a program of Node's to its end; answers with its exit code and what it complained of. */
function run(args, options) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, ...options });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => (complaint += text));
    child.on('error', (error) => resolve({ code: 1, complaint: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, complaint }));
  });
}

/** Why there is no window of its own; null: there can be one. */
async function whyNoWindow() {
  if (process.env.PAYFLOW_NO_ELECTRON === '1') return 'PAYFLOW_NO_ELECTRON is set';
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return 'this machine has no screen';
  if (findElectron() !== null) return null;
  console.log('Fetching Electron, once ...');
  const { code, complaint } = await run([join(electronFolder, 'install.js')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: downloadMs,
  });
  if (code === 0 && findElectron() !== null) return null;
  const [first = ''] = complaint.split('\n').filter((line) => line.trim() !== '');
  return `Electron could not be fetched${first === '' ? '' : ` (${first.trim()})`}`;
}

/** Hands over to the program: its signals, its exit code. */
function handOver(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
  // A terminal gives Ctrl-C to the child itself; whoever waits for us waits for it.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`Could not start ${command}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code) => (process.exitCode = code ?? 1));
}

/** Answers with the exit code of the build. */
async function build() {
  console.log('Building ...');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  return (await run([vite, 'build', '--app', '--logLevel', 'warn'], { stdio: 'inherit' })).code;
}

/** Builds, and opens the window with `forWindow` or serves it with `forServe`. */
async function open(forWindow, forServe) {
  const reason = await whyNoWindow();
  const code = process.env.PAYFLOW_NO_BUILD === '1' ? 0 : await build();
  if (code !== 0) {
    process.exitCode = code;
  } else if (reason === null) {
    handOver(findElectron(), [root, ...forWindow]);
  } else {
    console.log(`PayFlow opens in your browser, because ${reason}.\n`);
    handOver(process.execPath, [join(root, 'dist', 'electron', 'cli.js'), 'serve', ...forServe]);
  }
}

const args = process.argv.slice(2);
if (args[0] !== 'demo') {
  await open(args, args);
} else if (args.length === 1) {
  // Whatever else listens on this machine: the demo takes a port that is free.
  await open(['--demo'], ['--demo', '--port', '0']);
} else {
  // Options are those of the demonstration in the terminal, which needs neither a window nor a build.
  const words = ['demo', ...args.slice(1)];
  handOver(process.execPath, [join(root, 'electron', 'cli', 'main.ts'), ...words]);
}
