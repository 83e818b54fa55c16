import { useCallback, useEffect, useRef, useState } from 'react';
import { asCallFailed, type CallFailed } from '../bridge/bridge.ts';

export interface Acting {
  /** The act under way, by the name it was started with; null: none. */
  readonly busy: string | null;
  /** What the last act answered; goes by itself, because it soon describes the past. */
  readonly said: string | null;
  /** Why the last act was refused; stays until the next one. */
  readonly error: CallFailed | null;
  /** Starts an act unless one is under way. `work` answers the sentence to show. */
  readonly act: (name: string, work: () => Promise<string | null>) => void;
}

const saidFor = 12_000;

/** One act at a time for a screen's buttons: busy while it runs, then its sentence or why it was refused. */
export function useAct(): Acting {
  const [state, setState] = useState<Omit<Acting, 'act'>>({ busy: null, said: null, error: null });
  const running = useRef(false);

  const act = useCallback((name: string, work: () => Promise<string | null>): void => {
    if (running.current) return;
    running.current = true;
    setState({ busy: name, said: null, error: null });
    const run = async (): Promise<void> => {
      const outcome = await work().then(
        (said) => ({ said, error: null }),
        (error: unknown) => ({ said: null, error: asCallFailed(error) }),
      );
      running.current = false;
      setState({ busy: null, ...outcome });
    };
    void run();
  }, []);

  const { said } = state;
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => {
      setState((now) => (now.said === said ? { ...now, said: null } : now));
    }, saidFor);
    return () => {
      clearTimeout(timer);
    };
  }, [said]);

  return { ...state, act };
}
