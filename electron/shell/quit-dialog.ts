import { dialog, type BrowserWindow, type MessageBoxOptions } from 'electron';
import { renderMessage, type Catalogue } from '../../shared/messages.ts';
import type { Unsent } from '../desktop/quit-guard.ts';
import { quitTexts } from '../desktop/quit-texts.ts';

/** Asks what to do with rows that HQ does not have yet; `again`: sending them was tried. */
export async function askBeforeQuit(
  catalogue: Catalogue,
  window: BrowserWindow,
  unsent: Unsent,
  again: boolean,
): Promise<'sync' | 'quit' | 'cancel'> {
  const say = (code: string, params = {}): string => renderMessage(catalogue, code, params);
  const options: MessageBoxOptions = {
    type: 'question',
    title: 'PayFlow',
    ...quitTexts(catalogue, unsent, again),
    buttons: [say('QUIT_SYNC'), say('QUIT_ANYWAY'), say('QUIT_CANCEL')],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  };
  // A question on a window that is hidden would be hidden with it.
  const { response } = window.isVisible()
    ? await dialog.showMessageBox(window, options)
    : await dialog.showMessageBox(options);
  return (['sync', 'quit', 'cancel'] as const)[response] ?? 'cancel';
}
