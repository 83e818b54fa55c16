import { join, normalize, sep } from 'node:path';

/** The window's own address: a scheme of its own, so that no page of the network is ever "us". */
export const APP_SCHEME = 'app';
export const APP_ORIGIN = `${APP_SCHEME}://payflow`;
export const APP_PAGE = `${APP_ORIGIN}/index.html`;
/** Shown when the window's process has died twice. */
export const CRASH_PAGE = `${APP_ORIGIN}/stopped`;

/** Compared as text and not by `URL.origin`, which is "null" for a scheme that the parser does not know. */
export function isOwnAddress(url: string): boolean {
  return url === APP_ORIGIN || url.startsWith(`${APP_ORIGIN}/`);
}

/** Pages that the window may show; where in the page (hash, query) is its own affair. */
export function isOwnPage(url: string): boolean {
  const [page] = url.split(/[?#]/, 1);
  return page === APP_PAGE || page === CRASH_PAGE || page === `${APP_ORIGIN}/`;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  map: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
};

/**
 * The file of `folder` that an address means, and its type. Null for an address of others, a path out of the folder
 * however it is spelled, and a type that the window has none of.
 */
export function appFile(folder: string, url: string): { path: string; type: string } | null {
  if (!isOwnAddress(url)) return null;
  const [address = ''] = url.slice(APP_ORIGIN.length).split(/[?#]/, 1);
  let asked: string;
  try {
    asked = decodeURIComponent(address);
  } catch {
    return null;
  }
  if (asked.includes('\0') || asked.includes('\\') || asked.includes(':')) return null;
  const root = normalize(`${folder}${sep}`);
  const path = join(root, asked === '' || asked === '/' ? 'index.html' : asked);
  const type = types[path.slice(path.lastIndexOf('.') + 1)];
  return path.startsWith(root) && type !== undefined ? { path, type } : null;
}
