import { useEffect } from 'react';
import { useDialogs } from './dialog-store.ts';
import { commandOf, type Command } from './keyboard.ts';
import { moveRegion } from './regions.ts';
import { useRouter } from './router-store.ts';
import { useSyncActions } from './sync-actions.ts';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input, textarea, select'));

/** The keys of the whole window. `enabled`: not during the first run, which has no screens to go to. */
export function useKeyboard(enabled: boolean): void {
  const { start } = useSyncActions();
  useEffect(() => {
    if (!enabled) return undefined;
    const does = (command: Command): void => {
      switch (command.type) {
        case 'go':
          useDialogs.getState().close();
          useRouter.getState().go(command.screen);
          break;
        case 'sync':
          start();
          break;
        case 'diagnostics':
        case 'keys':
          useDialogs.getState().open(command.type);
          break;
        case 'region':
          moveRegion(command.back);
          break;
      }
    };
    const press = (event: KeyboardEvent): void => {
      const command = commandOf(event, isTyping(event.target));
      if (command === null) return;
      event.preventDefault();
      // A key that is held down syncs once.
      if (!event.repeat) does(command);
    };
    window.addEventListener('keydown', press);
    return () => {
      window.removeEventListener('keydown', press);
    };
  }, [enabled, start]);
}
