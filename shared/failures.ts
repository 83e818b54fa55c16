/**
 * What a failure means for the person in front of the terminal (UX.md), by its code. One table, so that window,
 * tray and command line never disagree. What it means for the next try stands in `electron/sync/retry.ts`.
 *
 * connection: HQ cannot be reached; sales go on, the state is `offline`.
 * passing: heals without a human; shown as waiting until it lasts.
 * stopped: sync cannot work until someone acts; the state is `error`.
 * unexpected: everything else, a bug of ours among it: sync goes on trying and asks for attention.
 */
export type FailureKind = 'connection' | 'passing' | 'stopped' | 'unexpected';

const connection = new Set([
  'HQ_UNREACHABLE',
  'HQ_REFUSED',
  'HQ_DNS',
  'HQ_TIMEOUT',
  'HQ_CONNECTION_LOST',
]);

const passing = new Set([
  'HQ_BUSY',
  'HQ_READ_ONLY',
  'LOCAL_LOCKED',
  'ENGINE_RUNNING',
  'CANCELLED',
  'UPLOAD_ALREADY_APPLIED',
  'HQ_TOKEN_CHANGED',
]);

/** HQ_ERROR is a statement that HQ refused without a rule of ours for it: nobody at the till can act on it. */
const unexpected = new Set(['INTERNAL', 'HQ_ERROR', 'LOCAL_ERROR']);

const family = /^(CLONE|HQ|LOCAL|UPLOAD|SETTINGS|MANIFEST|TERMINAL|KEY|LOAD)_/;

/** Another installation is this terminal at HQ (DESIGN 8.1): a manager may take it over, and nothing else helps. */
export function isCloneRefused(code: string): boolean {
  return code === 'CLONE_REFUSED' || code === 'CLONE_TWIN';
}

export function failureKind(code: string): FailureKind {
  if (connection.has(code)) return 'connection';
  if (passing.has(code)) return 'passing';
  if (unexpected.has(code)) return 'unexpected';
  return family.test(code) ? 'stopped' : 'unexpected';
}
