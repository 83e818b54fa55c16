import { create } from 'zustand';
import type { Edits } from './settings-form.ts';

interface DraftState {
  readonly edits: Edits;
  readonly edit: (edits: Edits) => void;
  readonly clear: () => void;
}

/**
 * What was typed and not saved. It outlives the screen: who looks something up elsewhere finds it again, with the
 * sentence that it is not saved.
 */
export const useDraftStore = create<DraftState>()((set, get) => ({
  edits: {},
  edit: (edits) => {
    set({ edits: { ...get().edits, ...edits } });
  },
  clear: () => {
    set({ edits: {} });
  },
}));
