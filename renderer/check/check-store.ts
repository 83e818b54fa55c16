import { create } from 'zustand';

/** A check that was asked for. `last`: when the check before it ended; `ran`: it has been seen at work. */
export interface Asked {
  readonly last: number | null;
  readonly ran: boolean;
}

/**
 * What becomes of a check that was asked for: null once its result is there, or once it was seen to end. Until then it
 * may stand behind a sync. `at`: when the newest check known ended.
 */
export function nextAsked(asked: Asked | null, running: boolean, at: number | null): Asked | null {
  if (asked === null || at !== asked.last) return null;
  if (running) return asked.ran ? asked : { ...asked, ran: true };
  return asked.ran ? null : asked;
}

interface CheckState {
  readonly asked: Asked | null;
  readonly ask: (last: number | null) => void;
  readonly saw: (running: boolean, at: number | null) => void;
  readonly forget: () => void;
}

/** Outlives the screen: who comes back while a check waits for its turn still sees that it does. */
export const useCheckStore = create<CheckState>()((set, get) => ({
  asked: null,
  ask: (last) => {
    set({ asked: { last, ran: false } });
  },
  saw: (running, at) => {
    const { asked } = get();
    const next = nextAsked(asked, running, at);
    if (next !== asked) set({ asked: next });
  },
  forget: () => {
    set({ asked: null });
  },
}));
