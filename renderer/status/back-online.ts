import type { StatusView } from '../../shared/views.ts';

/** What is remembered of an absence of HQ: since when, and the last run before it. */
export interface Absence {
  readonly lastRunAt: number | null;
}

export interface Heard {
  readonly absence: Absence | null;
  /** Rows that went to HQ by the first run after the absence; null: nothing to say. */
  readonly sent: number | null;
}

/**
 * From one status to the next: an absence begins with `offline` and ends, with one quiet line, when the first run after
 * it is done. A run that ended while HQ was away says nothing.
 */
export function hear(
  absence: Absence | null,
  { status, facts, lastRun }: Pick<StatusView, 'status' | 'facts' | 'lastRun'>,
): Heard {
  if (status.state === 'offline') {
    return { absence: { lastRunAt: lastRun?.at ?? null }, sent: null };
  }
  if (absence === null) return { absence, sent: null };
  const done =
    facts.running === null &&
    lastRun !== null &&
    lastRun.at !== absence.lastRunAt &&
    (lastRun.status === 'completed' || lastRun.status === 'partial');
  return done ? { absence: null, sent: lastRun.sent } : { absence, sent: null };
}
