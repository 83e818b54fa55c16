import type { Role } from './contract.ts';

/**
 * Where the host answers over HTTP: `serve`, and the desktop app where its API is switched on. The window in a
 * browser and the server are both written from this.
 *
 * call: `POST {call}/METHOD`, the arguments as JSON; answers the contract's `Reply` as JSON, whatever the status.
 * events: `GET`, server-sent events; each `data:` is one `HostEvent` as JSON. The status comes first. The server ends
 *   the stream now and then so that the session can be renewed: connect again at once.
 * session: `POST` with a `SignIn` answers `Reply<Session>` and sets the cookie that signs every later request; `GET`
 *   answers whose session it is; `DELETE` signs out.
 *
 * A script gives a bearer token instead of the cookie (`payflow token`).
 */
export const HTTP = {
  call: '/api/call',
  events: '/api/events',
  session: '/api/session',
} as const;

/** The one-time link that `serve` prints is the console's address with this in its query. */
export const LOGIN_PARAMETER = 'login';

/** `code`: of the one-time link, good once. `token`: what `payflow token` printed. */
export type SignIn = { readonly code: string } | { readonly token: string };

export interface Session {
  readonly role: Role;
  /** When the session ends although it is used, in milliseconds since 1970. */
  readonly endsAt: number;
}

/** Codes of a reply that mean: not signed in, or no more. */
export const SIGNED_OUT_CODES: ReadonlySet<string> = new Set([
  'API_SIGN_IN',
  'API_SESSION_ENDED',
  'API_LOGIN_USED',
]);
