import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { builtCli } from './built-desktop.ts';
import { bareEnvironment } from './cli.ts';

export interface ServeOptions {
  /** HQ, or a proxy before it. */
  readonly url: string;
  /** Folder of payflow.db, settings and log. */
  readonly folder: string;
  readonly db: string;
  readonly terminal?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The program that is run; default: `builtCli`. `sourceCli` where nothing is built. */
  readonly main?: string;
}

/** `payflow serve` as a process of its own, as a service manager starts it. */
export interface ServeProcess {
  readonly pid: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** The one-time link it printed, good for one visit. */
  readonly link: string;
  /** Milliseconds from its start until it printed the link. */
  readonly startMs: number;
  /** What it has printed so far, both streams. */
  said(): string;
  /** Ends it as a service manager does, and waits; throws when it did not end well. */
  stop(): Promise<void>;
  /** As a power cut does. */
  kill(): Promise<void>;
}

const startTimeoutMs = 60_000;
/** Longer than the engine's own deadline for its end. */
const stopTimeoutMs = 60_000;

/** The secret of the tests' tokens: what `JWT_SECRET` is in every `serve` of a test. */
export const TEST_JWT_SECRET = 'a secret of the tests, as long as a secret has to be';

/** The caller owes it a `stop` or a `kill`. */
export async function startServe(options: ServeOptions): Promise<ServeProcess> {
  const port = await freePort();
  const begun = performance.now();
  const child = spawn(process.execPath, [options.main ?? builtCli, 'serve'], {
    cwd: options.folder,
    env: {
      ...bareEnvironment(),
      HOME: options.folder,
      XDG_CONFIG_HOME: options.folder,
      APPDATA: options.folder,
      DATABASE_URL: options.url,
      PAYFLOW_DB: options.db,
      PAYFLOW_TERMINAL: options.terminal ?? 'T1',
      PAYFLOW_LOG_DIR: `${options.folder}/logs`,
      PAYFLOW_STATE_DIR: join(dirname(options.db), 'state'),
      PORT: String(port),
      JWT_SECRET: TEST_JWT_SECRET,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let startMs = 0;
  const link = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`serve printed no link:\n${said}`)),
      startTimeoutMs,
    );
    const hear = (text: string): void => {
      said += text;
      const found = /http:\/\/127\.0\.0\.1:\d+\/\S*login=\S+/.exec(said)?.[0];
      if (found === undefined || startMs > 0) return;
      startMs = performance.now() - begun;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('close', (code) => {
      clearTimeout(timer);
      reject(new Error(`serve ended with ${String(code)}:\n${said}`));
    });
  });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  try {
    const found = await link;
    return {
      pid: child.pid ?? 0,
      origin: new URL(found).origin,
      link: found,
      startMs,
      said: () => said,
      async stop() {
        if (!isRunning()) return;
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
        const [code, signal] = await closed;
        clearTimeout(late);
        if (code !== 0) {
          throw new Error(`serve ended with ${String(code)} ${String(signal)}:\n${said}`);
        }
      },
      async kill() {
        if (isRunning()) child.kill('SIGKILL');
        await closed;
      },
    };
  } catch (error) {
    if (isRunning()) child.kill('SIGKILL');
    throw error;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
