/** Who may speak to the server at all, before anybody's token is looked at. Pure: headers in, a verdict out. */
import { isIP } from 'node:net';
import { hostname } from 'node:os';

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Is what listens there out of reach for other machines? */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** As a host stands in a URL: an IPv6 address in brackets. */
export function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

export interface GuardedRequest {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The browser's `Sec-Fetch-Site` and `Sec-Fetch-Mode`. */
  readonly site: string | undefined;
  readonly mode: string | undefined;
}

/**
 * Refuses what a foreign page can make a browser send. The name in `Host` must be one of ours: a foreign name that was
 * made to point here (DNS rebinding) is not. Names are compared without their port, which a tunnel changes; an Origin
 * must be exactly the address that was asked for.
 */
export function createGuard(listenHost: string): (request: GuardedRequest) => boolean {
  const names = new Set(loopbackNames);
  const reachable = !isLoopback(listenHost);
  if (wildcards.has(listenHost)) names.add(hostname().toLowerCase());
  else names.add(urlHost(listenHost).toLowerCase());
  const isOurs = (name: string): boolean =>
    // An address has no name to be rebound; whoever listens on all of them cannot list them.
    names.has(name) || (reachable && isIP(name.replaceAll(/^\[|\]$/g, '')) !== 0);
  return ({ method, host, origin, site, mode }) => {
    const name = host === undefined ? null : nameOf(host);
    if (name === null || !isOurs(name)) return false;
    const ownPage = site === undefined || site === 'same-origin' || site === 'none';
    // A link to the console may stand anywhere: it opens a page of ours, without the cookie.
    if (!ownPage && !(mode === 'navigate' && method === 'GET')) return false;
    return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  };
}

/** `name:port` without its port, in small letters; null: no valid Host. */
function nameOf(host: string): string | null {
  const match = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host);
  return match?.[1]?.toLowerCase() ?? null;
}
