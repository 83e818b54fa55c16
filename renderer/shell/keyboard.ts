import type { Screen } from '../../shared/contract.ts';

/** The screens of the navigation, in its order: Ctrl/Cmd+1 is the first. */
export const NAVIGATION = [
  'status',
  'held',
  'conflicts',
  'receipt',
  'history',
  'check',
  'schema',
  'settings',
] as const satisfies readonly Screen[];
export type NavigationScreen = (typeof NAVIGATION)[number];

export type Command =
  | { readonly type: 'go'; readonly screen: Screen }
  | { readonly type: 'sync' }
  | { readonly type: 'diagnostics' }
  | { readonly type: 'region'; readonly back: boolean }
  | { readonly type: 'keys' };

export interface Keys {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** What a key press asks for; null: nothing of ours. `typing`: the focus is in a field, where letters are letters. */
export function commandOf(press: Keys, typing: boolean): Command | null {
  const { key, altKey, shiftKey } = press;
  const main = (press.ctrlKey || press.metaKey) && !altKey;
  if (altKey) return null;
  if (key === 'F5' && !shiftKey && !main) return { type: 'sync' };
  if (key === 'F6' && !main) return { type: 'region', back: shiftKey };
  if (!main) return key === '?' && !typing ? { type: 'keys' } : null;
  const letter = key.toLowerCase();
  if (letter === 'd' && shiftKey) return { type: 'diagnostics' };
  if (shiftKey) return null;
  if (letter === 'r') return { type: 'sync' };
  if (key === ',') return { type: 'go', screen: 'settings' };
  const screen = /^[1-8]$/.test(key) ? NAVIGATION[Number(key) - 1] : undefined;
  return screen === undefined ? null : { type: 'go', screen };
}
