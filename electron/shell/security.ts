import { app, type Session, type WebContents } from 'electron';
import { isOwnPage } from '../desktop/address.ts';
import type { Log } from '../host/log.ts';

/** Nothing that a page could ask for is granted: no permission, no device. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => {
    answer(false);
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

function guard(contents: WebContents, log: Log): void {
  contents.setWindowOpenHandler(({ url }) => {
    log.warn('a page wanted to open a window', { url });
    return { action: 'deny' };
  });
  contents.on('will-frame-navigate', (event) => {
    if (isOwnPage(event.url)) return;
    event.preventDefault();
    log.warn('a page wanted to leave', { url: event.url });
  });
  contents.on('will-redirect', (event) => {
    if (!isOwnPage(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => {
    event.preventDefault();
  });
}

/** Every page that this program will ever have stays where it is and opens nothing. */
export function guardPages(log: Log): void {
  app.on('web-contents-created', (_event, contents) => {
    guard(contents, log);
  });
}
