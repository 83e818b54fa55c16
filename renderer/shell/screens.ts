import { lazy, type ComponentType } from 'react';
import type { Screen } from '../../shared/contract.ts';

type Loader = () => Promise<Readonly<Record<string, unknown>>>;

const files = import.meta.glob('../*/*-screen.tsx') as Readonly<Record<string, Loader>>;

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

/** A screen is `FOLDER/FOLDER-screen.tsx` and exports `FolderScreen`; loaded when first opened. */
function screenOf(name: Screen): ComponentType {
  return lazy(async () => {
    const file = await files[`../${name}/${name}-screen.tsx`]?.();
    const component = file?.[`${capital(name)}Screen`];
    if (typeof component !== 'function') throw new Error(`no screen ${name}`);
    return { default: component as ComponentType };
  });
}

export const screens: Readonly<Record<Screen, ComponentType>> = {
  status: screenOf('status'),
  held: screenOf('held'),
  conflicts: screenOf('conflicts'),
  receipt: screenOf('receipt'),
  history: screenOf('history'),
  check: screenOf('check'),
  schema: screenOf('schema'),
  settings: screenOf('settings'),
  setup: screenOf('setup'),
};
