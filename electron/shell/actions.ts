import { clipboard } from 'electron';
import type { TrayAction } from '../../shared/tray.ts';
import type { Log } from '../host/log.ts';
import type { Ask } from './ask.ts';
import type { MainWindow } from './window.ts';

/** What the tray's and the menu's items do. */
export function actionsOf(
  ask: Ask,
  window: MainWindow,
  quit: () => void,
  log: Log,
): (action: TrayAction) => void {
  const run = async (action: TrayAction): Promise<void> => {
    switch (action.type) {
      case 'open':
        window.show(action.screen);
        return;
      case 'sync':
        await ask('startSync', { direction: 'both' });
        return;
      case 'cancel':
        await ask('cancelSync', {});
        return;
      case 'pause':
        await ask('pause', { how: action.how });
        return;
      case 'resume':
        await ask('resume', {});
        return;
      case 'copy-diagnostics': {
        const answer = await ask('diagnostics', {});
        if (answer !== null) await clipboard.writeText(answer.text);
        return;
      }
      case 'quit':
        quit();
    }
  };
  return (action) => {
    run(action).catch((error: unknown) => {
      log.error(`the menu's ${action.type}`, error);
    });
  };
}
