import { Notification } from 'electron';
import { renderStatus, type Catalogue } from '../../shared/messages.ts';
import type { Message } from '../../shared/report.ts';

/** Notifications that are on the screen: one that nobody holds is collected, and its click with it. */
const open = new Set<Notification>();

/** Shows a message of the catalogue; a click on it does `onClick`. */
export function notify(catalogue: Catalogue, message: Message, onClick: () => void): void {
  if (!Notification.isSupported()) return;
  const { headline, reason } = renderStatus(catalogue, message);
  const notification = new Notification({ title: headline, body: reason });
  open.add(notification);
  notification.on('click', onClick);
  notification.on('close', () => {
    open.delete(notification);
  });
  notification.show();
}
