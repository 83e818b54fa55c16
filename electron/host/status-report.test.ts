/** What payflow.db alone says of the state: all that `payflow status` knows. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { saveMeta } from '../local/save-meta.ts';
import { makeShop, tempFolder } from '../local/testing.ts';
import { META } from '../sync/meta.ts';
import { PAUSE_META, type KeptPause } from './pause.ts';
import { parseSettings } from './settings.ts';
import { statusReport } from './status-report.ts';

const now = Date.UTC(2026, 10, 22, 14, 0);
const minute = 60_000;

/** The state of a file that is up to date, with this pause kept in it. */
function stateWith(pause: KeptPause | null) {
  using folder = tempFolder();
  const path = join(folder.path, 'payflow.db');
  const db = makeShop(path);
  db.exec("INSERT INTO sync_cursor (tbl, xid, seq, loaded) VALUES ('products', '1', '1', 1)");
  saveMeta(path, META.lastRunAt, new Date(now - minute).toISOString());
  if (pause !== null) saveMeta(path, PAUSE_META, JSON.stringify(pause));
  const settings = parseSettings(
    { PAYFLOW_DB: path, DATABASE_URL: 'postgres://u:pw@127.0.0.1:1/d', PAYFLOW_TERMINAL: 'T1' },
    {},
    folder.path,
  );
  const { status } = statusReport(db, settings, now);
  db.close();
  return [status.state, status.reason.code];
}

test('a pause that the file keeps is said, one that is over is not', () => {
  expect(stateWith(null)).toEqual(['idle', 'STATUS_UP_TO_DATE']);
  expect(stateWith({ since: now - minute, until: null })).toEqual(['paused', 'STATUS_PAUSED']);
  expect(stateWith({ since: now - minute, until: now + minute })).toEqual([
    'paused',
    'STATUS_PAUSED_UNTIL',
  ]);
  expect(stateWith({ since: now - minute, until: now - 1 })).toEqual(['idle', 'STATUS_UP_TO_DATE']);
});
