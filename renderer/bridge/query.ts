import { asCallFailed, type CallFailed } from './bridge.ts';

export interface QueryState<T> {
  /** The last answer; stays while a newer one is on its way. */
  readonly data: T | undefined;
  /** Why the last try brought nothing; the data of the try before stays beside it. */
  readonly error: CallFailed | null;
  readonly loading: boolean;
}

/**
 * One question that is asked again. Answers come into force in the order of asking: one that was overtaken is dropped.
 * While one is on its way, any number of `reload`s become exactly one more.
 */
export interface Query<T> {
  readonly get: () => QueryState<T>;
  readonly subscribe: (listener: () => void) => () => void;
  /** Asks another question from now on (another page): the data stays until its answer is there. */
  readonly ask: (question: () => Promise<T>) => void;
  readonly reload: () => void;
}

export function createQuery<T>(): Query<T> {
  let state: QueryState<T> = { data: undefined, error: null, loading: true };
  let question: (() => Promise<T>) | null = null;
  let asked = 0;
  let busy = false;
  let again = false;
  const listeners = new Set<() => void>();

  const set = (next: Partial<QueryState<T>>): void => {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  };

  const run = async (): Promise<void> => {
    if (question === null) return;
    asked += 1;
    const mine = asked;
    busy = true;
    again = false;
    set({ loading: true });
    const outcome: Partial<QueryState<T>> = await question().then(
      (data) => ({ data, error: null }),
      (error: unknown) => ({ error: asCallFailed(error) }),
    );
    if (mine !== asked) return;
    busy = false;
    set({ ...outcome, loading: false });
    if (again) await run();
  };

  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ask(next) {
      question = next;
      void run();
    },
    reload() {
      if (busy) again = true;
      else void run();
    },
  };
}
