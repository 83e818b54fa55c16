/**
 * Runs one script of package.json on a Node that PayFlow's sources need, whatever Node the machine
 * has: `node electron/with-node.mjs NAME [arguments]`. A good Node (22.18+, 24, 26+) is used as it
 * is, otherwise the one that the optionalDependencies brought. Arguments, exit code and signals
 * pass through unchanged.
 *
 * Not `node` from node_modules/.bin: npm 10 does not link it. Not `npx node@24`: it downloads
 * outside the lockfile.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const windows = process.platform === 'win32';

function isGoodNode(version) {
  const [major, minor] = version.split('.').map(Number);
  return major === 24 || major >= 26 || (major === 22 && minor >= 18);
}

function findNode() {
  if (isGoodNode(process.versions.node)) return process.execPath;
  const target = `${windows ? 'win' : process.platform}-${process.arch}`;
  const file = windows ? 'node.exe' : 'node';
  return [`node-${target}`, `node-bin-${target}`]
    .map((name) => join(root, 'node_modules', name, 'bin', file))
    .find((path) => existsSync(path));
}

const [name, ...args] = process.argv.slice(2);
const script = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts[name ?? ''];
const node = findNode();
if (script === undefined) {
  console.error(`package.json has no script "${name ?? ''}".`);
  process.exit(2);
}
if (node === undefined) {
  console.error(
    `PayFlow needs Node 22.18+, 24 or 26+ (this is ${process.versions.node}), and none was ` +
      'installed beside it: run `npm ci` (with optional dependencies), or install Node 24.',
  );
  process.exit(1);
}

const env = {
  ...process.env,
  PATH: [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  // Prettier turns Node's compile cache on, by default in the temporary folder.
  NODE_COMPILE_CACHE:
    process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node'),
};
// `node FILE ...` is started without npm and a shell between: quicker, and nobody on the way can
// bend an argument, an exit code or a signal. Everything else is a shell line, which npm knows how
// to run.
const direct = /^node ([\w./ -]+)$/.exec(script);
const child = direct
  ? spawn(node, [...direct[1].split(' '), ...args], { cwd: root, env, stdio: 'inherit' })
  : spawn('npm', ['run', '-s', name, '--', ...args], {
      cwd: root,
      env,
      stdio: 'inherit',
      shell: windows,
    });

// We outlive the child, so that a caller who waits for us has waited for it. A terminal gives
// Ctrl-C to the child itself: to send it again would be the second Ctrl-C with which people force a
// program to quit.
const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
for (const signal of signals) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !onTerminal) child.kill(signal);
  });
}
// Who ends `npm run` ends npm and its shell, and npm tells nobody further down: their end is taken
// for the SIGTERM that was meant.
const parent = process.ppid;
if (process.env.npm_lifecycle_event !== undefined && !windows) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 250);
  watch.unref();
}
child.on('error', (error) => {
  console.error(`Could not start ${node}: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  for (const each of signals) process.removeAllListeners(each);
  process.kill(process.pid, signal);
});
