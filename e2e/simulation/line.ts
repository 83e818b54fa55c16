/**
 * What stands between an engine and its two stores in the simulation: it counts what the engine asks for, and does at the
 * place it was told what a network, a power cut or another program would.
 */
import { PayflowError } from '../../shared/errors.ts';
import type { EnginePorts } from '../../electron/sync/engine.ts';
import type { LocalStore } from '../../electron/sync/local-port.ts';
import type { Batch, RemoteStore } from '../../electron/sync/ports.ts';
import type { Fault, HqWrite, PosWrite } from './history.ts';

/** The process ended here. */
class Killed extends Error {}

/** Who writes at the moment that a fault names. */
export interface Others {
  pos(write: PosWrite): void;
  hq(write: HqWrite): Promise<void>;
}

/** Points at which the engine holds the file's write lock: no other program can write there. */
const LOCKED = new Set(['download:before-commit']);
/** Answers that are no wait for HQ. */
const NO_CALL = new Set<PropertyKey>(['use']);

export class Line {
  /** Seconds by which the terminal's clock is wrong. */
  skew = 0;
  #fault: Fault | null = null;
  #calls = 0;
  #sends = 0;
  #steps = 0;
  /** Once it is set, nothing of this cycle reaches anything any more. */
  #dead: Error | null = null;
  #cut: Error | null = null;
  #late: (() => Promise<unknown>) | null = null;
  readonly #others: Others;

  constructor(others: Others) {
    this.#others = others;
  }

  /** Begins a cycle with what is to go wrong in it. */
  begin(fault: Fault | null): void {
    this.#fault = fault;
    this.#calls = 0;
    this.#sends = 0;
    this.#steps = 0;
    this.#dead = null;
    this.#cut = null;
  }

  /** Ends it; answers whether the fault has come to pass. */
  end(): boolean {
    const happened = this.#dead !== null || this.#cut !== null;
    this.begin(null);
    return happened;
  }

  /** The batch that hung in a socket arrives at HQ now, if there is one; what HQ says of it, nobody hears. */
  async deliverLate(): Promise<void> {
    const late = this.#late;
    this.#late = null;
    await late?.().catch(() => undefined);
  }

  forgetLate(): void {
    this.#late = null;
  }

  /** The ports of the engine, with this line between. */
  compose(ports: EnginePorts): EnginePorts {
    return {
      ...ports,
      local: this.#between(ports.local),
      remote: this.#wire(ports.remote),
      clock: {
        now: () => new Date(Date.now() + this.skew * 1000).toISOString(),
        ticks: () => ports.clock.ticks(),
      },
      at: (step) => {
        this.#step(step);
        ports.at(step);
      },
    };
  }

  #step(name: string): void {
    if (this.#dead !== null) throw this.#dead;
    const fault = this.#fault;
    if (fault?.do !== 'kill' && (fault?.do !== 'pos' || LOCKED.has(name))) return;
    this.#steps += 1;
    if (this.#steps !== fault.step && name !== fault.step) return;
    this.#fault = null;
    if (fault.do === 'pos') this.#others.pos(fault.write);
    else throw (this.#dead = new Killed(`killed at ${name}`));
  }

  #between(local: LocalStore): LocalStore {
    return new Proxy(local, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...values: unknown[]): unknown => {
          if (this.#dead !== null) throw this.#dead;
          return Reflect.apply(member, target, values);
        };
      },
    });
  }

  #wire(remote: RemoteStore): RemoteStore {
    return new Proxy(remote, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || NO_CALL.has(name)) return member;
        const call = (...values: unknown[]): unknown => Reflect.apply(member, target, values);
        if (name === 'streamRows' || name === 'streamHashes') {
          return (...values: unknown[]) =>
            this.#stream(() => call(...values) as AsyncIterable<unknown>);
        }
        if (name === 'send') {
          return (batch: Batch, meanwhile?: () => Promise<void>) =>
            this.#call(() => this.#send(() => call(batch, meanwhile) as Promise<unknown>));
        }
        return (...values: unknown[]) => this.#call(() => call(...values) as Promise<unknown>);
      },
    });
  }

  async *#stream(open: () => AsyncIterable<unknown>): AsyncGenerator<unknown> {
    await this.#call(() => Promise.resolve());
    yield* open();
  }

  async #call(reach: () => Promise<unknown>): Promise<unknown> {
    const gone = this.#dead ?? this.#cut;
    if (gone !== null) throw gone;
    this.#calls += 1;
    const fault = this.#fault;
    const now = fault !== null && 'call' in fault && fault.call === this.#calls ? fault : null;
    if (now?.do === 'hq') await this.#others.hq(now.write);
    if (now?.do === 'cut' && now.when === 'before') throw this.#lost();
    const answer = await reach();
    if (now?.do === 'cut') throw this.#lost();
    return answer;
  }

  async #send(reach: () => Promise<unknown>): Promise<unknown> {
    this.#sends += 1;
    const fault = this.#fault;
    if (fault?.do !== 'cut-send' || fault.call !== this.#sends) return reach();
    if (fault.when === 'after') await reach();
    if (fault.when === 'late') this.#late = reach;
    throw this.#lost();
  }

  #lost(): Error {
    return (this.#cut = new PayflowError('HQ_CONNECTION_LOST', {}));
  }
}
