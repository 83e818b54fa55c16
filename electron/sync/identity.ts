/** Are terminal and HQ where they left each other? Pure: from what both remember to a verdict (DESIGN 8.1, 8.2). */
import { compareNumbers } from './engine.ts';
import type { Binding, HqIdentity, Token } from './ports.ts';

/** What payflow.db remembers. */
export interface Ours {
  readonly epoch: number;
  /** The last token HQ has confirmed; null: this file was never bound. */
  readonly token: Token | null;
  /** The token that was on its way to HQ when the last cycle ended without an answer. */
  readonly next: Token | null;
  /** The last batch HQ has certainly taken, and the last that was made. */
  readonly batches: { readonly confirmed: number; readonly saved: number };
  readonly hq: HqIdentity | null;
  /** Highest transaction id of a saved cursor; 0: none. */
  readonly cursor: string;
}

/** What HQ says. */
export interface Theirs {
  readonly hq: HqIdentity;
  readonly bound: string;
  readonly binding: Binding | null;
}

/** What has to be made good before a row moves. */
export interface Breach {
  /** payflow.db is older than what HQ knows of it (or new): it gets a new epoch, and asks what HQ has of its outbox. */
  readonly file: boolean;
  /** HQ is older than what it had confirmed: it gets the lost batches again. */
  readonly hq: boolean;
  /** HQ's transaction ids mean something else now: cursors go back, and everything is compared. */
  readonly moved: boolean;
}

export type Verdict =
  /** `confirm`: our token did arrive, only the answer was lost. */
  | { readonly kind: 'same'; readonly confirm: Token | null }
  /** Neither side has met the other. */
  | { readonly kind: 'first' }
  /** Another instance is this terminal, or a twin of this file has been at HQ. */
  | { readonly kind: 'clone' }
  | ({ readonly kind: 'breach' } & Breach);

/**
 * `instance`: digest of this installation's key. `takeOver`: a person has said that this installation is the terminal
 * from now on.
 */
export function judge(ours: Ours, theirs: Theirs, instance: string, takeOver = false): Verdict {
  const { binding } = theirs;
  const bound = binding !== null && binding.instance !== null ? binding : null;
  const moved = hasMoved(ours, theirs);
  const anew = ours.hq !== null && ours.hq.feedId !== theirs.hq.feedId;
  const alien = bound !== null && bound.instance !== instance;
  if (alien && !takeOver) return { kind: 'clone' };
  if (ours.token === null) {
    if (bound === null) return { kind: 'first' };
    return { kind: 'breach', file: true, hq: false, moved };
  }
  // The registry of terminals went with the old feed; the shop's rows did not.
  if (anew) return { kind: 'breach', file: true, hq: false, moved: true };
  if (bound === null) return { kind: 'breach', file: false, hq: true, moved };
  const place = compare(ours, ours.token, bound);
  if (place === 'twin') {
    return takeOver ? { kind: 'breach', file: true, hq: true, moved } : { kind: 'clone' };
  }
  const breach = { file: place.file || alien, hq: place.hq, moved };
  if (breach.file || breach.hq || breach.moved) return { kind: 'breach', ...breach };
  return { kind: 'same', confirm: place.confirm };
}

interface Place {
  readonly file: boolean;
  readonly hq: boolean;
  readonly confirm: Token | null;
}

/** Tokens say who is behind; the numbers of the batches say it too, also of what no token was written for yet. */
function compare(ours: Ours, token: Token, bound: Binding): Place | 'twin' {
  if (bound.epoch !== ours.epoch)
    return { file: bound.epoch > ours.epoch, hq: bound.epoch < ours.epoch, confirm: null };
  const file = bound.lastBatch > ours.batches.saved;
  const hq = bound.lastBatch < ours.batches.confirmed;
  const arrived = ours.next !== null && sameToken(ours.next, bound.token) ? ours.next : null;
  if (arrived !== null) return { file, hq, confirm: arrived };
  const ahead = bound.token.counter - token.counter;
  if (ahead === 0) return sameToken(token, bound.token) ? { file, hq, confirm: null } : 'twin';
  return { file: file || ahead > 0, hq: hq || ahead < 0, confirm: null };
}

function hasMoved(ours: Ours, { hq, bound }: Theirs): boolean {
  const was = ours.hq;
  const other =
    was !== null &&
    (was.cluster !== hq.cluster || was.timeline !== hq.timeline || was.feedId !== hq.feedId);
  return other || compareNumbers(bound, ours.cursor) < 0;
}

function sameToken(a: Token, b: Token): boolean {
  return a.counter === b.counter && a.random === b.random;
}
