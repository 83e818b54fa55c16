import { create } from 'zustand';

export type Dialog = 'diagnostics' | 'keys';

interface DialogState {
  readonly dialog: Dialog | null;
  readonly open: (dialog: Dialog) => void;
  readonly close: () => void;
}

/** The dialogs that every screen can open; one at a time. */
export const useDialogs = create<DialogState>()((set) => ({
  dialog: null,
  open: (dialog) => {
    set({ dialog });
  },
  close: () => {
    set({ dialog: null });
  },
}));
