import { statusOf, type Facts } from '../../shared/status.ts';
import { isDiskLow } from '../local/disk-room.ts';
import { countUnanswered } from '../local/gate-store.ts';
import type { ReadableDb } from '../local/open.ts';
import { standingNotices } from '../local/notices.ts';
import { lastRunWith, metaValue, savedCursors, waiting, type Waiting } from '../local/views.ts';
import { META } from '../sync/meta.ts';
import type { StatusReport } from './app-types.ts';
import { PAUSE_META, parsePause } from './pause.ts';
import type { Settings } from './settings.ts';

/** Gathers the facts a status is made of from payflow.db and its disk alone; null: there is no such file yet. */
export function statusReport(db: ReadableDb | null, settings: Settings, now: number): StatusReport {
  const { facts, terminal } = gatherFacts(db, settings, now);
  return { status: statusOf(facts), facts, terminal };
}

/** The same without the status; `keptBack`: held and refused rows that go to HQ. */
export function gatherFacts(
  db: ReadableDb | null,
  settings: Settings,
  now: number,
): { readonly facts: Facts; readonly keptBack: number; readonly terminal: string | null } {
  if (db === null)
    return { facts: factsWithoutFile(settings, now), keptBack: 0, terminal: settings.terminal };
  const counts = waiting(db);
  return {
    facts: factsOf(db, counts, settings, now),
    keptBack: counts.keptBack,
    terminal: metaValue(db, META.code) ?? settings.terminal,
  };
}

function factsWithoutFile(settings: Settings, now: number): Facts {
  return {
    now,
    configured: false,
    loaded: false,
    running: null,
    aliveAt: null,
    hq: 'unknown',
    error: null,
    paused: null,
    waiting: 0,
    oldestUnsentAt: null,
    held: 0,
    rejected: 0,
    confirm: 0,
    conflicts: 0,
    oversold: 0,
    lastRun: null,
    nextRunAt: null,
    mode: settings.mode,
    intervalMs: 0,
    clockSkewMs: null,
    diskLow: isDiskLow(settings.databasePath),
    troubles: [],
    notices: [],
    differing: null,
  };
}

function differingOf(db: ReadableDb): Facts['differing'] {
  const count = Number(metaValue(db, META.lastCheckDiffering) ?? 0);
  const at = metaValue(db, META.lastCheckAt);
  return count === 0 || at === null ? null : { count, at: Date.parse(at) };
}

function factsOf(db: ReadableDb, counts: Waiting, settings: Settings, now: number): Facts {
  const { upload, oldestUnsentAt, held, rejected, conflicts, oversold } = counts;
  const cursors = savedCursors(db);
  const skew = metaValue(db, META.clockSkew);
  return {
    ...factsWithoutFile(settings, now),
    configured: settings.hq !== null && settings.terminal !== null,
    loaded: cursors.length > 0 && cursors.every((cursor) => cursor.loaded),
    ...lastRunOf(db, held + rejected > 0),
    paused: parsePause(metaValue(db, PAUSE_META)),
    clockSkewMs: skew === null ? null : Number(skew),
    waiting: upload,
    oldestUnsentAt: oldestUnsentAt === null ? null : Date.parse(oldestUnsentAt),
    held,
    rejected,
    confirm: countUnanswered(db),
    conflicts,
    oversold,
    notices: standingNotices(db),
    differing: differingOf(db),
  };
}

/**
 * How the last run ended. Whether one stands unfinished is kept in so many words: times that are compared, the last good
 * run's and the failed one's, hide a failure behind a clock that was set back.
 */
function lastRunOf(db: ReadableDb, isLeft: boolean): Pick<Facts, 'error' | 'lastRun'> {
  const unfinishedAt = metaValue(db, META.unfinishedAt);
  if (unfinishedAt === null) {
    // Runs that moved nothing leave no record of their own, only this time.
    const at = metaValue(db, META.lastRunAt);
    const status = isLeft ? 'partial' : 'completed';
    return { error: null, lastRun: at === null ? null : { at: Date.parse(at), status } };
  }
  const last = lastRunWith(db, null);
  const { error, status } = last?.report ?? {};
  return {
    error: error === undefined ? null : { ...error, since: Date.parse(unfinishedAt) },
    lastRun: {
      at: Date.parse(last?.endedAt ?? unfinishedAt),
      status: status === 'cancelled' ? status : 'failed',
    },
  };
}
