import { create } from 'zustand';
import { SCREENS, type Screen } from '../../shared/contract.ts';

interface RouterState {
  readonly screen: Screen;
  /** The part of the screen to bring into view: an element's id; null: the screen from its start. */
  readonly place: string | null;
  /** Counts up with every `go`, also to the screen that is shown already. */
  readonly visit: number;
  readonly go: (screen: Screen, place?: string) => void;
}

/** `#held` or `#settings/settings-connection`; null where the address names no screen. */
export function screenOfHash(hash: string): { screen: Screen; place: string | null } | null {
  const [name = '', place] = hash.replace(/^#/, '').split('/');
  const screen = SCREENS.find((known) => known === name);
  return screen === undefined ? null : { screen, place: place ?? null };
}

/** The screen shown. The address follows it (`shell/wire.ts`), so that a browser's Back works. */
export const useRouter = create<RouterState>()((set, get) => ({
  screen: 'status',
  place: null,
  visit: 0,
  go: (screen, place) => {
    set({ screen, place: place ?? null, visit: get().visit + 1 });
  },
}));
