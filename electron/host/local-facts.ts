import { PayflowError } from '../../shared/errors.ts';
import { recordsMoved } from '../../shared/report.ts';
import type { Facts } from '../../shared/status.ts';
import type { StatusView } from '../../shared/views.ts';
import { fileIdentity } from '../local/file-identity.ts';
import { localVersion } from '../local/migrate.ts';
import type { ReadableDb } from '../local/open.ts';
import { savedPlan } from '../local/saved-plan.ts';
import { lastRunWith, metaValue, storeName } from '../local/views.ts';
import { META } from '../sync/meta.ts';
import { openReadable } from './readable-file.ts';
import type { Settings } from './settings.ts';
import { gatherFacts } from './status-report.ts';

/** What payflow.db alone says; the host adds what only it knows (a run under way, HQ's reach, the next run). */
export interface LocalFacts extends Pick<
  StatusView,
  'terminal' | 'store' | 'lastRun' | 'lastCompleteAt' | 'pricesAt' | 'keptBack'
> {
  /** Sync has been set up in this file. */
  readonly initialised: boolean;
  readonly facts: Facts;
  /** When both sides were last compared without the feed (DESIGN 3.8). */
  readonly comparedAt: number | null;
}

/** payflow.db for reading, opened once it is there and PayFlow's, and anew where another file has taken its place. */
export class LocalFile {
  readonly #path: string;
  #db: ReadableDb | null = null;
  /** The last file that it was open on. */
  #file: string | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Null: there is no file yet, or none that sync was set up in. Throws LOCAL_GONE where there was one: a terminal whose
   * file is being restored must not look like one that was never set up.
   */
  open(): ReadableDb | null {
    const found = fileIdentity(this.#path);
    if (found !== null && found === this.#file && this.#db !== null) return this.#db;
    const db = found === null ? null : this.#opened();
    if (db === null) {
      if (this.#file !== null) throw new PayflowError('LOCAL_GONE', { file: this.#path });
      return null;
    }
    this.#file = found;
    return (this.#db = db);
  }

  close(): void {
    this.#db?.close();
    this.#db = null;
  }

  #opened(): ReadableDb | null {
    this.close();
    const db = openReadable(this.#path);
    if (localVersion(db) > 0) return db;
    db.close();
    return null;
  }
}

export function localFacts(db: ReadableDb | null, settings: Settings, now: number): LocalFacts {
  const { facts, keptBack, terminal } = gatherFacts(db, settings, now);
  const nothing = {
    terminal,
    store: null,
    lastRun: null,
    lastCompleteAt: null,
    pricesAt: null,
    keptBack,
  };
  if (db === null) return { ...nothing, initialised: false, facts, comparedAt: null };
  const time = (text: string | null): number | null => (text === null ? null : Date.parse(text));
  const moved = lastRunWith(db, null);
  const complete = lastRunWith(db, 'completed');
  const { lastRun } = facts;
  const report = moved !== null && Date.parse(moved.endedAt) === lastRun?.at ? moved.report : null;
  const lastRunAt = time(metaValue(db, META.lastRunAt));
  const whole = lastRun?.status === 'completed' ? lastRun.at : null;
  return {
    ...nothing,
    initialised: true,
    facts,
    store: storeName(db, savedPlan(db), metaValue(db, META.store)),
    lastRun:
      lastRun === null
        ? null
        : {
            ...lastRun,
            received: report === null ? 0 : recordsMoved(report.download),
            sent: report === null ? 0 : recordsMoved(report.upload),
          },
    lastCompleteAt: whole ?? time(complete?.endedAt ?? null),
    pricesAt: facts.loaded ? (time(metaValue(db, META.lastDownloadAt)) ?? lastRunAt) : null,
    comparedAt: time(metaValue(db, META.comparedAt)),
  };
}
