import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport } from '../../shared/report.ts';
import type { PosOrder, PosResult } from './pos-process.ts';
import type { TerminalOrder } from './terminal-process.ts';

/** A child process of a test; `using` ends it, also when the test has failed. */
export interface Child<Message> extends Disposable {
  /** What it has told so far. */
  readonly told: readonly Message[];
  /** Lets it finish what it is doing. */
  stop(): void;
  /** How it ended: 0, another exit code, or the signal that killed it. Fails a test that the child failed. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

function startChild<Message>(script: string, order: unknown): Child<Message> {
  const child: ChildProcess = fork(join(import.meta.dirname, script), [JSON.stringify(order)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const told: Message[] = [];
  let complaint = '';
  child.on('message', (message) => told.push(message as Message));
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const ended = new Promise<number | NodeJS.Signals>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => {
      if (code === 0 || signal !== null) done(signal ?? 0);
      else fail(new Error(`${script} ended with ${String(code)}: ${complaint}`));
    });
  });
  // Whoever waits for it hears of a failure; nobody else has to.
  ended.catch(() => undefined);
  return {
    told,
    stop: () => void child.send('stop'),
    ended,
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

export const startTerminal = (order: TerminalOrder): Child<RunReport> =>
  startChild('terminal-process.ts', order);

export const startPos = (order: PosOrder): Child<PosResult> => startChild('pos-process.ts', order);

/** A place for a payflow.db that outlives the process that made it; `using` removes it. */
export function temporaryFile(): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'payflow-file-'));
  return {
    path: join(folder, 'payflow.db'),
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
