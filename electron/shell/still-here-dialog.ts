import { dialog } from 'electron';
import { renderMessage, renderStatus, type Catalogue } from '../../shared/messages.ts';

/** A box with "Don't show again": a notification has room for it on some systems only. */
export async function showStillHere(catalogue: Catalogue): Promise<{ readonly never: boolean }> {
  const { headline, reason } = renderStatus(catalogue, { code: 'NOTICE_STILL_HERE', params: {} });
  const { checkboxChecked } = await dialog.showMessageBox({
    type: 'info',
    title: 'PayFlow',
    message: headline,
    detail: reason,
    buttons: [renderMessage(catalogue, 'STILL_HERE_OK')],
    checkboxLabel: renderMessage(catalogue, 'STILL_HERE_NEVER'),
    noLink: true,
  });
  return { never: checkboxChecked };
}
