/**
 * What the engine does after a failure, by its code: a PayflowError's code or PostgreSQL's SQLSTATE. A table, never
 * a guess from an error's text.
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

const minute = 60_000;
const retry = (minMs: number, maxMs: number): Decision => ({ action: 'retry', minMs, maxMs });

const clash = retry(50, 5_000); // another transaction was in the way
const outage = retry(1_000, minute); // HQ is away
const crowded = retry(5_000, 5 * minute); // HQ is there and at its limits: more tries make it worse
const reject: Decision = { action: 'reject', minMs: 0, maxMs: 0 };
const stop: Decision = { action: 'stop', minMs: minute, maxMs: 10 * minute };

const table: Readonly<Record<string, Decision>> = {
  '40001': clash, // serialization_failure
  '40P01': clash, // deadlock_detected
  '55P03': clash, // lock_not_available
  '55006': clash, // object_in_use
  '57014': retry(1_000, minute), // query_canceled: a statement timeout
  '57P01': outage, // admin_shutdown
  '57P02': outage, // crash_shutdown
  '57P03': outage, // cannot_connect_now
  '57P05': outage, // idle_session_timeout
  '25P03': outage, // idle_in_transaction_session_timeout
  '25P04': outage, // transaction_timeout
  '25006': crowded, // read_only_sql_transaction: a standby, or a failover under way
  '23505': reject,
  '23503': reject,
  '23502': reject,
  '23514': reject,
  '23P01': reject,
  '23000': reject,
  '23001': reject, // restrict_violation
  '42501': reject, // of one row: row security or a column right
  '44000': reject, // with_check_option_violation
  P0001: reject, // a trigger of the shop says no
  P0004: reject, // assert_failure
  PF002: stop,
  PF003: stop,

  HQ_UNREACHABLE: outage,
  HQ_REFUSED: outage,
  HQ_DNS: outage,
  HQ_TIMEOUT: outage,
  HQ_CONNECTION_LOST: outage,
  HQ_BUSY: crowded,
  HQ_READ_ONLY: crowded,
  HQ_DISK_FULL: retry(minute, 10 * minute),
  UPLOAD_ALREADY_APPLIED: clash, // the next cycle settles it (DESIGN 6.1)
  LOCAL_LOCKED: retry(100, 5_000),
  ENGINE_RUNNING: retry(1_000, 30_000), // a command line at work
  ENGINE_THREAD_LOST: outage,
  VALUE_UNHOLDABLE: reject,
  HQ_OWNS_TABLE: reject,
  APPEND_ONLY: reject,
};

/** Whole classes, for the states that no row above names. */
const classes: Readonly<Record<string, Decision>> = {
  '08': outage, // connection exception
  '22': reject, // data exception
  '23': reject, // integrity constraint violation
  '40': clash, // transaction rollback
  '53': crowded, // insufficient resources
};

const isSqlState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code);

/** Unknown codes stop: a blind retry of something we do not understand is how a sync stalls in silence. */
export function decide(code: string): Decision {
  if (Object.hasOwn(table, code)) return table[code] ?? stop;
  const group = code.slice(0, 2);
  if (isSqlState(code) && Object.hasOwn(classes, group)) return classes[group] ?? stop;
  return stop;
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
