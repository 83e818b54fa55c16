import type { FullHost } from '../host/host.ts';

/**
 * What happens when someone quits: unsent rows are named and may be sent first; then everything is let go of, and only
 * then the program ends. A second wish to quit while one is under way changes nothing.
 */
export interface QuitPorts {
  /** Rows saved here that HQ has not. */
  unsent(): Unsent;
  /** `again`: it was tried, and these are left. */
  ask(unsent: Unsent, again: boolean): Promise<'sync' | 'quit' | 'cancel'>;
  /** One cycle, to its end whatever it is. */
  sync(): Promise<void>;
  /** Lets go of files and connections; its failure must not keep the program alive. */
  close(): Promise<void>;
  /** Ends the program. */
  exit(): void;
}

/** What of this terminal HQ has not got. */
export interface Unsent {
  /** Goes with the next sync. */
  readonly waiting: number;
  /** Was tried, and waits for another row or was refused. */
  readonly keptBack: number;
}

/** Before the host is there nothing can have been sold under its eyes; a demo's sales are nobody's. */
export function unsentOf(host: Pick<FullHost, 'current' | 'isDemo'> | null): Unsent {
  if (host === null || host.isDemo()) return { waiting: 0, keptBack: 0 };
  const { facts, keptBack } = host.current();
  return { waiting: facts.waiting, keptBack };
}

export interface QuitGuard {
  /** True once everything is let go of: the program may end. */
  readonly done: boolean;
  /** True from the wish to quit on, unless it was taken back: a window that closes does so for good. */
  readonly leaving: boolean;
  /** `now`: the system shuts down; nobody is asked. */
  quit(options?: { readonly now: boolean }): Promise<void>;
}

export function createQuitGuard(ports: QuitPorts): QuitGuard {
  let state: 'open' | 'asking' | 'closing' | 'done' = 'open';

  async function mayLeave(): Promise<boolean> {
    for (let again = false; ; again = true) {
      const unsent = ports.unsent();
      if (unsent.waiting + unsent.keptBack === 0) return true;
      const answer = await ports.ask(unsent, again);
      if (answer !== 'sync') return answer === 'quit';
      await ports.sync();
    }
  }

  async function leave(): Promise<void> {
    state = 'closing';
    try {
      await ports.close();
    } finally {
      state = 'done';
      ports.exit();
    }
  }

  return {
    get done() {
      return state === 'done';
    },
    get leaving() {
      return state === 'closing' || state === 'done';
    },
    async quit({ now } = { now: false }) {
      if (state === 'closing' || state === 'done') return;
      if (now) return await leave();
      if (state === 'asking') return;
      state = 'asking';
      let may = false;
      try {
        may = await mayLeave();
      } finally {
        // The system may have ended the question meanwhile.
        if (state === 'asking') state = 'open';
      }
      if (may && state === 'open') await leave();
    },
  };
}
