import { create } from 'zustand';
import type { AppInfo } from '../../shared/views.ts';
import type { LinkState } from '../bridge/bridge.ts';

interface AppState {
  /** Null until the host has answered for the first time. */
  readonly info: AppInfo | null;
  readonly link: LinkState;
  readonly know: (info: AppInfo) => void;
  readonly setLink: (link: LinkState) => void;
}

export const useAppStore = create<AppState>()((set) => ({
  info: null,
  link: 'up',
  know: (info) => {
    set({ info });
  },
  setLink: (link) => {
    set({ link });
  },
}));

export function useAppInfo(): AppInfo | null {
  return useAppStore((state) => state.info);
}
