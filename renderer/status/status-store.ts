import { create } from 'zustand';
import type { StatusView } from '../../shared/views.ts';

interface StatusState {
  /** Null until the host has answered for the first time. */
  readonly status: StatusView | null;
  readonly show: (status: StatusView) => void;
}

export const useStatusStore = create<StatusState>()((set) => ({
  status: null,
  show: (status) => {
    set({ status });
  },
}));

/** The status as the host last said it; null before that. */
export function useStatus(): StatusView | null {
  return useStatusStore((state) => state.status);
}

/** One value of it; who takes only that is drawn again only when it has changed (compared by `Object.is`). */
export function useStatusPart<T>(part: (status: StatusView | null) => T): T {
  return useStatusStore((state) => part(state.status));
}
