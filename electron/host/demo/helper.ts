import { fork, type ChildProcess } from 'node:child_process';
import { PayflowError } from '../../../shared/errors.ts';

/**
 * Another program of the demo (the till's POS, the back office), seen from the demo: a process of its own that is
 * asked to do things. It ends when the demo ends, however that happens: its channel closes then.
 */
export interface Helper {
  readonly name: string;
  /** Asks for one thing; throws DEMO_HELPER_ENDED when the program is gone. */
  ask(what: string): Promise<Tally>;
  /** The program is gone, by itself or because it was ended. */
  readonly ended: Promise<void>;
  /** Ends the program, at once if it does not end by itself. May be called twice. */
  end(): Promise<void>;
}

/** What a program has done since it was started, in its own words: `{ sales: 12, cents: 34560 }`. */
export type Tally = Readonly<Record<string, number>>;

export interface Question {
  readonly id: number;
  readonly what: string;
}

export type Answer = { readonly id: number } & (
  { readonly tally: Tally } | { readonly problem: string }
);

const endTimeoutMs = 3_000;
const windows = process.platform === 'win32';

interface Waiting {
  readonly done: (tally: Tally) => void;
  readonly fail: (error: Error) => void;
}

/** `secrets` reach the program by its environment, because everybody may read a command line. */
export function startHelper(
  name: string,
  file: string,
  args: readonly string[],
  secrets: Readonly<Record<string, string>> = {},
): Helper {
  const child = fork(file, [...args], {
    env: { ...process.env, ...secrets },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Its own session: a Ctrl-C on the terminal is the demo's to answer.
    detached: !windows,
  });
  return new ChildHelper(name, child);
}

class ChildHelper implements Helper {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #problem: string | null = null;
  #said = '';
  #last = 0;

  constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    child.stderr?.on('data', (data: Buffer) => {
      this.#said = `${this.#said}${data.toString()}`.slice(-4_000);
    });
    child.on('message', (answer: Answer) => this.#answer(answer));
    // 'exit', not 'close': that one does not come for a child whose channel we closed ourselves.
    this.#ended = new Promise((done) => {
      child.once('error', (error) => this.#close(error.message, done));
      child.once('exit', (code, signal) => {
        // What it said last may still be on its way.
        setTimeout(() => this.#close(signal ?? `exit ${code ?? '?'}`, done), 20);
      });
    });
  }

  get ended(): Promise<void> {
    return this.#ended;
  }

  ask(what: string): Promise<Tally> {
    return new Promise((done, fail) => {
      if (this.#problem !== null) return fail(this.#failure(this.#problem));
      const question: Question = { id: (this.#last += 1), what };
      this.#waiting.set(question.id, { done, fail });
      // A program that has just ended is heard of by 'close'.
      this.#child.send(question, () => undefined);
    });
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), endTimeoutMs);
    await this.#ended;
    clearTimeout(kill);
  }

  #answer(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('tally' in answer) waiting?.done(answer.tally);
    else waiting?.fail(this.#failure(answer.problem));
  }

  #close(problem: string, done: () => void): void {
    this.#problem ??= problem;
    for (const { fail } of this.#waiting.values()) fail(this.#failure(this.#problem));
    this.#waiting.clear();
    done();
  }

  #failure(detail: string): PayflowError {
    const cause = new Error(this.#said === '' ? detail : this.#said);
    return new PayflowError('DEMO_HELPER_ENDED', { name: this.name, detail }, { cause });
  }
}
