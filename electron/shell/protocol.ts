import { readFile } from 'node:fs/promises';
import { protocol } from 'electron';
import { contentSecurityPolicy } from '../../shared/csp.ts';
import { APP_SCHEME, appFile, CRASH_PAGE } from '../desktop/address.ts';

/** Before the app is ready: the scheme counts as a secure origin with storage and fetch of its own. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: APP_SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ]);
}

const headers = (type: string): Record<string, string> => ({
  'Content-Type': type,
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
});

/** Serves the built window and nothing else; `crashPage` makes the page behind a window that died. */
export function serveWindow(folder: string, crashPage: () => Promise<string>): void {
  protocol.handle(APP_SCHEME, async ({ url, method }) => {
    if (method !== 'GET') return new Response(null, { status: 405 });
    if (url === CRASH_PAGE) {
      return new Response(await crashPage(), { headers: headers('text/html; charset=utf-8') });
    }
    const file = appFile(folder, url);
    const body = file === null ? null : await readFile(file.path).catch(() => null);
    if (file === null || body === null) return new Response(null, { status: 404 });
    return new Response(new Uint8Array(body), { headers: headers(file.type) });
  });
}
