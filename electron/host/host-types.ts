import type { HostEvent, Method, Reply, Role } from '../../shared/contract.ts';
import type { StatusView } from '../../shared/views.ts';

/** Who calls: decided by where the call came from (the app's own window, a token), never by what it says. */
export interface Caller {
  readonly role: Role;
  readonly surface: 'desktop' | 'console';
}

/**
 * The running product without a face: engine thread, reader thread, scheduler, state. The desktop app and `serve` each
 * make one and put their own face before it.
 */
export interface Host {
  /**
   * One call of the contract: checks that the method exists and that the caller may, parses the arguments, and turns
   * every failure into a reply. Never rejects.
   */
  call(caller: Caller, method: Method | (string & {}), args: unknown): Promise<Reply<unknown>>;
  subscribe(listener: (event: HostEvent) => void): () => void;
  /** The status as last computed; never waits. */
  current(): StatusView;
  /** The network may be back, or the machine woke up: HQ is probed, and a cycle follows when it answers. */
  wake(): void;
  /** The system says that there is no network at all. */
  networkLost(): void;
  /** Ends the cycle under way at its next safe point, stops the timers, closes files and connections. Idempotent. */
  close(): Promise<void>;
}

/** Where HQ's password is kept: the system's key store in the desktop app, the environment in `serve`. */
export interface SecretStore {
  /** Null: none is kept, or it cannot be read any more. */
  read(): string | null;
  write(secret: string | null): void;
  /** False: what is written is not really encrypted. */
  readonly isSafe: boolean;
}

/** What only the desktop can do; absent in `serve`. */
export interface DesktopPorts {
  openLog(path: string): Promise<void>;
  setLaunchAtLogin(enabled: boolean): void;
}
