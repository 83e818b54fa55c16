/** What payflow.db alone says of the state: all that `payflow status` knows. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import type { WritableDb } from '../local/open.ts';
import { saveMeta } from '../local/save-meta.ts';
import { createLocalStore } from '../local/store.ts';
import { makeShop, tempFolder } from '../local/testing.ts';
import type { EnginePorts } from '../sync/engine.ts';
import { META } from '../sync/meta.ts';
import { reportFailure } from '../sync/report-run.ts';
import { PayflowError } from '../../shared/errors.ts';
import { noCounts, type RunReport } from '../../shared/report.ts';
import { PAUSE_META, type KeptPause } from './pause.ts';
import { parseSettings } from './settings.ts';
import { statusReport } from './status-report.ts';

const now = Date.UTC(2026, 10, 22, 14, 0);
const minute = 60_000;

/** The state of a file that is up to date, after this. */
function stateAfter(happens: (path: string, db: WritableDb) => void) {
  using folder = tempFolder();
  const path = join(folder.path, 'payflow.db');
  const db = makeShop(path);
  db.exec("INSERT INTO sync_cursor (tbl, xid, seq, loaded) VALUES ('products', '1', '1', 1)");
  saveMeta(path, META.lastRunAt, new Date(now - minute).toISOString());
  happens(path, db);
  const settings = parseSettings(
    { PAYFLOW_DB: path, DATABASE_URL: 'postgres://u:pw@127.0.0.1:1/d', PAYFLOW_TERMINAL: 'T1' },
    {},
    folder.path,
  );
  const { status, facts } = statusReport(db, settings, now);
  db.close();
  return { shown: [status.state, status.reason.code], lastRun: facts.lastRun };
}

const stateWith = (pause: KeptPause | null) =>
  stateAfter((path) => {
    if (pause !== null) saveMeta(path, PAUSE_META, JSON.stringify(pause));
  }).shown;

test('a pause that the file keeps is said, one that is over is not', () => {
  expect(stateWith(null)).toEqual(['idle', 'STATUS_UP_TO_DATE']);
  expect(stateWith({ since: now - minute, until: null })).toEqual(['paused', 'STATUS_PAUSED']);
  expect(stateWith({ since: now - minute, until: now + minute })).toEqual([
    'paused',
    'STATUS_PAUSED_UNTIL',
  ]);
  expect(stateWith({ since: now - minute, until: now - 1 })).toEqual(['idle', 'STATUS_UP_TO_DATE']);
});

describe('5: a run that failed is shown, whatever the clock said', () => {
  /** By the terminal's clock, minutes from `now`. */
  const at = (minutes: number): string => new Date(now + minutes * minute).toISOString();
  const request = { direction: 'both', table: null, retry: [] } as const;

  /** A run that sold rows to HQ, as it is kept before HQ is told of it. */
  const goesWell = (db: WritableDb, runId: string, endedAt: string): void => {
    const report: RunReport = {
      runId,
      direction: 'both',
      status: 'completed',
      durationMs: 5,
      download: noCounts,
      upload: { ...noCounts, applied: 1 },
      tables: {},
    };
    const store = createLocalStore(db, () => endedAt);
    const text = JSON.stringify(report);
    store.write(() => {
      store.saveRun({ ...report, id: runId, startedAt: endedAt, endedAt, report: text });
      store.setMeta(META.lastRunAt, endedAt);
      store.setMeta(META.unfinishedAt, null);
    });
  };

  const fails = (db: WritableDb, runId: string, endedAt: string, code: string): void => {
    const ports = {
      local: createLocalStore(db, () => endedAt),
      clock: { now: () => endedAt, ticks: () => 0 },
      log: quietLog,
    } as unknown as EnginePorts;
    const started = { at: endedAt, ticks: 0 };
    reportFailure(ports, null, { ...request, runId }, started, new PayflowError(code));
  };

  const refused = ['error', 'HQ_LOGIN_REFUSED'];

  test.each<[clock: string, failedAt: number]>([
    ['goes right', -1],
    ['was set back by an hour before it', -60],
  ])('the clock %s', (_clock, failedAt) => {
    const { shown, lastRun } = stateAfter((_path, db) => {
      goesWell(db, 'good', at(-5));
      fails(db, 'bad', at(failedAt), 'HQ_LOGIN_REFUSED');
    });

    expect(shown).toEqual(refused);
    expect(lastRun).toEqual({ at: now + failedAt * minute, status: 'failed' });
  });

  test('of several, the last one says why', () => {
    const { shown } = stateAfter((_path, db) => {
      fails(db, 'first', at(-5), 'HQ_BUSY');
      fails(db, 'second', at(-60), 'HQ_LOGIN_REFUSED');
    });
    expect(shown).toEqual(refused);
  });

  test('one that was kept as done, and then failed to tell HQ, failed', () => {
    const { shown } = stateAfter((_path, db) => {
      goesWell(db, 'same', at(-5));
      fails(db, 'same', at(-5), 'HQ_LOGIN_REFUSED');
    });
    expect(shown).toEqual(refused);
  });

  test('the next one that goes well clears it, also by a clock that was set back', () => {
    const { shown, lastRun } = stateAfter((_path, db) => {
      fails(db, 'bad', at(-5), 'HQ_LOGIN_REFUSED');
      goesWell(db, 'good', at(-60));
    });
    expect(shown).toEqual(['idle', 'STATUS_UP_TO_DATE']);
    expect(lastRun).toEqual({ at: now - 60 * minute, status: 'completed' });
  });
});
