/** One process's hold on payflow.db: its lock, its two connections, and the plan as far as the file follows it. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import type { Plan } from '../../shared/plan.ts';
import { rebuildTriggers, verifyTriggers } from '../local/capture.ts';
import { fileIdentity } from '../local/file-identity.ts';
import { acquireLock, type EngineLock } from '../local/lock.ts';
import { assertSessionIdle, localVersion, migrateLocal } from '../local/migrate.ts';
import { openLocal, type ReadableDb, type WritableDb } from '../local/open.ts';
import { savedPlan } from '../local/saved-plan.ts';
import { metaValue } from '../local/views.ts';
import { effectivePlan } from '../schema/effective-plan.ts';
import { META } from '../sync/meta.ts';
import type { LocalStore } from '../sync/local-port.ts';
import type { Log } from './log.ts';
import type { PlannedFile } from './planned-file.ts';
import { openReadable } from './readable-file.ts';
import { resourcesFolder } from './resources.ts';
import type { Settings } from './settings.ts';

/**
 * Opens nothing before it is asked for, and each time it is asked, looks whether the file it has opened still stands at
 * the path: a restored copy in its place is opened anew, lock and all, so that the cycle finds it (DESIGN 8.1). Work
 * under way ends on the file it began with. Refused: to make a file anew where there was one a moment ago.
 */
export class OpenedFile {
  readonly #path: string;
  readonly #stateFolder: string;
  readonly #log: Log;
  readonly #store: (db: WritableDb) => LocalStore;
  /** The file's schema when PayFlow's own tables in it were last found up to date. */
  #migrated: number | null = null;
  #saved: { text: string; plan: Plan } | null = null;
  #checked: { version: number; fingerprint: string; plan: Plan } | null = null;
  #listed: { version: number; text: string; plan: Plan } | null = null;
  #lock: EngineLock | null = null;
  #writer: WritableDb | null = null;
  #reader: ReadableDb | null = null;
  /** The files that they were opened on. */
  #written: string | null = null;
  #read: string | null = null;
  /** A file that sync was set up in has been here. */
  #known = false;

  /** `store`: the engine's own way to write what it notes in the file. */
  constructor(
    { databasePath, stateFolder }: Settings,
    log: Log,
    store: (db: WritableDb) => LocalStore,
  ) {
    this.#path = databasePath;
    this.#stateFolder = stateFolder;
    this.#log = log;
    this.#store = store;
  }

  /** The file for writing, with the lock on it: one engine per file. */
  writable(create: boolean): WritableDb {
    const found = fileIdentity(this.#path);
    if (this.#writer !== null && found === this.#written) return this.#writer;
    if (found === null && !create) throw this.#refusal('LOCAL_NOT_FOUND');
    this.#leave();
    this.#lock ??= acquireLock(this.#path, this.#stateFolder, () => {
      this.#look(create);
    });
    const db = openLocal(this.#path, { create });
    try {
      this.#lock.holdFile();
    } catch (error) {
      db.close();
      throw error;
    }
    // Of before it was opened: one that came between is another at the next look.
    this.#written = found ?? fileIdentity(this.#path);
    return (this.#writer = db);
  }

  /** Where the connection for writing is one to a file of before: nothing of it holds for the one at the path. */
  #leave(): void {
    if (this.#writer === null) return;
    this.#log.warn('another payflow.db has taken the place of the one that was open');
    this.#writer.close();
    this.#lock?.release();
    this.#writer = this.#lock = this.#migrated = this.#saved = this.#checked = null;
  }

  /** Why there is nothing to work on; what was here and is gone must not be made anew as what never was. */
  #refusal(code: 'LOCAL_NOT_FOUND' | 'LOCAL_NOT_INITIALISED'): PayflowError {
    return new PayflowError(this.#known ? 'LOCAL_GONE' : code, { file: this.#path });
  }

  /** A mistyped PAYFLOW_DB gets no lock file beside somebody's document, and a database of others no WAL mode. */
  #look(create: boolean): void {
    if (fileIdentity(this.#path) === null) return;
    const db = openLocal(this.#path, { readonly: true });
    const version = localVersion(db);
    db.close();
    if (version === 0 && !create) throw this.#refusal('LOCAL_NOT_INITIALISED');
  }

  /** The file for writing, once `init` has taken over its rows: a sync before that would never send them (DESIGN 4.5). */
  initialised(): WritableDb {
    const db = this.prepared();
    if (!isAdopted(db)) throw new PayflowError('LOCAL_NOT_INITIALISED', { file: this.#path });
    return db;
  }

  /**
   * The same once it has PayFlow's own tables: what stopped an `init` has to be looked at and mended before. Missing capture
   * triggers are mended at every start (DESIGN 4.4).
   */
  prepared(): WritableDb {
    const db = this.writable(false);
    if (this.#migrated === schemaVersion(db)) assertSessionIdle(db);
    else {
      if (localVersion(db) === 0) throw this.#refusal('LOCAL_NOT_INITIALISED');
      migrateLocal(db, join(resourcesFolder, 'local'));
      this.#migrated = schemaVersion(db);
      this.#known = true;
    }
    const plan = this.#savedPlan(db);
    if (plan !== null) this.effective(db, plan);
    return db;
  }

  /** Parsed anew only when it is another: it is long, and a cycle a second asks for it. */
  #savedPlan(db: ReadableDb): Plan | null {
    const text = metaValue(db, META.plan);
    if (text === null) return null;
    if (this.#saved?.text !== text) {
      const plan = savedPlan(db);
      if (plan === null) return null;
      this.#saved = { text, plan };
    }
    return this.#saved.plan;
  }

  /**
   * The plan as far as the file can follow it, its capture triggers mended (DESIGN 4.4). Looked at again only when the
   * file's schema or the plan has changed: a cycle a second must not read the whole schema each time. A schema that was
   * changed by somebody else, also while no engine ran and also if the triggers are there again, makes a scan due.
   */
  effective(db: WritableDb, plan: Plan): Plan {
    const version = (): number => schemaVersion(db);
    const seen = this.#checked;
    if (seen?.version === version() && seen.fingerprint === plan.fingerprint) return seen.plan;
    const { missing, changed, extra } = verifyTriggers(db, plan);
    const count = missing.length + changed.length + extra.length;
    const before = metaValue(db, META.schemaSeen);
    const local = this.#store(db);
    // Noted before they are mended: a crash between the two must not lose the evidence.
    if (count > 0 || (before !== null && before !== String(version())))
      local.write(() => {
        local.setMeta(META.scanDue, randomUUID());
      });
    if (count > 0) {
      rebuildTriggers(db, plan);
      this.#log.warn('capture triggers were not as they should be and have been mended', { count });
    }
    if (before !== String(version()))
      local.write(() => {
        local.setMeta(META.schemaSeen, String(version()));
      });
    const effective = effectivePlan(db, plan);
    this.#checked = { version: version(), fingerprint: plan.fingerprint, plan: effective };
    return effective;
  }

  readable(): ReadableDb {
    const db = this.#opened();
    if (db === null) throw this.#refusal('LOCAL_NOT_INITIALISED');
    return db;
  }

  /** For the window's lists: no HQ, no lock, and no failure where nothing has been set up yet. */
  planned(): PlannedFile | null {
    if (!this.#known && fileIdentity(this.#path) === null) return null;
    const db = this.#opened();
    if (db === null) {
      if (this.#known) throw this.#refusal('LOCAL_NOT_INITIALISED');
      return null;
    }
    const text = metaValue(db, META.plan);
    if (text === null) return null;
    const version = schemaVersion(db);
    if (this.#listed?.version !== version || this.#listed.text !== text)
      this.#listed = { version, text, plan: storedPlan(db) };
    return { db, plan: this.#listed.plan, terminal: metaValue(db, META.terminal) ?? '' };
  }

  /** The file for reading; null: sync was never set up in it. */
  #opened(): ReadableDb | null {
    const found = fileIdentity(this.#path);
    if (found === null) throw this.#refusal('LOCAL_NOT_FOUND');
    if (found !== this.#read) {
      this.#reader?.close();
      this.#reader = this.#listed = null;
    }
    this.#read = found;
    const db = (this.#reader ??= openReadable(this.#path));
    if (localVersion(db) === 0) return null;
    this.#known = true;
    return db;
  }

  giveMemoryBack(): void {
    for (const db of [this.#reader, this.#writer]) db?.pragma('shrink_memory');
  }

  close(): void {
    this.#reader?.close();
    this.#writer?.close();
    this.#lock?.release();
  }
}

/** A file that has cursors was synced before there was a mark. */
function isAdopted(db: ReadableDb): boolean {
  return (
    metaValue(db, META.adopted) !== null ||
    db.prepare('SELECT 1 FROM sync_cursor LIMIT 1').get() !== undefined
  );
}

/** SQLite's own count of changes to the file's schema, whoever made them. */
function schemaVersion(db: ReadableDb): number {
  return db.pragma('schema_version', { simple: true }) as number;
}

/** The plan of the last run, narrowed to the file. */
export function storedPlan(db: ReadableDb): Plan {
  const plan = savedPlan(db);
  if (plan === null) throw new PayflowError('LOCAL_NOT_INITIALISED', { file: db.name });
  return effectivePlan(db, plan);
}
