/**
 * What the engine does after a failure (DESIGN 9): one table of PostgreSQL's SQLSTATEs, the network's codes and our own,
 * never a guess from an error's text.
 *
 * retry: it passes by itself; try again after a delay that grows from `minMs` to `maxMs`.
 * reject: this row is at fault; isolate it, list it, go on with the others (DESIGN 6.4).
 * stop: trying again changes nothing until a person acts. The scheduler still looks now and then, because nobody
 * tells it that the person has acted.
 */
export interface Decision {
  readonly action: 'retry' | 'reject' | 'stop';
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * What PostgreSQL or the network says. `failure`: the code of the catalogue that ends a run. `row`: why HQ refused a row,
 * where the code is a row's fault. `decision`: only where it differs from the failure's own.
 */
export interface Signal {
  readonly failure: string;
  readonly row?: string;
  readonly decision?: Decision;
}

/**
 * No wait is longer, not even of what a person has to mend: after any fault the outbox is empty within a minute (DESIGN
 * 11.8), and one look in half a minute is no storm, from hundreds of terminals either.
 */
export const LONGEST_WAIT_MS = 45_000;

const retry = (minMs: number): Decision => ({ action: 'retry', minMs, maxMs: LONGEST_WAIT_MS });

const clash: Decision = { action: 'retry', minMs: 50, maxMs: 5_000 }; // another transaction was in the way
const outage = retry(1_000); // HQ is away
const crowded = retry(5_000); // HQ is there and at its limits: more tries make it worse
const reject: Decision = { action: 'reject', minMs: 0, maxMs: 0 };
const stop: Decision = { action: 'stop', minMs: 20_000, maxMs: LONGEST_WAIT_MS };

const lost: Signal = { failure: 'HQ_CONNECTION_LOST' };
const unreachable: Signal = { failure: 'HQ_UNREACHABLE' };
const busy: Signal = { failure: 'HQ_BUSY' };
/** Tried again inside the upload; one that lasts ends the run as a busy HQ. */
const inTheWay: Signal = { failure: 'HQ_BUSY', decision: clash };
const dns: Signal = { failure: 'HQ_DNS' };
const notInstalled: Signal = { failure: 'HQ_NOT_INSTALLED' };
const refused = (row: string): Signal => ({ failure: 'HQ_ERROR', row, decision: reject });

/** By SQLSTATE and by Node's code. */
export const SIGNALS: Readonly<Record<string, Signal>> = {
  // the network
  ECONNREFUSED: { failure: 'HQ_REFUSED' },
  ENOENT: { failure: 'HQ_REFUSED' }, // a Unix socket that is not there
  ENOTFOUND: dns,
  EAI_AGAIN: dns,
  EAI_FAIL: dns,
  EAI_NODATA: dns,
  ETIMEDOUT: { failure: 'HQ_TIMEOUT' },
  ECONNRESET: lost,
  ECONNABORTED: lost,
  ENOTCONN: lost,
  ESHUTDOWN: lost,
  EPIPE: lost,
  ENETRESET: lost,
  ERR_STREAM_PREMATURE_CLOSE: lost,
  ERR_STREAM_DESTROYED: lost,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENETDOWN: unreachable,
  EHOSTDOWN: unreachable,
  EADDRNOTAVAIL: unreachable,
  EACCES: unreachable,
  EPERM: unreachable,
  // connection exceptions
  '08001': unreachable,
  '08004': busy,
  '08P01': unreachable, // not a PostgreSQL, or a proxy between
  // sign-in
  '28P01': { failure: 'HQ_LOGIN_REFUSED' },
  '28000': { failure: 'HQ_LOGIN_REFUSED' },
  '3D000': { failure: 'HQ_DATABASE_MISSING' },
  '57P04': { failure: 'HQ_DATABASE_MISSING' }, // dropped under us
  // the server stops, starts or is at its limits
  '57P01': lost, // admin_shutdown
  '57P02': lost, // crash_shutdown
  '57P05': lost, // idle_session_timeout
  '25P03': lost, // idle_in_transaction_session_timeout
  '25P04': lost, // transaction_timeout
  '57P03': busy, // cannot_connect_now: starting up or shutting down
  '57014': busy, // query_canceled: a statement timeout
  '53100': { failure: 'HQ_DISK_FULL' },
  '25006': { failure: 'HQ_READ_ONLY' }, // a standby, or a failover under way
  // other transactions
  '40001': inTheWay, // serialization_failure
  '40P01': inTheWay, // deadlock_detected
  '55P03': busy, // lock_not_available: the wait for it has been long already
  '55006': busy, // object_in_use
  // the catalogue
  '3F000': notInstalled,
  '42P01': { failure: 'HQ_TABLE_MISSING' }, // or our own schema's: `remote/errors.ts` looks at the name
  '42703': { failure: 'HQ_COLUMN_MISSING' },
  '42883': notInstalled, // a function of ours
  '42501': { failure: 'HQ_PRIVILEGE_MISSING', row: 'ROW_NOT_ALLOWED', decision: reject },
  // rows
  '23505': refused('ROW_DUPLICATE'),
  '23503': refused('ROW_PARENT_MISSING'),
  '23001': refused('ROW_PARENT_MISSING'), // restrict_violation: what ON DELETE RESTRICT says from 18 on
  '23502': refused('ROW_VALUE_MISSING'),
  '23514': refused('ROW_CHECK_FAILED'),
  '23P01': refused('ROW_EXCLUDED'),
  '44000': refused('ROW_REFUSED'), // with_check_option_violation
  P0001: refused('ROW_REFUSED'), // a trigger of the shop says no
  P0004: refused('ROW_REFUSED'), // assert_failure
  '22001': refused('ROW_TEXT_TOO_LONG'),
  '22003': refused('ROW_NUMBER_TOO_LARGE'),
  '22P02': refused('ROW_VALUE_INVALID'),
  '22P03': refused('ROW_VALUE_INVALID'),
  '22P05': refused('ROW_VALUE_INVALID'), // an escaped NUL in a jsonb
  '22007': refused('ROW_VALUE_INVALID'),
  '22008': refused('ROW_VALUE_INVALID'),
  '22021': refused('ROW_VALUE_INVALID'),
  '22030': refused('ROW_VALUE_INVALID'),
  // our own gate (resources/hq/001_feed.sql); PF001 is an answer, not a failure
  PF002: { failure: 'UPLOAD_HQ_BEHIND' },
  PF003: { failure: 'UPLOAD_REVOKED' },
  PF004: { failure: 'HQ_TOKEN_CHANGED' }, // somebody else was quicker: the next hello finds out who
};

/** Whole classes of SQLSTATEs, for those that no row above names. */
export const SIGNAL_CLASSES: Readonly<Record<string, Signal>> = {
  '08': lost, // connection exception
  '22': refused('ROW_REFUSED'), // data exception
  '23': refused('ROW_REFUSED'), // integrity constraint violation
  '40': inTheWay, // transaction rollback
  '53': busy, // insufficient resources
  '58': busy, // system error, of HQ's disk for example
};

/** By the catalogue's codes; what is not here stops. */
const failures: Readonly<Record<string, Decision>> = {
  HQ_UNREACHABLE: outage,
  HQ_REFUSED: outage,
  HQ_DNS: outage,
  HQ_TIMEOUT: outage,
  HQ_CONNECTION_LOST: outage,
  HQ_BUSY: crowded,
  HQ_READ_ONLY: crowded,
  HQ_DISK_FULL: crowded,
  HQ_TOKEN_CHANGED: clash, // the next hello finds out who was here
  UPLOAD_ALREADY_APPLIED: clash, // the next cycle settles it (DESIGN 6.1)
  LOCAL_LOCKED: { action: 'retry', minMs: 100, maxMs: 5_000 },
  ENGINE_RUNNING: { action: 'retry', minMs: 1_000, maxMs: 30_000 }, // a command line at work
  ENGINE_THREAD_LOST: outage,
  VALUE_UNHOLDABLE: reject,
  HQ_OWNS_TABLE: reject,
  APPEND_ONLY: reject,
};

const isSqlState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code);

/** The table's line for what PostgreSQL or the network says; null: it has none. */
export function signalOf(code: string): Signal | null {
  if (Object.hasOwn(SIGNALS, code)) return SIGNALS[code] ?? null;
  const group = code.slice(0, 2);
  if (!isSqlState(code) || !Object.hasOwn(SIGNAL_CLASSES, group)) return null;
  return SIGNAL_CLASSES[group] ?? null;
}

/**
 * What to do after a failure with this code, PostgreSQL's, the network's or ours. Unknown codes stop: a blind retry of
 * something we do not understand is how a sync stalls in silence.
 */
export function decide(code: string): Decision {
  const signal = signalOf(code);
  if (signal?.decision !== undefined) return signal.decision;
  const failure = signal?.failure ?? code;
  return (Object.hasOwn(failures, failure) ? failures[failure] : undefined) ?? stop;
}

/**
 * Milliseconds before try number `attempt` (the first retry is 1). The ceiling doubles up to `maxMs`; the wait lies
 * anywhere between half of it and all of it (`random` in [0, 1)), so that hundreds of terminals do not come back to
 * HQ in the same second, and none of them hammers it either.
 */
export function backoff(decision: Decision, attempt: number, random: number): number {
  const doublings = Math.min(Math.max(attempt, 1) - 1, 30);
  const ceiling = Math.min(decision.minMs * 2 ** doublings, decision.maxMs);
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
